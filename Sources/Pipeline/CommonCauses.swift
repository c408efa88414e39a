// SPDX-License-Identifier: Apache-2.0

public import Alarms
public import Model

/// Power failures, dead lines and a broker that is away: one alarm and one ticket of the cause, none of what follows.
extension Books {
    /// The gateway's connection to the broker; no asset of the estate.
    public static let broker = AssetIdentifier("broker")

    /// Watches these groups of devices for falling silent together.
    ///
    /// What was told before a restart goes on; the alarm of a group that is no longer there returns at ``tick(at:into:)``.
    public mutating func watch(_ watched: WatchedDevices) {
        var known: [AssetIdentifier: Timestamp] = [:]
        for alarm in alarms.alarms where alarm.rule == .devicesSilent && alarm.isConditionPresent {
            known[alarm.asset] = alarm.raisedAt
        }
        silence = SilenceBook(groups: watched.groups, known: known)
        (deviceAssets, areCausesSettled) = (watched.assets, false)
        // A failure of the whole site takes along lines and broker that were told of a moment before.
        for group in silence.groups where group.reach != .site {
            incidents.topology.connect(group.asset, below: IncidentBook.site)
        }
        incidents.topology.connect(Self.broker, below: IncidentBook.site)
    }

    /// Takes in whether the broker is reached; the alarm of its rule waits 5 min.
    public mutating func noteBroker(isConnected: Bool, at now: Timestamp, into verdict: inout Verdict) {
        let trouble = DutyWatch.Trouble(
            asset: Self.broker, rule: .brokerLost, severity: .p3, evidence: Evidence(from: now, to: now, measures: []))
        settle(isConnected ? nil : trouble, asset: Self.broker, rule: .brokerLost, at: now, into: &verdict)
    }

    /// Whether an explanation of an alarm is the alarm of a group.
    static func isCommonCause(_ explanation: String?) -> Bool {
        explanation?.hasSuffix("/\(RuleIdentifier.devicesSilent)") ?? false
    }

    /// Counts a poll that has just come, answered or not.
    mutating func followSilence(_ sweep: Sweep, at now: Timestamp, into verdict: inout Verdict) {
        guard !silence.groups.isEmpty, Int(sweep.asset.value) < deviceAssets.count else { return }
        let asset = deviceAssets[Int(sweep.asset.value)]
        for change in silence.note(asset, isAnswered: sweep.isAnswered, at: now) {
            switch change {
            case .silent(let group, let count):
                incidents.beginMaintenance(of: group.reach == .site ? nil : group.members, at: now)
                explain(group, at: now, into: &verdict)
                let trouble = trouble(group, count, at: now)
                settle(trouble, asset: group.asset, rule: .devicesSilent, at: now, into: &verdict)
            case .returning(let group):
                // What comes with power and water looks odd; it waits for good polls once more.
                incidents.beginMaintenance(of: group.reach == .site ? nil : group.members, at: now)
            case .heard(let group):
                settle(nil, asset: group.asset, rule: .devicesSilent, at: now, into: &verdict)
                release(group, at: now)
                // A start that waits for its own good polls goes on; else only what is silent yet waits.
                guard incidents.maintenanceSince != nil, incidents.maintenanceScope != nil || group.reach == .site
                else { continue }
                let reached = silence.silentGroups.reduce(into: Set<AssetIdentifier>()) { $0.formUnion($1.members) }
                note(incidents.endMaintenance(but: reached, at: now), at: now, into: &verdict)
            }
        }
    }

    /// Once after a start: goes on with what was silent before, and clears what the site's file no longer has.
    mutating func settleCauses(at now: Timestamp, into verdict: inout Verdict) {
        guard !areCausesSettled else { return }
        areCausesSettled = true
        for group in silence.silentGroups { explain(group, at: now, into: &verdict) }
        for alarm in alarms.alarms where Self.isCommonCause(alarm.explanation) {
            let isOver = !silence.silentGroups.contains { Self.identifier(of: $0) == alarm.explanation }
            if isOver { lingering[alarm.identifier] = now }
        }
        for alarm in alarms.alarms where alarm.rule == .devicesSilent && alarm.isConditionPresent {
            guard !silence.groups.contains(where: { $0.asset == alarm.asset }) else { continue }
            settle(nil, asset: alarm.asset, rule: .devicesSilent, at: now, into: &verdict)
        }
    }

