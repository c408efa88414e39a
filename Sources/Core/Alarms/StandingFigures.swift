// SPDX-License-Identifier: Apache-2.0

public import Model

/// How many alarms stood at the end of each day of a period: active for longer than a day, and not withheld.
public struct StandingFigures: Codable, Sendable, Hashable {
    /// A line of the history of alarms.
    public struct Line: Sendable, Hashable {
        public var alarm: String
        public var event: String
        public var state: AlarmState
        public var at: Timestamp

        public init(alarm: String, event: String, state: AlarmState, at: Timestamp) {
            (self.alarm, self.event, self.state, self.at) = (alarm, event, state, at)
        }
    }

    /// Days at whose end it was counted; the last one may be shorter.
    public var days: Int
    /// Standing alarms of all these moments together.
    public var sum: Int
    /// The most at one of them.
    public var most: Int

    /// Mean over the days; the target is below 5.
    public var perDay: Double { days > 0 ? Double(sum) / Double(days) : 0 }

    /// - Parameters:
    ///   - lines: All that were written before `to`, in their order.
    ///   - after: How long an alarm is active before it stands (24 h).
    public init(_ lines: [Line], from: Timestamp, to: Timestamp, after: Duration = .seconds(86_400)) {
        (days, sum, most) = (0, 0, 0)
        var latest: [String: (state: AlarmState, raisedAt: Timestamp?)] = [:]
        var rest = lines[...]
        var moment = from
        while moment < to {
            moment = min(moment + .seconds(86_400), to)
            while let line = rest.first, line.at < moment {
                let raisedAt = line.event == "raised" ? line.at : latest[line.alarm]?.raisedAt
                latest[line.alarm] = (line.state, raisedAt)
                rest.removeFirst()
            }
            let count = latest.values.count { alarm in
                let isActive = alarm.state == .unacknowledgedActive || alarm.state == .acknowledgedActive
                return isActive && alarm.raisedAt.map { moment - $0 > after } ?? false
            }
            (days, sum, most) = (days + 1, sum + count, max(most, count))
        }
    }
}
