// SPDX-License-Identifier: Apache-2.0

public import Model

/// Alarms of one cause brought together, so that one piece of work is one ticket.
///
/// It is a value and knows no clock. Alarms go in as they stand after each change; incidents that open, grow, join and
/// end come out. What belongs together depends on places and times of the alarms, never on the order in which they
/// come: a cause takes in each symptom at its place or downstream that came 120 s before to 10 min after it, and
/// incidents only ever unite. Its size is bounded by assets times rules.
public struct IncidentBook: Codable, Sendable, Hashable {
    /// What the site's file says; a stored book is given it anew at every start.
    public var policy = CorrelationPolicy()
    public var rules = AlarmPolicy()
    public var topology = Topology()

    /// Those that are active, wait, or may still take in alarms.
    var live: [LiveIncident] = []
    /// Alarms of late, and incidents of late.
    var flood = Surge()
    var storms = Surge()
    /// The incident that stands for the others while more happen than anybody can look at.
    var storm: LiveIncident?
    /// Since when a common cause explains what is odd; `nil` when none does.
    public private(set) var maintenanceSince: Timestamp?
    /// What the common cause reaches; `nil` is the whole site.
    public private(set) var maintenanceScope: Set<AssetIdentifier>?

    /// The site as a whole, where no single asset is meant.
    public static let site = AssetIdentifier("site")

    public init(policy: CorrelationPolicy = .init(), rules: AlarmPolicy = .init(), topology: Topology = .init()) {
        self.policy = policy
        self.rules = rules
        self.topology = topology
    }

    private enum CodingKeys: String, CodingKey { case live, flood, storms, storm, maintenanceSince, maintenanceScope }

    public var isInFlood: Bool { flood.isOn }
    public var isInStorm: Bool { storms.isOn }

    /// Incidents with something active in them, the earliest first.
    public var incidents: [Incident] {
        live.filter(\.isActive).map { incident(of: $0) }
            .sorted { ($0.openedAt, $0.identifier) < ($1.openedAt, $1.identifier) }
    }

    /// The next moment at which ``tick(at:)`` has something to do; `nil` when nothing waits.
    public var nextDeadline: Timestamp? {
        var moments = live.compactMap { $0.isAnnounced ? nil : due($0) }
        if storm != nil, let end = storms.nextDeadline(policy) { moments.append(end) }
        if storm != nil, let end = flood.nextDeadline(policy) { moments.append(end) }
        return moments.min()
    }

    /// Takes in an alarm as it stands now.
    public mutating func follow(_ alarm: Alarm, at now: Timestamp) -> [IncidentChange] {
        var changes = tick(at: now)
        if let place = live.firstIndex(where: { $0.members.contains { $0.alarm == alarm.identifier } }) {
            update(place, with: alarm, at: now, into: &changes)
        } else if alarm.isActive, !alarm.state.isWithheld {
            admit(alarm, at: now, into: &changes)
        }
        settle(at: now, into: &changes)
        return changes
    }

    /// Takes in alarms that were active before the book was kept; those that it knows are passed over.
    public mutating func adopt(_ alarms: [Alarm]) {
        var told: [IncidentChange] = []
        for alarm in alarms where alarm.isActive && !alarm.state.isWithheld {
            guard !live.contains(where: { $0.members.contains { $0.alarm == alarm.identifier } }) else { continue }
            live.append(LiveIncident(first: IncidentMember(alarm)))
            _ = unite(around: alarm, at: alarm.raisedAt, into: &told)
        }
    }

    /// Alarms of these incidents, in the order of their identifiers.
    public func alarms(of incidents: [IncidentIdentifier]) -> [String] {
        live.filter { part in
            incidents.contains { $0 == part.identifier || $0 == part.storm }
        }.flatMap(\.members).map(\.alarm).sorted()
    }

    /// Lets holds and storms run to `now`.
    public mutating func tick(at now: Timestamp) -> [IncidentChange] {
        var changes: [IncidentChange] = []
        settle(at: now, into: &changes)
        return changes
    }

