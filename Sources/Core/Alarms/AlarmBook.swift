// SPDX-License-Identifier: Apache-2.0

public import Model

/// All alarms of a site.
///
/// It is a value and knows no clock: what the analyzer tells and what persons do goes in with its time, what must be
/// stored and told comes out. Its size is bounded by assets times rules.
public struct AlarmBook: Codable, Sendable, Hashable {
    /// Not part of what is stored: the site's file says it anew at every start.
    public var policy = AlarmPolicy()
    var byIdentifier: [String: Alarm] = [:]
    /// Works on assets, whose alarms are out of service meanwhile. Not part of what is stored: they are announced.
    var windows: [WorkWindow] = []
    var isPlanDue = false
    /// When the next of them begins or ends.
    var edge: Timestamp?
    /// The conditions that hold and explain alarms, by the alarms' identifiers, raised or not.
    var explanations: [String: String] = [:]
    /// Those that have something to wait for, so that a tick does not look at all.
    private var waiting: Set<String> = []

    /// Takes up alarms as they were stored, in any order; of two with one identifier the later in the list counts.
    public init(alarms: [Alarm] = [], policy: AlarmPolicy = AlarmPolicy()) {
        self.policy = policy
        for alarm in alarms {
            keep(alarm)
            explanations[alarm.identifier] = alarm.explanation
        }
    }

