// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import Analysis
import TestKit

@Suite struct GateWatchTests {
    /// One event of a gate, some minutes after Monday.
    private enum Event {
        case position(Bool)
        case told(Signal, Double?)
    }

    private struct Traffic {
        var events: [(minute: Double, event: Event)] = []
        var cycles = 5000.0

        mutating func poll(_ minute: Int, isOpen: Bool, command: Bool) {
            events += [
                (Double(minute), .position(isOpen)), (Double(minute), .told(.command, command ? 1 : 0)),
                (Double(minute), .told(.cycles, cycles)),
            ]
        }

        /// Polls each minute; a car a few times an hour, with its command.
        mutating func run(_ minutes: Range<Int>, carsPerHour: Double, using random: inout SeededGenerator) {
            for minute in minutes {
                let isDay = (6..<22).contains(minute / 60 % 24)
                let opens = random.happens(carsPerHour / 60 * (isDay ? 1 : 0.2))
                cycles += opens ? 1 : 0
                poll(minute, isOpen: opens, command: opens)
            }
        }
    }

    private static func line(_ signals: [Signal] = [.command, .cycles, .forced], _ announced: [Announcement] = [])
        -> MachineLine
    {
        MachineLine(signals, announced: announced) { $0.gates = [GateDescription(asset: machine)] }
    }

    private static func run(_ line: inout MachineLine, _ traffic: Traffic, reload step: Int = 0) throws
        -> [FindingChange]
    {
        var changes: [FindingChange] = []
        for (place, entry) in traffic.events.enumerated() {
            if step > 0, place % step == 0 { line.analyzer = try line.analyzer.reloaded() }
            switch entry.event {
            case .position(let isOpen): changes += line.tell(isOpen: isOpen, at: entry.minute)
            case .told(let signal, let value): changes += line.tell(Told(entry.minute, signal, value))
            }
        }
        return changes
    }

    /// Five days of usual traffic with what comes at noon of the fifth, a minute each: open, command, cycles added.
    private static func noon(
        _ minutes: [(isOpen: Bool, command: Bool, cycles: Double)], seed: UInt64 = 1, then usual: Int = 240,
        _ line: inout MachineLine
    ) throws -> [FindingChange] {
        var random = SeededGenerator(seed: seed)
        var traffic = Traffic()
        let noon = 4 * 1440 + 720
        traffic.run(0..<noon, carsPerHour: 6, using: &random)
        for (place, one) in minutes.enumerated() {
            traffic.cycles += one.cycles
            traffic.poll(noon + place, isOpen: one.isOpen, command: one.command)
        }
        traffic.run(noon + minutes.count..<noon + minutes.count + usual, carsPerHour: 6, using: &random)
        return try run(&line, traffic, reload: 2503)
    }

    private static let noonMinute = 4.0 * 1440 + 720

    @Test func `the contact is believed at once, and the finding ends when the gate is closed`() {
        var line = Self.line([.forced])
        var changes = line.tell(isOpen: false, at: 600) + line.tell(Told(600, .forced, 0))
        changes += line.tell(Told(615, .forced, 1))
        #expect(changes.raised.map(\.rule) == [.gateForced])
        #expect(changes.raised.first?.raisedAt.minute == 615)
        #expect(changes.raised.first?.severity == .p2)
        changes = line.tell(isOpen: true, at: 616) + line.tell(Told(621, .forced, 0))
        #expect(changes.cleared.isEmpty)
        changes = line.tell(isOpen: false, at: 624)
        #expect(changes.cleared.first?.clearedAt?.minute == 624)
        #expect(changes.cleared.first?.size == Measure("open_minutes", 9, .minute))
        #expect(line.analyzer.statistics.evaluations.gateForced > 0)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `usual traffic of nine days raises nothing`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var traffic = Traffic()
        traffic.run(0..<9 * 1440, carsPerHour: seed % 2 == 0 ? 3 : 15, using: &random)
        var line = Self.line()
        #expect(try Self.run(&line, traffic).isEmpty)
        let evaluations = line.analyzer.statistics.evaluations
        #expect(evaluations.gateForced > 0 && evaluations.gateChatter > 0 && evaluations.gateStuckClosed > 0)
    }

    @Test func `a gate that opens and nobody had asked for it is forced`() throws {
        var line = Self.line()
        let changes = try Self.noon(
            [(true, false, 1)] + Array(repeating: (true, false, 0), count: 11) + [(false, false, 0)], &line
        ).of(.gateForced)
        #expect(changes.raised.first?.startedAt.minute == Self.noonMinute)
        #expect((1...3).contains((changes.raised.first?.raisedAt.minute ?? 0) - Self.noonMinute))
        #expect(changes.cleared.first?.clearedAt?.minute == Self.noonMinute + 12)
        #expect(changes.raised.count == 1)
    }

