// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A device whose map has holes that its profile does not tell of.
@Suite(.serialized) struct LearningTests {
    private static let profile = """
        profile: sparse-map
        kind: water-meter
        name: {zh: 稀疏, en: Sparse}
        sources: {S1: {title: "Made for this test"}}
        order: ABCD
        points:
          first: {table: holding, address: 0, type: uint16, unit: "1", poll: fast, source: S1, confidence: A}
          second: {table: holding, address: 20, type: uint16, unit: "1", poll: fast, source: S1, confidence: A}
          missing: {table: holding, address: 30, type: uint16, unit: "1", poll: fast, source: S1, confidence: A}
        signals: {}
        """

    @Test func `holes are found while polling, planned around, and known after a restart`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let port = try freePort()
        let peer = try RunningProgram(Programs.python, ["\(Programs.peers)/modbus_peer.py", "tcp", String(port)])
        defer { peer.end() }
        // The two wanted registers, and nothing between or behind them.
        peer.send(#"{"1": {"holding": {"0": [17], "20": [42]}}}"#)
        try peer.line(within: 20, "the Modbus server") { $0 == "READY" }
        try folder.write("profiles/water-meter/sparse-map/profile.yaml", Self.profile)
        try folder.write(
            "site.yaml",
            """
            site: {id: peer, name: Peer, zone: Asia/Shanghai, language: en}
            storage: {directory: "\(folder.path)/state"}
            mqtt: {url: "mqtt://127.0.0.1:\(broker.port)"}
            dashboard: {address: 127.0.0.1, port: 0}
            polling: {fast_seconds: 0.05, normal_seconds: 1, slow_seconds: 2}
            buses:
              wire: {tcp: 127.0.0.1, port: \(port)}
            devices:
              device: {profile: sparse-map, bus: wire, unit: 1, area: lab, asset: device, responsible: contractor}
            persons:
              wang-fang: {name: Wang Fang, role: receiver}
            duty: {owner: wang-fang}
            """)
        let site = ["--config", "\(folder.path)/site.yaml", "--profiles", "\(folder.path)/profiles"]
        let gateway = try RunningProgram(try Programs.sluice, ["run"] + site)
        defer { gateway.end() }
        let witness = try broker.subscriber()
        defer { witness.end() }
        func isLearned(_ line: String) -> Bool {
            guard let message = Message(line), message.topic == "sluice/peer/lab/device" else { return false }
            func field(_ point: String, _ name: String) -> String? {
                (message.payload[point] as? [String: Any])?[name].map { "\($0)" }
            }
            return field("first", "v") == "17" && field("second", "v") == "42" && field("missing", "qr") == "address"
        }
        try witness.line(within: 30, "both registers, and the third as bad", where: isLearned)
        let told = gateway.output.filter { $0.contains("Device refuses registers") }
        #expect(told.count == 2, "\(gateway.output)")
        #expect(told.first?.contains("cause=gap holding 1..<20") == true, "\(told)")
        #expect(told.last?.contains("cause=registers holding 30..<31") == true, "\(told)")
        // Two requests each, and 200 answers teach how long the device takes.
        try witness.lines(within: 60, "a hundred sweeps") { $0.count(where: isLearned) >= 110 }
        gateway.kill(SIGTERM)
        gateway.process.waitUntilExit()

        let plan = try RunningProgram(try Programs.sluice, ["plan", "--learned"] + site)
        plan.closeInput()
        try plan.linesToEnd(within: 30)
        #expect(plan.output.contains { $0.hasPrefix("    refused: gap holding 1..<20, last at ") }, "\(plan.output)")
        #expect(plan.output.contains("    cannot be read: missing"))
        #expect(
            plan.output.contains {
                $0.hasPrefix("    answers after ") && $0.contains(" ms, as the gateway learned by ")
            },
            "\(plan.output)")

        let second = try RunningProgram(try Programs.sluice, ["run"] + site)
        defer { second.end(SIGTERM) }
        let later = try broker.subscriber()
        defer { later.end() }
        try later.lines(within: 30, "five sweeps after the restart") { $0.count(where: isLearned) >= 5 }
        #expect(!second.output.contains { $0.contains("Device refuses registers") }, "\(second.output)")
    }
}
