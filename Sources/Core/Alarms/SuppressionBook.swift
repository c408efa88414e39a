// SPDX-License-Identifier: Apache-2.0

public import Model

/// An alarm that is withheld by design while a condition on other points holds.
public struct Suppression: Hashable, Sendable {
    /// ``Alarm/identifier``.
    public var alarm: String
    public var condition: Condition
    /// The condition as the site's file writes it.
    public var text: String

    public init(alarm: String, condition: Condition, text: String) {
        (self.alarm, self.condition, self.text) = (alarm, condition, text)
    }
}

/// Which alarms are withheld by design, as points tell it.
///
/// It is a value and knows no clock. What is true withholds, what is false lets go at once. What is not known, because a
/// point told nothing good for three of its periods, changes nothing for ``patience`` and lets go then: a sensor that is
/// dead must not hide alarms, and a restart must not tell of what is explained.
public struct SuppressionBook: Sendable {
    /// So long an answer counts after it is not known any more (5 min).
    public static let patience: Duration = .seconds(300)

    private struct Standing: Sendable {
        var isOn: Bool
        /// When its condition was last known; `nil` before the first look.
        var knownAt: Timestamp?
    }

    private let rules: [Suppression]
    private let periods: [Int: Duration]
    private var standings: [Standing]
    private var values: [Int: (value: Double, at: Timestamp)] = [:]
    /// Alarms that are withheld for a condition that the site's file no longer has.
    private var strays: [String]

    /// - Parameters:
    ///   - periods: Time between two polls of each point that a rule speaks of.
    ///   - alarms: As they were stored: what was withheld stays so until it is known better.
    public init(rules: [Suppression] = [], periods: [Int: Duration] = [:], alarms: [Alarm] = []) {
        (self.rules, self.periods) = (rules, periods)
        let explained = alarms.filter { $0.explanation != nil }
        standings = rules.map { rule in
            Standing(isOn: explained.contains { $0.identifier == rule.alarm && $0.explanation == rule.text })
        }
        strays = explained.filter { alarm in
            !rules.contains { $0.alarm == alarm.identifier && $0.text == alarm.explanation }
        }.map(\.identifier)
    }

    public var isEmpty: Bool { rules.isEmpty && strays.isEmpty }

    /// Whether a rule speaks of this point.
    public func isUsed(_ point: Int) -> Bool { periods[point] != nil }

    /// Takes in what a point showed; `nil` for a value that cannot be believed.
    public mutating func note(_ value: Double?, of point: Int, at now: Timestamp) {
        guard isUsed(point) else { return }
        values[point] = value.map { ($0, now) }
    }

    /// What withholds each alarm at `now`, for those where that has changed or may have: its text, or `nil` for nothing.
    public mutating func settle(at now: Timestamp) -> [(alarm: String, text: String?)] {
        guard !isEmpty else { return [] }
        var touched = Set(strays)
        strays = []
        for (place, rule) in rules.enumerated() {
            let before = standings[place].isOn
            let verdict = rule.condition.holds { point in
                guard let last = values[point], now - last.at <= Self.longest(periods[point] ?? .zero) else {
                    return nil
                }
                return last.value
            }
            if let verdict {
                standings[place] = Standing(isOn: verdict, knownAt: now)
            } else {
                let known = standings[place].knownAt ?? now
                standings[place].knownAt = known
                if now - known > Self.patience { standings[place].isOn = false }
            }
            if standings[place].isOn != before { touched.insert(rule.alarm) }
        }
        return touched.sorted().map { alarm in
            (alarm, rules.indices.first { standings[$0].isOn && rules[$0].alarm == alarm }.map { rules[$0].text })
        }
    }

    /// How old the last good value may be.
    private static func longest(_ period: Duration) -> Duration { max(.seconds(60), period * 3) }
}
