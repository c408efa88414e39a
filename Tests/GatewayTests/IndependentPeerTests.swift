// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The whole gateway against Modbus servers and MQTT clients that are not ours.
@Suite(.serialized) struct IndependentPeerTests {
    /// A device with every register type and word order; the peer holds the words that `struct.pack` gives.
    private static let profile = """
        profile: every-type
        kind: water-meter
        name: {zh: 全类型, en: Every type}
        sources: {S1: {title: "Made for this test"}}
        order: ABCD
        points:
          u16: {table: holding, address: 0, type: uint16, unit: "1", poll: fast, source: S1, confidence: A}
          i16: {table: holding, address: 1, type: int16, scale: 0.1, unit: Cel, poll: fast, source: S1, confidence: A}
          u32_abcd: {table: holding, address: 2, type: uint32, order: ABCD, unit: "1", poll: fast, source: S1, confidence: A}
          u32_cdab: {table: holding, address: 4, type: uint32, order: CDAB, unit: "1", poll: fast, source: S1, confidence: A}
          u32_badc: {table: holding, address: 6, type: uint32, order: BADC, unit: "1", poll: fast, source: S1, confidence: A}
          u32_dcba: {table: holding, address: 8, type: uint32, order: DCBA, unit: "1", poll: fast, source: S1, confidence: A}
          i32: {table: holding, address: 10, type: int32, unit: "1", poll: fast, source: S1, confidence: A}
          f32_abcd: {table: input, address: 100, type: float32, order: ABCD, unit: bar, poll: fast, source: S1, confidence: A}
          f32_cdab: {table: input, address: 102, type: float32, order: CDAB, unit: bar, poll: fast, source: S1, confidence: A}
          f32_badc: {table: input, address: 104, type: float32, order: BADC, unit: bar, poll: fast, source: S1, confidence: A}
          f32_dcba: {table: input, address: 106, type: float32, order: DCBA, unit: bar, poll: fast, source: S1, confidence: A}
          f64: {table: input, address: 120, type: float64, unit: kW.h, poll: fast, source: S1, confidence: A}
          u64: {table: holding, address: 40, type: uint64, scale: 0.001, unit: L, poll: fast, source: S1, confidence: A}
          i64: {table: holding, address: 44, type: int64, unit: "1", poll: fast, source: S1, confidence: A}
          absent: {table: holding, address: 60, type: uint16, sentinel: 65535, unit: "1", poll: fast, source: S1, confidence: A}
          not_a_number: {table: input, address: 140, type: float32, unit: bar, poll: fast, source: S1, confidence: A}
          contact: {table: discrete, address: 3, type: bool, poll: fast, source: S1, confidence: A}
          relay: {table: coil, address: 5, type: bool, poll: fast, source: S1, confidence: A}
          unreadable: {table: holding, address: 900, type: uint16, unit: "1", poll: fast, source: S1, confidence: A}
        signals: {}
        """

    /// Packs the same values on the peer's side with Python's own `struct`, word by word.
    private static let packer = """
        import json, struct
        def words(fmt, value, order):
            raw = struct.pack('>' + fmt, value)
            pairs = [raw[i:i+2] for i in range(0, len(raw), 2)]
            if order in ('CDAB', 'DCBA'): pairs.reverse()
            if order in ('BADC', 'DCBA'): pairs = [p[::-1] for p in pairs]
            return [p[0] << 8 | p[1] for p in pairs]
        h = {}; i = {}
        h[0] = [65000]; h[1] = [struct.unpack('>H', struct.pack('>h', -123))[0]]
        for a, o in ((2, 'ABCD'), (4, 'CDAB'), (6, 'BADC'), (8, 'DCBA')): h[a] = words('I', 3735928559, o)
        h[10] = words('i', -2000000000, 'ABCD')
        for a, o in ((100, 'ABCD'), (102, 'CDAB'), (104, 'BADC'), (106, 'DCBA')): i[a] = words('f', 4.375, o)
        i[120] = words('d', 123456.789012, 'ABCD')
        h[40] = words('Q', 127113, 'ABCD'); h[44] = words('q', -9007199254740993, 'ABCD')
        h[60] = [65535]; i[140] = words('f', float('nan'), 'ABCD')
        h[12] = [0] * 28; h[48] = [0] * 12; h[61] = [0] * 4
        for a in (108, 124, 142): i[a] = [0] * {108: 12, 124: 16, 142: 2}[a]
        d = {k: [0] for k in range(8)}; d[3] = [1]
        c = {k: [0] for k in range(8)}; c[5] = [1]
        print(json.dumps({"1": {"holding": h, "input": i, "discrete": d, "coil": c}}))
        """

