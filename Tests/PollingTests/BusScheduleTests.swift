// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Polling
import Testing

@Suite struct BusScheduleTests {
    @Test(arguments: [BusSchedule.Arrangement.serial, .socket])
    func `every group keeps its period and everything is read within the first second`(
        arrangement: BusSchedule.Arrangement
    ) {
        let devices = (1...8).map { device($0, every: 1, 10, 60) }
        var run = BusRun(devices, cost: socket, arrangement: arrangement)
        run.run(to: 600)
        for place in devices.indices {
            for (group, period) in [1.0, 10, 60].enumerated() {
                #expect(run.polls(of: place, group: group)[0] < 1.1)
                #expect(abs(run.period(of: place, group: group, from: 61) - period) < 0.001 * period)
            }
        }
        #expect(run.schedule.overruns == 0)
        #expect(run.events.isEmpty)
    }

    @Test func `the phases of a line lie apart, those of a socket on four moments of the second`() {
        func moments(_ arrangement: BusSchedule.Arrangement) -> Set<Int64> {
            var schedule = BusSchedule(
                devices: (1...40).map { device($0, every: 1) }, cost: socket, timeout: .seconds(1),
                arrangement: arrangement, start: MonotonicInstant(nanoseconds: 77_100_000_001))
            var (now, found) = (MonotonicInstant(nanoseconds: 77_100_000_001), Set<Int64>())
            while now.nanoseconds < 78_200_000_000 {
                switch schedule.next(at: now) {
                case .wait(let until): now = until
                case .visit(let visit):
                    found.insert(now.nanoseconds % 1_000_000_000)
                    _ = schedule.finished(visit, .answered, at: now)
                }
            }
            return found
        }
        #expect(moments(.socket) == [0, 250_000_000, 500_000_000, 750_000_000])
        #expect(moments(.serial).count == 40)
    }

    @Test func `groups that are due together are one visit with one plan`() {
        var groups = device(1, every: 1, 1)
        groups.groups[1].items = [RegisterSpan(.holdingRegister, at: 10, count: 2)]
        var run = BusRun([groups], cost: socket)
        guard case .wait(let first) = run.schedule.next(at: run.now) else { Issue.record("due too early"); return }
        guard case .visit(let visit) = run.schedule.next(at: first) else { Issue.record("not due"); return }
        #expect(visit.groups == [0, 1])
        #expect(visit.spans == [RegisterSpan(.holdingRegister, at: 0, count: 12)])
        #expect(visit.lateness == .zero)
    }

    @Test func `a device is not handed out again before its visit is finished`() {
        var run = BusRun([device(1, every: 1)], cost: socket)
        let later = run.start + .milliseconds(1500)
        guard case .visit(let visit) = run.schedule.next(at: later) else { Issue.record("not due"); return }
        guard case .wait = run.schedule.next(at: later + .seconds(5)) else { Issue.record("handed out twice"); return }
        #expect(run.schedule.finished(visit, .answered, at: later + .seconds(5)) == [])
        guard case .visit = run.schedule.next(at: later + .seconds(5)) else { Issue.record("lost"); return }
    }

    @Test func `the earliest deadline goes first`() {
        var run = BusRun([device(1, every: 60), device(2, every: 5), device(3, every: 20)], cost: socket)
        let late = run.start + .milliseconds(1100)
        var order: [Int] = []
        while case .visit(let visit) = run.schedule.next(at: late) {
            order.append(visit.device)
            _ = run.schedule.finished(visit, .answered, at: late)
        }
        #expect(order == [1, 2, 0])
    }

    @Test func `a release that is not started by its deadline is skipped and counted`() {
        var run = BusRun([device(1, every: 1)], cost: socket, arrangement: .serial)
        run.run(to: 10)
        let served = run.polls(of: 0).count
        run.now = run.start + .milliseconds(70_000)
        run.run(to: 70.001)
        // The releases of second 10 to 68 are given up; the one of second 69 is still in time.
        #expect(run.polls(of: 0).count == served + 1)
        #expect(run.schedule.overruns == 59)
        run.run(to: 80.001)
        #expect(run.polls(of: 0).count == served + 11)
        #expect(run.schedule.overruns == 59)
    }

    @Test func `a process that stood still for a minute does not storm the bus`() {
        let devices = (1...20).map { device($0, every: 1, 10) }
        var run = BusRun(devices, cost: line9600)
        run.run(to: 30)
        let before = run.notes.count
        run.now = run.start + .seconds(90)
        run.run(to: 92)
        // At most one job of each device was waiting, and two more seconds release two more.
        let after = run.notes.dropFirst(before)
        for place in devices.indices { #expect(after.filter { $0.device == place }.count <= 3) }
        #expect(after.reduce(0) { $0 + $1.lasted } <= 2.2)
    }

    @Test func `an overloaded bus serves all devices in turn and counts what it skipped`() {
        let devices = (1...30).map { device($0, every: 1, registers: 20) }
        var run = BusRun(devices, cost: line9600)
        #expect(run.schedule.load > 1.5)
        run.run(to: 120)
        let counts = devices.indices.map { run.polls(of: $0).count }
        #expect(run.schedule.overruns > 500)
        #expect(counts.allSatisfy { $0 > 20 })
        #expect(run.events.isEmpty)
    }

    @Test func `the load is what the plans of all groups take of their periods`() {
        let schedule = BusSchedule(
            devices: [device(1, every: 1, registers: 100), device(2, every: 2, 0, registers: 100)], cost: socket,
            timeout: .seconds(1), arrangement: .socket, start: MonotonicInstant(nanoseconds: 0))
        #expect(abs(schedule.load - 0.0045) < 1e-9)
    }

    @Test func `what is read once is read again only when it was not answered`() {
        var run = BusRun([device(1, every: 2, 0)], cost: socket)
        run.run(to: 60) { _, at in at > 1.5 }
        // It went along with each visit up to the first one that was answered.
        let all = run.polls(of: 0, group: 0)
        let answered = all.firstIndex { $0 > 1.5 } ?? 0
        #expect(answered > 0)
        #expect(run.polls(of: 0, group: 1) == Array(all.prefix(through: answered)))
    }

    @Test func `a clock at its ends traps nothing`() {
        var run = BusRun([device(1, every: 1, 0), device(2, every: 0)], cost: socket)
        for moment in [Int64.min, -1, 0, .max, 5_000_000_000, .max, .min] {
            let now = MonotonicInstant(nanoseconds: moment)
            if case .visit(let visit) = run.schedule.next(at: now) {
                _ = run.schedule.finished(visit, .silent, at: now)
            }
        }
        let stranger = BusSchedule.Visit(device: 9, groups: [], spans: [], isProbe: false, lateness: .zero)
        #expect(run.schedule.finished(stranger, .answered, at: run.now) == [])
        #expect(!run.schedule.isDown(device: 9))
    }

    @Test func `a bus without devices waits`() {
        var run = BusRun([], cost: socket)
        guard case .wait(let until) = run.schedule.next(at: run.now) else { Issue.record("a visit of nobody"); return }
        #expect(until > run.now)
        #expect(run.schedule.load == 0)
    }

    @Test func `lateness is summed up by its nearest ranks`() {
        let summary = LatenessSummary(of: (1...200).reversed().map { .milliseconds($0) })
        #expect(summary.description == "lateness p50 100.0 ms, p99 198.0 ms, largest 200.0 ms over 200 visits")
        #expect(LatenessSummary(of: []).description == "lateness p50 0.0 ms, p99 0.0 ms, largest 0.0 ms over 0 visits")
    }
}
