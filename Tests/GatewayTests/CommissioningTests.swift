// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The commissioning commands against Modbus servers that are not ours, with and without a running gateway.
@Suite(.serialized) struct CommissioningTests {
    /// 127.113 m3 at holding 0x0204, as the ultrasonic meter's manual prints it.
    private static let registers = """
        {"3": {"holding": {"512": [0, 0, 0, 32445, 0, 0, 1, 61577], "2050": [0, 1271, 64]}},
         "9": {"holding": {"512": [0, 0, 0, 0, 0, 0, 0, 7], "2050": [0, 0, 0]}}}
        """.replacing("\n", with: " ")

    private struct Finished {
        var status: Int32
        var output: [String]
        var text: String { output.joined(separator: "\n") }
    }

    private func sluice(_ arguments: [String]) throws -> Finished {
        let program = try RunningProgram(try Programs.sluice, arguments)
        program.closeInput()
        try program.linesToEnd(within: 60)
        program.process.waitUntilExit()
        return Finished(status: program.process.terminationStatus, output: program.output)
    }

    private func peer(_ arguments: [String]) throws -> RunningProgram {
        let peer = try RunningProgram(Programs.python, ["\(Programs.peers)/modbus_peer.py"] + arguments)
        peer.send(Self.registers)
        try peer.line(within: 20, "the Modbus server") { $0 == "READY" }
        return peer
    }

    private func site(bus: String, broker: Int) -> String {
        """
        site: {id: secret-garden, name: Secret garden, zone: Asia/Shanghai, language: en}
        storage: {directory: state}
        mqtt: {url: "mqtt://127.0.0.1:\(broker)"}
        dashboard: {address: 127.0.0.1, port: 0}
        polling: {fast_seconds: 0.5, normal_seconds: 1, slow_seconds: 1}
        buses:
          wire: \(bus)
        devices:
          inlet: {profile: usw-dn15-40-ultrasonic, bus: wire, unit: 3, area: lab, asset: main, responsible: contractor, meter: {role: bulk}}
        persons:
          wang-fang: {name: Wang Fang, role: receiver}
        duty: {owner: wang-fang}
        """
    }

    @Test func `scan needs no site's file, says first how long it takes, and finds each unit with its profile`() throws
    {
        let port = try freePort()
        let peer = try peer(["tcp", String(port)])
        defer { peer.end() }
        let found = try sluice([
            "scan", "--tcp", "127.0.0.1:\(port)", "--unit", "2-4,9", "--timeout-milliseconds", "200", "--profile",
            "usw-dn15-40-ultrasonic",
        ])
        #expect(found.status == 0, "\(found.text)")
        #expect(found.output.first?.hasPrefix("4 units, 1 read each: 0.8 s if nobody answers") == true, "\(found.text)")
        let units = found.output.filter { $0.hasPrefix("unit ") }
        #expect(units.map { $0.prefix(6) } == ["unit 3", "unit 9"], "\(found.text)")
        #expect(units.allSatisfy { $0.hasSuffix("may be a usw-dn15-40-ultrasonic") }, "\(found.text)")
        #expect(found.output.last == "2 units of 4 answered.")
        let none = try sluice([
            "scan", "--tcp", "127.0.0.1:\(port)", "--unit", "20-21", "--timeout-milliseconds", "100",
        ])
        #expect(none.status == 1, "\(none.text)")
    }

