// SPDX-License-Identifier: Apache-2.0

import Model

// The rules that count closed hours: what each meter's hour adds, then what the hour of each zone decides.
extension Analyzer {
    /// Notes one closed hour of one meter.
    mutating func judgeStandstill(
        meter: Int, _ volume: HourVolume, _ local: LocalMoment, at decidedAt: Timestamp,
        _ changes: inout [FindingChange]
    ) {
        let role = site.meters[meter].role
        let asset = site.meters[meter].asset
        state.meters[meter].recent.note(volume)
        state.meters[meter].days.note(volume, day: local.day)
        let wasStuck = state.meters[meter].stuck.isInAlarm
        if let (rule, verdict) = state.meters[meter].stuck.take(
            volume, hourOfDay: local.hourOfDay, layout.laws[meter], role: role)
        {
            note(verdict, of: rule, on: asset, at: decidedAt, &changes)
        }
        if wasStuck, !state.meters[meter].stuck.isInAlarm {
            state.meters[meter].standing.suspectUntil = decidedAt + StuckMeter.suspicion
        }
        // Use is usual at this time: the standstill is as rare as one in four hundred.
        let spell = state.meters[meter].stuck.spell
        state.meters[meter].standing.standingSince = spell.flatMap {
            $0.surprise > 6 || state.meters[meter].stuck.isInAlarm ? Timestamp(hourIndex: $0.since) : nil
        }
        // A shared meter without metered children has nobody to ask.
        guard role != .irrigation, role != .unit, !layout.zones.contains(where: { $0.parent == meter }) else { return }
        state.statistics.evaluations.stuckMeter += 1
        if let spell, spell.surprise > StuckMeter.sharedSurprise {
            raiseStuck(meter, spell, StuckMeter.Witness(), at: decidedAt, &changes)
        }
    }

    /// Judges the hour of every zone whose slowest meter has closed it just now.
    mutating func judgeZones(
        hour: Int64, closing: Layout.Closing, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        let hourOfDay = LocalMoment(Timestamp(hourIndex: hour), in: site.zone).hourOfDay
        // From the dwellings up, so that a shared meter that lies is known before the inlet is balanced with it.
        for index in layout.zones.indices.reversed() {
            let zone = layout.zones[index]
            let meters = [zone.parent] + zone.children
            // A meter read less than hourly has no hours.
            guard meters.allSatisfy({ layout.laws[$0].period <= 3600 }),
                meters.map({ layout.laws[$0].closeDelay }).max() == closing.delay
            else { continue }
            let balance = ZoneHour(
                zone, hour: hour, hourOfDay: hourOfDay, meters: state.meters, zones: layout.zones,
                gains: state.zoneHours[index].gains)
            judge(balance, of: index, at: decidedAt, &changes)
        }
    }

    private mutating func judge(
        _ hour: ZoneHour, of index: Int, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        let zone = layout.zones[index]
        judgeStandingParent(hour, of: index, at: decidedAt, &changes)
        let isClean = isUndisturbed(hour, of: index)
        let isTankless = zone.tanks.isEmpty
        if isClean, isTankless, let inflow = hour.inflow {
            judgeRatio(hour, inflow: inflow, of: index, at: decidedAt, &changes)
        }
        // A meter that is known to count too little is believed as far as that is known.
        var hour = hour
        hour.inflow = hour.inflow.map { $0 * state.zoneHours[index].ratio.correction }
        let suspectUntil = state.meters[zone.parent].standing.suspectUntil
        let isBelieved = isClean && suspectUntil.map { Timestamp(hourIndex: hour.hour) >= $0 } ?? true
        let isUsual = isBelieved && !state.zoneHours[index].loss.isSuspecting
        state.zoneHours[index].history.note(isUsual ? hour.residual : nil, hour: hour.hour)
        if isRead(zone, atMost: 900) == false { state.zoneHours[index].loss.learn(state.zoneHours[index].history) }
        judgeStandingChildren(hour, of: index, at: decidedAt, &changes)
        guard isUsual, isTankless, site.meters[zone.parent].role != .bulk, let residual = hour.residual else {
            return
        }
        judgeGains(hour, residual, of: index, at: decidedAt, &changes)
        judgeBlock(hour, residual, of: index, at: decidedAt, &changes)
    }

