// SPDX-License-Identifier: Apache-2.0

/// Where an alarm stands (ISA-18.2, the alarm state machine).
///
/// The first four are reached by a finding and by a person's acknowledgement; the last four withhold an alarm or
/// keep it until somebody resets it.
public enum AlarmState: String, Codable, Sendable, CaseIterable {
    /// No condition and nothing to acknowledge. Waits for a finding.
    case normal
    /// The condition is there and nobody has seen it. Waits for a person or for the condition to end.
    case unacknowledgedActive
    /// The condition is there and somebody knows. Waits for it to end.
    case acknowledgedActive
    /// The condition has ended before anybody acknowledged it. Waits for a person or for the condition again.
    case returnedUnacknowledged
    /// The condition has ended and the rule asks for a reset by a person. Waits for that, or the condition again.
    case latched
    /// Withheld by a person for a limited time.
    case shelved
    /// Withheld because another point explains it, such as low pressure of a stopped pump.
    case suppressedByDesign
    /// Withheld by a person until the asset is back in service.
    case outOfService

    /// Whether nobody is told: the condition is noted, but no one is asked to respond.
    public var isWithheld: Bool {
        switch self {
        case .normal, .unacknowledgedActive, .acknowledgedActive, .returnedUnacknowledged, .latched: false
        case .shelved, .suppressedByDesign, .outOfService: true
        }
    }

    /// The state that follows `trigger`; `nil` when it changes nothing.
    ///
    /// How an alarm is withheld and released depends on all that withholds it, and is ``Alarm``'s own matter.
    public func following(_ trigger: AlarmTrigger) -> AlarmState? {
        switch (self, trigger) {
        case (.normal, .raise), (.returnedUnacknowledged, .raise), (.latched, .raise): .unacknowledgedActive
        case (.unacknowledgedActive, .acknowledge): .acknowledgedActive
        case (.unacknowledgedActive, .clear): .returnedUnacknowledged
        case (.unacknowledgedActive, .clearLatching), (.acknowledgedActive, .clearLatching): .latched
        case (.acknowledgedActive, .clear), (.returnedUnacknowledged, .acknowledge): .normal
        case (.latched, .reset): .normal
        case (.normal, .acknowledge), (.normal, .clear), (.normal, .clearLatching), (.normal, .reset): nil
        case (.unacknowledgedActive, .raise), (.unacknowledgedActive, .reset): nil
        case (.acknowledgedActive, .raise), (.acknowledgedActive, .acknowledge), (.acknowledgedActive, .reset): nil
        case (.returnedUnacknowledged, .clear), (.returnedUnacknowledged, .clearLatching): nil
        case (.returnedUnacknowledged, .reset): nil
        case (.latched, .acknowledge), (.latched, .clear), (.latched, .clearLatching): nil
        case (.shelved, _), (.suppressedByDesign, _), (.outOfService, _): nil
        }
    }
}

/// What can move an alarm from one state to another.
public enum AlarmTrigger: String, Codable, Sendable, CaseIterable {
    /// The condition began.
    case raise
    /// A person has seen it.
    case acknowledge
    /// The condition ended.
    case clear
    /// The condition ended, and the rule asks for a reset.
    case clearLatching
    /// A person lets go of a latched alarm.
    case reset
}