    @Test func `a capture is anonymous, and one face number finds the register in it`() throws {
        let folder = try TestFolder()
        let port = try freePort()
        let peer = try peer(["tcp", String(port)])
        defer { peer.end() }
        try folder.write("site.yaml", site(bus: "{tcp: 127.0.0.1, port: \(port)}", broker: 1))
        let (site, capture) = ("\(folder.path)/site.yaml", "\(folder.path)/capture.yaml")
        let arguments = ["poll", "--once", "--raw", "--device", "inlet", "--capture", capture, "--config", site]
        let polled = try sluice(arguments)
        #expect(polled.status == 0, "\(polled.text)")
        #expect(polled.output.contains("  total: 127.113 L good"), "\(polled.text)")
        #expect(polled.output.contains { $0.contains("0001 F089 (turnaround ") }, "\(polled.text)")
        let text = try String(contentsOfFile: capture, encoding: .utf8)
        for word in ["secret", "garden", "inlet", "wire", "lab", "main", "unit"] {
            #expect(!text.contains(word), "\(word)")
        }
        #expect(text.contains("  total: 127.113\n"))
        let again = try sluice(arguments)
        #expect(again.status == 73, "an existing file is never written over: \(again.text)")
        let decoded = try sluice(["decode", capture, "--face", "127.113", "--unit", "L", "--json"])
        #expect(decoded.output.contains { $0.contains("\"tied\":") && $0.contains("\"uint32\"") }, "\(decoded.text)")
        let live = try sluice([
            "decode", "--device", "inlet", "--at", "516", "--count", "4", "--face", "127.113", "--unit", "L",
            "--config",
            site,
        ])
        #expect(
            live.output.contains { $0.contains("holding 518, uint32 or int32, order ABCD, times 0.001 L") },
            "\(live.text)")
    }

    @Test func `while a gateway runs, commands read through it and never open its line`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let line = try RunningProgram(
            "/usr/bin/socat",
            ["-d", "-d", "pty,raw,echo=0,link=\(folder.path)/near", "pty,raw,echo=0,link=\(folder.path)/far"])
        defer { line.end() }
        try line.line(within: 10, "the pseudo-terminals") { $0.contains("starting data transfer loop") }
        let peer = try peer(["serial", "\(folder.path)/far"])
        defer { peer.end() }
        let bus = "{serial: \(folder.path)/near, baud: 9600, parity: none, stop_bits: 1, timeout_milliseconds: 500}"
        try folder.write("site.yaml", site(bus: bus, broker: broker.port))
        let site = "\(folder.path)/site.yaml"
        let witness = try broker.subscriber()
        defer { witness.end() }
        let gateway = try RunningProgram(try Programs.sluice, ["run", "--config", site])
        defer { gateway.end(SIGTERM) }
        try witness.line(within: 30, "values of the gateway") { Message($0)?.payload["total"] != nil }

        let polled = try sluice(["poll", "--once", "--config", site])
        #expect(polled.status == 0, "\(polled.text)")
        #expect(
            polled.output.first?.contains("reads through the running gateway (process \(gateway.identifier))") == true)
        #expect(polled.output.contains("  total: 127.113 L good"), "\(polled.text)")

        let scanned = try sluice([
            "scan", "wire", "--unit", "2-9", "--timeout-milliseconds", "100", "--profile", "usw-dn15-40-ultrasonic",
            "--config", site,
        ])
        #expect(
            scanned.output.filter { $0.hasPrefix("unit ") }.map { $0.prefix(6) } == ["unit 3", "unit 9"],
            "\(scanned.text)")

        let doctor = try sluice(["line", "wire", "--json", "--config", site])
        #expect(
            doctor.output.contains { $0.contains("\"turnaroundP99Milliseconds\"") && $0.contains("\"unit\":3") },
            "\(doctor.text)")

        // The line has one master: a command without the site's file is refused.
        let alone = try sluice(["scan", "--serial", "\(folder.path)/near", "--unit", "3"])
        #expect(alone.status == 75, "\(alone.text)")
        #expect(
            alone.output.contains {
                $0
                    == "sluice scan: process \(gateway.identifier) has \(folder.path)/near open, and a bus has one master."
            }, "\(alone.text)")

        // Values of the polled device went on meanwhile, and none became bad.
        let values = witness.output.compactMap { Message($0)?.payload["total"] as? [String: Any] }
        #expect(values.allSatisfy { $0["q"] as? String == "good" })
    }

    @Test func `the exchange of a meter is told to the running gateway by a person it knows`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let port = try freePort()
        let peer = try peer(["tcp", String(port)])
        defer { peer.end() }
        try folder.write("site.yaml", site(bus: "{tcp: 127.0.0.1, port: \(port)}", broker: broker.port))
        func exchange(_ point: String = "lab/main/total", by person: String = "wang-fang") throws -> Finished {
            try sluice([
                "meter", "exchange", point, "--old-reading", "127.613", "--new-reading", "0.2", "--by", person,
                "--config", "\(folder.path)/site.yaml",
            ])
        }
        #expect(try exchange().status == 69)
        let witness = try broker.subscriber()
        defer { witness.end() }
        let gateway = try RunningProgram(try Programs.sluice, ["run", "--config", "\(folder.path)/site.yaml"])
        defer { gateway.end(SIGTERM) }
        try witness.line(within: 30, "values of the gateway") { Message($0)?.payload["total"] != nil }
        let unknown = try exchange("lab/main/totel")
        #expect(unknown.status == 1)
        #expect(unknown.text.contains("Did you mean 'lab/main/total'?"), "\(unknown.text)")
        #expect(try exchange(by: "wang-fnag").text.contains("Did you mean 'wang-fang'?"))
        let booked = try exchange()
        #expect(booked.status == 0)
        #expect(booked.output.last == "lab/main/total: booked 0.5 L, total 127.613 L", "\(booked.text)")
        #expect(try exchange().text.contains("this exchange is booked already"))
        // The analyzer was told in the same transaction.
        let rows = try RunningProgram(
            "/usr/bin/sqlite3",
            ["\(folder.path)/state/sluice.db", "SELECT kind, subject, person, data_at > 0 FROM intervention"])
        rows.closeInput()
        try rows.linesToEnd(within: 20)
        #expect(rows.output == ["meter-exchanged|main|wang-fang|1"])
        // The peer still shows 127.113 L, which for the gateway is the new meter that has gone on from 0.2 L.
        try witness.line(within: 30, "the total after the exchange") {
            (Message($0)?.payload["total"] as? [String: Any])?["v"] as? Double == 254.526
        }
    }

    @Test func `a page's port that is taken ends the start with 69 and is named`() throws {
        let folder = try TestFolder()
        let port = try freePort()
        let holder = try peer(["tcp", String(port)])
        defer { holder.end() }
        let text = site(bus: "{tcp: 127.0.0.1, port: 1}", broker: 1)
        try folder.write("site.yaml", text.replacing("127.0.0.1, port: 0", with: "127.0.0.1, port: \(port)"))
        let refused = try sluice(["run", "--config", "\(folder.path)/site.yaml"])
        #expect(refused.status == 69, "\(refused.text)")
        #expect(refused.output.last?.hasPrefix("sluice: ") == true)
        #expect(refused.text.contains("\(port)"), "\(refused.text)")
    }

    @Test func `the page's port reads no bus`() throws {
        let folder = try TestFolder()
        let port = try freePort()
        let peer = try peer(["tcp", String(port)])
        defer { peer.end() }
        try folder.write("site.yaml", site(bus: "{tcp: 127.0.0.1, port: \(port)}", broker: 1))
        let gateway = try RunningProgram(try Programs.sluice, ["run", "--config", "\(folder.path)/site.yaml"])
        defer { gateway.end(SIGTERM) }
        let line = try gateway.line(within: 20, "the dashboard") { $0.contains("Gateway is running") }
        let address = try #require(line.split(separator: " ").first { $0.hasPrefix("dashboard=") })
        func status(_ arguments: [String]) throws -> String? {
            let client = try RunningProgram(
                "/usr/bin/curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}\\n"] + arguments)
            client.closeInput()
            try client.linesToEnd(within: 20)
            return client.output.last
        }
        let page = String(address.dropFirst("dashboard=".count))
        #expect(try status([page + "healthz"]) == "200")
        #expect(try status([page + "api/v1/buses"]) == "404")
        #expect(try status([page + "api/v1/buses/wire/line"]) == "404")
        let socket = ["--unix-socket", "\(folder.path)/state/gateway.sock"]
        #expect(try status(socket + ["http://localhost/api/v1/buses"]) == "200")
        let impossible = "{\"table\":\"holding\",\"address\":65535,\"count\":9,\"unit\":3,\"timeoutMilliseconds\":100}"
        let post = ["-H", "content-type: application/json", "-d", impossible]
        #expect(try status(socket + post + ["http://localhost/api/v1/buses/wire/read"]) == "422")
        #expect(try status(socket + post + ["http://localhost/api/v1/buses/other/read"]) == "404")
    }
}
