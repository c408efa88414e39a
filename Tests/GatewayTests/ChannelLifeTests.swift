// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The whole program with its channels: from a contact of the simulated estate to the receivers' books, over a kill.
@Suite(.serialized) struct ChannelLifeTests {
    private static let robots = ["hook", "wecom", "dingtalk", "feishu"]

    /// A line of a receiver's book.
    private struct Entry {
        let channel: String
        let key: String
        let isNew: Bool
        let wrong: String?

        init?(_ line: String) {
            guard let json = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let channel = json["channel"] as? String
            else { return nil }
            self.channel = channel
            key = json["key"] as? String ?? ""
            isNew = json["new"] as? Bool ?? false
            wrong = json["wrong"] as? String
        }
    }

    private func peer(_ script: String) throws -> (RunningProgram, port: Int) {
        let peer = try RunningProgram(Programs.python, ["-u", "\(Programs.peers)/\(script)"])
        let line = try peer.line(within: 30, "a port") { $0.hasPrefix("port ") }
        return (peer, try #require(Int(line.dropFirst(5))))
    }

    private func secret(_ folder: TestFolder, _ name: String, _ text: String) throws {
        try folder.write("secrets/\(name)", text)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: "\(folder.path)/secrets/\(name)")
    }

    /// The estate's file gets five channels, and a gate that is held open for too long after six seconds.
    private func estate(_ folder: TestFolder, robots: Int, mail: Int) throws -> PracticeEstate {
        try secret(folder, "hook", "practice\n")
        try secret(folder, "wecom", "http://127.0.0.1:\(robots)/wecom?key=K\n")
        try secret(folder, "dingtalk", "http://127.0.0.1:\(robots)/dingtalk?access_token=T\npractice\n")
        try secret(folder, "feishu", "http://127.0.0.1:\(robots)/feishu\npractice\n")
        let channels = """
            alarms: {hold_seconds: 0}
            channels:
              hook: {kind: webhook, url: "http://127.0.0.1:\(robots)/hook", secret_file: secrets/hook, allow_private: true, time_limit_seconds: 25}
              wecom: {kind: wecom, secret_file: secrets/wecom, allow_private: true}
              dingtalk: {kind: dingtalk, secret_file: secrets/dingtalk, allow_private: true}
              feishu: {kind: feishu, secret_file: secrets/feishu, allow_private: true}
              letters: {kind: email, host: 127.0.0.1, port: \(mail), security: plain, from: s@example.org, to: [duty@example.org], allow_private: true}
            persons:

            """
        return try PracticeEstate(
            in: folder, brokerPort: try freePort(), options: ["--gate-open"],
            replacing: [
                ("held_open_after_minutes: 20", "held_open_after_minutes: 0.1"),
                ("held_open_after_in_peak_minutes: 30", "held_open_after_in_peak_minutes: 0.1"),
                ("persons:\n", channels),
            ])
    }

    @Test func `a gate held open is told once by each channel, over a kill before the answer`() throws {
        let folder = try TestFolder()
        let (robots, robotsPort) = try peer("robots.py")
        let (mailbox, mailPort) = try peer("mailbox.py")
        defer {
            robots.end()
            mailbox.end()
        }
        let estate = try estate(folder, robots: robotsPort, mail: mailPort)
        robots.send("hold hook")
        try robots.line(within: 10, "the order") { $0 == "does hold hook" }
        let first = try estate.startGateway()
        try robots.lines(within: 120, "the ticket at four receivers") { lines in
            Set(lines.compactMap { Entry($0)?.channel }) == Set(Self.robots)
        }
        try mailbox.line(within: 30, "the letter") { $0.hasPrefix("{") }
        // The webhook has the message and the gateway has no answer: what it knew of it is on the disk alone.
        first.end(SIGKILL)
        robots.send("answer hook")
        try robots.line(within: 10, "the order") { $0 == "does answer hook" }
        let second = try estate.startGateway()
        try robots.line(within: 60, "the repeat") { Entry($0).map { $0.channel == "hook" && !$0.isNew } ?? false }
        // Asks until the last answer is stored; each question is a program of its own, and the limit ends a failure.
        let limit = Date(timeIntervalSinceNow: 60)
        var waiting = [["?"]]
        while waiting != [["0"]], Date() < limit {
            waiting = try estate.query("SELECT count(*) FROM notice WHERE state = 'waiting'")
        }
        #expect(waiting == [["0"]])
        #expect(second.end(SIGTERM) == 0)

        let tickets = try estate.query("SELECT number FROM ticket")
        #expect(tickets.count == 1, "\(tickets)")
        let ticket = try #require(tickets.first?.first)
        #expect(try estate.query("SELECT DISTINCT state FROM notice") == [["delivered"]])
        let book = robots.output.compactMap { Entry($0) }
        #expect(book.compactMap(\.wrong) == [])
        for channel in Self.robots {
            let keys = book.filter { $0.channel == channel && $0.isNew }.map(\.key)
            #expect(keys.count == Set(keys).count, "\(channel)")
            let rows = try estate.query("SELECT key FROM notice WHERE channel = '\(channel)' ORDER BY seq")
            let stored = rows.map { $0[0] }
            let prefix = channel == "hook" ? "\(ticket)-" : "\(ticket) #"
            #expect(keys == stored.map { prefix + $0.dropFirst(ticket.utf8.count + 1) }, "\(channel)")
            #expect(stored.first == "\(ticket)-0", "\(channel)")
        }
        let letters = mailbox.output.filter { $0.contains("X-Sluice-Ticket: \(ticket)") }
        #expect(!letters.isEmpty)
    }
}
