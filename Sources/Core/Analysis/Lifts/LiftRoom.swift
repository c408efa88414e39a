// SPDX-License-Identifier: Apache-2.0

import Model

/// The lifts of a site.
struct LiftRoom: MachineRoom {
    /// What follows from the description of one lift.
    struct Wiring: Hashable, Codable {
        /// After a longer silence nobody knows what happened.
        var longestGap: Duration
        /// Stamps of the trip and the door counter that belong together differ by no more.
        var tolerance: Duration
        /// A controller that tells no code has one fault only.
        var hasFaultCode: Bool
        /// Without counters of its own, trips and doors are counted from its contacts.
        var hasTrips: Bool
        var hasDoorCycles: Bool

        init(_ lift: LiftDescription, _ site: SiteDescription) {
            let signals = site.signals.filter { $0.asset == lift.asset }
            let period = signals.map(\.period).max() ?? .zero
            longestGap = max(min(period, .seconds(86_400)) * 3, .seconds(900))
            let counting: [Signal] = [.trips, .doorCycles, .isMoving, .door]
            let counters = signals.filter { counting.contains($0.signal) }.map(\.period)
            tolerance = max(.seconds(5), min(counters.min() ?? .zero, .seconds(86_400)) / 10)
            hasFaultCode = signals.contains { $0.signal == .faultCode }
            hasTrips = signals.contains { $0.signal == .trips }
            hasDoorCycles = signals.contains { $0.signal == .doorCycles }
        }
    }

    /// Everything that is remembered of one lift.
    private struct State: Codable {
        var wiring: Wiring
        var service = LiftService()
        var contacts = LiftContacts()
        var flapping = LiftFlapping()
        var traffic = LiftTraffic()
        var decline = LiftDecline()
        var doors = LiftDoors()

        var isWellFormed: Bool {
            service.isWellFormed && contacts.isWellFormed && flapping.isWellFormed && traffic.isWellFormed
                && decline.isWellFormed && doors.isWellFormed
        }
    }

    /// Minutes after local midnight at which the day before is judged: all lifts have told its end by then.
    private static let dayIsTold = 60

    private var lifts: [State]

    init(_ site: SiteDescription) { lifts = site.lifts.map { State(wiring: Wiring($0, site)) } }

    mutating func take(
        _ observation: Observation, of place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        let lift = view.site.lifts[place].asset
        let wiring = lifts[place].wiring
        switch observation.signal {
        case .inService, .fault, .faultCode, .maintenance, .entrapment, .safetyChain:
            lifts[place].service.take(observation, longestGap: wiring.longestGap)
            if let value = observation.value, observation.signal == (wiring.hasFaultCode ? .faultCode : .fault) {
                lifts[place].flapping.take(
                    code: value, at: observation.at, counts: !isUnderService(place, lift, at: observation.at, view))
            }
            judge(place, view, statistics: &statistics, into: &rulings)
        case .trips:
            takeTrips(observation, isWhole: true, place, view, statistics: &statistics, into: &rulings)
        case .doorCycles:
            takeDoors(observation, place, view, statistics: &statistics, into: &rulings)
        case .isMoving:
            guard !wiring.hasTrips, let counted = lifts[place].contacts.trips(observation, wiring.longestGap) else {
                return
            }
            takeTrips(
                counted.observation, isWhole: counted.isWhole, place, view, statistics: &statistics, into: &rulings)
        case .door:
            lifts[place].service.take(observation, longestGap: wiring.longestGap)
            guard !wiring.hasDoorCycles, let counted = lifts[place].contacts.doors(observation) else { return }
            takeDoors(counted, place, view, statistics: &statistics, into: &rulings)
        default:
            break
        }
    }

    /// - Parameter isWhole: Whether nothing was left out of the count since the value before.
    private mutating func takeTrips(
        _ observation: Observation, isWhole: Bool, _ place: Int, _ view: SiteView,
        statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) {
        let lift = view.site.lifts[place].asset
        let serves =
            lifts[place].service.isServing
            && view.calendar.covers(.liftService, asset: lift, at: observation.at) == nil
        lifts[place].traffic.take(
            observation, serves: serves, longestGap: lifts[place].wiring.longestGap, lift, view,
            statistics: &statistics, into: &rulings)
        if let trips = observation.value {
            let isUsual =
                serves && isWhole && view.calendar.covers(.publicHoliday, asset: lift, at: observation.at) == nil
            lifts[place].decline.take(
                trips: trips, at: observation.at, serves: isUsual,
                day: LocalMoment(observation.at, in: view.site.zone).day)
        }
        takeDoors(observation, place, view, statistics: &statistics, into: &rulings)
    }

    private mutating func takeDoors(
        _ observation: Observation, _ place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        lifts[place].doors.take(
            observation, tolerance: lifts[place].wiring.tolerance, view.site.lifts[place].asset,
            isUnderService: isUnderService(place, view.site.lifts[place].asset, at: observation.at, view),
            statistics: &statistics, into: &rulings)
    }

    mutating func judge(_ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]) {
        for place in lifts.indices { judge(place, view, statistics: &statistics, into: &rulings) }
        // Asked each minute, and pending once a day.
        guard view.local.minuteOfDay >= Self.dayIsTold, lifts.contains(where: { $0.decline.isPending }) else { return }
        let shortfalls = lifts.map(\.decline.shortfall)
        for place in lifts.indices where lifts[place].decline.isPending {
            var (sum, count) = (0.0, 0.0)
            for other in shortfalls.indices where other != place {
                guard let shortfall = shortfalls[other] else { continue }
                (sum, count) = (sum + shortfall, count + 1)
            }
            lifts[place].decline.judge(
                common: count > 0 ? sum / count : 0, view.site.lifts[place].asset, at: view.now,
                statistics: &statistics, into: &rulings)
        }
    }

    private mutating func judge(
        _ place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) {
        guard lifts[place].service.isKnown else { return }
        let lift = view.site.lifts[place].asset
        statistics.evaluations.liftOutOfService += 1
        lifts[place].service.judge(lift, view, into: &rulings)
        // While the lift is out of service its faults are one incident with that.
        guard lifts[place].service.alarm == .none || lifts[place].flapping.isInAlarm else { return }
        statistics.evaluations.liftFlapping += 1
        lifts[place].flapping.judge(lift, at: view.now, into: &rulings)
    }

    /// Takes in what a person said about a finding on a lift.
    mutating func accept(
        _ judgement: OperatorVerdict.Judgement, _ finding: Finding, of place: Int, at now: Timestamp
    ) {
        switch (judgement, finding.rule) {
        case (.expected, .liftSilent): lifts[place].traffic = LiftTraffic()
        case (.notALeak, .liftSilent): lifts[place].traffic.acquit()
        case (.expected, .liftDecline), (.notALeak, .liftDecline): lifts[place].decline = LiftDecline()
        case (.expected, .liftDoor), (.notALeak, .liftDoor): lifts[place].doors = LiftDoors()
        default: break
        }
    }

    /// Whether somebody works at the lift or was announced to.
    private func isUnderService(_ place: Int, _ lift: AssetIdentifier, at moment: Timestamp, _ view: SiteView) -> Bool {
        lifts[place].service.isMaintained
            || view.calendar.covers(.liftService, asset: lift, at: moment) != nil
    }

    func fits(_ site: SiteDescription) -> Bool {
        lifts.count == site.lifts.count
            && zip(lifts, site.lifts).allSatisfy { $0.wiring == Wiring($1, site) && $0.isWellFormed }
    }
}