    private static let expected: [String: String] = [
        "u16": "65000", "i16": "-12.3", "u32_abcd": "3735928559", "u32_cdab": "3735928559", "u32_badc": "3735928559",
        "u32_dcba": "3735928559", "i32": "-2000000000", "f32_abcd": "4.375", "f32_cdab": "4.375", "f32_badc": "4.375",
        "f32_dcba": "4.375", "f64": "123456.789012", "u64": "127.113", "i64": "-9007199254740993", "contact": "true",
        "relay": "true",
    ]
    private static let expectedReasons = [
        "absent": "sentinel", "not_a_number": "not_finite", "unreadable": "address",
    ]

    private func registers() throws -> String {
        let packer = try RunningProgram(Programs.python, ["-c", Self.packer])
        defer { packer.end() }
        return try packer.line(within: 20, "the packed registers") { $0.hasPrefix("{") }
    }

    private func siteFile(bus: String, broker: Int) -> String {
        """
        site: {id: peer, name: Peer, zone: Asia/Shanghai, language: en}
        storage: {directory: state}
        mqtt: {url: "mqtt://127.0.0.1:\(broker)"}
        dashboard: {address: 127.0.0.1, port: 0}
        polling: {fast_seconds: 0.5, normal_seconds: 1, slow_seconds: 2}
        buses:
          wire: \(bus)
        devices:
          device: {profile: every-type, bus: wire, unit: 1, area: lab, asset: device, responsible: contractor}
        persons:
          wang-fang: {name: Wang Fang, role: receiver}
        duty: {owner: wang-fang}
        """
    }

    /// Runs the gateway on `site` and compares each value that an independent client receives.
    private func compare(_ folder: TestFolder, broker: TestBroker, site: String) throws {
        try folder.write("profiles/water-meter/every-type/profile.yaml", Self.profile)
        try folder.write("site.yaml", site)
        let witness = try broker.subscriber()
        defer { witness.end() }
        let gateway = try RunningProgram(
            try Programs.sluice,
            ["run", "--config", "\(folder.path)/site.yaml", "--profiles", "\(folder.path)/profiles"])
        defer { gateway.end(SIGTERM) }
        let line: String
        do {
            line = try witness.line(within: 30, "an asset message with values") {
                Message($0).map { $0.topic == "sluice/peer/lab/device" && $0.payload["u16"] != nil } ?? false
            }
        } catch {
            Issue.record("the gateway said:\n\(gateway.output.suffix(30).joined(separator: "\n"))")
            throw error
        }
        let message = try #require(Message(line))
        #expect(message.payload["seq"] is NSNumber)
        for (point, value) in Self.expected {
            let body = try #require(message.payload[point] as? [String: Any], "\(point) is missing")
            #expect(body["q"] as? String == "good", "\(point): \(body)")
            let found = try #require(body["v"], "\(point) has no value")
            switch found {
            case let number as NSNumber where value == "true" || value == "false":
                #expect(number.boolValue == (value == "true"), "\(point)")
            case let number as NSNumber: #expect(number.doubleValue == Double(value), "\(point): \(number)")
            default: #expect("\(found)" == value, "\(point)")
            }
        }
        for (point, reason) in Self.expectedReasons {
            let body = try #require(message.payload[point] as? [String: Any], "\(point) is missing")
            #expect(body["q"] as? String == "bad" && body["qr"] as? String == reason, "\(point): \(body)")
            #expect(body["v"] == nil, "\(point) has a value")
        }
    }

    @Test func `every value of a pymodbus server on TCP arrives as it was packed`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let port = try freePort()
        let peer = try RunningProgram(Programs.python, ["\(Programs.peers)/modbus_peer.py", "tcp", String(port)])
        defer { peer.end() }
        peer.send(try registers())
        try peer.line(within: 20, "the Modbus server") { $0 == "READY" }
        try compare(
            folder, broker: broker, site: siteFile(bus: "{tcp: 127.0.0.1, port: \(port)}", broker: broker.port))
    }

    @Test func `every value of a pymodbus server on a serial line arrives as it was packed`() throws {
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
        peer.send(try registers())
        try peer.line(within: 20, "the Modbus server") { $0 == "READY" }
        try compare(
            folder, broker: broker,
            site: siteFile(
                bus: "{serial: \(folder.path)/near, baud: 9600, parity: none, stop_bits: 1}", broker: broker.port))
    }
}
