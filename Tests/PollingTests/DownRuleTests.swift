// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Polling
import Testing

@Suite struct DownRuleTests {
    @Test func `one dead of ten leaves the others their period, within the probe budget`() {
        let devices = (1...10).map { device($0, every: 1) }
        var run = BusRun(devices, cost: line9600)
        run.run(to: 620) { place, at in place != 3 || at < 20 }
        #expect(run.schedule.isDown(device: 3))
        for place in devices.indices where place != 3 {
            #expect(run.period(of: place, from: 20) <= 1.05)
        }
        let probes = run.notes.filter { $0.isProbe }
        #expect(probes.allSatisfy { $0.device == 3 })
        #expect(probes.count >= 8)
        #expect(probes.reduce(0) { $0 + $1.lasted } <= 0.05 * 600)
        let summary = LatenessSummary(of: run.notes.filter { !$0.isProbe }.map(\.lateness))
        print("one dead of ten at 9600 baud, load \(run.schedule.load): \(summary)")
        #expect(summary.p99 < .milliseconds(900))
    }

    @Test func `five dead of thirty leave the others theirs, all probes together a tenth of the bus`() {
        let devices = (1...30).map { device($0, every: 5) }
        var run = BusRun(devices, cost: line9600)
        run.run(to: 1000) { place, _ in place % 6 != 0 }
        for place in devices.indices where place % 6 != 0 {
            #expect(run.period(of: place, from: 40) <= 5 * 1.15)
        }
        let probes = run.notes.filter { $0.isProbe && $0.at > 40 }
        #expect(probes.reduce(0) { $0 + $1.lasted } <= 0.1 * 960 + 1)
        // Round robin: none of the dead is forgotten.
        for place in devices.indices where place % 6 == 0 {
            #expect(probes.filter { $0.device == place }.count >= 12)
        }
    }

    @Test(arguments: [[3], [0, 3, 6, 9, 12, 15, 18, 21, 24, 27], Array(0..<30)])
    func `the share that dead units are said to take is the share they take`(dead: [Int]) {
        let devices = (1...30).map { device($0, every: 5) }
        var run = BusRun(devices, cost: line9600)
        run.run(to: 20)
        #expect(run.schedule.probeLoad == 0)
        run.run(to: 2000) { place, _ in !dead.contains(place) }
        let taken = run.notes.filter { $0.isProbe && $0.at > 800 }.reduce(0) { $0 + $1.lasted } / 1200
        #expect(abs(run.schedule.probeLoad / taken - 1) < 0.15, "said \(run.schedule.probeLoad), taken \(taken)")
    }

    @Test(arguments: [0.2, 0.5, 1, 2, 10], [100, 500, 1000])
    func `a unit is down after 3 s and 2 silent visits, at the price of 3 timeouts`(
        period: Double, milliseconds: Int
    ) throws {
        var run = BusRun(
            [device(1, every: period), device(2, every: period)], cost: socket, timeout: .milliseconds(milliseconds))
        run.run(to: 60) { place, at in place == 0 || at < 20 }
        let lastAnswer = try #require(run.polls(of: 1).last { $0 < 20 })
        let silent = run.notes.filter { $0.device == 1 && !$0.isProbe && $0.at >= 20 }
        let down = try #require(run.downTime(of: 1))
        #expect((2...3).contains(silent.count))
        #expect(down - lastAnswer >= 3)
        #expect(down - lastAnswer <= max(3, 2 * period) + 2 * period + Double(milliseconds) / 1000 + 0.1)
    }

    @Test func `one silent visit takes nothing from the next one`() {
        var run = BusRun([device(1, every: 1)], cost: socket)
        run.run(to: 20) { _, at in !(10..<11).contains(at) }
        let times = run.polls(of: 0)
        #expect(zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - 1) < 0.001 })
        #expect(run.events.isEmpty)
    }

    @Test func `a unit that comes back is found within one probe interval and read at once`() throws {
        var run = BusRun([device(1, every: 1), device(2, every: 1, 60, 0)], cost: line9600)
        run.run(to: 300) { place, at in place == 0 || at < 20 || at >= 200 }
        let up = try #require(run.events.last)
        #expect(up.event == .cameUp(device: 1))
        let probes = run.notes.filter { $0.isProbe }.map(\.at)
        let last = try #require(probes.last)
        #expect(probes.filter { $0 >= 200 }.count == 1)
        #expect(last - 200 <= 60.6)
        let first = try #require(run.notes.first { $0.at > last && $0.device == 1 })
        #expect(first.groups == [0, 1, 2])
        #expect(first.at - up.at < 0.2)
        #expect(!run.schedule.isDown(device: 1))
    }

    @Test func `while a unit is down it is not polled`() throws {
        var run = BusRun([device(1, every: 1), device(2, every: 1)], cost: line9600)
        run.run(to: 200) { place, _ in place == 0 }
        let down = try #require(run.downTime(of: 1))
        let later = run.notes.filter { $0.device == 1 && $0.at >= down }
        #expect(!later.isEmpty)
        #expect(later.allSatisfy { $0.isProbe && $0.groups.isEmpty })
        // A probe costs 0.54 s, a twentieth of the bus is one each 10.9 s; the back-off passes that at 16 s.
        #expect(later.map { Int($0.at - down) }.prefix(5) == [10, 21, 32, 43, 59])
    }

    @Test func `when every unit is dead only the back-off counts`() throws {
        var run = BusRun([device(1, every: 1)], cost: socket)
        run.run(to: 300) { _, _ in false }
        let down = try #require(run.downTime(of: 0))
        let probes = run.notes.filter { $0.isProbe }.map { $0.at - down }
        let steps = zip([0] + probes, probes).map { Int(($1 - $0).rounded()) }
        #expect(steps == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    }

    @Test func `a meter that needs half a minute to start is not called down before`() throws {
        var run = BusRun([device(1, every: 1), device(2, every: 1, startsWithin: .seconds(30))], cost: line9600)
        run.run(to: 29) { place, _ in place == 0 }
        #expect(run.events.isEmpty)
        // The others are not made to pay for it.
        #expect(run.notes.filter { $0.device == 1 }.count <= 5)
        #expect(run.period(of: 0) <= 1.1)
        run.run(to: 60) { place, _ in place == 0 }
        #expect(try #require(run.downTime(of: 1)) >= 30)
    }

    @Test func `a meter that starts late is not called down at all`() {
        var run = BusRun([device(1, every: 1, startsWithin: .seconds(30))], cost: socket)
        run.run(to: 120) { _, at in at >= 25 }
        #expect(run.events.isEmpty)
        #expect(abs(run.period(of: 0, from: 40) - 1) < 0.001)
    }
}
