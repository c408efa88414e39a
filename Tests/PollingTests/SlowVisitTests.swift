// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Polling
import Testing

/// The fastest jobs of a line keep their deadlines beside long reads.
@Suite struct SlowVisitTests {
    private func device(_ unit: UInt8, _ groups: (period: Double, items: [RegisterSpan])...) -> ScheduledDevice {
        ScheduledDevice(
            unit: UnitIdentifier(unit),
            groups: groups.map { PollGroup(period: .milliseconds(Int64($0.period * 1000)), items: $0.items) },
            limits: ReadLimits(), probe: spans([(0, 1)])[0])
    }

    /// 500 registers in items of 5, which take 1.3 s at 9600 baud as four requests.
    private let bulk = spans((0..<100).map { ($0 * 5, 5) })
    private var estate: [ScheduledDevice] {
        [device(1, (0.5, spans([(0, 1)]))), device(2, (60, bulk)), device(3, (0.5, spans([(0, 1)])), (60, bulk))]
    }

    @Test func `a long read never holds up a contact past its deadline`() {
        var run = BusRun(estate, cost: line9600)
        run.run(to: 300)
        #expect(run.schedule.overruns == 0)
        for place in [0, 2] {
            let times = run.polls(of: place)
            #expect(times.count >= 595)
            #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= 1 })
        }
        // The bound is the fast period less what the fast jobs need: 0.5 s - 2 x 42.9 ms.
        #expect(run.notes.allSatisfy { $0.lasted <= 0.415 })
        #expect(run.notes.map(\.lasted).max() ?? 0 > 0.2)
    }

    @Test func `the parts of a long read are all its requests, once a period`() {
        var run = BusRun(estate, cost: line9600)
        run.run(to: 120)
        let whole = run.schedule.plan(device: 1, groups: [0]).sorted { $0.address < $1.address }
        #expect(whole.count >= 4)
        for item in bulk { #expect(whole.contains { $0.covers(item) }) }
        var read: [RegisterSpan] = []
        var schedule = BusSchedule(
            devices: estate, cost: line9600, timeout: .seconds(1), arrangement: .serial, start: run.start)
        var (now, openings, endings) = (run.start, 0, 0)
        while now < run.start + .seconds(55) {
            switch schedule.next(at: now) {
            case .wait(let until): now = until
            case .visit(let visit):
                if visit.device == 1 {
                    read += visit.spans
                    if !visit.isContinuation { openings += 1 }
                    if !visit.continues { endings += 1 }
                }
                for span in visit.spans { now = now + line9600.duration(of: span) }
                #expect(schedule.finished(visit, .answered, at: now) == [])
            }
        }
        #expect(openings >= 1 && openings == endings)
        #expect(read.count == whole.count * openings)
        #expect(Set(read) == Set(whole))
    }

    @Test func `silence in the middle of a long read drops the rest of it`() {
        var schedule = BusSchedule(
            devices: [estate[0], estate[1]], cost: line9600, timeout: .seconds(1), arrangement: .serial,
            start: MonotonicInstant(nanoseconds: 0))
        var (now, parts, sawPart) = (MonotonicInstant(nanoseconds: 0), 0, false)
        while now < MonotonicInstant(nanoseconds: 2_000_000_000) {
            switch schedule.next(at: now) {
            case .wait(let until): now = until
            case .visit(let visit):
                if visit.device == 1 { (parts, sawPart) = (parts + 1, sawPart || visit.continues) }
                now = now + .milliseconds(30)
                _ = schedule.finished(visit, visit.device == 1 ? .silent : .answered, at: now)
            }
        }
        #expect(sawPart && parts == 1)
    }

    @Test func `on a socket and on a bus of one period nothing is cut`() {
        var socketRun = BusRun(estate, cost: line9600, arrangement: .socket)
        let onSocket = socketRun.schedule.plan(device: 1, groups: [0])
        #expect(onSocket.count == 4)
        var lineRun = BusRun([device(2, (60, bulk))], cost: line9600)
        let onLine = lineRun.schedule.plan(device: 0, groups: [0])
        #expect(onLine.count == 4)
        lineRun.run(to: 130)
        #expect(lineRun.notes.allSatisfy { $0.lasted > 1 })
    }

    @Test func `beyond eight sets of groups each group is read by its own plan`() {
        let groups = (0..<5).map { (period: 1.0 + Double($0), items: spans([($0 * 10, 2)])) }
        var schedule = BusSchedule(
            devices: [device(1, groups[0], groups[1], groups[2], groups[3], groups[4])], cost: socket,
            timeout: .seconds(1), arrangement: .socket, start: MonotonicInstant(nanoseconds: 0))
        var sets: [[Int]] = []
        for mask in 1..<32 { sets.append((0..<5).filter { mask & 1 << $0 != 0 }) }
        var joined = 0
        for set in sets where set.count > 1 {
            let plan = schedule.plan(device: 0, groups: set)
            for group in set { #expect(plan.contains { $0.covers(groups[group].items[0]) }) }
            if plan.count == 1 { joined += 1 } else { #expect(plan.count == set.count) }
        }
        #expect(joined == 8)
    }

    @Test func `overruns are counted for the group that was left out`() {
        var run = BusRun([device(1, (1, spans([(0, 1)])), (60, spans([(100, 1)])))], cost: socket)
        run.run(to: 70)
        #expect(!run.schedule.isOverrunning(at: run.now))
        run.now = run.start + .seconds(100)
        run.run(to: 101)
        #expect(run.schedule.overruns(device: 0, group: 0) == 29)
        #expect(run.schedule.overruns(device: 0, group: 1) == 0)
        #expect(run.schedule.overruns(device: 0, group: 9) == 0 && run.schedule.overruns(device: 4, group: 0) == 0)
        #expect(run.schedule.isOverrunning(at: run.now))
        run.run(to: 162)
        #expect(!run.schedule.isOverrunning(at: run.now))
    }

    @Test func `a learned turnaround changes load and plan`() {
        let items = spans([(0, 1), (25, 1)])
        var schedule = BusSchedule(
            devices: [device(1, (1, items))], cost: line9600, timeout: .seconds(1), arrangement: .serial,
            start: MonotonicInstant(nanoseconds: 0))
        let before = schedule.load
        let apart = schedule.plan(device: 0, groups: [0])
        #expect(apart == items)
        schedule.learn(turnaround: .milliseconds(60), of: 0)
        let joined = schedule.plan(device: 0, groups: [0])
        #expect(joined == spans([(0, 26)]))
        #expect(schedule.load > before)
        let learned = schedule.load
        schedule.learn(turnaround: .milliseconds(66), of: 0)
        #expect(schedule.load == learned)
    }
}