    public init(from decoder: any Decoder) throws {
        self.init(alarms: try decoder.singleValueContainer().decode([Alarm].self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(alarms)
    }

    /// In the order of their identifiers.
    public var alarms: [Alarm] { byIdentifier.values.sorted { $0.identifier < $1.identifier } }

    /// The alarm of this asset and rule; `nil` when it was never raised.
    public func alarm(asset: AssetIdentifier, rule: RuleIdentifier) -> Alarm? {
        byIdentifier[Alarm.identifier(asset: asset, rule: rule)]
    }

    /// The alarm of this ``Alarm/identifier``; `nil` when it was never raised.
    public func alarm(named identifier: String) -> Alarm? { byIdentifier[identifier] }

    /// How many alarms a person has shelved at this moment.
    public var shelvedCount: Int { byIdentifier.values.count { $0.state == .shelved } }

    /// Alarms that have been active for longer than the policy's ``AlarmPolicy/standingAfter``, the longest first.
    public func standing(at now: Timestamp) -> [Alarm] {
        alarms.filter { $0.isActive && !$0.state.isWithheld && now - $0.raisedAt > policy.standingAfter }
            .sorted { ($0.raisedAt, $0.identifier) < ($1.raisedAt, $1.identifier) }
    }

    /// The next moment at which ``tick(at:)`` has something to do; `nil` when nothing waits.
    public var nextDeadline: Timestamp? {
        (waiting.compactMap { byIdentifier[$0].flatMap(Self.deadline) } + [nextEdge].compactMap(\.self)).min()
    }

    /// Takes in what the analyzer tells.
    ///
    /// A finding that is told twice counts once. One that is already over when it is first told raises the alarm and
    /// returns it. A finding that was over and is told again without an end has come back. The end of a finding
    /// returns the alarm only if no newer one has raised it since; the end of a finding that never raised an alarm
    /// changes nothing. A finding that has changed its rule raises the alarm of the new one, and that of the old one
    /// returns at once.
    public mutating func apply(_ change: FindingChange, at now: Timestamp) -> [AlarmEffect] {
        var effects = advance(to: now)
        switch change {
        case .raised(let finding):
            effects +=
                begin(finding, isUpdate: false, at: now) + (finding.clearedAt == nil ? [] : end(finding, at: now))
        case .updated(let finding):
            effects += begin(finding, isUpdate: true, at: now)
            effects += leaveOldRules(of: finding, at: now) + (finding.clearedAt == nil ? [] : end(finding, at: now))
        case .cleared(let finding):
            effects += leaveOldRules(of: finding, at: now) + end(finding, at: now)
        }
        return numbered(effects)
    }

    /// Lets delays, shelves and quiet times run to `now`.
    public mutating func tick(at now: Timestamp) -> [AlarmEffect] { numbered(advance(to: now)) }

    private mutating func advance(to now: Timestamp) -> [AlarmEffect] {
        var effects = followWork(to: now)
        guard !waiting.isEmpty else { return effects }
        for name in waiting.sorted() {
            guard var alarm = byIdentifier[name] else { continue }
            if let until = alarm.shelf?.until, until <= now {
                alarm.shelf = nil
                effects += settle(&alarm)
                keep(alarm)
            }
            if let pending = alarm.pending, pending.due <= now {
                alarm.pending = nil
                keep(alarm)
                effects +=
                    pending.isRaise ? raise(pending.finding, at: pending.due) : clear(pending.finding, at: pending.due)
            }
        }
        return effects
    }

    // MARK: Conditions

    private mutating func begin(_ finding: Finding, isUpdate: Bool, at now: Timestamp) -> [AlarmEffect] {
        let known = alarm(of: finding)
        if var alarm = known,
            alarm.findings.contains(finding.identifier) || alarm.pending?.finding.identifier == finding.identifier
        {
            let isNewest = alarm.findings.last == finding.identifier
            guard isUpdate else { return [] }
            if let pending = alarm.pending, pending.finding.identifier == finding.identifier, finding.clearedAt == nil {
                if pending.isRaise {
                    alarm.pending?.finding = finding
                    keep(alarm)
                    return []
                }
                // It was about to return.
                alarm.pending = nil
                alarm.noteRaise(at: now, policy)
                alarm.severity = finding.severity
                alarm.count()
                keep(alarm)
                return [alarm.state.isWithheld ? .changed(alarm) : .updated(alarm, finding)]
            }
            guard alarm.isActive else { return finding.clearedAt == nil && isNewest ? arrive(finding, at: now) : [] }
            // Only the newest finding may lower the urgency; an older one that goes on can but raise it.
            alarm.severity = isNewest ? finding.severity : min(alarm.severity, finding.severity)
            let work = work(withholding: alarm, at: now)
            if work == nil, alarm.maintenance != nil {
                alarm.maintenance = nil
                let effects = settle(&alarm)
                keep(alarm)
                return effects
            }
            keep(alarm)
            return [alarm.state.isWithheld ? .changed(alarm) : .updated(alarm, finding)]
        }
        return arrive(finding, at: now)
    }

    /// A condition that begins waits for the delay of its rule, unless its alarm is active already.
    private mutating func arrive(_ finding: Finding, at now: Timestamp) -> [AlarmEffect] {
        let delay = policy.rule(finding.rule).raiseAfter
        let isBelieved = alarm(of: finding)?.isActive == true || !oldRules(of: finding).isEmpty
        guard delay > .zero, !isBelieved else { return raise(finding, at: now) }
        var alarm =
            alarm(of: finding)
            ?? Alarm(
                asset: finding.asset, rule: finding.rule, severity: finding.severity, state: .normal, raisedAt: now,
                returnedAt: now, findings: [], occurrences: 0)
        alarm.pending = Alarm.Pending(finding: finding, isRaise: true, due: now + delay)
        keep(alarm)
        return [.changed(alarm)]
    }

    private mutating func raise(_ finding: Finding, at now: Timestamp) -> [AlarmEffect] {
        var alarm =
            alarm(of: finding)
            ?? Alarm(
                asset: finding.asset, rule: finding.rule, severity: finding.severity, state: .normal, raisedAt: now,
                returnedAt: now, findings: [], occurrences: 0)
        alarm.severity = alarm.isActive ? min(alarm.severity, finding.severity) : finding.severity
        // Only a condition that was away can come too often.
        if !alarm.isConditionPresent { alarm.noteRaise(at: now, policy) }
        (alarm.pending, alarm.continuedAs) = (nil, nil)
        if alarm.findings.contains(finding.identifier) { alarm.count() } else { alarm.note(finding.identifier) }
        if !alarm.isActive { (alarm.raisedAt, alarm.returnedAt, alarm.isLatched) = (now, nil, nil) }
        (alarm.explanation, alarm.maintenance) = (explanations[alarm.identifier], work(withholding: alarm, at: now))
        if alarm.explanation != nil || isSilenced(alarm) { alarm.isSuppressed = true }
        if let held = alarm.withheldState {
            alarm.state = held
        } else if let next = alarm.state.following(.raise) {
            (alarm.state, alarm.acknowledgedAt) = (next, nil)
        }
        keep(alarm)
        return [alarm.state.isWithheld ? .changed(alarm) : .raised(alarm, finding)]
    }

    private mutating func end(_ finding: Finding, at now: Timestamp) -> [AlarmEffect] {
        guard var alarm = alarm(of: finding) else { return [] }
        if let pending = alarm.pending, pending.isRaise, pending.finding.identifier == finding.identifier {
            alarm.pending = nil
            keep(alarm)
            return [.changed(alarm)]
        }
        guard alarm.isActive, alarm.pending == nil, alarm.findings.last == finding.identifier else { return [] }
        let delay = policy.rule(finding.rule).clearAfter
        let wait = alarm.isFlapping == true ? max(delay, policy.flapQuiet) : delay
        guard wait > .zero else { return clear(finding, at: now) }
        alarm.pending = Alarm.Pending(finding: finding, isRaise: false, due: now + wait)
        keep(alarm)
        return [.changed(alarm)]
    }

    private mutating func clear(_ finding: Finding, at now: Timestamp) -> [AlarmEffect] {
        guard let alarm = alarm(of: finding), alarm.isActive, alarm.findings.last == finding.identifier else {
            return []
        }
        return clear(alarm, finding, at: now)
    }

    mutating func clear(_ active: Alarm, _ finding: Finding, at now: Timestamp) -> [AlarmEffect] {
        var alarm = active
        alarm.returnedAt = now
        if alarm.isFlapping == true { (alarm.isFlapping, alarm.raises) = (nil, nil) }
        let trigger: AlarmTrigger = policy.rule(alarm.rule).isLatching ? .clearLatching : .clear
        // What withholds it must not let go of it.
        if alarm.state.isWithheld, trigger == .clearLatching { alarm.isLatched = true }
        if let next = alarm.state.following(trigger) { alarm.state = next }
        keep(alarm)
        let effects: [AlarmEffect] = [alarm.state.isWithheld ? .changed(alarm) : .returned(alarm, finding)]
        guard policy.rule(alarm.rule).isCommunication, !isSilent(alarm.asset) else { return effects }
        let heardAgain = byIdentifier.values.filter {
            $0.asset == alarm.asset && $0.isSuppressed == true && $0.explanation == nil
        }
        return effects + withhold(heardAgain.map(\.identifier), isSuppressed: false)
    }

    // MARK: Keeping

    /// The state that follows from what still withholds the alarm and from its condition.
    mutating func settle(_ alarm: inout Alarm) -> [AlarmEffect] {
        if let held = alarm.withheldState {
            if alarm.state == .latched { alarm.isLatched = true }
            alarm.state = held
            return [.changed(alarm)]
        }
        guard alarm.state.isWithheld else { return [.changed(alarm)] }
        alarm.acknowledgedAt = nil
        alarm.state = alarm.isActive ? .unacknowledgedActive : alarm.isLatched == true ? .latched : .normal
        alarm.isLatched = nil
        return [alarm.isActive ? .released(alarm) : .changed(alarm)]
    }

    /// Numbers what is told, in its order.
    mutating func numbered(_ effects: [AlarmEffect]) -> [AlarmEffect] {
        effects.map { effect in
            guard var alarm = byIdentifier[effect.alarm.identifier] else { return effect }
            let sequence = (alarm.sequence ?? 0) + 1
            let version = alarm.version ?? sequence
            (alarm.sequence, alarm.version) = (sequence, version)
            byIdentifier[alarm.identifier] = alarm
            return effect.numbered(sequence, version: version)
        }
    }

    mutating func keep(_ alarm: Alarm) {
        var alarm = alarm
        if let before = byIdentifier[alarm.identifier] {
            // The numbers are the book's; what a person must know makes the next one the version.
            (alarm.sequence, alarm.version) = (before.sequence, before.version)
            if before.asPersonsKnowIt != alarm.asPersonsKnowIt { alarm.version = nil }
        }
        byIdentifier[alarm.identifier] = alarm
        if Self.deadline(of: alarm) == nil {
            waiting.remove(alarm.identifier)
        } else {
            waiting.insert(alarm.identifier)
        }
    }

    private static func deadline(of alarm: Alarm) -> Timestamp? {
        [alarm.pending?.due, alarm.shelf?.until].compactMap(\.self).min()
    }

    /// Whether a silent device withholds it.
    func isSilenced(_ alarm: Alarm) -> Bool { !policy.rule(alarm.rule).isCommunication && isSilent(alarm.asset) }

    /// Whether nothing is heard of an asset.
    private func isSilent(_ asset: AssetIdentifier) -> Bool {
        byIdentifier.values.contains {
            $0.asset == asset && $0.isActive && policy.rule($0.rule).isCommunication
        }
    }

    /// The alarm that a finding belongs to: the one it raised, even if its place is known better since, else the one
    /// of its asset and rule.
    func alarm(of finding: Finding) -> Alarm? {
        let own = alarm(asset: finding.asset, rule: finding.rule)
        if let own, own.findings.contains(finding.identifier) { return own }
        return alarms.first { $0.rule == finding.rule && $0.findings.contains(finding.identifier) } ?? own
    }
}
