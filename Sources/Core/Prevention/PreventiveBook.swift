// SPDX-License-Identifier: Apache-2.0

public import Model

/// A work whose ticket should be there.
public struct DueWork: Hashable, Sendable {
    public var work: PlannedWork
    /// The day that it is due on; of run hours the day on which they were reached.
    public var due: CivilDate
    /// Name of the event that opens its ticket: the same time of the same work is asked for once.
    public var identifier: String
}

/// How a planned work stands.
public struct WorkStanding: Hashable, Sendable {
    public var work: PlannedWork
    public var next: NextDue
    /// The latest record that no other has replaced.
    public var last: WorkRecord?
    public var isOverdue: Bool
}

/// The preventive calendar of a site: what is due when, and what was done.
///
/// It is a value and knows no clock. Records are its only state; whether a ticket was made stands in the tickets' log.
public struct PreventiveBook: Sendable {
    public var works: [PlannedWork]
    /// In the order in which they were written.
    public private(set) var records: [WorkRecord]
    /// What each machine has run, in hours, as it told last.
    public private(set) var runHours: [AssetIdentifier: Double] = [:]
    /// Closed days that have not passed, in their order, as the working calendar has them.
    public var closedSpans: [ClosedSpan] = []

    public init(works: [PlannedWork] = [], records: [WorkRecord] = []) {
        self.works = works
        self.records = records
    }

    /// Notes what a machine has run. A counter that is not a number or below zero is passed over.
    public mutating func note(runHours hours: Double, of asset: AssetIdentifier) {
        guard hours.isFinite, hours >= 0 else { return }
        runHours[asset] = hours
    }

    /// Records of a work that stand, the earliest first.
    public func standing(of work: WorkIdentifier) -> [WorkRecord] {
        let replaced = Set(records.compactMap(\.corrects))
        return records.filter { $0.work == work && !replaced.contains($0.identifier) }
            .sorted { ($0.doneOn, $0.writtenAt) < ($1.doneOn, $1.writtenAt) }
    }

    /// When `work` is due next.
    public func next(of work: PlannedWork) -> NextDue {
        let last = standing(of: work.identifier).last
        if case .runHours(let hours) = work.interval {
            guard let last else { return .at(runHours: hours) }
            // A machine whose counter was not known or began anew counts from what it shows now.
            guard let done = last.runHours else { return .at(runHours: nil) }
            let now = runHours[work.asset] ?? done
            return .at(runHours: (now < done ? 0 : done) + hours)
        }
        if case .beforeHolidays = work.interval {
            return nextSpan(of: work)?.inspectionDue.map(NextDue.on) ?? .notKnown
        }
        guard let last else { return .on(work.firstDue) }
        switch work.basis {
        // Done early, the time that it was done for is past all the same.
        case .lastDue: return .on(work.gridDate(after: max(last.due ?? last.doneOn, last.doneOn)) ?? work.firstDue)
        case .lastDone: return .on(work.date(after: last.doneOn) ?? work.firstDue)
        }
    }

    /// All works, those due first before the others.
    public func standings(on today: CivilDate) -> [WorkStanding] {
        works.map { work in
            let next = next(of: work)
            let isOverdue =
                switch next {
                case .on(let date): date < today
                case .notKnown: false
                case .at(let hours): hours.map { (runHours[work.asset] ?? 0) >= $0 } ?? false
                }
            return WorkStanding(
                work: work, next: next, last: standing(of: work.identifier).last, isOverdue: isOverdue)
        }
        .sorted { ($0.next.order, $0.work.identifier) < ($1.next.order, $1.work.identifier) }
    }

