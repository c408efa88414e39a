// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model

/// Decides which device of one bus is asked next, and when.
///
/// Jobs are periodic and released on a grid; the job whose deadline (release + period) comes first is served first,
/// and a visit under way is never broken off. A job that was not started by its deadline is given up for its next
/// release, so a stopped process finds one job of each kind waiting, not a queue of them. A device that stays silent
/// is probed instead of polled, within a share of the bus (see ``finished(_:_:at:)``).
///
/// On a line, nothing slow may hold up the fastest jobs of the bus past their deadline: what would take too long is
/// read by shorter requests, and these are handed out one part after another (``Visit/continues``).
///
/// Whoever owns the bus asks ``next(at:)``, carries out the visit, and reports it with ``finished(_:_:at:)``.
public struct BusSchedule: Sendable {
    public enum Arrangement: Sendable {
        /// Releases spread evenly over time by a hash of the unit.
        case serial
        /// Releases gathered on few moments of the second, the same ones on every bus, so that the process wakes
        /// up seldom.
        case socket
    }

    /// One device asked for everything that is due of it, or for a part of it.
    public struct Visit: Hashable, Sendable {
        /// Place in the list of devices.
        public var device: Int
        /// Places of the groups that are due, rising; empty for a probe.
        public var groups: [Int]
        /// The requests to send, in this order.
        public var spans: [RegisterSpan]
        /// Whether this asks a dead device for a sign of life.
        public var isProbe: Bool
        /// Whether spans of an earlier visit belong to this one: it goes on with it.
        public var isContinuation: Bool
        /// Whether more spans of the same groups follow in a later visit.
        public var continues: Bool
        /// Time since the oldest release among the groups.
        public var lateness: Duration

        public init(
            device: Int, groups: [Int], spans: [RegisterSpan], isProbe: Bool, isContinuation: Bool = false,
            continues: Bool = false, lateness: Duration
        ) {
            self.device = device
            self.groups = groups
            self.spans = spans
            self.isProbe = isProbe
            self.isContinuation = isContinuation
            self.continues = continues
            self.lateness = lateness
        }
    }

    public enum Step: Hashable, Sendable {
        case visit(Visit)
        /// Nothing is due before this moment.
        case wait(until: MonotonicInstant)
    }

    public enum Outcome: Sendable {
        /// Any answer of the device at all, exceptions included.
        case answered
        case silent
    }

    public enum Event: Hashable, Sendable {
        case wentDown(device: Int)
        case cameUp(device: Int)
    }

    /// Releases of the whole bus skipped because they were not started by their deadline.
    public var overruns: Int { jobs.reduce(0) { $0 + $1.overruns } }

    let devices: [ScheduledDevice]
    let isSerial: Bool
    var jobs: [Job] = []
    var units: [UnitState] = []
    /// The most time that one visit for slower groups may take, in nanoseconds; `.max` where nothing is faster.
    var longestSlowVisit = Int64.max
    private(set) var downCount = 0
    /// No dead unit is probed before this moment, while others live.
    private var probesFrom: Int64 = 0
    private var lastOverrun: Int64?

    /// - Parameters:
    ///   - timeout: What a silent device costs beside its request.
    ///   - phasesPerSecond: Moments of a second on which a socket's releases gather, at least 1.
    ///   - busNumber: Tells buses apart that carry the same unit, so that their releases do not all fall together.
    public init(
        devices: [ScheduledDevice], cost: CostModel, timeout: Duration, arrangement: Arrangement,
        start: MonotonicInstant, phasesPerSecond: Int = 4, busNumber: Int = 0
    ) {
        precondition(devices.allSatisfy { $0.groups.count <= 64 }, "a device has at most 64 groups")
        self.devices = devices
        isSerial = arrangement == .serial
        let origin = start.bounded
        for (index, device) in devices.enumerated() {
            let grid = PhaseGrid(
                unit: device.unit, shortestPeriod: device.groups.map(\.period.boundedPeriod).filter { $0 > 0 }.min(),
                arrangement: arrangement, origin: origin, phasesPerSecond: phasesPerSecond, busNumber: busNumber)
            let firstJob = jobs.count
            for (place, group) in device.groups.enumerated() {
                let period = group.period.boundedPeriod
                jobs.append(
                    Job(
                        device: index, group: place, period: period,
                        offset: grid.offset(ofGroup: place, period: period),
                        slack: arrangement == .serial ? 0 : min(10_000_000, period / 50), release: grid.firstRelease))
            }
            units.append(
                UnitState(
                    jobs: firstJob..<jobs.count, probe: [device.probe], cost: cost,
                    probeCost: cost.nanoseconds(of: device.probe) + max(0, timeout.wholeNanoseconds),
                    firstVerdict: origin + max(DownRule.silence, device.startsWithin.wholeNanoseconds)))
        }
        priceJobs()
    }

