// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// The numbers of the down rule, in nanoseconds where they are times.
enum DownRule {
    static let silence: Int64 = 3_000_000_000
    static let silentVisits = 2
    static let shortestBackOff: Int64 = 1_000_000_000
    static let longestBackOff: Int64 = 60_000_000_000
}

/// One group of one device as a periodic job. All times are nanoseconds of the monotonic clock.
struct Job: Sendable {
    static let never = Int64.max

    let device: Int
    let group: Int
    /// Zero for what is read once.
    let period: Int64
    /// Releases fall on `offset + k * period`; the first one and those after a silence may lie elsewhere.
    let offset: Int64
    /// A release this far ahead is served along with what is due now.
    let slack: Int64
    /// The release that waits to be started; ``never`` when there is none.
    var release: Int64 { didSet { firstMissed = nil } }
    /// The first deadline missed since the job was last started; `nil` when it is in time.
    private(set) var firstMissed: Int64?
    /// What the plan of this group alone takes.
    var cost: Int64 = 0
    /// Releases skipped because they were not started by their deadline.
    var overruns = 0

    /// What is read once has no period to miss; ten seconds put it behind the contacts and before the totals.
    var deadline: Int64 { release + (period > 0 ? period : 10_000_000_000) }

    /// What the order of jobs goes by. A job that missed its deadline keeps its turn: were it put behind those that are
    /// still in time, a bus with too much to do would leave out the same units again and again.
    var urgency: Int64 { firstMissed ?? deadline }

    /// Passes over the releases whose deadline is behind `now` and counts them; whether there were any.
    mutating func skipMissedReleases(at now: Int64) -> Bool {
        guard period > 0, deadline <= now else { return false }
        overruns += Int((now - release) / period)
        let missed = urgency
        release = gridPoint(atOrBefore: now)
        firstMissed = missed
        return true
    }

    /// Puts the next release behind the one that is started now.
    mutating func startRelease(at now: Int64) {
        release = period > 0 ? gridPoint(atOrBefore: max(now, release)) + period : Job.never
    }

    private func gridPoint(atOrBefore moment: Int64) -> Int64 {
        let rest = (moment - offset) % period
        return moment - (rest < 0 ? rest + period : rest)
    }
}

/// What is known of one device. All times are nanoseconds of the monotonic clock.
struct UnitState: Sendable {
    let jobs: Range<Int>
    let probe: [RegisterSpan]
    /// Request and timeout.
    let probeCost: Int64
    /// With the turnaround learned of this unit.
    var cost: CostModel
    /// The turnaround that ``cost`` was last given; `nil` for that of the bus.
    var turnaround: Int64?
    var avoidance = Avoidance()
    /// Handed out and not yet reported.
    var isVisited = false
    var silentVisits = 0
    /// From then on two silent visits mean that the unit is down.
    var verdictFrom: Int64
    var isDown = false
    var backOff = DownRule.shortestBackOff
    var lastProbe: Int64 = 0
    var plans: [UInt64: GroupPlan] = [:]
    /// What is left of a visit that was handed out in part.
    var rest: VisitRest?

    init(jobs: Range<Int>, probe: [RegisterSpan], cost: CostModel, probeCost: Int64, firstVerdict: Int64) {
        self.jobs = jobs
        self.probe = probe
        self.cost = cost
        self.probeCost = probeCost
        verdictFrom = firstVerdict
    }

    /// Time between two probes; `isAlone` says that no other unit of the bus lives and waits for its turn.
    func probeInterval(isAlone: Bool) -> Int64 { isAlone ? backOff : max(backOff, probeCost * 20) }
    func nextProbe(isAlone: Bool) -> Int64 { lastProbe + probeInterval(isAlone: isAlone) }

    mutating func forgetPlans() { plans.removeAll(keepingCapacity: true) }
}

/// The groups of one visit and the requests that read them.
struct GroupPlan: Sendable {
    var groups: [Int]
    var spans: [RegisterSpan]
    /// Whether more spans of these groups follow in a later visit.
    var continues = false
}

/// Spans that a later visit to the same device reads, due like the groups they belong to.
struct VisitRest: Sendable {
    var groups: [Int]
    var spans: [RegisterSpan]
    /// Nanoseconds of the monotonic clock.
    var deadline: Int64
}

/// Where on the time line the releases of one device fall.
struct PhaseGrid {
    private let phase: Int64
    private let origin: Int64
    private let shortestPeriod: Int64
    private let hash: UInt64
    /// When everything of the device is due for the first time, at most a second after the start.
    let firstRelease: Int64

    init(
        unit: UnitIdentifier, shortestPeriod: Int64?, arrangement: BusSchedule.Arrangement, origin: Int64,
        phasesPerSecond: Int, busNumber: Int
    ) {
        let second: Int64 = 1_000_000_000
        let shortest = shortestPeriod ?? second
        // Multiples of the golden ratio fall into the widest gap that the ones before have left.
        let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
        hash = (UInt64(unit.value) &+ UInt64(truncatingIfNeeded: busNumber) &* 257) &* golden
        self.shortestPeriod = shortest
        switch arrangement {
        case .serial:
            phase = PhaseGrid.share(of: shortest, hash)
            self.origin = origin
            firstRelease = origin + PhaseGrid.share(of: min(shortest, second), hash)
        case .socket:
            // Counted from the start of the clock, so that all buses share the moments.
            let quantum = second / Int64(min(max(phasesPerSecond, 1), 1000))
            let slots = max(1, min(second, shortest) / quantum)
            phase = PhaseGrid.share(of: slots, hash) * quantum
            self.origin = 0
            let cycle = min(shortest, second)
            let rest = (origin - phase) % cycle
            firstRelease = rest == 0 ? origin : origin + cycle - (rest < 0 ? rest + cycle : rest)
        }
    }

    /// Slower groups keep to the grid of the fastest one, so that they share its visits, at a multiple of their own.
    func offset(ofGroup group: Int, period: Int64) -> Int64 {
        guard period > 0 else { return 0 }
        let turns = max(1, period / shortestPeriod)
        let turn = PhaseGrid.share(of: turns, hash &* 0xD134_2543_DE82_EF95 &+ UInt64(group) &* 0x9E37_79B9_7F4A_7C15)
        return origin + phase + turn * shortestPeriod
    }

    /// `hash` scaled from its whole range to `0 ..< width`.
    private static func share(of width: Int64, _ hash: UInt64) -> Int64 {
        Int64(truncatingIfNeeded: UInt64(width.magnitude).multipliedFullWidth(by: hash).high)
    }
}

extension MonotonicInstant {
    /// Nanoseconds, held inside 0 ... 73 years so that sums with a few periods stay in range.
    var bounded: Int64 { min(max(nanoseconds, 0), 1 << 61) }
}

extension Duration {
    /// A period in nanoseconds: zero for once, else at least a millisecond and at most eleven days.
    var boundedPeriod: Int64 {
        self <= .zero ? 0 : min(max(wholeNanoseconds, 1_000_000), 1_000_000_000_000_000)
    }
}
