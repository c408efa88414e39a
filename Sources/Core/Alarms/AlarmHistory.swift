// SPDX-License-Identifier: Apache-2.0

public import Model

/// The line that an effect leaves in the history of alarms.
public struct AlarmLine: Hashable, Sendable {
    /// ``Alarm/identifier``.
    public var alarm: String
    /// What a person did, as ``AlarmAction/Verb`` writes it, else `raised`, `returned`, `released` or `changed`.
    public var event: String
    public var state: AlarmState
    /// Who did it; `nil` when nobody did: the condition or the time moved it.
    public var person: PersonIdentifier?
    /// What the person said; empty when nothing.
    public var reason: String
}

extension AlarmEffect {
    /// The line of the history; `nil` for an effect that changes nothing a person must know.
    ///
    /// - Parameter before: The alarm as it was before the effect; `nil` for a new one.
    public func line(after before: Alarm?) -> AlarmLine? {
        let alarm = alarm
        if let deed = alarm.lastDeed, deed != before?.lastDeed {
            return AlarmLine(
                alarm: alarm.identifier, event: deed.verb.rawValue, state: alarm.state, person: deed.person,
                reason: deed.reason)
        }
        let word: String
        switch self {
        case .updated: return nil
        case .raised: word = "raised"
        case .returned: word = "returned"
        case .released: word = "released"
        case .changed:
            // Something behind the scenes, such as a finding that grows while the alarm is withheld.
            guard before?.asPersonsKnowIt != alarm.asPersonsKnowIt else { return nil }
            word = "changed"
        }
        return AlarmLine(alarm: alarm.identifier, event: word, state: alarm.state, person: nil, reason: "")
    }
}
