// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The demo as a stranger runs it.
@Suite struct DemoTests {
    @Test func `the demo names a burst and its ticket, publishes them and leaves nothing behind`() throws {
        let folder = try TestFolder()
        let demo = try RunningProgram(
            try Programs.sluice, ["demo", "--for", "75", "--port", "0"], environment: ["TMPDIR": folder.path])
        defer { demo.end() }
        let broker = try demo.line(within: 240, "the broker's address") { $0.hasPrefix("Broker") }
        let page = try demo.line(within: 5, "the page's address") { $0.hasPrefix("Page") }
        let port = try #require(broker.split(separator: ":").last.flatMap { Int($0) })
        let witness = try RunningProgram(
            "/usr/bin/mosquitto_sub",
            ["-h", "127.0.0.1", "-p", String(port), "-q", "1", "-t", "sluice/#", "-F", "%r %t %p"])
        defer { witness.end() }
        try witness.line(within: 20, "an asset message") { $0.contains("/riser-2 ") && $0.contains("\"total\"") }
        let raised = try demo.line(within: 75, "the burst") { $0.hasPrefix("Finding") && $0.contains("burst") }
        let ticket = try demo.line(within: 10, "its ticket") { $0.hasPrefix("Ticket") && $0.contains("p1") }
        let number = try #require(ticket.split(separator: " ").dropFirst().first)
        #expect(raised.contains("Riser 2"), "\(raised)")
        try witness.line(within: 20, "the ticket on MQTT") { $0.contains("/ticket/\(number)/state") }
        let address = try #require(page.split(separator: " ").last)
        let fetched = try RunningProgram("/usr/bin/curl", ["-s", "--max-time", "10", "\(address)?lang=en"])
        try fetched.line(within: 15, "the ticket on the page") { $0.contains(number) }
        fetched.end()
        let settings = try RunningProgram("/usr/bin/curl", ["-s", "--max-time", "10", "\(address)system/settings"])
        // In the language of the demo, from the file in its folder.
        try settings.line(within: 15, "the settings on the page") {
            $0.contains("<code>site.language</code>") && $0.contains("<td><code>en</code></td>")
                && $0.contains("/site.yaml:3</td>")
        }
        settings.end()
        try savings(of: folder)
        demo.process.waitUntilExit()
        #expect(demo.process.terminationStatus == 0, "\(demo.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    /// The report of the demo's three weeks, what goes in against what comes out.
    private func savings(of folder: TestFolder) throws {
        let inside = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
        let site = "\(folder.path)/\(inside)/site.yaml"
        let report = try RunningProgram(try Programs.sluice, ["savings", "--json", "--names", "--config", site])
        let line = try report.line(within: 60, "the report") { $0.hasPrefix("{") }
        report.process.waitUntilExit()
        #expect(report.process.terminationStatus == 0, "\(report.output)")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["currency"] as? String == "CNY")
        let zones = try #require(object["zones"] as? [[String: Any]])
        let riser = try #require(zones.first { $0["asset"] as? String == "riser-1" })
        let whole = try #require(riser["days"] as? Int)
        #expect(whole > 10)
        let delivered = try #require(riser["delivered_litres"] as? Double)
        let metered = try #require(riser["metered_litres"] as? Double)
        // The leak is a dwelling's own: what the riser delivers, its dwellings count, to the step of their registers.
        #expect(delivered > 0)
        #expect(abs(delivered - metered) / delivered < 0.02, "\(delivered) \(metered)")
        let dwellings = try #require(object["dwellings"] as? [[String: Any]])
        #expect(dwellings.allSatisfy { ($0["litres_per_day"] as? Double ?? 0) > 0 })
        let losses = try #require(object["losses"] as? [[String: Any]])
        let leak = try #require(losses.first { $0["asset"] as? String == "u103" })
        let litres = try #require(leak["litres_high"] as? Double)
        let cost = try #require((leak["cost_high"] as? String).flatMap { Double($0) })
        // 5.00 or 9.00 a cubic metre, by the block of that dwelling.
        #expect(cost > 0 && (abs(cost - litres * 0.005) < 0.006 || abs(cost - litres * 0.009) < 0.006))
    }
}
