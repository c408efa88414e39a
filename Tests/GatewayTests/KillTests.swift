// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing

/// What the gateway promises of accepted readings, tried with kill -9.
@Suite(.serialized) struct KillTests {
    @Test func `twenty kills, half of them without a broker, lose no stored reading and double no ticket`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(
            in: folder, brokerPort: broker.port, options: ["--gate-open"],
            replacing: [
                ("held_open_after_minutes: 20", "held_open_after_minutes: 0.1"),
                ("held_open_after_in_peak_minutes: 30", "held_open_after_in_peak_minutes: 0.1"),
                // Half a minute may be longer than any gateway of this test lives.
                ("persons:\n", "alarms: {hold_seconds: 0}\npersons:\n"),
            ])
        var witnesses = [try broker.subscriber()]
        var random = SeededGenerator(seed: 20_261_122)
        var isBrokerUp = true
        for _ in 0..<20 {
            if Bool.random(using: &random) {
                if isBrokerUp { broker.stop() } else { try broker.startAgain() }
                isBrokerUp.toggle()
                if isBrokerUp { witnesses.append(try broker.subscriber()) }
            }
            let gateway = try estate.startGateway(logLevel: "debug")
            let commits = Int.random(in: 1...12, using: &random)
            try gateway.lines(within: 60, "\(commits) commits") { lines in
                lines.count { $0.contains("Readings stored.") } >= commits
            }
            gateway.end(SIGKILL)
        }
        if !isBrokerUp {
            try broker.startAgain()
            witnesses.append(try broker.subscriber())
        }
        let last = try estate.startGateway()
        let expected = try stored(by: estate)
        #expect(expected.count > 100)
        var seen = Tally(expecting: expected)
        for witness in witnesses.dropLast() { for line in witness.output { seen.take(line) } }
        try witnesses.last?.line(within: 120, "every stored row") { line in
            seen.take(line)
            return seen.isComplete
        }
        #expect(last.end(SIGTERM) == 0)
        let tickets = try estate.query("SELECT number FROM ticket")
        #expect(tickets.count == 1, "\(tickets)")
        let raised = try estate.query("SELECT count(*) FROM ticket_event WHERE idx = 0")
        #expect(raised == [["1"]])
        print("kill test: \(expected.count) rows stored, \(seen.missing.count) missing")
        for witness in witnesses { witness.end() }
    }

    /// First sequence numbers of all stored rows.
    private func stored(by estate: PracticeEstate) throws -> [Int64] {
        try estate.readingTables().flatMap { try estate.query("SELECT seq FROM \($0)").compactMap { Int64($0[0]) } }
    }

    @Test func `SIGTERM under load says disconnected and ends with 0`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(in: folder, brokerPort: broker.port)
        let witness = try broker.subscriber("sluice/+/_state")
        let gateway = try estate.startGateway()
        try witness.line(within: 30, "online") { $0.contains("\"online\"") }
        #expect(gateway.end(SIGTERM) == 0)
        try witness.line(within: 10, "disconnected") { $0.contains("\"disconnected\"") }
        witness.end()
    }

    @Test func `a second gateway on the same state is refused with 75 and names the first`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(in: folder, brokerPort: broker.port)
        let first = try estate.startGateway()
        try first.line(within: 30, "the start") { $0.contains("Gateway is running.") }
        let second = try estate.startGateway()
        second.closeInput()
        second.process.waitUntilExit()
        #expect(second.process.terminationStatus == 75)
        try second.line(within: 5, "the holder") { $0.contains("\(first.identifier)") }
        #expect(first.end(SIGTERM) == 0)
    }

    @Test func `without a broker readings are stored and the gateway says where it looked`() throws {
        let folder = try TestFolder()
        let port = try freePort()
        let estate = try PracticeEstate(in: folder, brokerPort: port)
        let gateway = try estate.startGateway(logLevel: "debug")
        try gateway.line(within: 30, "the broker's absence") { $0.contains("127.0.0.1") && $0.contains("\(port)") }
        try gateway.line(within: 30, "stored readings") { $0.contains("Readings stored.") }
        #expect(gateway.end(SIGTERM) == 0)
        #expect(try stored(by: estate).count > 0)
    }
}

/// Which stored rows have arrived, on asset topics or in backfill.
private struct Tally {
    private(set) var missing: Set<Int64>
    var isComplete: Bool { missing.isEmpty }

    init(expecting rows: [Int64]) { missing = Set(rows) }

    mutating func take(_ line: String) {
        guard let message = Message(line), !message.isRetained else { return }
        if message.topic.hasSuffix("/_backfill") {
            for row in message.payload["rows"] as? [[String: Any]] ?? [] { note(row) }
        } else if message.topic.split(separator: "/").count == 4 {
            note(message.payload)
        }
    }

    private mutating func note(_ row: [String: Any]) {
        if let number = (row["seq"] as? NSNumber)?.int64Value { missing.remove(number) }
    }
}
