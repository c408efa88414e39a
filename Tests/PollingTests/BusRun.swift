// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Polling

/// A bus on a clock of its own: every visit takes what the cost model says, silence costs the timeout.
struct BusRun {
    struct Note {
        var device: Int
        var groups: [Int]
        var isProbe: Bool
        /// Seconds since the start.
        var at: Double
        var lasted: Double
        var lateness: Duration
    }

    var schedule: BusSchedule
    let cost: CostModel
    let timeout: Duration
    var now = MonotonicInstant(nanoseconds: 5_000_000_123)
    let start: MonotonicInstant
    var notes: [Note] = []
    var events: [(at: Double, event: BusSchedule.Event)] = []

    init(
        _ devices: [ScheduledDevice], cost: CostModel, timeout: Duration = .milliseconds(500),
        arrangement: BusSchedule.Arrangement = .serial
    ) {
        start = now
        (self.cost, self.timeout) = (cost, timeout)
        schedule = BusSchedule(devices: devices, cost: cost, timeout: timeout, arrangement: arrangement, start: now)
    }

    var seconds: Double { (now - start).inSeconds }

    /// Goes on to `end` seconds after the start; `isAlive` says whether a device answers at a moment.
    mutating func run(to end: Double, isAlive: (Int, Double) -> Bool = { _, _ in true }) {
        let end = start + .milliseconds(Int64(end * 1000))
        while now < end {
            switch schedule.next(at: now) {
            case .wait(let moment):
                precondition(moment > now, "waiting leads on")
                now = min(moment, end)
            case .visit(let visit):
                let answers = isAlive(visit.device, seconds)
                let price =
                    answers
                    ? visit.spans.reduce(.zero) { $0 + cost.duration(of: $1) }
                    : cost.duration(of: visit.spans[0]) + timeout
                notes.append(
                    Note(
                        device: visit.device, groups: visit.groups, isProbe: visit.isProbe, at: seconds,
                        lasted: price.inSeconds, lateness: visit.lateness))
                now = now + price
                for event in schedule.finished(visit, answers ? .answered : .silent, at: now) {
                    events.append((seconds, event))
                }
            }
        }
    }

    func polls(of device: Int, group: Int = 0, from: Double = 0) -> [Double] {
        notes.filter { $0.device == device && $0.groups.contains(group) && $0.at >= from }.map(\.at)
    }

    /// Mean time between two polls.
    func period(of device: Int, group: Int = 0, from: Double = 0) -> Double {
        let times = polls(of: device, group: group, from: from)
        guard let first = times.first, let last = times.last, times.count > 1 else { return .infinity }
        return (last - first) / Double(times.count - 1)
    }

    func downTime(of device: Int) -> Double? {
        events.first { $0.event == .wentDown(device: device) }?.at
    }
}

/// A device with one group of `registers` a period.
func device(
    _ unit: Int, every periods: Double..., registers: UInt16 = 10, startsWithin: Duration = .zero
) -> ScheduledDevice {
    ScheduledDevice(
        unit: UnitIdentifier(UInt8(unit)),
        groups: periods.enumerated().map { place, period in
            PollGroup(
                period: .milliseconds(Int64(period * 1000)),
                items: [RegisterSpan(.holdingRegister, at: UInt16(place) * 200, count: registers)])
        },
        limits: ReadLimits(), probe: RegisterSpan(.holdingRegister, at: 0, count: 1), startsWithin: startsWithin)
}

let line9600 = CostModel.serial(baud: 9600, bitsPerCharacter: 10, turnaround: .milliseconds(20))
let socket = CostModel.socket(roundTrip: .milliseconds(2))
