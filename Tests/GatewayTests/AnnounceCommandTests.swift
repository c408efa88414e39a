// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What persons announce, with the real commands and the gateway as it is started.
@Suite(.serialized) struct AnnounceCommandTests {
    @Test func `an announcement is taken in, outlives a kill and is taken back`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(
            in: folder, brokerPort: broker.port, replacing: [("language: zh-Hans", "language: en")])
        func say(_ words: [String]) throws -> (status: Int32, lines: [String]) {
            try VerdictCommandTests.run(["announce"] + words + ["--config", estate.siteFile])
        }
        let gateway = try estate.startGateway(logLevel: "debug")
        defer { gateway.end() }
        try gateway.line(within: 60, "readings") { $0.contains("Readings stored.") }
        func day(_ ahead: Double) -> String {
            Date(timeIntervalSinceNow: ahead * 86_400).formatted(.iso8601.year().month().day())
        }
        let span = ["--start", day(-1), "--end", day(3)]
        let refusals: [([String], String)] = [
            (["add", "gateKeptOpen", "--asset", "gate-1", "--by", "nobody"] + span, "“nobody” is not on"),
            (["add", "gateKeptOpen", "--asset", "gate-9", "--by", "li-wei"] + span, "gate-9"),
            (["add", "gateKeptOpen", "--asset", "riser-1", "--by", "li-wei"] + span, "Possible are: gate-1."),
            (
                ["add", "gateKeptOpen", "--asset", "gate-1", "--by", "li-wei", "--start", "soon", "--end", day(3)],
                "Give the start and a later end"
            ),
            (["withdraw", "7", "--by", "li-wei", "--reason", "x"], "There is no announcement “7”"),
        ]
        for (words, sentence) in refusals {
            let answer = try say(words)
            #expect(answer.status == 1, "\(words)")
            #expect(answer.lines.contains { $0.hasPrefix("sluice announce: ") && $0.contains(sentence) }, "\(answer)")
        }
        let wrong = try say(["add", "gateKeptOpn", "--by", "li-wei"] + span)
        #expect(wrong.status == 64)
        #expect(wrong.lines.contains { $0.contains("Did you mean 'gateKeptOpen'?") }, "\(wrong.lines)")
        let added = try say(["add", "gateKeptOpen", "--asset", "gate-1", "--by", "li-wei", "--note", "Removal"] + span)
        #expect(added.status == 0, "\(added.lines)")
        #expect(added.lines.first?.hasPrefix("1  in force  Gate kept open  gate-1  ") == true, "\(added.lines)")
        gateway.end(SIGKILL)

        let second = try estate.startGateway(logLevel: "debug")
        defer { second.end() }
        try second.line(within: 60, "readings") { $0.contains("Readings stored.") }
        let listed = try say(["list", "--language", "zh-Hans"])
        #expect(listed.lines.contains { $0.hasPrefix("1  进行中  道闸常开  gate-1") }, "\(listed.lines)")
        let back = try say(["withdraw", "1", "--by", "li-wei", "--reason", "Put off."])
        #expect(back.status == 0, "\(back.lines)")
        #expect(try say(["withdraw", "1", "--by", "li-wei", "--reason", "Put off."]).status == 1)
        #expect(try say(["list"]).lines == ["Nothing is announced."])
        #expect(try say(["list", "--all"]).lines.contains { $0.hasSuffix("(li-wei: Put off.)") })
        #expect(
            try estate.query("SELECT kind, person FROM intervention ORDER BY seq") == [
                ["announce", "li-wei"], ["withdraw", "li-wei"],
            ])
        #expect(second.end(SIGTERM) == 0)
    }
}
