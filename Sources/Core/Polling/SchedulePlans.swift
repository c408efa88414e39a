// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model

/// Plans of the groups that fall due together, their price, and what experience changes about them.
extension BusSchedule {
    /// Sets of groups of one device whose common plan is kept; any further set is read by the plan of each group.
    static let planLimit = 8

    /// Share of the bus that all groups need together, by the cost model; above 1 the periods cannot be kept.
    public var load: Double {
        jobs.reduce(0) { $1.period > 0 ? $0 + Double($1.cost) / Double($1.period) : $0 }
    }

    /// Share of its time that the bus spends on asking dead units, as far as they stay dead; at most a tenth while
    /// another lives.
    public var probeLoad: Double {
        let isAlone = downCount == units.count
        let asked = units.lazy.filter(\.isDown).reduce(0) {
            $0 + Double($1.probeCost) / Double(max($1.probeCost, $1.probeInterval(isAlone: isAlone)))
        }
        return min(asked, isAlone ? 1 : 0.1)
    }

    /// The shortest period of the bus; 0 when everything is read once.
    var fastestPeriod: Int64 { jobs.lazy.map(\.period).filter { $0 > 0 }.min() ?? 0 }

    /// The plan for these groups of a device, as the next visit to it would use it.
    public mutating func plan(device: Int, groups: [Int]) -> [RegisterSpan] {
        guard units.indices.contains(device) else { return [] }
        let known = groups.filter { devices[device].groups.indices.contains($0) }
        return plan(of: device, jobs: known.map { units[device].jobs.lowerBound + $0 }).spans
    }

    /// Takes over what was learned about the registers of a device; its plans are made anew.
    public mutating func learn(_ avoidance: Avoidance, of device: Int) {
        guard units.indices.contains(device), units[device].avoidance != avoidance else { return }
        units[device].avoidance = avoidance
        units[device].forgetPlans()
        priceJobs()
    }

    /// Takes over how long a device takes to answer, when that differs by more than a fifth from what plans rest on.
    public mutating func learn(turnaround: Duration, of device: Int) {
        guard units.indices.contains(device) else { return }
        let learned = max(0, turnaround.wholeNanoseconds)
        if let known = units[device].turnaround, abs(known - learned) * 5 <= known { return }
        units[device].turnaround = learned
        units[device].cost = units[device].cost.with(turnaround: turnaround)
        for place in units.indices { units[place].forgetPlans() }
        priceJobs()
    }

    /// Makes groups of a device due at `moment` when their next release lies behind it.
    public mutating func askAgain(_ groups: [Int], of device: Int, at moment: MonotonicInstant) {
        guard units.indices.contains(device), !units[device].isDown else { return }
        for place in units[device].jobs where groups.contains(jobs[place].group) {
            jobs[place].release = min(jobs[place].release, moment.bounded)
        }
    }

    /// The plan for this set of groups, made once and kept.
    mutating func plan(of device: Int, jobs due: [Int]) -> GroupPlan {
        let groups = due.map { jobs[$0].group }
        let mask = groups.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        if let known = units[device].plans[mask] { return known }
        guard units[device].plans.count < Self.planLimit || groups.count == 1 else {
            // Sets come and go with the phases of many periods; each group by itself is at most 64 plans more.
            return GroupPlan(
                groups: groups,
                spans: due.reduce(into: []) { spans, place in
                    for span in plan(of: device, jobs: [place]).spans where !spans.contains(span) { spans.append(span) }
                })
        }
        let isSlow = due.contains { jobs[$0].period != fastestPeriod }
        let made = GroupPlan(groups: groups, spans: makePlan(device, groups, longest: isSlow ? longestSlowVisit : .max))
        units[device].plans[mask] = made
        return made
    }

    private func makePlan(_ device: Int, _ groups: [Int], longest: Int64) -> [RegisterSpan] {
        let (unit, scheduled) = (units[device], devices[device])
        let items = groups.flatMap { scheduled.groups[$0].items }.filter { unit.avoidance.refusal(of: $0) == nil }
        return planReads(
            items, limits: unit.avoidance.limits(scheduled.limits), cost: unit.cost,
            longest: longest == .max ? nil : .nanoseconds(longest))
    }

    func nanoseconds(of spans: [RegisterSpan], _ device: Int) -> Int64 {
        spans.reduce(0) { $0 + units[device].cost.nanoseconds(of: $1) }
    }

    /// What each group takes by itself, and how long a visit for slower groups may last: until the next deadline of
    /// the fastest ones, less what these need themselves.
    mutating func priceJobs() {
        let fastest = fastestPeriod
        longestSlowVisit = .max
        var fastCost: Int64 = 0
        for place in jobs.indices where jobs[place].period == fastest && fastest > 0 {
            jobs[place].cost = price(of: jobs[place], longest: .max)
            fastCost += jobs[place].cost
        }
        if isSerial, fastest > 0, jobs.contains(where: { $0.period != fastest }) {
            // A bus that its fastest jobs fill keeps a quarter, else the many short requests would fill it more.
            longestSlowVisit = max(fastest - fastCost, fastest / 4)
        }
        for place in jobs.indices where jobs[place].period != fastest {
            jobs[place].cost = price(of: jobs[place], longest: longestSlowVisit)
        }
    }

    private func price(of job: Job, longest: Int64) -> Int64 {
        nanoseconds(of: makePlan(job.device, [job.group], longest: longest), job.device)
    }
}
