// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
public import Polling

/// A line of many units of which some fall silent, twice, and answer again, in virtual time.
public struct DeadUnitTrial: Sendable {
    /// Most that each figure may be.
    public enum Target {
        public static let timeoutsUntilDown = 3
        public static let probeShareOfOne = 0.05
        public static let probeShareOfAll = 0.10
        public static func periodRatio(dead: Int) -> Double { dead <= 1 ? 1.05 : 1.15 }
    }

    public struct Result: Sendable {
        public var dead: Int
        public var load = 0.0
        /// Mean time between two polls of a living unit while others are dead, over the period it should have; the
        /// worst of them.
        public var periodRatio = 0.0
        /// Most visits that met silence before a unit counted as down.
        public var timeoutsUntilDown = 0
        /// Longest time from the first answer a unit could give to its return.
        public var recovery: Duration = .zero
        /// Longest time between two probes of one unit, within which it has to be found.
        public var probeInterval: Duration = .zero
        /// Share of the bus that probes of one unit and of all took while units were down.
        public var probeShareOfOne = 0.0
        public var probeShareOfAll = 0.0
        /// Dead units that were seen dead and alive again each time.
        public var isEveryOneFound = true

        /// The targets that were missed, in words.
        public var misses: [String] {
            var misses: [String] = []
            if periodRatio > Target.periodRatio(dead: dead) { misses.append("period ratio \(periodRatio)") }
            if timeoutsUntilDown > Target.timeoutsUntilDown {
                misses.append("\(timeoutsUntilDown) timeouts until down")
            }
            if probeShareOfOne > Target.probeShareOfOne { misses.append("probes of one unit \(probeShareOfOne)") }
            if probeShareOfAll > Target.probeShareOfAll { misses.append("probes of all units \(probeShareOfAll)") }
            if recovery > probeInterval { misses.append("recovery \(recovery.inSeconds) s") }
            if !isEveryOneFound { misses.append("a unit was not found dead and alive again") }
            return misses
        }
    }

    public var units: Int
    public var period: Duration
    public var timeout: Duration
    public var cost: CostModel
    /// Length of each of the five phases: all alive, dead, alive, dead, alive.
    public var phase: Duration

    public init(
        units: Int = 30, period: Duration = .milliseconds(2700), timeout: Duration = .milliseconds(500),
        cost: CostModel = .serial(baud: 9600, bitsPerCharacter: 10, turnaround: .milliseconds(20)), phase: Duration
    ) {
        (self.units, self.period, self.timeout, self.cost, self.phase) = (units, period, timeout, cost, phase)
    }

    private var devices: [ScheduledDevice] {
        (1...units).map { unit in
            let span = RegisterSpan(.holdingRegister, at: 0, count: 10)
            return ScheduledDevice(
                unit: UnitIdentifier(UInt8(unit)), groups: [PollGroup(period: period, items: [span])],
                limits: ReadLimits(), probe: RegisterSpan(.holdingRegister, at: 0))
        }
    }

    public func run(dead: Int, busNumber: Int = 0) -> Result {
        var result = Result(dead: dead)
        let step = max(1, units / max(dead, 1))
        let deadUnits = Set((0..<dead).map { $0 * step })
        let phase = phase
        func isAlive(_ unit: Int, _ at: Duration) -> Bool {
            !deadUnits.contains(unit) || Int(at.inSeconds / phase.inSeconds) % 2 == 0
        }
        var notes: [BusRehearsal.Note] = []
        var rehearsal = BusRehearsal(
            devices: devices, cost: cost, timeout: timeout, arrangement: .serial, busNumber: busNumber)
        result.load = rehearsal.schedule.load
        rehearsal.run(to: phase * 5, answers: isAlive) { notes.append($0) }

        for unit in 0..<units where !deadUnits.contains(unit) {
            for start in [phase, phase * 3] {
                let times = notes.filter { $0.visit.device == unit && $0.at >= start && $0.at < start + phase }.map(
                    \.at)
                guard let first = times.first, let last = times.last, times.count > 1 else {
                    result.periodRatio = .infinity
                    continue
                }
                result.periodRatio = max(
                    result.periodRatio, (last - first).inSeconds / Double(times.count - 1) / period.inSeconds)
            }
        }
        var allProbes = 0.0
        for unit in deadUnits {
            let probes = measure(unit, in: notes, &result)
            result.probeShareOfOne = max(result.probeShareOfOne, probes)
            allProbes += probes
        }
        result.probeShareOfAll = allProbes
        return result
    }

    /// The share of the bus that probes of `unit` took in the dead phases; its other figures go into `result`.
    private func measure(_ unit: Int, in notes: [BusRehearsal.Note], _ result: inout Result) -> Double {
        var probed: Duration = .zero
        for start in [phase, phase * 3] {
            let end = start + phase
            let own = notes.filter { $0.visit.device == unit && $0.at >= start && $0.at < end + phase }
            let down = own.first { $0.events.contains(.wentDown(device: unit)) }
            let up = own.first { $0.events.contains(.cameUp(device: unit)) }
            guard let down, let up else {
                result.isEveryOneFound = false
                continue
            }
            result.timeoutsUntilDown = max(
                result.timeoutsUntilDown, own.count { !$0.isAnswered && !$0.visit.isProbe && $0.at <= down.at })
            result.recovery = max(result.recovery, up.at + up.lasted - end)
            let probes = own.filter { $0.visit.isProbe }
            let times = [down.at + down.lasted] + probes.map(\.at)
            for (earlier, later) in zip(times, times.dropFirst()) {
                result.probeInterval = max(result.probeInterval, later - earlier)
            }
            // The back-off doubles from one probe to the next, so that the one to come may be further away.
            probed += probes.filter { $0.at < end }.reduce(.zero) { $0 + $1.lasted }
        }
        return (probed / (phase * 2))
    }
}
