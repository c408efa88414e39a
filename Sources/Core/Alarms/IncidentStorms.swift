// SPDX-License-Identifier: Apache-2.0

import Model

/// More incidents, or alarms, than anybody can look at: one ticket stands for those that can wait.
extension IncidentBook {
    /// Whether what is so urgent is told by the storm's ticket now.
    func isDigested(_ urgency: Severity) -> Bool { storms.isOn ? urgency > .p1 : flood.isOn && urgency > .p2 }

    /// An incident of a storm that brought others together, and shows what the storm comes from, is told for itself.
    mutating func standAlone(_ place: Int, into changes: inout [IncidentChange]) {
        let before = storm?.identifier
        live[place].storm = nil
        leaveEmptyStorm(to: live[place], into: &changes)
        // The ticket of a storm that is left empty goes on as the incident's.
        let told = incident(of: live[place])
        changes.append(before != nil && storm == nil ? .grown(told) : .opened(told))
    }

    /// A storm all of whose incidents have become one is that one, with its ticket.
    mutating func leaveEmptyStorm(to whole: LiveIncident, into changes: inout [IncidentChange]) {
        guard let parent = storm, whole.storm == nil, let stays = whole.identifier,
            !live.contains(where: { $0.storm == parent.identifier })
        else { return }
        changes.append(.merged(stormIncident(), into: stays))
        storm = nil
    }

    mutating func join(_ place: Int, at now: Timestamp, into changes: inout [IncidentChange]) {
        if storm == nil {
            var parent = live[place]
            parent.members = []
            parent.identifier = IncidentIdentifier("\(Self.site)/\(RuleIdentifier.alarmStorm)@\(now.milliseconds)")
            storm = parent
            live[place].storm = parent.identifier
            changes.append(.opened(stormIncident()))
        } else {
            live[place].storm = storm?.identifier
            changes.append(.grown(stormIncident()))
        }
    }

    mutating func reportStorm(into changes: inout [IncidentChange]) {
        guard storm != nil else { return }
        changes.append(.grown(stormIncident()))
    }

    /// A storm is over when few come and nothing of it is active.
    mutating func endStorm(into changes: inout [IncidentChange]) {
        guard let parent = storm, !storms.isOn, !flood.isOn,
            !live.contains(where: { $0.storm == parent.identifier && $0.isActive })
        else { return }
        changes.append(.ended(stormIncident()))
        storm = nil
        for place in live.indices where live[place].storm == parent.identifier { live[place].storm = nil }
    }

    func stormIncident() -> Incident {
        let parts = live.filter { $0.storm != nil && $0.storm == storm?.identifier }.map { incident(of: $0) }
        return Incident(
            identifier: storm?.identifier ?? IncidentIdentifier(""), asset: Self.site, rule: .alarmStorm,
            severity: parts.map(\.severity).min() ?? .p3, alarms: parts.flatMap(\.alarms),
            findings: parts.flatMap(\.findings), openedAt: parts.map(\.openedAt).min() ?? Timestamp(milliseconds: 0))
    }
}
