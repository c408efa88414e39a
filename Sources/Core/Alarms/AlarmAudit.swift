// SPDX-License-Identifier: Apache-2.0

public import Model

/// Rules that a person should look at, as the alarms of a site show it.
public struct AlarmAudit: Codable, Sendable, Hashable {
    /// Rules that no alarm was ever raised by, in the order of their names.
    public var neverFired: [RuleIdentifier]
    /// Pairs of alarms whose last raises, three or more of each, came within a minute of each other, one for one.
    public var alwaysTogether: [[String]]
    /// Alarms that were raised three times or more and that nobody ever did anything about.
    public var neverActedOn: [String]

    /// - Parameter alarms: All alarms of the site.
    public init(_ alarms: [Alarm]) {
        let fired = Set(alarms.filter { $0.occurrences > 0 }.map(\.rule))
        neverFired = RuleIdentifier.all.filter { !fired.contains($0) }.sorted { $0.text < $1.text }
        neverActedOn = alarms.filter { $0.occurrences >= 3 && $0.lastActionAt == nil }.map(\.identifier).sorted()
        let often = alarms.filter { ($0.raises ?? []).count >= 3 }.sorted { $0.identifier < $1.identifier }
        alwaysTogether = []
        for (place, alarm) in often.enumerated() {
            for other in often.dropFirst(place + 1) where Self.isTogether(alarm.raises ?? [], other.raises ?? []) {
                alwaysTogether.append([alarm.identifier, other.identifier])
            }
        }
    }

    private static func isTogether(_ a: [Timestamp], _ b: [Timestamp]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).allSatisfy { abs(($0 - $1).wholeMilliseconds) <= 60_000 }
    }
}
