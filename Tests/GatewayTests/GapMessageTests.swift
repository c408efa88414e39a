// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A gap in a total, from the register to the broker.
@Suite(.serialized) struct GapMessageTests {
    /// A Modbus server of the meter, whose register stands at `counts`.
    private func meter(port: Int, counts: Int) throws -> RunningProgram {
        let peer = try RunningProgram(Programs.python, ["\(Programs.peers)/modbus_peer.py", "tcp", String(port)])
        peer.send(#"{"1": {"holding": {"0": [0, \#(counts)]}}}"#)
        try peer.line(within: 20, "the meter") { $0 == "READY" }
        return peer
    }

    @Test func `a meter that starts again lower while the gateway is down is told as a gap`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let port = try freePort()
        try folder.write(
            "profiles/water-meter/acme-wm40/profile.yaml",
            """
            profile: acme-wm40
            kind: water-meter
            name: {zh: 水表, en: Meter}
            order: ABCD
            points:
              count: {table: holding, address: 0, type: uint32, scale: 0.01, unit: m3, poll: fast}
            signals:
              water.total: {from: count}

            """)
        try folder.write(
            "site.yaml",
            """
            site: {id: lab, name: Lab, language: en}
            storage: {directory: state}
            mqtt: {url: "mqtt://127.0.0.1:\(broker.port)"}
            dashboard: {port: 0}
            polling: {fast_seconds: 0.2}
            buses: {wire: {tcp: 127.0.0.1, port: \(port)}}
            devices:
              inlet: {profile: acme-wm40, bus: wire, unit: 1, area: lab, asset: main, responsible: utility, meter: {role: unit, litres_per_count: 10}}
            persons: {wang-fang: {name: Wang Fang, role: receiver}}
            duty: {owner: wang-fang}

            """)
        let site = ["run", "--config", "\(folder.path)/site.yaml", "--profiles", "\(folder.path)/profiles"]
        let witness = try broker.subscriber()
        defer { witness.end() }
        func total(_ line: String) -> Double? {
            ((Message(line)?.payload["total"] as? [String: Any])?["v"] as? NSNumber)?.doubleValue
        }
        let old = try meter(port: port, counts: 60_000)
        let first = try RunningProgram(try Programs.sluice, site)
        try witness.line(within: 30, "the old total") { total($0) == 600 }
        first.end(SIGTERM)
        old.end()

        let new = try meter(port: port, counts: 5)
        defer { new.end() }
        let second = try RunningProgram(try Programs.sluice, site)
        defer { second.end(SIGTERM) }
        let line = try witness.line(within: 30, "the gap") { $0.contains(" sluice/lab/_gap ") }
        let gap = try #require(Message(line))
        #expect(!gap.isRetained)
        #expect(gap.payload["what"] as? String == "lab/main/total")
        #expect(gap.payload["cause"] as? String == "counter_reset")
        let (from, to) = (gap.payload["from"] as? String ?? "", gap.payload["to"] as? String ?? "")
        #expect(!from.isEmpty && from < to)
        #expect(witness.output.compactMap(total).allSatisfy { $0 == 600 }, "the total stays where it was")
    }
}
