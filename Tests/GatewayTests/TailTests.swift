// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `sluice tail` beside a running gateway.
@Suite struct TailTests {
    private func tail(_ estate: PracticeEstate, _ options: [String]) throws -> (lines: [String], status: Int32) {
        let command = try RunningProgram(try Programs.sluice, ["tail", "--config", estate.siteFile] + options)
        command.closeInput()
        try command.linesToEnd(within: 60)
        command.process.waitUntilExit()
        return (command.output, command.process.terminationStatus)
    }

    private struct Line: Decodable {
        var at, point, unit, quality: String
        var schema: Int
    }

    @Test func `what was asked for comes as it is read, and nothing twice`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(in: folder, brokerPort: broker.port)
        let none = try tail(estate, [])
        #expect(none.status == 69)

        let gateway = try estate.startGateway(logLevel: "debug")
        try gateway.line(within: 30, "stored readings") { $0.contains("Readings stored.") }
        let told = try tail(estate, ["inlet-meter/*", "--json", "--count", "12"])
        #expect(told.status == 0)
        let lines = try told.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        #expect(lines.count == 12)
        #expect(lines.allSatisfy { $0.point.contains("/inlet-meter/") && $0.schema == 1 && !$0.quality.isEmpty })
        #expect(Set(lines.map { $0.point + $0.at }).count == 12)
        #expect(Set(lines.map(\.point)).count > 1 && Set(lines.map(\.at)).count > 1)

        let people = try tail(estate, ["inlet-meter", "--for", "0.1"])
        #expect(people.status == 0)
        #expect(
            people.lines.contains {
                $0.contains(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  \S+\/inlet-meter\/total +[\d.]+ m3  good$/)
            },
            "\(people.lines)")

        let piped = try RunningProgram(
            "/bin/bash", ["-c", "'\(try Programs.sluice)' tail --config '\(estate.siteFile)' | head -n 1"])
        try piped.linesToEnd(within: 30)
        #expect(piped.output.count == 1)

        let wrong = try tail(estate, ["inlet-metre"])
        #expect(wrong.status == 1)
        #expect(
            wrong.lines == ["sluice tail: there is no point or asset 'inlet-metre'. Did you mean 'inlet-meter'?"])
        let ending = try RunningProgram(try Programs.sluice, ["tail", "--config", estate.siteFile])
        try ending.line(within: 30, "a reading") { $0.contains("/inlet-meter/") }
        #expect(gateway.end(SIGTERM) == 0)
        try ending.linesToEnd(within: 30)
        ending.process.waitUntilExit()
        #expect(ending.process.terminationStatus == 69)
    }
}
