// SPDX-License-Identifier: Apache-2.0

import Model

extension Analyzer {
    /// What a meter's own history says about the hour that has just been closed.
    mutating func judgeHistory(
        of meter: Int, _ volume: HourVolume, _ local: LocalMoment, at decidedAt: Timestamp,
        _ changes: inout [FindingChange]
    ) {
        let description = site.meters[meter]
        let asset = description.asset
        let start = Timestamp(hourIndex: volume.hour)
        let end = Timestamp(hourIndex: volume.hour + volume.hours)
        judgeRegister(of: meter, before: end, at: decidedAt, &changes)
        state.statistics.evaluations.unitError += 1
        let verdict = state.meters[meter].unitError.judge(
            volume, day: local.day, state.meters[meter].settled.grain,
            litresPerCount: layout.laws[meter].litresPerCount, isDwelling: description.role == .unit)
        note(verdict, of: .unitError, on: asset, at: decidedAt, &changes)
        judgeVacancy(of: meter, volume, at: decidedAt, &changes)
        guard layout.isJudgedAlone[meter], description.role != .irrigation else { return }
        // What was announced proves nothing, nor does a meter that counts in another unit; the run is neither ended nor
        // does it grow.
        let isExcused =
            state.meters[meter].unitError.isSuspect
            || calendar.touches(.buildingWorks, .poolFilling, .meterExchange, asset: asset, from: start, to: end)
        let judged = isExcused ? HourVolume(hour: volume.hour, hours: volume.hours) : volume
        let isSupported = state.meters[meter].leaks.supportsStandstillRule
        if ContinuousFlow.watches(description.role) {
            state.statistics.evaluations.continuousFlow += 1
            let verdict = state.meters[meter].judgeContinuousFlow(
                judged, at: local, layout.laws[meter], mayRaise: isSupported)
            note(verdict, of: .continuousFlow, on: asset, at: decidedAt, &changes)
        }
        guard judged.isKnown else { return }
        // What flowed in an hour of a burst is the burst's: asked of the hours, for the fast path knows only the readings
        // that came in order.
        let isBursting =
            description.role == .unit && state.meters[meter].hourlyBurst.stands(in: judged, at: site.zone)
        let context = LeakContext(
            role: description.role, law: layout.laws[meter], levels: layout.levels[meter],
            isSensitive: description.role != .unit || settings.dwellings == .sensitive, isBursting: isBursting)
        if state.meters[meter].leaks.isReady { count(description.role) }
        state.meters[meter].passed.noteKnown(judged, hourOfDay: local.hourOfDay)
        let passed = state.meters[meter].passed
        for ruling in state.meters[meter].leaks.judge(judged, at: local, context, passed) {
            note(ruling.verdict, of: ruling.name.rule, on: asset, at: decidedAt, &changes)
        }
    }

    /// One decision of the watch may find any of these.
    private mutating func count(_ role: MeterDescription.Role) {
        state.statistics.evaluations.leak += 1
        guard role == .unit else { return }
        state.statistics.evaluations.toiletLeak += 1
        state.statistics.evaluations.drippingTap += 1
    }

    /// Registers that ran backwards, were exchanged or moved.
    private mutating func judgeRegister(
        of meter: Int, before end: Timestamp, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        let (asset, law) = (site.meters[meter].asset, layout.laws[meter])
        state.statistics.evaluations.reverseFlow += 1
        state.statistics.evaluations.registerStep += 1
        state.statistics.evaluations.meterReplaced += 1
        for event in state.meters[meter].settled.takeEvents(before: end) {
            let isAnnounced = calendar.covers(.meterExchange, asset: asset, at: event.at) != nil
            switch (event.kind, isAnnounced) {
            case (.stepped, _), (.reversed, true):
                let rule: Rule = isAnnounced ? .meterReplaced : .registerStep
                let grounds = Self.grounds(of: event, law)
                note(.arises(grounds), of: rule, on: asset, at: decidedAt, &changes)
                note(.ends(grounds, at: event.at), of: rule, on: asset, at: decidedAt, &changes)
            case (.reversed, false), (.forward, _):
                let verdict = state.meters[meter].runBack(event, law)
                note(verdict, of: .reverseFlow, on: asset, at: decidedAt, &changes)
            }
        }
        note(state.meters[meter].endBackflow(at: end, law), of: .reverseFlow, on: asset, at: decidedAt, &changes)
    }

