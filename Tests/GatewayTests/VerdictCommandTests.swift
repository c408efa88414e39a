// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What persons say about findings, with the real commands, a real broker and the gateway as it is started.
@Suite(.serialized) struct VerdictCommandTests {
    /// Ends by itself; its lines and its exit status.
    static func run(_ arguments: [String]) throws -> (status: Int32, lines: [String]) {
        let program = try RunningProgram(try Programs.sluice, arguments)
        program.closeInput()
        try program.linesToEnd(within: 60)
        program.process.waitUntilExit()
        return (program.process.terminationStatus, program.output)
    }

    @Test func `a gate that is held open is confirmed, expected, and stays so over a kill`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(
            in: folder, brokerPort: broker.port, options: ["--gate-open"],
            replacing: [
                ("held_open_after_minutes: 20", "held_open_after_minutes: 0.1"),
                ("held_open_after_in_peak_minutes: 30", "held_open_after_in_peak_minutes: 0.1"),
                ("persons:\n", "alarms: {hold_seconds: 0}\npersons:\n"), ("language: zh-Hans", "language: en"),
            ])
        let witness = try broker.subscriber()
        defer { witness.end() }
        let gateway = try estate.startGateway()
        defer { gateway.end() }
        func isAlarm(_ line: String, _ event: String) -> Bool {
            guard let message = Message(line), message.topic.contains("/gate_held_open") else { return false }
            return message.payload["event"] as? String == event
        }
        let raised = try #require(Message(try witness.line(within: 90, "the alarm") { isAlarm($0, "raised") }))
        let identifier = try #require((raised.payload["finding"] as? [String: Any])?["id"] as? String)

        let from = ["--config", estate.siteFile]
        func say(_ words: [String]) throws -> (status: Int32, lines: [String]) {
            try Self.run(["findings"] + words + from)
        }
        let refusals: [([String], String)] = [
            (["confirm", "0000000000000000", "--by", "li-wei"], "There is no finding “0000000000000000”."),
            (["confirm", identifier, "--by", "nobody"], "“nobody” is not on this site's list of persons."),
            (["expected", identifier, "--by", "li-wei", "--until", "2099-01-01"], "Say why"),
            (["not-a-leak", identifier, "--by", "li-wei", "--reason", "Hinge."], "These rules learn: "),
            (["expected", identifier, "--by", "li-wei", "--reason", "Hinge."], "Say until when it is expected"),
            (
                ["expected", identifier, "--by", "li-wei", "--reason", "Hinge.", "--until", "2020-01-01"],
                "has passed. Give a time to come."
            ),
        ]
        for (words, sentence) in refusals {
            let answer = try say(words)
            #expect(answer.status == 1, "\(words)")
            #expect(answer.lines.contains { $0.hasPrefix("sluice findings: ") && $0.contains(sentence) }, "\(answer)")
        }
        #expect(try estate.query("SELECT count(*) FROM intervention") == [["0"]])

        let confirmed = try say(["confirm", identifier, "--by", "li-wei"])
        #expect(confirmed.status == 0)
        #expect(confirmed.lines.first == "\(identifier)  gate_held_open  gate-1  open", "\(confirmed.lines)")
        // Whoever looked has seen the alarm.
        try witness.line(within: 20, "the acknowledgement") {
            isAlarm($0, "changed") && $0.contains("\"acknowledged_at\"")
        }
        let day = Date(timeIntervalSinceNow: 5 * 86_400).formatted(.iso8601.year().month().day())
        let expected = try say(
            ["expected", identifier, "--by", "li-wei", "--until", day, "--reason", "The hinge is renewed."])
        #expect(expected.status == 0, "\(expected.lines)")
        #expect(expected.lines.first?.contains("  over ") == true)
        try witness.line(within: 20, "the end of the alarm") { isAlarm($0, "returned") }
        gateway.end(SIGKILL)

        let rows = try estate.query("SELECT kind, subject, person, reason, until_at IS NOT NULL FROM intervention")
        #expect(
            rows == [
                ["confirm", identifier, "li-wei", "", "0"],
                ["expected", identifier, "li-wei", "The hinge is renewed.", "1"],
            ])
        let second = try estate.startGateway(logLevel: "debug")
        try second.lines(within: 60, "readings after the restart") { lines in
            lines.count { $0.contains("Readings stored.") } >= 20
        }
        #expect(!second.output.contains { $0.contains("Finding raised.") && $0.contains("gate_held_open") })
        let listed = try say(["list", "--open"])
        #expect(!listed.lines.contains { $0.contains("gate") }, "\(listed.lines)")
        let all = try say([])
        #expect(
            all.lines.contains { $0.contains("expected until ") && $0.hasSuffix("The hinge is renewed.") },
            "\(all.lines)")
        let page = try RunningProgram(
            "/usr/bin/curl",
            [
                "-s", "--max-time", "10", "--unix-socket", "\(estate.stateDirectory)/gateway.sock",
                "http://localhost/findings/\(identifier)?lang=en",
            ])
        try page.line(within: 15, "the verdict on the page") { $0.contains("The hinge is renewed.") }
        page.end()
        #expect(second.end(SIGTERM) == 0)
    }
}
