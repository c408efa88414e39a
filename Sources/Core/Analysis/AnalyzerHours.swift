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
            guard layout.closesZone[index] == closing.delay else { continue }
            let balance = ZoneHour(
                zone, hour: hour, hourOfDay: hourOfDay, meters: state.meters, zones: layout.zones)
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
        state.zoneHours[index].history.note(isBelieved ? hour.residual : nil, hour: hour.hour)
        judgeStandingChildren(hour, of: index, at: decidedAt, &changes)
        guard isBelieved, isTankless, site.meters[zone.parent].role != .bulk, let residual = hour.residual else {
            return
        }
        guard !state.zoneHours[index].loss.isSuspecting else { return }
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
}
