// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What withholds alarms of a real gateway beside persons: other points, and work that is announced.
@Suite(.serialized) struct AlarmWithheldTests {
    private static let name = "gate-1/gate_held_open"
    private static let condition = "pump-1/running is on or pump-1/running is off"

    @Test func `an alarm is suppressed by design, out of service during work, and back afterwards`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let rule = "{asset: gate-1, rule: gate_held_open, when: \(Self.condition)}"
        let estate = try PracticeEstate(
            in: folder, brokerPort: broker.port, options: ["--gate-open"],
            replacing: [
                ("held_open_after_minutes: 20", "held_open_after_minutes: 0.1"),
                ("held_open_after_in_peak_minutes: 30", "held_open_after_in_peak_minutes: 0.1"),
                ("persons:\n", "alarms: {hold_seconds: 0, suppress_when: [\(rule)]}\npersons:\n"),
                ("language: zh-Hans", "language: en"),
            ])
        let witness = try broker.subscriber()
        defer { witness.end() }
        var gateway = try estate.startGateway()
        defer { gateway.end() }
        var last = 0
        func told(_ state: String) throws -> [String: Any] {
            var found: [String: Any] = [:]
            try witness.line(within: 90, "a message later than \(last), \(state)") { line in
                guard let message = Message(line), message.topic.hasSuffix("/alarm/entrance/gate-1/gate_held_open"),
                    let sequence = message.payload["sequence"] as? Int, sequence > last,
                    message.payload["state"] as? String == state
                else { return false }
                (last, found) = (sequence, message.payload)
                return true
            }
            return found
        }
        func run(_ words: [String]) throws -> (status: Int32, lines: [String]) {
            try VerdictCommandTests.run(words + ["--config", estate.siteFile])
        }
        #expect(try told("suppressedByDesign")["suppressed_while"] as? String == Self.condition)
        let listed = try run(["alarms", "list"])
        #expect(listed.lines.first?.hasPrefix("\(Self.name)  p3  suppressedByDesign  since ") == true, "\(listed)")
        #expect(listed.lines.first?.hasSuffix("  while \(Self.condition)") == true)
        #expect(try estate.query("SELECT count(*) FROM ticket") == [["0"]])

        func day(_ ahead: Double) -> String {
            Date(timeIntervalSinceNow: ahead * 86_400).formatted(.iso8601.year().month().day())
        }
        let work = [
            "announce", "add", "maintenance", "--bus", "gate", "--start", day(-1), "--end", day(3), "--by", "li-wei",
        ]
        let silent = try run(work)
        #expect(silent.status == 1 && silent.lines.contains { $0.contains("Say why") }, "\(silent)")
        let added = try run(work + ["--note", "Motor is renewed."])
        #expect(added.lines.first?.hasPrefix("1  in force  Maintenance  gate  ") == true, "\(added)")
        #expect(try told("outOfService")["reason"] as? String == "Motor is renewed.")
        gateway.end(SIGKILL)
        gateway = try estate.startGateway()
        try gateway.line(within: 60, "the running gateway") { $0.contains("Gateway is running.") }
        let again = try run(["alarms", "list"])
        #expect(again.lines.first?.contains("  outOfService  ") == true, "\(again)")
        #expect(
            again.lines.contains {
                $0.hasPrefix("under work  bus/gate  ") && $0.hasSuffix(" by li-wei: Motor is renewed.")
            })
        #expect(try run(["announce", "withdraw", "1", "--by", "li-wei", "--reason", "Done."]).status == 0)
        _ = try told("suppressedByDesign")
        #expect(try run(["alarms", "list"]).lines.allSatisfy { !$0.hasPrefix("under work") })
    }
}