    /// Whether the hour tells what is usual: nothing announced, no burst, and every meter heard that is needed.
    private func isUndisturbed(_ hour: ZoneHour, of index: Int) -> Bool {
        let parent = layout.zones[index].parent
        let start = Timestamp(hourIndex: hour.hour)
        return hour.residual != nil && state.meters[parent].standing.standingSince == nil
            && state.zones[index].burst.isQuiet && state.zones[index].burst.isFresh(hour.hour * 60)
            && !calendar.touches(
                .buildingWorks, .poolFilling, asset: site.meters[parent].asset, from: start, to: start + .seconds(3600))
    }

    /// Whether the shared meter moves data time and its children are read this often: then minutes tell its losses.
    private func isRead(_ zone: Zone, atMost seconds: Double) -> Bool {
        layout.laws[zone.parent].period <= 60 && zone.children.allSatisfy { layout.laws[$0].period <= seconds }
    }

    /// Judges the last full hour of a zone that is read by the hour, as soon as all its meters have been read.
    mutating func judgeHourlyLoss(zone index: Int, at minute: Timestamp, _ changes: inout [FindingChange]) {
        let zone = layout.zones[index]
        guard !isRead(zone, atMost: 900), zone.tanks.isEmpty,
            zone.children.allSatisfy({ layout.laws[$0].period <= 3600 })
        else { return }
        let end = state.zones[index].end
        let hour = end / 60 - 1
        guard end >= 0, hour > state.zoneHours[index].loss.hour else { return }
        var view = ZoneView(zone: zone, view(at: minute), tanks: state.tankRoom)
        view.hourOfDay = LocalMoment(Timestamp(hourIndex: hour), in: site.zone).hourOfDay
        let parent = state.meters[zone.parent]
        guard let balance = view.balance(from: hour * 60, to: hour * 60 + 60),
            !view.isAnnounced(from: hour * 60, to: hour * 60 + 60), !parent.standing.isSuspect(at: minute)
        else {
            state.zoneHours[index].loss.skip(hour)
            return
        }
        let role = site.meters[zone.parent].role
        if role == .bulk {
            state.statistics.evaluations.networkLeak += 1
        } else {
            state.statistics.evaluations.massBalance += 1
        }
        let assumed = zone.children.reduce(0) {
            let isRead = state.meters[$1].minutes.volume(from: hour * 60, to: hour * 60 + 60) != nil
            return $0 + (isRead ? 0 : state.meters[$1].usual.flow(hourOfDay: view.hourOfDay) ?? 0)
        }
        let verdict = state.zoneHours[index].loss.judge(
            hour, residual: balance.residual, children: balance.children, assumed: assumed,
            litresPerCount: layout.laws[zone.parent].litresPerCount)
        note(
            verdict, of: role == .bulk ? .networkLeak : .massBalance, on: site.meters[zone.parent].asset, at: minute,
            &changes)
    }

    // MARK: The shared meter

    private mutating func judgeStandingParent(
        _ hour: ZoneHour, of index: Int, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        let parent = layout.zones[index].parent
        state.statistics.evaluations.stuckMeter += 1
        guard let spell = state.meters[parent].stuck.spell, spell.since <= hour.hour else {
            state.zoneHours[index].takenWhileStanding = 0
            return
        }
        state.zoneHours[index].takenWhileStanding = min(
            state.zoneHours[index].takenWhileStanding + hour.measured, 1e12)
        let taken = state.zoneHours[index].takenWhileStanding
        guard !state.meters[parent].stuck.isInAlarm, spell.surprise > StuckMeter.sharedSurprise,
            // When nobody draws water the best meter stands still.
            taken >= 10 * layout.laws[parent].litresPerCount
        else { return }
        raiseStuck(parent, spell, StuckMeter.Witness(children: taken), at: decidedAt, &changes)
        state.zoneHours[index].forget(since: spell.since)
        state.zoneHours[index].ratio.forgetHours()
    }

