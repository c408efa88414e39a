// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
import Pipeline
import Polling
import SiteFiles
import Testing

@testable import Gateway

/// Devices that close a connection on which nothing is asked.
@Suite struct KeepAliveTests {
    private func configuration(bus: String, slowSeconds: Int) throws -> SiteConfiguration {
        let folder = try TestFolder()
        try folder.write(
            "profiles/level/acme-l1/profile.yaml",
            """
            profile: acme-l1
            kind: level
            name: {zh: 液位, en: Level}
            keep_alive_seconds: 60
            points:
              model: {table: holding, address: 9, type: uint16, poll: once}
              level: {table: holding, address: 0, type: uint16, poll: slow}
            probe: level
            """)
        try folder.write(
            "site.yaml",
            """
            site: {id: lab, name: Lab, language: en}
            polling: {slow_seconds: \(slowSeconds)}
            buses: {wire: \(bus)}
            devices:
              tank: {profile: acme-l1, bus: wire, unit: 1, area: roof, asset: tank, responsible: utility}
            persons: {wang-fang: {name: Wang Fang, role: receiver}}
            duty: {owner: wang-fang}
            mqtt: {url: "mqtt://127.0.0.1:1883"}
            """)
        let loaded = loadSite(at: "\(folder.path)/site.yaml", profileFolders: ["\(folder.path)/profiles"])
        return try #require(loaded.configuration, "\(loaded.problems)")
    }

    private func device(_ configuration: SiteConfiguration) -> PolledDevice {
        PolledDevice(
            configuration.devices[0], at: 0, in: configuration.makeCatalogue(), polling: configuration.polling,
            on: configuration.buses[0])
    }

    /// The longest time without a request in the first half hour after the start, in seconds.
    private func longestPause(_ configuration: SiteConfiguration) -> Double {
        let bus = configuration.buses[0]
        var rehearsal = BusRehearsal(
            devices: [device(configuration).scheduled], cost: bus.cost, timeout: bus.timeout,
            arrangement: bus.arrangement)
        var (last, longest) = (Duration.seconds(1), Duration.zero)
        rehearsal.run(
            to: .seconds(1800),
            note: { note in
                longest = max(longest, note.at - last)
                last = note.at + note.lasted
            })
        return longest / .seconds(1)
    }

    @Test func `a connection is never idle for as long as the device keeps it`() throws {
        let slow = try configuration(bus: "{tcp: 127.0.0.1}", slowSeconds: 600)
        #expect(longestPause(slow) <= 48.1)
        #expect(longestPause(slow) > 47)
        #expect(device(slow).scheduled.groups.count == 3)
        #expect(
            try planSite(slow, limit: 0.9, isLearnedUsed: false).lines.contains(
                "    every 48 s: keeps the connection open"))
    }

    @Test func `no read is added where polls come often enough, or where no connection is`() throws {
        #expect(device(try configuration(bus: "{tcp: 127.0.0.1}", slowSeconds: 48)).scheduled.groups.count == 2)
        let line = try configuration(bus: "{serial: /dev/ttyUSB0, baud: 9600}", slowSeconds: 600)
        #expect(device(line).scheduled.groups.count == 2)
        #expect(longestPause(line) > 590)
    }

    @Test func `the read that keeps the connection brings no reading`() throws {
        let device = device(try configuration(bus: "{tcp: 127.0.0.1}", slowSeconds: 600))
        let visit = BusSchedule.Visit(
            device: 0, groups: [2], spans: [RegisterSpan(.holdingRegister, at: 0)], isProbe: false, lateness: .zero)
        let answer = SweepAnswer(results: [.success([4])], firstByteNanoseconds: nil, finishedNanoseconds: 0)
        #expect(device.readings(of: visit, from: answer, at: Timestamp(seconds: 0)) == [])
        #expect(device.readings(bad: .stale, ofGroup: 2, at: Timestamp(seconds: 0)) == [])
    }
}
