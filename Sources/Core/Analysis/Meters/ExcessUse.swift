// SPDX-License-Identifier: Apache-2.0

import Model

/// D25, excess use: a dwelling whose people take far more water each than those of its neighbours, two weeks running.
struct ExcessUse: Hashable, Codable, Sendable {
    /// Robust standard deviations above the median of the dwellings, and below which it is over.
    static let raises = 3.5
    static let ends = 2.0
    static let weeks = 2
    /// Fewer dwellings tell no spread.
    static let leastDwellings = 6

    /// For each dwelling the weeks on end above the limit, and whether it was told of.
    private var high: [UInt8]
    private var isTold: [Bool]
    /// The last week that was judged: Mondays since 1970.
    private var week = 0

    init(_ site: SiteDescription) {
        high = Array(repeating: 0, count: site.dwellings.count)
        isTold = Array(repeating: false, count: site.dwellings.count)
    }

    /// Judges the last local week once all its hours have closed, on the Tuesday after it.
    mutating func judge(
        _ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) {
        guard !high.isEmpty else { return }
        // 1970-01-01 was a Thursday.
        let newWeek = (view.local.day - 1 + 3) / 7
        guard newWeek > week else { return }
        let isFirst = week == 0
        week = newWeek
        guard !isFirst else { return }
        let monday = newWeek * 7 - 3
        var uses: [(dwelling: Int, litres: Double, people: Double)] = []
        for (place, dwelling) in view.site.dwellings.enumerated() {
            guard let people = dwelling.occupants, people > 0,
                let meter = view.site.meters.firstIndex(where: { $0.asset == dwelling.meter }),
                view.layout.laws[meter].isUsable
            else { continue }
            let flows = view.meters[meter].days.flows(from: monday - 7, to: monday)
            guard flows.count >= 5 else { continue }
            let flow = flows.reduce(0, +) / Double(flows.count)
            uses.append((place, flow * 24 / Double(people), Double(people)))
        }
        guard uses.count >= Self.leastDwellings, let peers = RobustSpread(uses, \.litres), peers.median > 0
        else {
            return
        }
        // People differ: dwellings that happen to be alike are no reason to accuse one of them.
        let spread = max(peers.deviation, 0.2 * peers.median)
        for use in uses {
            statistics.evaluations.excessUse += 1
            let deviation = (use.litres - peers.median) / spread
            high[use.dwelling] = deviation > Self.raises ? min(high[use.dwelling] + 1, 100) : 0
            let grounds = grounds(use.litres, use.people, peers.median, spread, monday, view)
            let asset = view.site.dwellings[use.dwelling].meter
            if isTold[use.dwelling] {
                isTold[use.dwelling] = deviation >= Self.ends
                let verdict = isTold[use.dwelling] ? Verdict.persists(grounds) : .ends(grounds, at: view.now)
                rulings.append(Ruling(rule: .excessUse, asset: asset, verdict: verdict))
            } else if high[use.dwelling] >= UInt8(Self.weeks) {
                isTold[use.dwelling] = true
                rulings.append(Ruling(rule: .excessUse, asset: asset, verdict: .arises(grounds)))
            }
        }
    }

    private func grounds(
        _ litres: Double, _ people: Double, _ median: Double, _ spread: Double, _ monday: Int, _ view: SiteView
    ) -> Grounds {
        let excess = max(0, (litres - median) * people / 24)
        let doubt = spread * people / 24
        let end = view.now + .seconds(-86_400)
        return Grounds(
            startedAt: end + .seconds(-Int64(7 * Self.weeks) * 86_400), severity: .p4,
            loss: LossEstimate(
                rateLow: LitresPerHour(max(0, excess - doubt)), rateHigh: LitresPerHour(excess + doubt),
                litres: Litres(excess * 24 * 7)),
            evidence: Evidence(
                from: end + .seconds(-7 * 86_400), to: end,
                measures: [
                    Measure("litres_a_person_and_day", litres, .litre), Measure("median_of_dwellings", median, .litre),
                    Measure("spread_of_dwellings", spread, .litre), Measure("deviation", (litres - median) / spread),
                    Measure("people", people), Measure("required_deviation", Self.raises),
                    Measure("required_weeks", Double(Self.weeks)),
                ]))
    }

    /// Whether decoded state fits the site and can be used without trapping.
    func fits(_ site: SiteDescription) -> Bool {
        high.count == site.dwellings.count && isTold.count == high.count && (0...20_000).contains(week)
    }
}
