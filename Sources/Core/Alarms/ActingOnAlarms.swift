// SPDX-License-Identifier: Apache-2.0

public import Model

extension AlarmBook {
    /// Notes that whoever works on a ticket has seen its alarm.
    ///
    /// - Parameters:
    ///   - identifier: ``Alarm/identifier``; one that is not known, or not waiting for it, changes nothing.
    ///   - person: Who has seen it; `nil` where that is not told.
    public mutating func acknowledge(
        _ identifier: String, by person: PersonIdentifier? = nil, at now: Timestamp
    ) -> [AlarmEffect] {
        guard var alarm = byIdentifier[identifier], let next = alarm.state.following(.acknowledge) else { return [] }
        alarm.state = next
        (alarm.acknowledgedAt, alarm.lastActionAt) = (now, now)
        if let person {
            alarm.lastDeed = Alarm.Deed(verb: .acknowledge, person: person, reason: "", at: now)
        }
        keep(alarm)
        return numbered([.changed(alarm)])
    }

    /// Carries out what a person wants to do to an alarm.
    ///
    /// - Throws: why it was not carried out; nothing has changed then.
    public mutating func act(_ action: AlarmAction, at now: Timestamp) throws(AlarmRefusal) -> [AlarmEffect] {
        numbered(try carryOut(action, at: now))
    }

    private mutating func carryOut(
        _ action: AlarmAction, at now: Timestamp
    ) throws(AlarmRefusal) -> [AlarmEffect] {
        guard var alarm = byIdentifier[action.alarm] else { throw .unknownAlarm(action.alarm) }
        if let version = action.version, version != alarm.version ?? 0 {
            throw .stale(action.alarm, version: alarm.version ?? 0)
        }
        if action.verb.needsReason, action.reason.allSatisfy(\.isWhitespace) {
            throw .reasonMissing(action.verb, alarm: action.alarm)
        }
        let refusal = AlarmRefusal.notAllowed(action.verb, alarm: action.alarm, state: alarm.state)
        let deed = Alarm.Deed(verb: action.verb, person: action.person, reason: action.reason, at: now)
        switch action.verb {
        case .acknowledge:
            guard let next = alarm.state.following(.acknowledge) else { throw refusal }
            (alarm.state, alarm.acknowledgedAt, alarm.lastActionAt, alarm.lastDeed) = (next, now, now, deed)
            keep(alarm)
            return [.changed(alarm)]
        case .reset:
            guard let next = alarm.state.following(.reset) else { throw refusal }
            alarm.state = next
            alarm.acknowledgedAt = alarm.acknowledgedAt ?? now
            (alarm.lastActionAt, alarm.lastDeed) = (now, deed)
            keep(alarm)
            return [.changed(alarm)]
        case .shelve:
            guard alarm.removal == nil else { throw refusal }
            let span = action.until.map { $0 - now } ?? action.span
            guard span > .zero, span <= policy.longestShelf else {
                throw .shelfTooLong(span, longest: policy.longestShelf)
            }
            alarm.shelf = Alarm.Withholding(
                person: action.person, reason: action.reason, since: now, until: now + span)
        case .unshelve:
            guard alarm.shelf != nil, alarm.removal == nil else { throw refusal }
            alarm.shelf = nil
        case .outOfService:
            guard alarm.removal == nil else { throw refusal }
            alarm.removal = Alarm.Withholding(person: action.person, reason: action.reason, since: now, until: nil)
        case .returnToService:
            guard alarm.removal != nil else { throw refusal }
            alarm.removal = nil
        }
        (alarm.lastActionAt, alarm.lastDeed) = (now, deed)
        let effects = settle(&alarm)
        keep(alarm)
        return effects
    }

    /// Withholds alarms that another point explains, or lets go of them: `suppress_when` came true or false, or a
    /// device is silent or heard again.
    ///
    /// - Parameter identifiers: ``Alarm/identifier``; those that were never raised are passed over.
    public mutating func suppress(_ identifiers: [String], isSuppressed: Bool, at now: Timestamp) -> [AlarmEffect] {
        numbered(withhold(identifiers, isSuppressed: isSuppressed))
    }

    mutating func withhold(_ identifiers: [String], isSuppressed: Bool) -> [AlarmEffect] {
        var effects: [AlarmEffect] = []
        for name in identifiers.sorted() {
            guard var alarm = byIdentifier[name], (alarm.isSuppressed == true) != isSuppressed else { continue }
            alarm.isSuppressed = isSuppressed ? true : nil
            effects += settle(&alarm)
            keep(alarm)
        }
        return effects
    }
}