    private static func grounds(of event: RegisterEvent, _ law: RegisterLaw) -> Grounds {
        let litres = Double(event.counts) * law.litresPerCount
        return Grounds(
            startedAt: event.at, severity: .p4, loss: nil, size: Measure("step", litres, .litre),
            evidence: Evidence(
                from: event.from, to: event.at, measures: [Measure("step", litres, .litre)],
                firstSequence: event.sequence.map { SequenceNumber($0) },
                lastSequence: event.sequence.map { SequenceNumber($0) }))
    }

    private mutating func judgeVacancy(
        of meter: Int, _ volume: HourVolume, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        let asset = site.meters[meter].asset
        guard site.meters[meter].role == .unit else { return }
        let start = Timestamp(hourIndex: volume.hour)
        guard let vacancy = calendar.covers(.vacancy, asset: asset, at: start),
            start + .seconds(3600) <= vacancy.end
        else {
            guard var vacant = state.meters[meter].vacantUse else { return }
            let verdict = vacant.stop(at: volume.hour)
            state.meters[meter].vacantUse = nil
            note(verdict, of: .vacantUse, on: asset, at: decidedAt, &changes)
            return
        }
        guard volume.isKnown else { return }
        state.statistics.evaluations.vacantUse += 1
        if state.meters[meter].vacantUse == nil { state.meters[meter].vacantUse = VacantUse() }
        let verdict = state.meters[meter].vacantUse?.judge(volume, begun: vacancy.start.hourIndex)
        note(verdict, of: .vacantUse, on: asset, at: decidedAt, &changes)
    }

    /// What a dwelling's newest reading says at once.
    mutating func judgeFast(meter: Int, _ sequence: Int64?, _ changes: inout [FindingChange]) {
        guard site.meters[meter].role == .unit, layout.isJudgedAlone[meter] else { return }
        let (asset, minutes) = (site.meters[meter].asset, state.meters[meter].minutes)
        guard state.meters[meter].burst.isDue(minutes), !state.meters[meter].settled.grain.isOdd,
            !state.meters[meter].unitError.isSuspect
        else { return }
        let moment = Timestamp(minuteIndex: minutes.knownThrough)
        guard calendar.covers(.buildingWorks, .poolFilling, .meterExchange, asset: asset, at: moment) == nil else {
            return
        }
        state.statistics.evaluations.burst += 1
        let verdict = state.meters[meter].burst.judge(
            minutes, grainMinutes: state.meters[meter].grainMinutes, sequence: sequence, at: site.zone)
        note(verdict, of: .burst, on: asset, at: state.clock.now ?? moment, &changes)
        judgeCistern(of: meter, sequence, at: moment, &changes)
    }
}

extension Analyzer {
    private mutating func judgeCistern(
        of meter: Int, _ sequence: Int64?, at moment: Timestamp, _ changes: inout [FindingChange]
    ) {
        let law = layout.laws[meter]
        state.statistics.evaluations.toiletCycling += 1
        let verdict = state.meters[meter].cistern.judge(
            register: Double(state.meters[meter].fast.total) * law.litresPerCount, at: moment.minuteIndex,
            grainMinutes: state.meters[meter].grainMinutes, litresPerCount: law.litresPerCount, sequence: sequence,
            in: site.zone)
        note(verdict, of: .toiletCycling, on: site.meters[meter].asset, at: state.clock.now ?? moment, &changes)
    }
}

extension MeterState {
    /// Whether its hours are not usual ones.
    var isLeaking: Bool {
        continuousFlow.isInAlarm || leaks.isInAlarm || cistern.isInAlarm || burst.isInAlarm || unitError.isSuspect
    }
}