    private mutating func judgeRatio(
        _ hour: ZoneHour, inflow: Double, of index: Int, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        let parent = layout.zones[index].parent
        let wasLow = state.zoneHours[index].ratio.isInAlarm
        let usualResidual = state.zoneHours[index].block.usual ?? 0
        let verdict = state.zoneHours[index].ratio.take(
            hour, inflow: inflow, usualResidual: usualResidual, layout.laws[parent], statistics: &state.statistics)
        note(verdict, of: .underRegistration, on: site.meters[parent].asset, at: decidedAt, &changes)
        let isLow = state.zoneHours[index].ratio.isInAlarm
        state.meters[parent].standing.isUnderRegistering = isLow
        state.meters[parent].standing.usualRatio = state.zoneHours[index].ratio.usualRatio
            .map { min(max($0, 0.01), 100) }
        if isLow, !wasLow, case .arises(let grounds)? = verdict {
            state.zoneHours[index].forget(since: grounds.startedAt.hourIndex)
        }
        if wasLow, !isLow {
            state.meters[parent].standing.suspectUntil = decidedAt + StuckMeter.suspicion
            // Some of the last two days were corrected although the meter counted rightly again.
            state.zoneHours[index].forget(since: hour.hour - 48)
        }
    }

    private mutating func judgeBlock(
        _ hour: ZoneHour, _ residual: Double, of index: Int, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        let parent = layout.zones[index].parent
        let asset = site.meters[parent].asset
        switch state.zoneHours[index].block.take(
            hour, residual: residual, layout.laws[parent], statistics: &state.statistics)
        {
        case .question(let shift):
            if explain(shift, of: index, at: decidedAt, &changes) { return }
            note(state.zoneHours[index].block.raise(shift), of: .massBalance, on: asset, at: decidedAt, &changes)
        case .verdict(let verdict): note(verdict, of: .massBalance, on: asset, at: decidedAt, &changes)
        case nil: break
        }
    }

    // MARK: Dwellings

    private mutating func judgeGains(
        _ hour: ZoneHour, _ residual: Double, of index: Int, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        let zone = layout.zones[index]
        // Of fewer than four dwellings nobody can tell which share is common to them.
        guard zone.children.count >= 4 else { return }
        let common = RobustSpread(state.zoneHours[index].gains.compactMap(\.slope))?.median ?? 0
        for (place, child) in zone.children.enumerated() where site.meters[child].role == .unit {
            guard !state.meters[child].stuck.isInAlarm, let use = state.meters[child].recent.litres(hour.hour) else {
                continue
            }
            state.statistics.evaluations.underRegistration += 1
            let gain = state.zoneHours[index].gains[place]
            let verdict = state.zoneHours[index].gains[place].take(
                hour: hour.hour, use: use, residual: residual + (gain.correction - 1) * use, common: common)
            note(verdict, of: .underRegistration, on: site.meters[child].asset, at: decidedAt, &changes)
        }
    }

