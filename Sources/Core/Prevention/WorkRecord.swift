// SPDX-License-Identifier: Apache-2.0

public import Model

/// That a planned work was done: a line that stays as it was written. A mistake in it is put right by another line.
public struct WorkRecord: Hashable, Codable, Sendable {
    /// A name that no other record has, given by whoever wrote it.
    public var identifier: String
    public var work: WorkIdentifier
    public var asset: AssetIdentifier
    public var kind: PlannedWork.Kind
    /// The day that it was due on; `nil` for work that is due by run hours.
    public var due: CivilDate?
    /// On the site's wall.
    public var doneOn: CivilDate
    public var writtenAt: Timestamp
    public var person: PersonIdentifier
    /// Names as they were given, such as those of two residents.
    public var witnesses: [String]
    /// Number of the laboratory's report; `nil` where none is asked for.
    public var waterTest: String?
    /// Run hours of the machine when it was done; `nil` where they are not known.
    public var runHours: Double?
    public var note: String
    /// Number of the ticket that asked for it; `nil` when it was done without.
    public var ticket: String?
    /// Name of the record that this one replaces.
    public var corrects: String?
    /// Until when it cannot be deleted.
    public var keepUntil: Timestamp
}

/// What a person says of a planned work that was done.
public struct WorkReport: Hashable, Codable, Sendable {
    public var work: WorkIdentifier
    public var person: PersonIdentifier
    /// `nil` for today.
    public var doneOn: CivilDate?
    public var witnesses: [String]
    public var waterTest: String?
    public var note: String
    public var corrects: String?

    public init(
        _ work: WorkIdentifier, by person: PersonIdentifier, doneOn: CivilDate? = nil, witnesses: [String] = [],
        waterTest: String? = nil, note: String = "", corrects: String? = nil
    ) {
        self.work = work
        self.person = person
        self.doneOn = doneOn
        self.witnesses = witnesses
        self.waterTest = waterTest
        self.note = note
        self.corrects = corrects
    }
}

/// Why a record is not taken.
public enum WorkRefusal: Error, Hashable, Sendable {
    case unknownWork(WorkIdentifier)
    /// So many must have been there, so many were named; the one who did it is no witness, and nobody counts twice.
    case witnessesMissing(needed: Int, named: Int)
    case waterTestMissing
    /// Residents must have been told so long before; they were told at `toldAt`, or not at all.
    case residentsNotTold(before: Duration, toldAt: Timestamp?)
    /// It lies ahead.
    case notYet(CivilDate)
    /// A later time is on record already.
    case beforeLast(CivilDate)
    /// There is no record of this name of this work, or another one has replaced it.
    case nothingToCorrect(String)
}