    /// So long it takes at most until the analyzer has heard that a device is back (30 min): it looks four times an hour.
    static let longestLinger: Duration = .seconds(1800)
    /// So long after the others a device may come back (10 min) before its own silence is told.
    static let straggling: Duration = .seconds(600)

    private static func identifier(of group: DeviceGroup) -> String {
        Alarm.identifier(asset: group.asset, rule: .devicesSilent)
    }

    /// Devices of a group, and meters above them, on which their silence is told.
    private func reach(of group: DeviceGroup) -> [AssetIdentifier] {
        group.members.union(group.members.compactMap { incidents.topology.parent(of: $0) }).sorted()
    }

    /// Withholds that nothing is heard of a group's devices. A condition of the site's file goes before; another group's
    /// silence gives way.
    private mutating func explain(_ group: DeviceGroup, at now: Timestamp, into verdict: inout Verdict) {
        for asset in reach(of: group) {
            let alarm = Alarm.identifier(asset: asset, rule: .dropout)
            let standing = alarms.explanation(of: alarm)
            guard standing == nil || Self.isCommonCause(standing) else { continue }
            lingering[alarm] = nil
            note(alarms.explain(alarm, by: Self.identifier(of: group), at: now), at: now, into: &verdict)
        }
    }

    /// What a group explained is let go of when it is over too, or takes too long; see ``settleLingering(at:into:)``.
    private mutating func release(_ group: DeviceGroup, at now: Timestamp) {
        for asset in reach(of: group) {
            let alarm = Alarm.identifier(asset: asset, rule: .dropout)
            guard alarms.explanation(of: alarm) == Self.identifier(of: group) else { continue }
            lingering[alarm] = now
        }
    }

    /// Lets go of alarms that a silence explained which is over: once they are over too, when their device is still silent
    /// 10 min later, and after 30 min in any case.
    mutating func settleLingering(at now: Timestamp, into verdict: inout Verdict) {
        for (name, heardAt) in lingering.sorted(by: { $0.key < $1.key }) {
            let alarm = alarms.alarm(named: name)
            if let alarm, alarm.isActive {
                let isLate = silence.isSilent(alarm.asset) && now - heardAt >= Self.straggling
                guard isLate || now - heardAt >= Self.longestLinger else { continue }
            }
            lingering[name] = nil
            note(alarms.explain(name, by: nil, at: now), at: now, into: &verdict)
        }
    }

    private func trouble(_ group: DeviceGroup, _ count: Int, at now: Timestamp) -> DutyWatch.Trouble {
        DutyWatch.Trouble(
            asset: group.asset, rule: .devicesSilent, severity: group.reach == .site ? .p2 : .p3,
            evidence: Evidence(
                from: now, to: now,
                measures: [
                    Measure("silent_devices", Double(count)), Measure("devices", Double(group.members.count)),
                ]))
    }
}

extension Sweep {
    /// Whether the device said anything, even that it refuses; false when nothing that can be read came from it.
    var isAnswered: Bool {
        readings.contains { reading in
            switch reading.reason {
            case .timeout, .deviceDown, .busDown, .crc, .frame: false
            default: true
            }
        }
    }
}

/// Devices by their places in the catalogue, and groups of them that one cause can silence together.
public struct WatchedDevices: Hashable, Sendable {
    public var groups: [DeviceGroup] = []
    public var assets: [AssetIdentifier] = []

    public init() {}

    public init(groups: [DeviceGroup], assets: [AssetIdentifier]) { (self.groups, self.assets) = (groups, assets) }

    /// Each bus and each area, and the site where it has more than one bus.
    public init(_ devices: [DeviceSettings]) {
        assets = devices.map(\.asset)
        let buses = Dictionary(grouping: devices, by: \.bus).sorted { $0.key.text < $1.key.text }
        let areas = Dictionary(grouping: devices, by: \.area).sorted { $0.key.text < $1.key.text }
        groups = buses.map {
            DeviceGroup(.bus, asset: AssetIdentifier("bus-\($0.key)"), members: Set($0.value.map(\.asset)))
        }
        for (area, own) in areas {
            let members = Set(own.map(\.asset))
            // Where an area is what a bus reaches, the bus is what they have in common.
            guard !groups.contains(where: { $0.members == members }) else { continue }
            groups.append(DeviceGroup(.area, asset: AssetIdentifier("area-\(area)"), members: members))
        }
        guard buses.count > 1 else { return }
        groups.removeAll { $0.members.count == devices.count }
        groups.append(DeviceGroup(.site, asset: IncidentBook.site, members: Set(assets)))
    }
}
