// SPDX-License-Identifier: Apache-2.0

public import Model

/// All alarms of a site.
///
/// It is a value and knows no clock: what the analyzer tells goes in with the time it was told, what must be
/// stored and told comes out. Its size is bounded by assets times rules.
public struct AlarmBook: Codable, Sendable, Hashable {
    private var byIdentifier: [String: Alarm] = [:]

    /// Takes up alarms as they were stored, in any order; of two with one identifier the later in the list counts.
    public init(alarms: [Alarm] = []) {
        for alarm in alarms { byIdentifier[alarm.identifier] = alarm }
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

    /// Takes in what the analyzer tells.
    ///
    /// A finding that is told twice counts once. One that is already over when it is first told raises the alarm and
    /// returns it. The end of a finding returns the alarm only if no newer one has raised it since; the end of a
    /// finding that never raised an alarm changes nothing.
    public mutating func apply(_ change: FindingChange, at now: Timestamp) -> [AlarmEffect] {
        switch change {
        case .raised(let finding):
            raise(finding, isUpdate: false, at: now) + (finding.clearedAt == nil ? [] : clear(finding, at: now))
        case .updated(let finding):
            raise(finding, isUpdate: true, at: now) + (finding.clearedAt == nil ? [] : clear(finding, at: now))
        case .cleared(let finding):
            clear(finding, at: now)
        }
    }

    /// Notes that a person has seen an alarm.
    ///
    /// - Parameter identifier: ``Alarm/identifier``; one that is not known, or not waiting for it, changes nothing.
    public mutating func acknowledge(_ identifier: String, at now: Timestamp) -> [AlarmEffect] {
        guard var alarm = byIdentifier[identifier], let next = alarm.state.following(.acknowledge) else { return [] }
        alarm.state = next
        alarm.acknowledgedAt = now
        byIdentifier[identifier] = alarm
        return [.changed(alarm)]
    }

    private mutating func raise(_ finding: Finding, isUpdate: Bool, at now: Timestamp) -> [AlarmEffect] {
        guard var alarm = alarm(of: finding) else {
            let first = Alarm(
                asset: finding.asset, rule: finding.rule, severity: finding.severity, state: .unacknowledgedActive,
                raisedAt: now, findings: [finding.identifier])
            byIdentifier[first.identifier] = first
            return [.raised(first, finding)]
        }
        if alarm.findings.contains(finding.identifier) {
            guard isUpdate, alarm.isActive else { return [] }
            // Only the newest finding may lower the urgency; an older one that goes on can but raise it.
            let isNewest = alarm.findings.last == finding.identifier
            alarm.severity = isNewest ? finding.severity : min(alarm.severity, finding.severity)
            byIdentifier[alarm.identifier] = alarm
            return [alarm.state.isWithheld ? .changed(alarm) : .updated(alarm, finding)]
        }
        alarm.severity = alarm.isActive ? min(alarm.severity, finding.severity) : finding.severity
        alarm.note(finding.identifier)
        if !alarm.isActive { (alarm.raisedAt, alarm.returnedAt) = (now, nil) }
        if let next = alarm.state.following(.raise) { (alarm.state, alarm.acknowledgedAt) = (next, nil) }
        byIdentifier[alarm.identifier] = alarm
        return [alarm.state.isWithheld ? .changed(alarm) : .raised(alarm, finding)]
    }

    private mutating func clear(_ finding: Finding, at now: Timestamp) -> [AlarmEffect] {
        guard var alarm = alarm(of: finding), alarm.isActive, alarm.findings.last == finding.identifier else {
            return []
        }
        alarm.returnedAt = now
        if let next = alarm.state.following(.clear) { alarm.state = next }
        byIdentifier[alarm.identifier] = alarm
        return [alarm.state.isWithheld ? .changed(alarm) : .returned(alarm, finding)]
    }

    /// The alarm that a finding belongs to: the one it raised, even if its place is known better since, else the one
    /// of its asset and rule.
    private func alarm(of finding: Finding) -> Alarm? {
        let own = alarm(asset: finding.asset, rule: finding.rule)
        if let own, own.findings.contains(finding.identifier) { return own }
        return alarms.first { $0.rule == finding.rule && $0.findings.contains(finding.identifier) } ?? own
    }
}
