// SPDX-License-Identifier: Apache-2.0

import Model

/// The tanks of a site.
struct TankRoom: MachineRoom {
    private(set) var tanks: [TankState]

    init(_ site: SiteDescription) { tanks = site.tanks.map { _ in TankState() } }

    /// Tanks whose level can be turned into litres, by their places.
    static func measured(_ site: SiteDescription) -> [Int] {
        site.tanks.indices.filter { place in
            site.tanks[place].litresPerMetre != nil
                && site.signals.contains { $0.signal == .level && $0.asset == site.tanks[place].asset }
        }
    }

    mutating func take(
        _ observation: Observation, of place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        guard observation.signal == .level, let level = observation.value else { return }
        let tank = view.site.tanks[place]
        // Beyond ten times its height it is no level of this tank.
        guard tank.litresPerMetre != nil, abs(level) <= 10 * tank.overflowLevel else { return }
        let day = LocalMoment(observation.at, in: view.site.zone).day
        tanks[place].take(level, at: observation.at, day: day, tank)
        let edge = tanks[place].edge(tank)
        tanks[place].overflow.take(level, at: observation.at, sequence: observation.sequence, edge: edge, tank)
    }

    mutating func judge(_ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]) {
        for place in tanks.indices {
            let judged = judged(place, view, statistics: &statistics, into: &rulings)
            (tanks[place].overflow, tanks[place].longFill, tanks[place].nights) = judged
        }
    }

    /// The rules about one tank after their judgement. What they see holds all tanks, so that these change only afterwards.
    private func judged(
        _ place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) -> (TankOverflow, LongFill, TankNights) {
        let sight = TankSight(place, of: self, view)
        var (overflow, longFill, nights) = (sight.state.overflow, sight.state.longFill, sight.state.nights)
        var verdict: Verdict?
        if sight.tank.litresPerMetre != nil, sight.state.history.newestAt != nil {
            statistics.evaluations.tankOverflow += 1
            verdict = overflow.judge(sight)
        } else if let meter = sight.meter, view.layout.laws[meter].isUsable {
            statistics.evaluations.tankOverflow += longFill.isKnown ? 1 : 0
            verdict = longFill.judge(
                view.meters[meter].minutes, litresPerCount: view.layout.laws[meter].litresPerCount, now: view.now)
        }
        if let verdict { rulings.append(Ruling(rule: .tankOverflow, asset: sight.tank.asset, verdict: verdict)) }
        if let verdict = nights.judge(sight, statistics: &statistics) {
            rulings.append(Ruling(rule: .nightRise, asset: sight.tank.asset, verdict: verdict))
        }
        return (overflow, longFill, nights)
    }

    func fits(_ site: SiteDescription) -> Bool {
        tanks.count == site.tanks.count && tanks.allSatisfy(\.isWellFormed)
    }
}
