// SPDX-License-Identifier: Apache-2.0

import Model

// What the hours of a zone say of the meters of its dwellings, and what is usual there.
extension Analyzer {
    /// The meter of a dwelling is found to have left out so much since then: a loss of that size was none.
    mutating func explain(
        _ flow: Double, since hour: Int64, in index: Int, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        state.zoneHours[index].explain(flow, since: hour)
        guard let told = state.zoneHours[index].loss.told, told.rate < 2.5 * flow else { return }
        let parent = layout.zones[index].parent
        note(
            state.zoneHours[index].loss.settle(at: decidedAt),
            of: site.meters[parent].role == .bulk ? .networkLeak : .massBalance, on: site.meters[parent].asset,
            at: decidedAt, &changes)
    }

    mutating func judgeStandingChildren(
        _ hour: ZoneHour, of index: Int, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        var best: (meter: Int, spell: Standstill.Spell, usual: UsualFlow, witness: StuckMeter.Witness)?
        var second = -Double.infinity
        for child in layout.zones[index].children where site.meters[child].role == .unit {
            guard !state.meters[child].stuck.isInAlarm, let spell = state.meters[child].stuck.spell,
                spell.hours >= StuckMeter.dwellingHours, spell.surprise > StuckMeter.dwellingSurprise,
                !isAnnouncedVacant(child, spell)
            else { continue }
            state.statistics.evaluations.stuckMeter += 1
            if state.zoneHours[index].loss.mayBeStandstill(since: spell.since),
                let usual = usualFlow(of: child, before: spell.since), usual.flow > 0,
                let witness = state.zoneHours[index].witness(
                    of: spell, through: hour.hour, usual: usual.flow, children: usualOutflow(of: index),
                    assumed: hour.assumed)
            {
                if witness.likelihood > best?.witness.likelihood ?? -.infinity {
                    second = best?.witness.likelihood ?? second
                    best = (child, spell, usual, witness)
                } else {
                    second = max(second, witness.likelihood)
                }
            }
            state.statistics.evaluations.vacancy += 1
            let vacancy = state.meters[child].stuck.raiseVacancy()
            note(vacancy, of: .vacancy, on: site.meters[child].asset, at: decidedAt, &changes)
        }
        // Of two dwellings that stand still the one that fits better by far, for one of them may be on holiday.
        guard let best, best.witness.likelihood > StuckMeter.leastLikelihood,
            best.witness.likelihood - max(second, 0) > 2
        else { return }
        raiseStuck(best.meter, best.spell, best.witness, usual: best.usual, at: decidedAt, &changes)
        explain(best.usual.flow, since: best.spell.since, in: index, at: decidedAt, &changes)
    }

    private func isAnnouncedVacant(_ meter: Int, _ spell: Standstill.Spell) -> Bool {
        calendar.touches(
            .vacancy, asset: site.meters[meter].asset, from: Timestamp(hourIndex: spell.since),
            to: Timestamp(hourIndex: spell.last + 1))
    }

    /// Whether a meter explains the shift: a dwelling that stands still, or one that has begun to count too little.
    mutating func explain(
        _ shift: DailyBlock.Shift, of index: Int, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) -> Bool {
        let size = shift.size
        var best: (meter: Int, spell: Standstill.Spell, usual: UsualFlow)?
        for child in layout.zones[index].children where site.meters[child].role == .unit {
            guard !state.meters[child].stuck.isInAlarm, let spell = state.meters[child].stuck.spell,
                spell.surprise > StuckMeter.dwellingSurprise / 2, !isAnnouncedVacant(child, spell),
                // The shift begins with the standstill, give or take a block on either side.
                abs(spell.since - shift.startHour) <= 3 * Int64(DailyBlock.hours),
                let usual = usualFlow(of: child, before: spell.since),
                usual.flow > 0.5 * size, usual.flow < 2 * size
            else { continue }
            if abs(usual.flow - size) < abs((best?.usual.flow ?? .infinity) - size) { best = (child, spell, usual) }
        }
        if let best {
            let witness = StuckMeter.Witness(rise: size, error: shift.spread)
            raiseStuck(best.meter, best.spell, witness, usual: best.usual, at: decidedAt, &changes)
            explain(best.usual.flow, since: best.spell.since, in: index, at: decidedAt, &changes)
            return true
        }
        return false
    }

    // MARK: What is usual

    /// Mean flow of a meter on its last two weeks before an hour, twice the standard error of that, and the standard
    /// deviation of a single day.
    typealias UsualFlow = (flow: Double, doubt: Double, ofOneDay: Double)

    private func usualFlow(of meter: Int, before hour: Int64) -> UsualFlow? {
        let day = LocalMoment(Timestamp(hourIndex: hour), in: site.zone).day
        let flows = state.meters[meter].days.flows(from: day - 14, to: day)
        guard flows.count >= 5, let spread = RobustSpread(flows) else { return nil }
        // A garden pool on one day is not how people live.
        let bound = spread.median + 4 * max(spread.deviation, 0.25 * spread.median)
        let mean = flows.reduce(0) { $0 + min($1, bound) } / Double(flows.count)
        let square = flows.reduce(0) { $0 + (min($1, bound) - mean) * (min($1, bound) - mean) }
        let ofOneDay = (square / Double(flows.count - 1)).squareRoot()
        return (mean, 2 * (square / Double((flows.count - 1) * flows.count)).squareRoot(), ofOneDay)
    }

    /// The same by the children of a shared meter: they may have counted rightly when it did not.
    private func usualFlow(ofChildrenOf meter: Int, before hour: Int64) -> UsualFlow? {
        guard let zone = layout.zones.first(where: { $0.parent == meter }) else { return nil }
        var sum = 0.0
        var (square, ofOneDay) = (0.0, 0.0)
        for child in zone.children {
            guard let usual = usualFlow(of: child, before: hour) else { return nil }
            sum += usual.flow
            square += usual.doubt * usual.doubt
            ofOneDay += usual.ofOneDay * usual.ofOneDay
        }
        let ratio = state.meters[meter].standing.usualRatio ?? 1
        return (sum * ratio, square.squareRoot() * ratio, ofOneDay.squareRoot() * ratio)
    }

    /// What the children of a zone usually take together, in litres an hour.
    private func usualOutflow(of index: Int) -> Double {
        layout.zones[index].children.reduce(0) { $0 + (state.meters[$1].usual.mean ?? 0) }
    }

    mutating func raiseStuck(
        _ meter: Int, _ spell: Standstill.Spell, _ witness: StuckMeter.Witness,
        usual known: UsualFlow? = nil, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        let usual =
            known ?? usualFlow(ofChildrenOf: meter, before: spell.since) ?? usualFlow(of: meter, before: spell.since)
            ?? (state.meters[meter].usual.mean ?? 0, 0, 0)
        let verdict = state.meters[meter].stuck.raise(
            usual: usual.flow, doubt: usual.doubt, ofOneDay: usual.ofOneDay, witness)
        state.meters[meter].standing.standingSince = Timestamp(hourIndex: spell.since)
        note(verdict, of: .stuckMeter, on: site.meters[meter].asset, at: decidedAt, &changes)
    }
}
