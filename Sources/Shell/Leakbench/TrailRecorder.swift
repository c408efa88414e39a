// SPDX-License-Identifier: Apache-2.0

public import Analysis
import FoundationEssentials
public import Model

/// Keeps what a gateway would keep to find findings again: a saved state for each day of data, and the readings since.
public struct TrailRecorder {
    private struct Snapshot {
        var dataTime: Timestamp?
        var state: Data
        /// Place of the first reading after it.
        var place: Int
    }

    private var snapshots: [Snapshot]
    /// Packed one by one would cost more than the few days that are kept.
    private var readings: [AnalyzerReading] = []
    /// Readings dropped before the first of ``readings``.
    private var dropped = 0

    /// States that are kept: a trail begins up to three days before its finding.
    private static let kept = 4

    public init(_ analyzer: Analyzer) throws {
        snapshots = [Snapshot(dataTime: nil, state: try JSONEncoder().encode(analyzer), place: 0)]
    }

    /// Notes the next reading, before `analyzer` is given it.
    public mutating func note(_ reading: AnalyzerReading, _ analyzer: Analyzer) throws {
        if let now = analyzer.dataTime,
            now.milliseconds / 86_400_000 > (snapshots.last?.dataTime?.milliseconds ?? 0) / 86_400_000
        {
            snapshots.append(
                Snapshot(dataTime: now, state: try JSONEncoder().encode(analyzer), place: dropped + readings.count))
            if snapshots.count > Self.kept {
                snapshots.removeFirst()
                readings.removeFirst(snapshots[0].place - dropped)
                dropped = snapshots[0].place
            }
        }
        readings.append(reading)
    }

    /// What the finding that was raised by the newest reading was found with.
    public func trail(of finding: Finding) throws -> FindingTrail {
        let snapshot =
            snapshots.last { ($0.dataTime ?? Timestamp(milliseconds: 0)) <= finding.evidence.from } ?? snapshots[0]
        return FindingTrail(
            raised: finding, analyzer: try JSONDecoder().decode(Analyzer.self, from: snapshot.state),
            readings: Array(readings[(snapshot.place - dropped)...]))
    }
}
