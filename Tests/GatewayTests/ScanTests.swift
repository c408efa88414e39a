// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Commands on buses with devices that answer as another unit, or only what they have.
@Suite(.serialized) struct ScanTests {
    /// Two profiles share a read; the third one's device answers nothing but its own registers.
    private static let profiles = [
        "acme-a1": "points: {a: {table: holding, address: 0, type: uint16}}",
        "acme-a2": "points: {a: {table: holding, address: 0, type: uint16}}\nanswers_as: [17]",
        "acme-a3": "points: {a: {table: holding, address: 700, type: uint16}}",
    ]

    private let folder: TestFolder
    private var arguments: [String] { ["--profiles", "\(folder.path)/profiles"] }

    init() throws {
        folder = try TestFolder()
        for (name, text) in Self.profiles {
            try folder.write(
                "profiles/level/\(name)/profile.yaml", "profile: \(name)\nkind: level\nname: Level\n\(text)\n")
        }
    }

    private func sluice(_ arguments: [String]) throws -> (status: Int32, output: [String]) {
        let program = try RunningProgram(try Programs.sluice, arguments)
        program.closeInput()
        try program.linesToEnd(within: 60)
        program.process.waitUntilExit()
        return (program.process.terminationStatus, program.output)
    }

    private func peer(port: Int, unit: Int, answersAs: Int, first: Int) throws -> RunningProgram {
        let peer = try RunningProgram(
            Programs.python,
            ["\(Programs.peers)/odd_peer.py"] + [port, unit, answersAs, first, 10].map { String($0) })
        try peer.line(within: 20, "the device") { $0 == "READY" }
        return peer
    }

    private func scan(_ port: Int, _ units: String, _ options: [String]) throws -> (status: Int32, output: [String]) {
        let names = Self.profiles.keys.sorted().flatMap { ["--profile", $0] }
        return try sluice(
            ["scan", "--tcp", "127.0.0.1:\(port)", "--unit", units, "--timeout-milliseconds", "300"] + names + options
                + arguments)
    }

    @Test func `a device that answers its own registers only is found by its own probe`() throws {
        let port = try freePort()
        let peer = try peer(port: port, unit: 3, answersAs: 3, first: 700)
        defer { peer.end() }
        let shared = try scan(port, "3", [])
        #expect(shared.status == 1, "\(shared.output)")
        #expect(shared.output.last?.hasSuffix("try --all-probes.") == true, "\(shared.output)")
        let all = try scan(port, "3", ["--all-probes"])
        #expect(all.status == 0, "\(all.output)")
        #expect(all.output.first?.contains("0.9 s if nobody answers") == true, "three probes: \(all.output)")
        #expect(all.output.contains { $0.hasPrefix("unit 3") && $0.hasSuffix(": may be a acme-a3") }, "\(all.output)")
    }

    @Test func `a device that answers as another unit is found by the profile that says so, and by no other`() throws {
        let port = try freePort()
        let peer = try peer(port: port, unit: 5, answersAs: 17, first: 0)
        defer { peer.end() }
        let found = try scan(port, "4-5", [])
        #expect(found.status == 0, "\(found.output)")
        let units = found.output.filter { $0.hasPrefix("unit ") }
        #expect(units.count == 1 && units[0].hasPrefix("unit 5"), "\(found.output)")
        #expect(units.first?.hasSuffix(": may be a acme-a2") == true, "\(found.output)")
    }

    @Test func `a scan goes on behind a long silence, for which a connection is opened anew`() throws {
        let port = try freePort()
        let peer = try peer(port: port, unit: 14, answersAs: 14, first: 0)
        defer { peer.end() }
        let found = try scan(port, "1-14", ["--all-probes"])
        #expect(found.output.contains { $0.hasPrefix("unit 14") }, "\(found.output)")
        #expect(found.output.last == "1 unit of 14 answered.")
    }

    @Test func `poll and line take the answer of another unit, also through a running gateway`() throws {
        let port = try freePort()
        let peer = try peer(port: port, unit: 5, answersAs: 17, first: 0)
        defer { peer.end() }
        let broker = try TestBroker(in: folder)
        try folder.write(
            "site.yaml",
            """
            site: {id: lab, name: Lab, language: en}
            storage: {directory: state}
            mqtt: {url: "mqtt://127.0.0.1:\(broker.port)"}
            dashboard: {port: 0}
            buses: {wire: {tcp: 127.0.0.1, port: \(port), timeout_milliseconds: 500}}
            devices: {tank: {profile: acme-a2, bus: wire, unit: 5, area: roof, asset: tank, responsible: utility}}
            persons: {wang-fang: {name: Wang Fang, role: receiver}}
            duty: {owner: wang-fang}

            """)
        let site = ["--config", "\(folder.path)/site.yaml"] + arguments
        #expect(try sluice(["poll", "--once"] + site).output.contains("  a: 0 good"))
        let line = try sluice(["line", "wire", "--for", "0.1"] + site)
        #expect(line.status == 0, "\(line.output)")
        let live = try sluice(["decode", "--device", "tank", "--at", "4", "--count", "1", "--face", "4"] + site)
        #expect(live.output.contains { $0.contains("holding 4") }, "\(live.output)")

        let witness = try broker.subscriber()
        defer { witness.end() }
        let gateway = try RunningProgram(try Programs.sluice, ["run"] + site)
        defer { gateway.end(SIGTERM) }
        try witness.line(within: 30, "values of the gateway") { Message($0)?.payload["a"] != nil }
        let polled = try sluice(["poll", "--once"] + site)
        #expect(polled.output.first?.contains("reads through the running gateway") == true, "\(polled.output)")
        #expect(polled.output.contains("  a: 0 good"), "\(polled.output)")
        let scanned = try sluice(
            ["scan", "wire", "--unit", "5", "--profile", "acme-a2", "--timeout-milliseconds", "300"] + site)
        #expect(scanned.output.contains { $0.hasSuffix(": may be a acme-a2") }, "\(scanned.output)")
    }
}
