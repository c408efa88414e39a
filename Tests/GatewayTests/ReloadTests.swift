// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `sluice reload` on the running program: what has not changed goes on.
@Suite(.serialized) struct ReloadTests {
    private let folder: TestFolder
    private let broker: TestBroker
    private let estate: PracticeEstate

    init() throws {
        folder = try TestFolder()
        broker = try TestBroker(in: folder)
        estate = try PracticeEstate(in: folder, brokerPort: broker.port)
    }

    private func siteText() throws -> String { try String(contentsOfFile: estate.siteFile, encoding: .utf8) }

    /// The port of a bus, as the site's file says it.
    private func port(of bus: String) throws -> Int {
        let line = try #require(try siteText().split(separator: "\n").first { $0.hasPrefix("  \(bus): {tcp") })
        let digits = line.drop { !$0.isNumber }.split(separator: "port: ")[1].prefix { $0.isNumber }
        return try #require(Int(digits))
    }

    /// Own ends of the connections to a port of this machine that stand, as the kernel lists them.
    private func connections(to port: Int) throws -> Set<String> {
        // The kernel gives its files no length.
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/net/tcp"))
        defer { try? handle.close() }
        let table = String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
        let far = ":" + String(format: "%04X", port)
        return Set(
            table.split(separator: "\n").dropFirst().compactMap { line in
                let fields = line.split(separator: " ")
                return fields.count > 3 && fields[2].hasSuffix(far) && fields[3] == "01" ? String(fields[1]) : nil
            })
    }

    /// The site's file without one device.
    private func without(_ device: String, _ text: String) throws -> String {
        let start = try #require(text.range(of: "  \(device):\n"))
        let rest = text[start.upperBound...]
        let end = try #require(rest.range(of: #"\n  [a-z]"#, options: .regularExpression))
        return String(text[..<start.lowerBound] + rest[rest.index(after: end.lowerBound)...])
    }

    private func reload(to text: String) throws -> [String] {
        try text.write(toFile: estate.siteFile, atomically: true, encoding: .utf8)
        let command = try RunningProgram(try Programs.sluice, ["reload", "--config", estate.siteFile])
        command.closeInput()
        try command.linesToEnd(within: 20)
        command.process.waitUntilExit()
        return command.output
    }

    @Test func `buses of which nothing has changed are polled on over their connections`() throws {
        let gateway = try estate.startGateway()
        try gateway.line(within: 30, "the start") { $0.contains("Gateway is running.") }
        let ports = (meters: try port(of: "meters"), pumps: try port(of: "pumps"), gate: try port(of: "gate"))
        // A first reading of every bus, so that all have their connection.
        let first = try broker.subscriber("sluice/lakeside/+/+")
        for asset in ["inlet-meter", "pump-1", "gate-1", "tank"] {
            try first.line(within: 30, "a reading of \(asset)") { $0.contains("/\(asset) {") }
        }
        first.end()
        let before = (
            meters: try connections(to: ports.meters), pumps: try connections(to: ports.pumps),
            gate: try connections(to: ports.gate)
        )
        #expect(!before.meters.isEmpty && !before.pumps.isEmpty && !before.gate.isEmpty, "\(before)")

        // All that comes behind it in the file gets other places.
        _ = try reload(to: without("u203", siteText()))
        try gateway.lines(within: 30, "the next configuration") { lines in
            lines.count { $0.contains("Gateway is running.") } == 2
        }
        #expect(try connections(to: ports.pumps) == before.pumps)
        #expect(try connections(to: ports.gate) == before.gate)
        #expect(gateway.output.contains { $0.contains("buses that go on: pumps, gate, line-1") })
        #expect(gateway.output.contains { $0.contains("buses that begin: meters") })
        #expect(gateway.output.contains { $0.contains("devices removed: u203") })
        let witness = try broker.subscriber("sluice/lakeside/+/+")
        for (asset, point) in [("inlet-meter", "\"total\""), ("pump-1", "\"running\""), ("tank", "\"level\"")] {
            let line = try witness.line(within: 30, "\(asset) after the change") {
                $0.hasPrefix("0 ") && $0.contains("/\(asset) {")
            }
            #expect(line.contains(point), "\(line)")
        }
        #expect(try connections(to: ports.meters).isDisjoint(with: before.meters))
        #expect(gateway.end(SIGTERM) == 0)
        #expect(try connections(to: ports.pumps) == [])
        witness.end()
    }

    @Test func `a refused file is an alarm until it is mended`() throws {
        let gateway = try estate.startGateway()
        try gateway.line(within: 30, "the start") { $0.contains("Gateway is running.") }
        let witness = try broker.subscriber("sluice/lakeside/alarm/#")
        let sound = try siteText()
        try sound.replacingOccurrences(of: "bus: meters", with: "bus: metres")
            .write(toFile: estate.siteFile, atomically: true, encoding: .utf8)
        gateway.kill(SIGHUP)
        let topic = "sluice/lakeside/alarm/site/configuration/configuration_refused"
        try witness.line(within: 30, "the alarm") { $0.contains(topic) && $0.contains("unacknowledgedActive") }
        try sound.write(toFile: estate.siteFile, atomically: true, encoding: .utf8)
        gateway.kill(SIGHUP)
        try witness.line(within: 30, "its end") { $0.contains(topic) && $0.contains("returnedUnacknowledged") }
        #expect(gateway.end(SIGTERM) == 0)
        witness.end()
    }
}