    /// After a power failure or a restart only communication alarms open incidents, and somebody shut in; the others
    /// wait.
    ///
    /// - Parameter assets: What the cause reaches; `nil` is the whole site. Of several causes all that they reach waits.
    public mutating func beginMaintenance(of assets: Set<AssetIdentifier>? = nil, at now: Timestamp) {
        if let assets, maintenanceSince == nil {
            maintenanceScope = assets
        } else {
            maintenanceScope = assets.flatMap { maintenanceScope?.union($0) }
        }
        maintenanceSince = now
    }

    /// The cause is over, as three good polls have shown: what is still there opens now.
    ///
    /// - Parameter assets: Where it goes on; nowhere when empty.
    public mutating func endMaintenance(but assets: Set<AssetIdentifier> = [], at now: Timestamp) -> [IncidentChange] {
        if assets.isEmpty { maintenanceSince = nil }
        maintenanceScope = assets.isEmpty ? nil : assets
        return tick(at: now)
    }

    // MARK: Members

    private mutating func update(
        _ place: Int, with alarm: Alarm, at now: Timestamp, into changes: inout [IncidentChange]
    ) {
        guard let index = live[place].members.firstIndex(where: { $0.alarm == alarm.identifier }) else { return }
        let before = live[place]
        let wasActive = before.members[index].isActive
        live[place].members[index].take(alarm)
        if !wasActive, alarm.isActive {
            flood.count(alarm.raisedAt)
            if unite(around: alarm, at: now, into: &changes) { return }
        }
        report(place, since: before, into: &changes)
    }

    private mutating func admit(_ alarm: Alarm, at now: Timestamp, into changes: inout [IncidentChange]) {
        flood.count(alarm.raisedAt)
        live.append(LiveIncident(first: IncidentMember(alarm)))
        _ = unite(around: alarm, at: now, into: &changes)
    }

    /// Brings together all incidents that have a member linked to this alarm.
    ///
    /// - Returns: whether there was more than one; what followed has been told then.
    private mutating func unite(
        around alarm: Alarm, at now: Timestamp, into changes: inout [IncidentChange]
    ) -> Bool {
        guard let fresh = live.flatMap(\.members).first(where: { $0.alarm == alarm.identifier }) else { return false }
        let linked = live.indices.filter { place in
            live[place].members.contains { $0.alarm == fresh.alarm || isLinked($0, fresh) }
        }
        guard linked.count > 1 else { return false }
        // Those that were told go on, the earliest first; else the order of arrival does not matter.
        let parts = linked.map { live[$0] }.sorted { ($0.rank, $0.openedAt, $0.key) < ($1.rank, $1.openedAt, $1.key) }
        for place in linked.reversed() { live.remove(at: place) }
        var whole = parts[0]
        let before = whole
        for part in parts.dropFirst() {
            whole.members += part.members
            // What was many is one: it is no storm any more.
            if let counted = part.countedAt { storms.forget(counted) }
            if part.isAnnounced, part.storm == nil, let stays = whole.identifier {
                changes.append(.merged(incident(of: part), into: stays))
            }
        }
        storms.settle(at: now, policy)
        live.append(whole)
        if whole.storm != nil, !isDigested(whole.severity) {
            standAlone(live.count - 1, into: &changes)
        } else {
            report(live.count - 1, since: before, into: &changes)
            leaveEmptyStorm(to: live[live.count - 1], into: &changes)
        }
        return true
    }

    /// Whether one of the two can be what the other comes from, or both are of one finding that has changed its rule.
    private func isLinked(_ a: IncidentMember, _ b: IncidentMember) -> Bool {
        explains(a, b) || explains(b, a) || a.findings.contains { b.findings.contains($0) }
    }

    private func explains(_ cause: IncidentMember, _ symptom: IncidentMember) -> Bool {
        guard rules.rule(cause.rule).isCause, rules.rule(symptom.rule).isSymptom,
            cause.asset == symptom.asset || topology.isUpstream(cause.asset, of: symptom.asset)
        else { return false }
        let delay = symptom.raisedAt - cause.raisedAt
        return delay >= .zero - policy.windowBefore && delay <= policy.windowAfter
    }

    // MARK: Telling

