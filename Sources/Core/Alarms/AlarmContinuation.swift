// SPDX-License-Identifier: Apache-2.0

import Model

/// A finding that changes its rule, as a leak by the hour that becomes a burst, keeps its name; its alarm does not.
extension AlarmBook {
    /// Alarms of other rules that this finding raised, and that wait for its end.
    func oldRules(of finding: Finding) -> [Alarm] {
        byIdentifier.values.filter { alarm in
            guard alarm.rule != finding.rule else { return false }
            return alarm.isActive && alarm.findings.last == finding.identifier
                || alarm.pending?.finding.identifier == finding.identifier
        }.sorted { $0.identifier < $1.identifier }
    }

    /// What a finding raised under another rule is over: nothing would ever end it.
    mutating func leaveOldRules(of finding: Finding, at now: Timestamp) -> [AlarmEffect] {
        var effects: [AlarmEffect] = []
        for var old in oldRules(of: finding) {
            old.pending = nil
            if old.isActive {
                old.continuedAs = alarm(of: finding)?.identifier
                effects += clear(old, finding, at: now)
            } else {
                keep(old)
                effects.append(.changed(old))
            }
        }
        return effects
    }
}