    /// Works that should have a ticket on `today`: as long before they are due as their lead says.
    public func dueWorks(on today: CivilDate) -> [DueWork] {
        works.compactMap { work in
            switch next(of: work) {
            case .on(let date):
                let begins =
                    nextSpan(of: work)?.workingDay(before: work.leadDays)
                    ?? CivilDate(daysSince1970: date.daysSince1970 - work.leadDays)
                guard begins <= today else { return nil }
                return DueWork(work: work, due: date, identifier: "work:\(work.identifier):\(date.compact)")
            case .notKnown: return nil
            case .at(let limit):
                guard let limit, work.firstDue <= today, let hours = runHours[work.asset], hours >= limit else {
                    return nil
                }
                let count = standing(of: work.identifier).count
                return DueWork(work: work, due: today, identifier: "work:\(work.identifier):after-\(count)")
            }
        }
    }

    /// Takes in that a work was done.
    ///
    /// - Parameters:
    ///   - identifier: A name that no other record has; the same twice is written once.
    ///   - ticket: The open ticket that asked for it.
    ///   - today: The date on the site's wall.
    /// - Returns: The line to store.
    public mutating func record(
        _ report: WorkReport, identifier: String, ticket: String?, at now: Timestamp, today: CivilDate
    ) throws(WorkRefusal) -> WorkRecord {
        if let written = records.first(where: { $0.identifier == identifier }) { return written }
        guard let work = works.first(where: { $0.identifier == report.work }) else {
            throw .unknownWork(report.work)
        }
        let doneOn = report.doneOn ?? today
        guard doneOn <= today else { throw .notYet(doneOn) }
        var earlier = standing(of: work.identifier)
        var corrected: WorkRecord?
        if let name = report.corrects {
            guard let place = earlier.firstIndex(where: { $0.identifier == name }) else {
                throw .nothingToCorrect(name)
            }
            corrected = earlier.remove(at: place)
        } else if let last = earlier.last, doneOn < last.doneOn {
            throw .beforeLast(last.doneOn)
        }
        let witnesses = Set(report.witnesses.map(Self.tidied)).subtracting(["", report.person.text])
        guard witnesses.count >= work.witnesses else {
            throw .witnessesMissing(needed: work.witnesses, named: witnesses.count)
        }
        let test = report.waterTest.map(Self.tidied).flatMap { $0.isEmpty ? nil : $0 }
        guard test != nil || !work.needsWaterTest else { throw .waterTestMissing }
        var due: CivilDate?
        if let corrected {
            due = corrected.due
        } else if case .on(let date) = next(of: work) {
            due = date
        }
        let record = WorkRecord(
            identifier: identifier, work: work.identifier, asset: work.asset, kind: work.kind, due: due,
            doneOn: doneOn, writtenAt: now, person: report.person, witnesses: witnesses.sorted(), waterTest: test,
            runHours: corrected?.runHours ?? runHours[work.asset], note: Self.tidied(report.note),
            ticket: ticket ?? corrected?.ticket, corrects: report.corrects,
            keepUntil: now + .seconds(Int64(work.retentionYears) * 366 * 86_400))
        records.append(record)
        return record
    }

    /// Refuses a work that touches residents when they were not told in time. A record that puts another right is not
    /// asked again.
    ///
    /// - Parameters:
    ///   - toldAt: When residents were told first; `nil` when they were not.
    ///   - end: The last moment at which the work can have begun.
    public func checkNotice(of report: WorkReport, toldAt: Timestamp?, end: Timestamp) throws(WorkRefusal) {
        guard report.corrects == nil, let work = works.first(where: { $0.identifier == report.work }),
            work.noticeBefore > .zero
        else { return }
        guard let toldAt, toldAt + work.noticeBefore <= end else {
            throw .residentsNotTold(before: work.noticeBefore, toldAt: toldAt)
        }
    }

    private static func tidied(_ text: String) -> String {
        var text = Substring(text)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}

extension NextDue {
    /// Dates before hours, the earlier first.
    fileprivate var order: Int {
        switch self {
        case .on(let date): date.daysSince1970
        case .at, .notKnown: Int.max
        }
    }
}
