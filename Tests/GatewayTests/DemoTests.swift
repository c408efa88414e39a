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
        demo.process.waitUntilExit()
        #expect(demo.process.terminationStatus == 0, "\(demo.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}
