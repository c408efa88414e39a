// SPDX-License-Identifier: Apache-2.0

public import Model

/// Devices that one cause can silence together: those of a bus, of an area, or of the whole site.
public struct DeviceGroup: Hashable, Sendable {
    /// How far a cause reaches; the narrowest that explains what is silent is told.
    public enum Reach: Int, Hashable, Sendable, Comparable {
        case bus, area, site
        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    public var reach: Reach
    /// What its alarm is about; no asset of the estate: `bus-line-1`, `area-plant`, `site`.
    public var asset: AssetIdentifier
    public var members: Set<AssetIdentifier>

    public init(_ reach: Reach, asset: AssetIdentifier, members: Set<AssetIdentifier>) {
        (self.reach, self.asset, self.members) = (reach, asset, members)
    }
}

/// Which devices answer, and which groups of them fell silent together.
///
/// It is a value and knows no clock. A device is silent from the first poll without an answer to the third good one in a
/// row. A group is silent when more than half of it, three devices at least, fell silent within ``window``; it is heard
/// again when fewer than a third of it, or only one device, is still silent.
public struct SilenceBook: Hashable, Sendable {
    /// Devices that fall silent so long one after the other fell silent together (15 min): the slowest are polled so.
    public static let window: Duration = .seconds(900)
    /// Good polls in a row that show that a device is back.
    public static let pollsOfReturn = 3
    /// Fewer devices have no cause in common.
    public static let fewest = 3

    /// What a poll changed.
    public enum Change: Hashable, Sendable {
        case silent(DeviceGroup, count: Int)
        /// The first device of a silent group has answered again.
        case returning(DeviceGroup)
        case heard(DeviceGroup)
    }

    private struct Standing: Hashable, Sendable {
        /// `nil` while it answers.
        var silentSince: Timestamp?
        var goodPolls = 0
    }

    public let groups: [DeviceGroup]
    private var devices: [AssetIdentifier: Standing] = [:]
    /// Places of the groups that are silent.
    private var silent: Set<Int> = []
    private var returning: Set<Int> = []

    /// - Parameters:
    ///   - groups: Of fewer than three devices none is kept.
    ///   - known: Groups whose silence was told before a restart, by their assets, and since when.
    public init(groups: [DeviceGroup] = [], known: [AssetIdentifier: Timestamp] = [:]) {
        self.groups = groups.filter { $0.members.count >= Self.fewest }
        for (place, group) in self.groups.enumerated() {
            guard let since = known[group.asset] else { continue }
            silent.insert(place)
            for member in group.members { devices[member] = Standing(silentSince: since) }
        }
    }

    /// Groups that are silent.
    public var silentGroups: [DeviceGroup] { silent.sorted().map { groups[$0] } }

    /// How many devices of a group do not answer.
    public func silentCount(of group: DeviceGroup) -> Int {
        group.members.count { devices[$0]?.silentSince != nil }
    }

    /// Whether a device does not answer.
    public func isSilent(_ asset: AssetIdentifier) -> Bool { devices[asset]?.silentSince != nil }

    /// Takes in whether a device answered a poll.
    public mutating func note(_ asset: AssetIdentifier, isAnswered: Bool, at now: Timestamp) -> [Change] {
        guard !groups.isEmpty else { return [] }
        var standing = devices[asset] ?? Standing()
        let before = standing
        if !isAnswered {
            standing = Standing(silentSince: standing.silentSince ?? now)
        } else if standing.silentSince != nil {
            standing.goodPolls += 1
            if standing.goodPolls >= Self.pollsOfReturn { standing = Standing() }
        }
        devices[asset] = standing
        guard standing != before else { return [] }
        var changes: [Change] = []
        if standing.goodPolls > 0, before.goodPolls == 0 { changes += answered(asset) }
        return standing.silentSince == before.silentSince ? changes : changes + judge()
    }

    /// Tells once of each silence that its first device is heard again.
    private mutating func answered(_ asset: AssetIdentifier) -> [Change] {
        silent.sorted().filter { groups[$0].members.contains(asset) && returning.insert($0).inserted }
            .map { .returning(groups[$0]) }
    }

    private mutating func judge() -> [Change] {
        let next = chosen()
        let (ended, begun) = (silent.subtracting(next).sorted(), next.subtracting(silent).sorted())
        silent = next
        returning.formIntersection(next)
        // What begins is told first, so that what it takes over never stands free.
        return begun.map { .silent(groups[$0], count: silentCount(of: groups[$0])) } + ended.map { .heard(groups[$0]) }
    }

    /// The site alone when it is silent as a whole; else each bus, and each area whose silence no bus explains.
    private func chosen() -> Set<Int> {
        let all = groups.indices.filter(isSilent)
        if let site = all.first(where: { groups[$0].reach == .site }) { return [site] }
        let buses = all.filter { groups[$0].reach == .bus }
        let explained = buses.reduce(into: Set<AssetIdentifier>()) { $0.formUnion(groups[$1].members) }
        let areas = all.filter { place in
            groups[place].reach == .area
                && groups[place].members.contains { devices[$0]?.silentSince != nil && !explained.contains($0) }
        }
        return Set(buses + areas)
    }

    private func isSilent(_ place: Int) -> Bool {
        let group = groups[place]
        let times = group.members.compactMap { devices[$0]?.silentSince }.sorted()
        if silent.contains(place) { return times.count > 1 && times.count * 3 >= group.members.count }
        // Most of those within one window.
        var (first, most) = (0, 0)
        for last in times.indices {
            while times[last] - times[first] > Self.window { first += 1 }
            most = max(most, last - first + 1)
        }
        return most >= Self.fewest && most * 2 > group.members.count
    }
}

extension RuleIdentifier {
    /// Many devices of a bus, an area or the site stopped answering together.
    public static let devicesSilent = RuleIdentifier("devices_silent")
    /// The gateway does not reach the MQTT broker.
    public static let brokerLost = RuleIdentifier("broker_lost")
    /// The broker is reached and does not let the gateway in.
    public static let brokerRefuses = RuleIdentifier("broker_refuses")
}