    private mutating func judgeStandingChildren(
        _ hour: ZoneHour, of index: Int, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        var best: (meter: Int, spell: Standstill.Spell, usual: Double, doubt: Double, witness: StuckMeter.Witness)?
        var second = -Double.infinity
        for child in layout.zones[index].children where site.meters[child].role == .unit {
            guard !state.meters[child].stuck.isInAlarm, let spell = state.meters[child].stuck.spell,
                spell.hours >= StuckMeter.dwellingHours, spell.surprise > StuckMeter.dwellingSurprise,
                !isAnnouncedVacant(child, spell)
            else { continue }
            state.statistics.evaluations.stuckMeter += 1
            if let (usual, doubt) = usualFlow(of: child, before: spell.since), usual > 0,
                let witness = state.zoneHours[index].witness(
                    of: spell, through: hour.hour, usual: usual, children: usualOutflow(of: index),
                    assumed: hour.assumed)
            {
                if witness.likelihood > best?.witness.likelihood ?? -.infinity {
                    second = best?.witness.likelihood ?? second
                    best = (child, spell, usual, doubt, witness)
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
        raiseStuck(best.meter, best.spell, best.witness, usual: (best.usual, best.doubt), at: decidedAt, &changes)
        state.zoneHours[index].explain(best.usual, since: best.spell.since)
    }

    private func isAnnouncedVacant(_ meter: Int, _ spell: Standstill.Spell) -> Bool {
        calendar.touches(
            .vacancy, asset: site.meters[meter].asset, from: Timestamp(hourIndex: spell.since),
            to: Timestamp(hourIndex: spell.last + 1))
    }

    /// Whether a meter explains the shift: a dwelling that stands still, or one that has begun to count too little.
    private mutating func explain(
        _ shift: DailyBlock.Shift, of index: Int, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) -> Bool {
        let size = shift.size
        var best: (meter: Int, spell: Standstill.Spell, usual: Double, doubt: Double)?
        for child in layout.zones[index].children where site.meters[child].role == .unit {
            guard !state.meters[child].stuck.isInAlarm, let spell = state.meters[child].stuck.spell,
                spell.surprise > StuckMeter.dwellingSurprise / 2, !isAnnouncedVacant(child, spell),
                // The shift begins with the standstill, give or take a block on either side.
                abs(spell.since - shift.startHour) <= 3 * Int64(DailyBlock.hours),
                let (usual, doubt) = usualFlow(of: child, before: spell.since),
                usual > 0.5 * size, usual < 2 * size
            else { continue }
            if abs(usual - size) < abs((best?.usual ?? .infinity) - size) { best = (child, spell, usual, doubt) }
        }
        if let best {
            let witness = StuckMeter.Witness(rise: size, error: shift.spread)
            raiseStuck(best.meter, best.spell, witness, usual: (best.usual, best.doubt), at: decidedAt, &changes)
            state.zoneHours[index].explain(best.usual, since: best.spell.since)
            return true
        }
        return false
    }

    // MARK: What is usual

    /// Mean flow of a meter on its last two weeks before an hour, and twice the standard error of that.
    private func usualFlow(of meter: Int, before hour: Int64) -> (flow: Double, doubt: Double)? {
        let day = LocalMoment(Timestamp(hourIndex: hour), in: site.zone).day
        let flows = state.meters[meter].days.flows(from: day - 14, to: day)
        guard flows.count >= 5, let spread = RobustSpread(flows) else { return nil }
        // A garden pool on one day is not how people live.
        let bound = spread.median + 4 * max(spread.deviation, 0.25 * spread.median)
        let mean = flows.reduce(0) { $0 + min($1, bound) } / Double(flows.count)
        let square = flows.reduce(0) { $0 + (min($1, bound) - mean) * (min($1, bound) - mean) }
        return (mean, 2 * (square / Double((flows.count - 1) * flows.count)).squareRoot())
    }

    /// The same by the children of a shared meter: they may have counted rightly when it did not.
    private func usualFlow(ofChildrenOf meter: Int, before hour: Int64) -> (flow: Double, doubt: Double)? {
        guard let zone = layout.zones.first(where: { $0.parent == meter }) else { return nil }
        var sum = 0.0
        var square = 0.0
        for child in zone.children {
            guard let (flow, doubt) = usualFlow(of: child, before: hour) else { return nil }
            sum += flow
            square += doubt * doubt
        }
        let ratio = state.meters[meter].standing.usualRatio ?? 1
        return (sum * ratio, square.squareRoot() * ratio)
    }

    /// What the children of a zone usually take together, in litres an hour.
    private func usualOutflow(of index: Int) -> Double {
        layout.zones[index].children.reduce(0) { $0 + (state.meters[$1].usual.mean ?? 0) }
    }

    private mutating func raiseStuck(
        _ meter: Int, _ spell: Standstill.Spell, _ witness: StuckMeter.Witness,
        usual known: (flow: Double, doubt: Double)? = nil, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        let usual =
            known ?? usualFlow(ofChildrenOf: meter, before: spell.since) ?? usualFlow(of: meter, before: spell.since)
            ?? (state.meters[meter].usual.mean ?? 0, 0)
        let verdict = state.meters[meter].stuck.raise(usual: usual.flow, doubt: usual.doubt, witness)
        state.meters[meter].standing.standingSince = Timestamp(hourIndex: spell.since)
        note(verdict, of: .stuckMeter, on: site.meters[meter].asset, at: decidedAt, &changes)
    }
}