    public func isDown(device: Int) -> Bool { units.indices.contains(device) && units[device].isDown }

    /// Skipped releases of one group, as those of the bus in ``overruns``.
    public func overruns(device: Int, group: Int) -> Int {
        guard units.indices.contains(device), devices[device].groups.indices.contains(group) else { return 0 }
        return jobs[units[device].jobs.lowerBound + group].overruns
    }

    /// Whether a release was skipped within the last minute before `now`.
    public func isOverrunning(at now: MonotonicInstant) -> Bool {
        lastOverrun.map { now.bounded - $0 < 60_000_000_000 } ?? false
    }

    /// What to do at `now`. A visit that is handed out counts as started.
    public mutating func next(at now: MonotonicInstant) -> Step {
        let now = now.bounded
        var wake = now + 3_600_000_000_000
        var poll: (device: Int, deadline: Int64, isRest: Bool)?
        var probe: (device: Int, due: Int64)?
        for device in units.indices where !units[device].isVisited {
            if units[device].isDown {
                let due = units[device].nextProbe(isAlone: downCount == units.count)
                if probe.map({ due < $0.due }) ?? true { probe = (device, due) }
                continue
            }
            if let rest = units[device].rest, poll.map({ rest.deadline < $0.deadline }) ?? true {
                poll = (device, rest.deadline, true)
            }
            for place in units[device].jobs where jobs[place].release != Job.never {
                guard jobs[place].release <= now + jobs[place].slack else {
                    wake = min(wake, jobs[place].release)
                    continue
                }
                if jobs[place].skipMissedReleases(at: now) { lastOverrun = now }
                let deadline = jobs[place].urgency
                if poll.map({ deadline < $0.deadline }) ?? true { poll = (device, deadline, false) }
            }
        }
        if let found = probe {
            let isAlone = downCount == units.count
            let due = isAlone ? found.due : max(found.due, probesFrom)
            let deadline = due + units[found.device].probeInterval(isAlone: isAlone)
            if due > now {
                wake = min(wake, due)
            } else if poll.map({ deadline < $0.deadline }) ?? true {
                return .visit(startProbe(of: found.device, due: due, at: now))
            }
        }
        if let poll {
            return .visit(poll.isRest ? goOn(with: poll.device, at: now) : startPoll(of: poll.device, at: now))
        }
        return .wait(until: MonotonicInstant(nanoseconds: wake))
    }

    /// Notes how a visit ended.
    ///
    /// A unit is down when it has not answered for 3 s and 2 visits, both; the first verdict waits for
    /// `startsWithin`. Once two visits in a row were silent, the third waits until the 3 s have passed, so that a
    /// dead unit costs at most three timeouts. While down it is not polled; one probe is sent every
    /// max(b, cost / 0.05) with b doubling from 1 s to 60 s, and all dead units together take at most a tenth of the
    /// bus, unless every unit is dead. One answer brings it back, and all its groups are due at once.
    public mutating func finished(_ visit: Visit, _ outcome: Outcome, at now: MonotonicInstant) -> [Event] {
        guard units.indices.contains(visit.device) else { return [] }
        let now = now.bounded
        let device = visit.device
        units[device].isVisited = false
        switch outcome {
        case .answered:
            units[device].silentVisits = 0
            units[device].verdictFrom = now + DownRule.silence
            guard units[device].isDown else { return [] }
            units[device].isDown = false
            downCount -= 1
            // The answer was cheap, so the others' probes need not wait for a timeout that never was.
            probesFrom = now
            for place in units[device].jobs { jobs[place].release = now }
            return [.cameUp(device: device)]
        case .silent:
            // What was left of a visit that met silence would meet it again.
            units[device].rest = nil
            if units[device].isDown {
                units[device].backOff = min(DownRule.longestBackOff, units[device].backOff * 2)
                return []
            }
            units[device].silentVisits += 1
            let isVerdictDue = units[device].silentVisits >= DownRule.silentVisits
            if isVerdictDue, now >= units[device].verdictFrom {
                units[device].isDown = true
                units[device].rest = nil
                units[device].backOff = DownRule.shortestBackOff
                units[device].lastProbe = now
                downCount += 1
                for place in units[device].jobs { jobs[place].release = Job.never }
                return [.wentDown(device: device)]
            }
            repeatOnceJobs(of: visit, at: now)
            if isVerdictDue {
                let held = min(units[device].verdictFrom, now + max(DownRule.silence, units[device].probeCost * 20))
                for place in units[device].jobs where jobs[place].release < held { jobs[place].release = held }
            }
            return []
        }
    }

