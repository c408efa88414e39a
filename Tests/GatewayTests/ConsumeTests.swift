// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing

/// Delivery that only the consumer confirms, with the whole programs.
@Suite(.serialized) struct ConsumeTests {
    /// F03, F51: gateway, broker and consumer die at random; in the end every row is in the file once.
    @Test func `whoever is killed, every row is stored at the far end exactly once`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(
            in: folder, brokerPort: broker.port,
            replacing: [("persons:\n", "delivery: {confirm: consumer}\npersons:\n")])
        let output = "\(folder.path)/readings.csv"
        let text = try String(contentsOfFile: estate.siteFile, encoding: .utf8)
        let site = String(try #require(text.firstMatch(of: /site: \{id: ([a-z0-9-]+)/)).1)
        func startConsumer() throws -> RunningProgram {
            let consumer = try RunningProgram(
                try Programs.sluice,
                ["consume", "--broker", "mqtt://127.0.0.1:\(broker.port)", "--site", site, "--output", output])
            try consumer.line(within: 20, "its connection") { $0.contains("connected to") }
            return consumer
        }
        var random = SeededGenerator(seed: 7)
        var consumer = try startConsumer()
        for round in 0..<6 {
            let gateway = try estate.startGateway(logLevel: "debug")
            try gateway.lines(within: 60, "commits") { lines in
                lines.count { $0.contains("Readings stored.") } >= Int.random(in: 3...8, using: &random)
            }
            if round % 2 == 0 {
                consumer.end(SIGKILL)
                consumer = try startConsumer()
            } else {
                broker.program.end(SIGKILL)
                try broker.startAgain()
            }
            gateway.end(SIGKILL)
        }
        let last = try estate.startGateway()
        try consumer.line(within: 120, "the acknowledgement of everything") { line in
            guard line.contains("acknowledged"), let stored = try? Self.rows(of: output) else { return false }
            return (try? published(by: estate))?.isSubset(of: stored.keys) ?? false
        }
        #expect(last.end(SIGTERM) == 0)
        #expect(consumer.end(SIGTERM) == 0)
        let stored = try Self.rows(of: output)
        #expect(stored.values.allSatisfy { $0 == 1 }, "a row stands in the file twice")
        let summary = try #require(consumer.output.last { $0.contains("ended:") })
        #expect(summary.contains(" 0 gaps"), "\(summary)")
        print("consume test: \(stored.count) rows; \(summary)")
    }

    /// Numbers of the rows of readings that were stored when this was asked.
    private func published(by estate: PracticeEstate) throws -> Set<Int64> {
        Set(
            try estate.readingTables().flatMap { try estate.query("SELECT seq FROM \($0)").compactMap { Int64($0[0]) } }
                .sorted().dropLast(20))
    }

    /// How often the first reading of each row stands in the file.
    private static func rows(of path: String) throws -> [Int64: Int] {
        var counts: [Int64: Int] = [:]
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            if fields.count >= 3, fields[1] == fields[2], let row = Int64(fields[1]) { counts[row, default: 0] += 1 }
        }
        return counts
    }

    @Test func `a file without its ledger's length is refused, and wrong options are told`() throws {
        let folder = try TestFolder()
        func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
            let program = try RunningProgram(try Programs.sluice, ["consume"] + arguments)
            try program.linesToEnd(within: 20)
            program.process.waitUntilExit()
            return (program.process.terminationStatus, program.output.joined(separator: "\n"))
        }
        let output = "\(folder.path)/readings.csv"
        try folder.write("readings.csv", "x")
        try folder.write("readings.csv.ledger", "{}")
        let broken = try run(["--site", "lakeside", "--output", output])
        #expect(broken.status == 74)
        #expect(broken.output.contains("Move both files away to begin anew."))
        #expect(try run(["--site", "Lake side", "--output", output]).output.contains("is no name of a site"))
        #expect(
            try run(["--site", "lakeside", "--output", output, "--broker", "tcp://x"]).output
                .contains("is not mqtt://HOST:PORT"))
    }
}
