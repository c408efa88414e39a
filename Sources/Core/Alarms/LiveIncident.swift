// SPDX-License-Identifier: Apache-2.0

import Model

/// What is remembered of one alarm of an incident.
struct IncidentMember: Codable, Sendable, Hashable {
    var alarm: String
    var asset: AssetIdentifier
    var rule: RuleIdentifier
    /// The most urgent that it was.
    var severity: Severity
    var findings: [FindingIdentifier]
    var firstRaisedAt: Timestamp
    var raisedAt: Timestamp
    var returnedAt: Timestamp?
    var isFlapping: Bool
    /// Whether its finding has gone on as an alarm of another rule.
    var isContinued: Bool?

    var isActive: Bool { returnedAt == nil }

    init(_ alarm: Alarm) {
        self.alarm = alarm.identifier
        (asset, rule, severity, findings) = (alarm.asset, alarm.rule, alarm.severity, alarm.findings.suffix(1))
        (firstRaisedAt, raisedAt, returnedAt) = (alarm.raisedAt, alarm.raisedAt, alarm.returnedAt)
        isFlapping = alarm.isFlapping == true
        isContinued = alarm.continuedAs == nil ? nil : true
    }

    mutating func take(_ alarm: Alarm) {
        severity = min(severity, alarm.severity)
        if let newest = alarm.findings.last, !findings.contains(newest) {
            findings.append(newest)
            if findings.count > Alarm.findingLimit { findings.removeFirst() }
        }
        (raisedAt, returnedAt) = (alarm.raisedAt, alarm.returnedAt)
        isFlapping = alarm.isFlapping == true
        isContinued = alarm.continuedAs == nil ? nil : true
    }
}

/// An incident in the making, or one that was told.
struct LiveIncident: Codable, Sendable, Hashable {
    /// `nil` before it is told; from then on it never changes.
    var identifier: IncidentIdentifier?
    /// In the order in which they joined; never empty but for a storm's own.
    var members: [IncidentMember]
    /// The storm that tells of it; `nil` for one that stands alone.
    var storm: IncidentIdentifier?
    /// The time under which it counts as one of a storm's.
    var countedAt: Timestamp?

    init(first: IncidentMember) { members = [first] }

    var isAnnounced: Bool { identifier != nil }
    var isActive: Bool { members.contains(where: \.isActive) }
    /// Each once, in the order in which alarms joined.
    var findings: [FindingIdentifier] {
        var seen: Set<FindingIdentifier> = []
        return members.flatMap(\.findings).filter { seen.insert($0).inserted }
    }
    var severity: Severity { members.map(\.severity).min() ?? .p4 }
    var openedAt: Timestamp { members.map(\.firstRaisedAt).min() ?? Timestamp(milliseconds: 0) }
    /// Who goes on when two become one: one that was told alone, then one told by a storm, then one that waits.
    var rank: Int { isAnnounced ? (storm == nil ? 0 : 1) : 2 }

    /// The name it has, or would have if it were told now: of its first alarm and the time of that.
    var key: IncidentIdentifier {
        if let identifier { return identifier }
        let first = members.min { ($0.firstRaisedAt, $0.alarm) < ($1.firstRaisedAt, $1.alarm) }
        return IncidentIdentifier("\(first?.alarm ?? "")@\(openedAt.milliseconds)")
    }
}
