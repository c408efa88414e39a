// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
import Model

/// A bus that runs by its schedule on a clock of its own: an answer takes what the cost model says, silence the
/// timeout. Hours of it pass in a moment.
public struct BusRehearsal: Sendable {
    /// One visit, as it went.
    public struct Note: Sendable {
        public var visit: BusSchedule.Visit
        /// Time from the start to its beginning.
        public var at: Duration
        public var lasted: Duration
        public var isAnswered: Bool
        public var events: [BusSchedule.Event]
    }

    public private(set) var schedule: BusSchedule
    /// Time since the start.
    public private(set) var elapsed: Duration = .zero
    /// What a request costs, by the place of its device.
    private var costs: [CostModel]
    private let timeout: Duration

    public init(
        devices: [ScheduledDevice], cost: CostModel, timeout: Duration, arrangement: BusSchedule.Arrangement,
        busNumber: Int = 0
    ) {
        self.timeout = timeout
        costs = Array(repeating: cost, count: devices.count)
        schedule = BusSchedule(
            devices: devices, cost: cost, timeout: timeout, arrangement: arrangement,
            start: MonotonicInstant(nanoseconds: 0), busNumber: busNumber)
    }

    /// The plan that the schedule uses for these groups of a device.
    public mutating func plan(device: Int, groups: [Int]) -> [RegisterSpan] {
        schedule.plan(device: device, groups: groups)
    }

    /// Makes the schedule steer clear of what was learned of a device.
    public mutating func learn(_ avoidance: Avoidance, of device: Int) { schedule.learn(avoidance, of: device) }

    /// Takes over how long a device takes to answer.
    public mutating func learn(turnaround: Duration, of device: Int) {
        guard costs.indices.contains(device) else { return }
        costs[device] = costs[device].with(turnaround: turnaround)
        schedule.learn(turnaround: turnaround, of: device)
    }

    /// Goes on to `end` after the start, or until `visits` more visits were made.
    ///
    /// - Parameters:
    ///   - answers: Whether the device at a place answers at a time after the start.
    ///   - note: Told of every visit.
    /// - Returns: Whether `end` was reached.
    @discardableResult
    public mutating func run(
        to end: Duration, atMost visits: Int = .max, answers: (Int, Duration) -> Bool = { _, _ in true },
        note: (Note) -> Void = { _ in }
    ) -> Bool {
        var made = 0
        while elapsed < end {
            switch schedule.next(at: MonotonicInstant(nanoseconds: elapsed.wholeNanoseconds)) {
            case .wait(let moment):
                elapsed = min(max(.nanoseconds(moment.nanoseconds), elapsed + .microseconds(1)), end)
            case .visit(let visit):
                guard made < visits else { return false }
                made += 1
                let (at, isAnswered) = (elapsed, answers(visit.device, elapsed))
                let cost = costs[visit.device]
                let lasted =
                    isAnswered
                    ? visit.spans.reduce(.zero) { $0 + cost.duration(of: $1) }
                    : (visit.spans.first.map { cost.duration(of: $0) } ?? .zero) + timeout
                elapsed = elapsed + lasted
                let events = schedule.finished(
                    visit, isAnswered ? .answered : .silent,
                    at: MonotonicInstant(nanoseconds: elapsed.wholeNanoseconds))
                note(Note(visit: visit, at: at, lasted: lasted, isAnswered: isAnswered, events: events))
            }
        }
        return true
    }
}
