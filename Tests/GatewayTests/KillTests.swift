// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the gateway promises of accepted readings, tried with kill -9.
@Suite(
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["SLUICE_KILL_TESTS"] != nil, "set SLUICE_KILL_TESTS=1 to run them"))
struct KillTests {
    @Test func `twenty kills, half of them without a broker, lose no stored reading and double no ticket`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(
            in: folder, brokerPort: broker.port, options: ["--gate-open"],
            replacing: [
                ("held_open_after_minutes: 20", "held_open_after_minutes: 0.1"),
                ("held_open_after_in_peak_minutes: 30", "held_open_after_in_peak_minutes: 0.1"),
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
        var received: [Int64: Int] = [:]
        let arrived = try witnesses.last?.lines(within: 120, "every stored row") { _ in
            received = Self.counts(in: witnesses.flatMap(\.output))
            return expected.allSatisfy { received[$0] != nil }
        }
        _ = arrived
        #expect(last.end(SIGTERM) == 0)
        let missing = expected.filter { received[$0] == nil }
        #expect(missing.isEmpty, "missing: \(missing.prefix(20))")
        let tickets = try estate.query("SELECT number FROM ticket")
        #expect(tickets.count == 1, "\(tickets)")
        let raised = try estate.query("SELECT count(*) FROM ticket_event WHERE idx = 0")
        #expect(raised == [["1"]])
        let doubled = received.values.reduce(0) { $0 + max(0, $1 - 1) }
        print("kill test: \(expected.count) rows stored, \(missing.count) missing, \(doubled) sent more than once")
        for witness in witnesses { witness.end() }
    }

    /// First sequence numbers of all stored rows.
    private func stored(by estate: PracticeEstate) throws -> [Int64] {
        try estate.readingTables().flatMap { try estate.query("SELECT seq FROM \($0)").compactMap { Int64($0[0]) } }
    }

    /// How often each row's number was seen, on asset topics and in backfill.
    private static func counts(in lines: [String]) -> [Int64: Int] {
        var counts: [Int64: Int] = [:]
        for line in lines {
            guard let message = Message(line), !message.isRetained else { continue }
            if message.topic.hasSuffix("/_backfill") {
                for row in message.payload["rows"] as? [[String: Any]] ?? [] {
                    if let number = (row["seq"] as? NSNumber)?.int64Value { counts[number, default: 0] += 1 }
                }
            } else if message.topic.split(separator: "/").count == 4, let number = (message.payload["seq"] as? NSNumber)?.int64Value {
                counts[number, default: 0] += 1
            }
        }
        return counts
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

/// A generator whose numbers depend on its seed alone (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