    @Test func `a gate that is kept open, and one whose commands never explained it, are not forced`() throws {
        let opened = [(isOpen: true, command: false, cycles: 1.0)] + Array(repeating: (true, false, 0), count: 5)
        let start = monday + (Int(Self.noonMinute) - 30)
        var line = Self.line(
            [.command, .cycles], [Announcement(kind: .gateKeptOpen, start: start, end: start + 60, asset: machine)])
        #expect(try Self.noon(opened, &line).isEmpty)

        // Every third car has a remote control that tells nobody.
        var random = SeededGenerator(seed: 11)
        var traffic = Traffic()
        for minute in 0..<5 * 1440 {
            let opens = random.happens(0.1)
            traffic.cycles += opens ? 1 : 0
            traffic.poll(minute, isOpen: opens, command: opens && !random.happens(0.33))
        }
        line = Self.line()
        #expect(try Self.run(&line, traffic).of(.gateForced).isEmpty)
    }

    @Test func `a gate that opens every other minute cycles too often`() throws {
        var line = Self.line()
        let changes = try Self.noon(
            (0..<120).map { ($0 % 2 == 0, $0 % 2 == 0, $0 % 2 == 0 ? 1 : 0) }, &line
        ).of(.gateChatter)
        let found = try #require(changes.raised.first)
        #expect((20...60).contains(found.raisedAt.minute - Self.noonMinute))
        #expect(found.evidence.value("contact_chatter") == 0)
        #expect((found.evidence.value("expected_openings") ?? 99) < 10)
        let end = try #require(changes.cleared.first)
        #expect((-60...70).contains((end.clearedAt?.minute ?? 0) - Self.noonMinute - 120))
        #expect(abs((end.size?.value ?? 0) - 60) < 15)
    }

    @Test func `a counter that runs away without any command chatters`() throws {
        var line = Self.line()
        let changes = try Self.noon((0..<20).map { ($0 % 3 == 0, false, 6) }, &line)
        #expect(changes.raised.map(\.rule) == [.gateChatter])
        #expect((changes.raised.first?.raisedAt.minute ?? 0) - Self.noonMinute <= 1)
        #expect(changes.raised.first?.evidence.value("contact_chatter") == 1)
        #expect(changes.cleared.count == 1)
    }

    @Test func `a counter read after a silence of hours is no traffic`() throws {
        var random = SeededGenerator(seed: 5)
        var traffic = Traffic()
        traffic.run(0..<4 * 1440, carsPerHour: 6, using: &random)
        let last = 4 * 1440.0
        traffic.events.append((last + 480, .told(.cycles, traffic.cycles + 200)))
        var line = Self.line()
        #expect(try Self.run(&line, traffic).isEmpty)
    }

    @Test func `three requests in a row without an opening mean that nobody gets through`() throws {
        var line = Self.line()
        let changes = try Self.noon(
            (0..<40).map { (false, $0 % 5 == 0, 0) }, &line
        ).of(.gateStuckClosed)
        let found = try #require(changes.raised.first)
        #expect(found.startedAt.minute == Self.noonMinute)
        #expect((10...13).contains(found.raisedAt.minute - Self.noonMinute))
        #expect(found.severity == .p2)
        #expect(changes.cleared.first?.size == Measure("unanswered", 8))
        #expect(changes.raised.count == 1)
    }

    @Test func `two requests without an opening mean nothing`() throws {
        var line = Self.line()
        let asked = [
            (isOpen: false, command: true, cycles: 0.0), (false, false, 0), (false, false, 0), (false, true, 0),
        ]
        #expect(try Self.noon(asked, &line).isEmpty)
    }

    @Test func `a damaged state is refused`() throws {
        let line = Self.line()
        let saved = String(decoding: try JSONEncoder().encode(line.analyzer), as: UTF8.self)
        for (good, bad) in [
            (#""hasCommand":true"#, #""hasCommand":false"#), (#""openingsAsked":0"#, #""openingsAsked":-1"#),
            (#""unanswered":0"#, #""unanswered":-5"#),
        ] {
            let damaged = saved.replacingOccurrences(of: good, with: bad)
            #expect(damaged != saved, "\(good)")
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Analyzer.self, from: Data(damaged.utf8)) }
        }
    }
}
