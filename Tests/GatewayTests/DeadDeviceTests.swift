// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// One silent unit among ten on a serial line.
@Suite(.serialized) struct DeadDeviceTests {
    private static let profile = """
        profile: two-registers
        kind: water-meter
        name: {zh: 两个寄存器, en: Two registers}
        sources: {S1: {title: "Made for this test"}}
        order: ABCD
        points:
          value: {table: holding, address: 0, type: uint16, unit: "1", poll: fast, source: S1, confidence: A}
        signals: {}
        """

    @Test func `one dead of ten leaves the period of the others alone`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let line = try RunningProgram(
            "/usr/bin/socat",
            ["-d", "-d", "pty,raw,echo=0,link=\(folder.path)/near", "pty,raw,echo=0,link=\(folder.path)/far"])
        defer { line.end() }
        try line.line(within: 10, "the pseudo-terminals") { $0.contains("starting data transfer loop") }
        let peer = try RunningProgram(
            Programs.python, ["\(Programs.peers)/modbus_peer.py", "serial", "\(folder.path)/far"])
        defer { peer.end() }
        let living = (1...9).map { "\"\($0)\": {\"holding\": {\"0\": [\($0)]}}" }
        peer.send("{\(living.joined(separator: ", "))}")
        try peer.line(within: 20, "the Modbus server") { $0 == "READY" }
        try folder.write("profiles/water-meter/two-registers/profile.yaml", Self.profile)
        let devices = (1...10).map {
            "  device-\($0): {profile: two-registers, bus: wire, unit: \($0), area: lab, asset: asset-\($0), responsible: contractor}"
        }
        try folder.write(
            "site.yaml",
            """
            site: {id: peer, name: Peer}
            storage: {directory: state}
            mqtt: {url: "mqtt://127.0.0.1:\(broker.port)"}
            dashboard: {address: 127.0.0.1, port: 0}
            polling: {fast_seconds: 1, normal_seconds: 10, slow_seconds: 60}
            buses:
              wire: {serial: \(folder.path)/near, baud: 115200, parity: none, stop_bits: 1, timeout_milliseconds: 200}
            devices:
            \(devices.joined(separator: "\n"))
            persons:
              wang-fang: {name: Wang Fang, role: receiver}
            duty: {owner: wang-fang}
            """)
        let witness = try broker.subscriber("sluice/peer/lab/#")
        defer { witness.end() }
        let gateway = try RunningProgram(
            try Programs.sluice,
            ["run", "--config", "\(folder.path)/site.yaml", "--profiles", "\(folder.path)/profiles"])
        defer { gateway.end(SIGTERM) }
        try witness.lines(within: 90, "twenty-five readings of each living unit") { lines in
            let messages = lines.compactMap { Message($0) }
            return (1...9).allSatisfy { unit in
                messages.count { $0.topic == "sluice/peer/lab/asset-\(unit)" } >= 25
            }
        }
        let messages = witness.output.compactMap { Message($0) }
        #expect(
            messages.contains {
                $0.topic == "sluice/peer/lab/asset-10/_availability" && "\($0.payload)".contains("offline")
            })
        #expect(
            messages.filter { $0.topic == "sluice/peer/lab/asset-10" }.allSatisfy {
                ($0.payload["value"] as? [String: Any])?["q"] as? String == "bad"
            })
        var lateness: [Double] = []
        for unit in 1...9 {
            let times = messages.filter { $0.topic == "sluice/peer/lab/asset-\(unit)" && !$0.isRetained }
                .compactMap { ($0.payload["ts"] as? String).flatMap(Self.seconds) }
            lateness += zip(times.dropFirst(), times).map { $0 - $1 - 1 }
        }
        lateness.sort()
        let (median, p99) = (lateness[lateness.count / 2], lateness[lateness.count * 99 / 100])
        print(
            "one dead of ten: \(lateness.count) periods of 1 s, lateness p50 \(Int(median * 1000)) ms, p99 \(Int(p99 * 1000)) ms"
        )
        #expect(abs(median) < 0.05)
        // A timeout is 0.2 s: a poller that waited for the dead unit in each cycle could not keep this.
        #expect(p99 < 0.5)
    }

    private static func seconds(_ text: String) -> Double? {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter.date(from: text)?.timeIntervalSince1970
    }
}
