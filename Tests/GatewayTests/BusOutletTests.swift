// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import SiteFiles
import Synchronization
import Testing

@testable import Gateway

/// What a bus brings while one configuration follows another, and which buses go on.
@Suite struct BusOutletTests {
    private static let profile = """
        profile: acme-l1
        kind: level
        name: {zh: 液位, en: Level}
        points:
          near: {table: holding, address: 0, type: uint16, poll: fast}
          far: {table: holding, address: 25, type: uint16, poll: fast}
        """

    /// A site whose devices are given as `name: bus unit`.
    private func site(
        _ devices: [(name: String, bus: String, unit: Int)], fast: Int = 1, profile: String = profile
    ) throws -> SiteConfiguration {
        let folder = try TestFolder()
        try folder.write("profiles/level/acme-l1/profile.yaml", profile)
        let lines = devices.map {
            "  \($0.name): {profile: acme-l1, bus: \($0.bus), unit: \($0.unit), area: roof, asset: \($0.name), "
                + "responsible: utility}"
        }
        try folder.write(
            "site.yaml",
            """
            site: {id: lab, name: Lab, language: en}
            polling: {fast_seconds: \(fast)}
            buses:
              east: {tcp: 127.0.0.1, port: 1502}
              west: {tcp: 127.0.0.1, port: 1503}
            devices:
            \(lines.joined(separator: "\n"))
            persons: {wang-fang: {name: Wang Fang, role: receiver}}
            duty: {owner: wang-fang}
            mqtt: {url: "mqtt://127.0.0.1:1883"}
            """)
        let loaded = loadSite(at: "\(folder.path)/site.yaml", profileFolders: ["\(folder.path)/profiles"])
        return try #require(loaded.configuration, "\(loaded.problems)")
    }

    @Test func `the difference names what goes on, begins, ends, comes, goes and changes`() throws {
        let before = try site([("a", "east", 1), ("b", "east", 2), ("c", "west", 1)])
        #expect(ConfigurationDifference(from: before, to: before).lines == ["buses that go on: east, west"])
        let after = try site([("n", "west", 7), ("a", "east", 1), ("b", "east", 3)])
        #expect(
            ConfigurationDifference(from: before, to: after).lines == [
                "buses that begin: east, west", "devices added: n", "devices removed: c", "devices changed: b",
            ])
        let less = try site([("a", "east", 1), ("b", "east", 2)])
        #expect(
            ConfigurationDifference(from: before, to: less).lines == [
                "buses that go on: east", "buses that end: west", "devices removed: c",
            ])
    }

    @Test func `another period, another profile and another order of devices are other work`() throws {
        let devices = [("a", "east", 1), ("b", "east", 2)]
        let work = BusWork.all(of: try site(devices))
        #expect(BusWork.all(of: try site(devices)) == work)
        #expect(BusWork.all(of: try site(devices, fast: 2)) != work)
        #expect(BusWork.all(of: try site(devices.reversed())) != work)
        let scaled = Self.profile.replacing("address: 25, type: uint16", with: "address: 25, type: uint16, scale: 0.1")
        #expect(BusWork.all(of: try site(devices, profile: scaled)) != work)
    }

    private func sweep(_ catalogue: Catalogue, _ asset: Int, value: Int64) -> Sweep {
        let wall = Timestamp(milliseconds: 1_795_000_000_000)
        return Sweep(
            asset: AssetIndex(asset), receivedAt: MonotonicInstant(nanoseconds: value), receivedWall: wall,
            timeQuality: .synced,
            readings: catalogue[AssetIndex(asset)].points.map {
                Reading(point: PointIndex($0), good: .integer(value), sourceTime: wall)
            })
    }

    @Test func `a sweep of one catalogue arrives at the places of another`() throws {
        let (before, after) = (
            try site([("c", "west", 1), ("a", "east", 1)]),
            try site([("n", "west", 2), ("c", "west", 1), ("m", "west", 3), ("a", "east", 1)])
        )
        let (old, new) = (before.makeCatalogue(), after.makeCatalogue())
        let east = BusIdentifier("east")
        let shift = PlaceShift(from: BusPlaces(east, in: before, old), to: BusPlaces(east, in: after, new))
        let shifted = shift.shifted(sweep(old, 1, value: 5))
        #expect(shifted.asset == AssetIndex(3))
        #expect(shifted.readings.map { new.path(of: $0.point) } == ["roof/a/near", "roof/a/far"])
        #expect(shift.shifted(AssetIndex(1)) == AssetIndex(3))
    }

    @Test func `between two gateways nothing is lost, and the second hears how devices stand`() async throws {
        let catalogue = try site([("a", "east", 1), ("b", "east", 2)]).makeCatalogue()
        let outlet = BusOutlet()
        let told = Mutex<[String]>([])
        @Sendable func note(_ text: String) { told.withLock { $0.append(text) } }
        func sinks(_ name: String) -> BusSinks {
            BusSinks(
                deliver: { note("\(name) \($0.asset.value) \($0.receivedAt.nanoseconds)") },
                availability: { asset, state, _ in note("\(name) \(asset.value) \(state)") },
                remember: { place, _ in note("\(name) facts \(place)") },
                rememberTurnaround: { place, _, _, _ in note("\(name) turnaround \(place)") })
        }
        func take() -> [String] {
            told.withLock { told in
                defer { told = [] }
                return told
            }
        }
        let wall = Timestamp(milliseconds: 1_795_000_000_000)
        await outlet.open(to: sinks("one"), PlaceShift())
        await outlet.note(.online, of: AssetIndex(0), since: wall)
        outlet.deliver(sweep(catalogue, 0, value: 1))
        #expect(take() == ["one 0 online", "one 0 1"])
        outlet.close()
        outlet.deliver(sweep(catalogue, 0, value: 2))
        await outlet.note(.offline, of: AssetIndex(0), since: wall)
        await outlet.remember(1, [])
        await outlet.rememberTurnaround(1, .zero, .zero, at: wall)
        outlet.deliver(sweep(catalogue, 1, value: 3))
        #expect(take() == [])
        await outlet.open(to: sinks("two"), PlaceShift())
        #expect(
            take() == ["two 0 offline", "two 0 2", "two 0 offline", "two facts 1", "two turnaround 1", "two 1 3"])
        outlet.deliver(sweep(catalogue, 1, value: 4))
        #expect(take() == ["two 1 4"])
    }
}