    /// Tells of an incident that was told before, if there is anything new.
    private mutating func report(_ place: Int, since before: LiveIncident, into changes: inout [IncidentChange]) {
        guard live[place].isAnnounced else { return }
        let (old, new) = (incident(of: before), incident(of: live[place]))
        if live[place].storm != nil {
            reportStorm(into: &changes)
            return
        }
        if live[place].isActive {
            let isWorse = new.severity < old.severity || new.isFlapping != old.isFlapping
            let hasMoved = new.asset != old.asset || new.rule != old.rule
            guard isWorse || hasMoved || !before.isActive || new.alarms != old.alarms || new.findings != old.findings
            else { return }
            changes.append(.grown(new))
        } else if before.isActive {
            changes.append(.ended(new))
        }
    }

    private mutating func settle(at now: Timestamp, into changes: inout [IncidentChange]) {
        flood.settle(at: now, policy)
        for place in live.indices.sorted(by: { (live[$0].openedAt, live[$0].key) < (live[$1].openedAt, live[$1].key) })
        where !live[place].isAnnounced && due(live[place]).map({ $0 <= now }) ?? false {
            announce(place, at: now, into: &changes)
        }
        // One that grew most urgent inside a storm stands alone from now on.
        for place in live.indices where live[place].storm != nil && live[place].severity == .p1 {
            live[place].storm = nil
            changes.append(.opened(incident(of: live[place])))
        }
        storms.settle(at: now, policy)
        endStorm(into: &changes)
        let past = live.indices.filter { isPast(live[$0], at: now) }
        for place in past.reversed() { live.remove(at: place) }
    }

    /// When a held incident is told; `nil` while a common cause holds it.
    private func due(_ incident: LiveIncident) -> Timestamp? {
        let goesOn = incident.members.contains { member in
            let rule = rules.rule(member.rule)
            return rule.isCommunication || rule.isAboutPersons && member.severity == .p1
        }
        if maintenanceSince != nil, !goesOn, isReached(incident) { return nil }
        return incident.severity == .p1 ? incident.openedAt : incident.openedAt + policy.hold
    }

    /// Whether all of it lies where the common cause reaches.
    private func isReached(_ incident: LiveIncident) -> Bool {
        guard let scope = maintenanceScope else { return true }
        return incident.members.allSatisfy { scope.contains($0.asset) }
    }

    private mutating func announce(_ place: Int, at now: Timestamp, into changes: inout [IncidentChange]) {
        live[place].identifier = live[place].key
        storms.count(live[place].openedAt)
        live[place].countedAt = live[place].openedAt
        storms.settle(at: now, policy)
        if isDigested(live[place].severity) {
            join(place, at: now, into: &changes)
            return
        }
        changes.append(.opened(incident(of: live[place])))
        if !live[place].isActive { changes.append(.ended(incident(of: live[place]))) }
    }

    private func isPast(_ incident: LiveIncident, at now: Timestamp) -> Bool {
        guard incident.isAnnounced, !incident.isActive, incident.storm == nil else { return false }
        let last = incident.members.map { max($0.raisedAt, $0.returnedAt ?? $0.raisedAt) }.max() ?? now
        return now - last > policy.windowAfter + policy.windowBefore
    }

    // MARK: What is told

    func incident(of incident: LiveIncident) -> Incident {
        let root = root(of: incident)
        return Incident(
            identifier: incident.identifier ?? incident.key, asset: root.asset, rule: root.rule,
            severity: incident.severity, alarms: incident.members.map(\.alarm),
            findings: incident.findings, openedAt: incident.openedAt,
            isFlapping: incident.members.contains(where: \.isFlapping), storm: incident.storm)
    }

    /// The cause furthest upstream, the earliest there. It moves only upstream, since members are never given up; at one
    /// place it is never what its finding no longer says.
    private func root(of incident: LiveIncident) -> IncidentMember {
        func order(_ member: IncidentMember) -> (Int, Int, Int, Timestamp, String) {
            (
                rules.rule(member.rule).isCause ? 0 : 1, topology.depth(of: member.asset),
                member.isContinued == true ? 1 : 0, member.firstRaisedAt, member.alarm
            )
        }
        var best = incident.members[0]
        for member in incident.members.dropFirst() where order(member) < order(best) { best = member }
        return best
    }
}
