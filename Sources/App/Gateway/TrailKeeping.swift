// SPDX-License-Identifier: Apache-2.0

public import Analysis
import FoundationEssentials
public import Model
import Store

/// Which snapshots are kept and from which one a finding is found again.
enum TrailKeeping {
    /// A trail reaches back to the start of what a finding rests on, but no further than this before its raise.
    static let longest: Duration = .seconds(3 * 86_400)
    /// Stored readings that a trail holds at most, all points of the site counted; beyond it a later snapshot is used.
    static let mostReadings: Int64 = 5_000_000
    private static let day: Int64 = 86_400_000

    /// One snapshot is kept for each day of data.
    static func needsSnapshot(_ dataTime: Timestamp?, after last: Timestamp?) -> Bool {
        guard let dataTime else { return false }
        guard let last else { return true }
        return dataTime.milliseconds / day > last.milliseconds / day
    }

    static func snapshot(of analyzer: Analyzer, at cursor: SequenceNumber) throws -> Judgement.Snapshot {
        Judgement.Snapshot(
            version: Analyzer.version, cursor: cursor, dataTime: analyzer.dataTime ?? Timestamp(milliseconds: 0),
            state: Array(try encoder().encode(analyzer)))
    }

    /// The cursor of the snapshot that a finding is found again from; `nil` when there is none.
    static func start(
        for finding: Finding, through end: SequenceNumber,
        among snapshots: [(cursor: SequenceNumber, dataTime: Timestamp)]
    ) -> SequenceNumber? {
        let floor = finding.raisedAt - longest
        let usable = snapshots.filter { $0.cursor < end && end.value - $0.cursor.value <= mostReadings }
        let before = usable.last { $0.dataTime <= finding.evidence.from && $0.dataTime >= floor }
        return (before ?? usable.first { $0.dataTime >= floor } ?? snapshots.last { $0.cursor < end })?.cursor
    }

    static func record(
        of finding: Finding, from start: SequenceNumber, _ readings: [AnalyzerReading], told: [FindingTrail.Told]
    ) throws -> Judgement.TrailRecord {
        Judgement.TrailRecord(
            finding: finding.identifier, snapshot: start, readings: ReadingPack.encode(readings),
            told: told.isEmpty ? nil : Array(try encoder().encode(told)), raised: Array(try encoder().encode(finding)))
    }

    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return encoder
    }
}

/// Why a finding cannot be found again.
public enum TrailRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case none(FindingIdentifier)
    case otherVersion(found: Int, known: Int)
    case damaged(String)

    public var description: String {
        switch self {
        case .none(let finding):
            "nothing is kept of finding \(finding). 'sluice findings' lists what there is."
        case .otherVersion(let found, let known):
            "it was found by version \(found) of the analyzer, and this is version \(known): it cannot be computed again."
        case .damaged(let detail): "what is kept of it cannot be read: \(detail)"
        }
    }
}

/// What a finding was found with, from the state directory of a gateway that may be running.
///
/// - Throws: ``TrailRefusal``, or what the store reports.
public func readTrail(of finding: FindingIdentifier, directory: String) throws -> FindingTrail {
    guard let stored = try SluiceStore.trail(of: finding, directory: directory) else {
        throw TrailRefusal.none(finding)
    }
    guard stored.snapshot.version == Analyzer.version else {
        throw TrailRefusal.otherVersion(found: stored.snapshot.version, known: Analyzer.version)
    }
    do {
        let decoder = JSONDecoder()
        return FindingTrail(
            raised: try decoder.decode(Finding.self, from: Data(stored.raised)),
            analyzer: try decoder.decode(Analyzer.self, from: Data(stored.snapshot.state)),
            readings: try ReadingPack.decode(stored.readings),
            told: try stored.told.map { try decoder.decode([FindingTrail.Told].self, from: Data($0)) } ?? [])
    } catch {
        throw TrailRefusal.damaged("\(error)")
    }
}