    private mutating func startPoll(of device: Int, at now: Int64) -> Visit {
        let due = units[device].jobs.filter { jobs[$0].release <= now + jobs[$0].slack }
        var plan = plan(of: device, jobs: due)
        var started = due
        if nanoseconds(of: plan.spans, device) > longestSlowVisit {
            let fast = due.filter { jobs[$0].period == fastestPeriod }
            if fast.isEmpty {
                if units[device].rest == nil { plan = keepBack(of: plan, device, due) }
            } else if fast.count < due.count {
                // The slower groups stay due and come in their own turn.
                (started, plan) = (fast, self.plan(of: device, jobs: fast))
            }
        }
        let oldest = started.reduce(now) { min($0, jobs[$1].release) }
        for place in started { jobs[place].startRelease(at: now) }
        units[device].isVisited = true
        return Visit(
            device: device, groups: plan.groups, spans: plan.spans.isEmpty ? units[device].probe : plan.spans,
            isProbe: false, continues: plan.continues, lateness: .nanoseconds(now - oldest))
    }

    /// As many of the spans as fit, at least one; the others are kept for ``goOn(with:at:)``.
    private mutating func keepBack(of plan: GroupPlan, _ device: Int, _ due: [Int]) -> GroupPlan {
        var (count, time): (Int, Int64) = (0, 0)
        for span in plan.spans {
            time += units[device].cost.nanoseconds(of: span)
            guard count == 0 || time <= longestSlowVisit else { break }
            count += 1
        }
        guard count < plan.spans.count else { return plan }
        let deadline = due.map { jobs[$0].deadline }.min() ?? 0
        units[device].rest = VisitRest(
            groups: plan.groups, spans: Array(plan.spans[count...]), deadline: deadline)
        return GroupPlan(groups: plan.groups, spans: Array(plan.spans[..<count]), continues: true)
    }

    private mutating func goOn(with device: Int, at now: Int64) -> Visit {
        guard let rest = units[device].rest else { return startPoll(of: device, at: now) }
        units[device].rest = nil
        let plan = keepBack(of: GroupPlan(groups: rest.groups, spans: rest.spans), device, [])
        units[device].rest?.deadline = rest.deadline
        units[device].isVisited = true
        return Visit(
            device: device, groups: rest.groups, spans: plan.spans, isProbe: false, isContinuation: true,
            continues: plan.continues, lateness: .zero)
    }

    private mutating func startProbe(of device: Int, due: Int64, at now: Int64) -> Visit {
        units[device].isVisited = true
        units[device].lastProbe = now
        probesFrom = now + units[device].probeCost * 10
        return Visit(
            device: device, groups: [], spans: units[device].probe, isProbe: true, lateness: .nanoseconds(now - due))
    }

    /// What is read once only and was not answered goes along with the device's next visit.
    private mutating func repeatOnceJobs(of visit: Visit, at now: Int64) {
        let range = units[visit.device].jobs
        let next = range.filter { jobs[$0].period > 0 }.map { jobs[$0].release }.min()
        for place in range where jobs[place].period == 0 && visit.groups.contains(jobs[place].group) {
            jobs[place].release = next ?? now + DownRule.shortestBackOff
        }
    }
}
