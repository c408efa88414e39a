// SPDX-License-Identifier: Apache-2.0

import Model

/// The pump sets and pumps of a site. Places are those of the pumps, then those of the sets.
///
/// A set is judged minute by minute by the stamps of its own signals, so that what an outage held back and brought at
/// once afterwards is judged as if it had come in time.
struct PumpRoom: MachineRoom {
    private var plan: PumpPlan
    private var pumps: [PumpState]
    private var sets: [PumpSetState]

    init(_ site: SiteDescription) {
        let plan = PumpPlan(site)
        self.plan = plan
        pumps = plan.conditionSignals.map { PumpState(condition: $0) }
        sets = site.pumpSets.indices.map {
            PumpSetState(pumps: plan.pumpsOfSet[$0].count, meters: plan.metersOfSet[$0].count)
        }
    }

    mutating func take(
        _ observation: Observation, of place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        let pump = place < pumps.count ? place : nil
        let set = pump.map { plan.setOfPump[$0] } ?? place - pumps.count
        if set >= 0 {
            let minute = observation.at.minuteIndex
            if minute > sets[set].minute {
                if sets[set].minute >= 0 { finishMinute(of: set, view, statistics: &statistics, into: &rulings) }
                sets[set].minute = minute
            }
            sets[set].sequence = observation.sequence ?? sets[set].sequence
        }
        guard let pump else {
            // Beyond this no gauge shows anything.
            sets[set].pressure.take(observation.value.flatMap { -1...100 ~= $0 ? $0 : nil }, at: observation.at)
            let twin = plan.pumpOfSet[set]
            if twin >= 0 { watchCondition(observation, of: twin, view, statistics: &statistics, into: &rulings) }
            return
        }
        switch observation.signal {
        case .isRunning: take(running: observation, of: pump, view, statistics: &statistics, into: &rulings)
        case .power:
            let power = observation.value.flatMap { 0...100_000 ~= $0 ? $0 : nil }
            pumps[pump].power.take(power, at: observation.at)
            if !plan.tellsRunning[pump] {
                let least = max(0.02, 0.05 * (view.site.pumps[pump].ratedPower ?? 0))
                var state = observation
                state.value = power.map { $0 > least ? 1 : 0 }
                take(running: state, of: pump, view, statistics: &statistics, into: &rulings)
            }
        case .startCount:
            guard let value = observation.value, let count = Int64(exactly: value.rounded()), count >= 0,
                count < 1 << 53
            else { return }
            note(starts: count, observation, of: pump, view, statistics: &statistics, into: &rulings)
        default: break
        }
        watchCondition(observation, of: pump, view, statistics: &statistics, into: &rulings)
    }

    private mutating func watchCondition(
        _ observation: Observation, of pump: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        guard pumps[pump].condition.isWatched else { return }
        let isOn = pumps[pump].running.fresh(at: observation.at, period: plan.runningPeriod[pump]).map { $0 >= 0.5 }
        let told = pumps[pump].condition.take(
            observation, isOn: isOn, period: plan.conditionPeriod[pump],
            learning: view.site.pumps[pump].conditionLearning, statistics: &statistics)
        rule(.pumpCondition, told, pump: pump, view, &rulings)
    }

    /// Takes in what a person said of a finding on a pump.
    mutating func accept(_ judgement: OperatorVerdict.Judgement, _ finding: Finding, of pump: Int) {
        guard finding.rule == .pumpCondition, judgement == .expected || judgement == .notALeak else { return }
        pumps[pump].condition.forget()
    }

    mutating func judge(_ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]) {
        for set in sets.indices {
            let meters = plan.metersOfSet[set]
            if let minutes = sets[set].days.ready(meters, view) {
                for minute in minutes {
                    join(minute, of: set, meters, view, statistics: &statistics, into: &rulings)
                }
            }
            let pump = sets[set].deadHead.pump
            if let verdict = sets[set].deadHead.expire(at: view.now), let pump {
                rule(.nightRun, verdict, pump: pump, view, &rulings)
            }
            if let ended = sets[set].nights.judge(at: view.now, view.local, statistics: &statistics) {
                rule(.nightRun, ended.verdict, pump: plan.pumpsOfSet[set][ended.place], view, &rulings)
            }
        }
    }

    private func rule(_ rule: Rule, _ verdict: Verdict?, pump: Int, _ view: SiteView, _ rulings: inout [Ruling]) {
        guard let verdict else { return }
        rulings.append(Ruling(rule: rule, asset: view.site.pumps[pump].asset, verdict: verdict))
    }

    // MARK: Starts

    private mutating func take(
        running observation: Observation, of pump: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        pumps[pump].running.take(observation.value, at: observation.at)
        guard let value = observation.value else { return }
        let isOn = value >= 0.5
        let starts = isOn && pumps[pump].wasOn == false
        pumps[pump].wasOn = isOn
        if starts {
            pumps[pump].startsSeen = min(pumps[pump].startsSeen + 1, 1 << 50)
            let set = plan.setOfPump[pump]
            if set >= 0, let place = plan.pumpsOfSet[set].firstIndex(of: pump), plan.pumpsOfSet[set].count > 1 {
                let told = sets[set].duty.take(
                    start: place, at: observation.at, sequence: observation.sequence, statistics: &statistics)
                if let told {
                    rule(.dutyImbalance, told.verdict, pump: plan.pumpsOfSet[set][told.place], view, &rulings)
                }
            }
        }
        if !plan.countsStarts[pump] {
            note(starts: pumps[pump].startsSeen, observation, of: pump, view, statistics: &statistics, into: &rulings)
        }
    }

    private mutating func note(
        starts count: Int64, _ observation: Observation, of pump: Int, _ view: SiteView,
        statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) {
        let set = plan.setOfPump[pump]
        // What stands alone empties a sump: rain makes it start.
        var others = ShortCycling.Company(
            isDemand: set < 0, isTold: false, alternates: set >= 0 && sets[set].duty.alternates)
        for other in set < 0 ? [] : plan.pumpsOfSet[set] where other != pump {
            others.isTold = others.isTold || pumps[other].cycling.isInAlarm
            others.hour = max(others.hour, pumps[other].cycling.newestHour)
            if let busy = pumps[other].cycling.busyAt { others.busyAt = max(others.busyAt ?? busy, busy) }
        }
        let verdict = pumps[pump].cycling.take(
            count: count, at: observation.at, day: LocalMoment(observation.at, in: view.site.zone).day, others,
            sequence: observation.sequence, now: view.now, statistics: &statistics)
        guard let verdict else { return }
        let isOfSet = set >= 0 && pumps[pump].cycling.isOfSet
        rulings.append(
            Ruling(
                rule: .shortCycling, asset: isOfSet ? view.site.pumpSets[set].asset : view.site.pumps[pump].asset,
                verdict: verdict))
    }

    // MARK: Minutes

    /// Judges the minute that is over for a set.
    private mutating func finishMinute(
        of set: Int, _ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) {
        let description = view.site.pumpSets[set]
        let minute = sets[set].minute
        let isContinuous = sets[set].last >= 0 && minute - sets[set].last <= plan.longestStep[set]
        let end = Timestamp(minuteIndex: minute + 1)
        let target = description.setPressure.flatMap { $0.isFinite && $0 > 0 ? $0 : nil } ?? sets[set].usual.median
        let look = PumpMinute(
            minute: minute, length: isContinuous ? minute - sets[set].last : 1, isContinuous: isContinuous,
            pressure: sets[set].pressure.fresh(at: end, period: plan.pressurePeriod[set]), target: target,
            sequence: sets[set].sequence, now: view.now)
        let local = LocalMoment(Timestamp(minuteIndex: minute), in: view.site.zone)
        sets[set].last = minute
        var entry = JoinedMinutes.Entry(minute: minute, power: 0, pressure: look.pressure.map { Float($0) })
        entry.pump = -1
        let cycles = plan.pumpsOfSet[set].contains { pumps[$0].cycling.isInAlarm }
        var onPump: Int?
        let isNight = PumpNights.hours.contains(local.hourOfDay)
        for (place, pump) in plan.pumpsOfSet[set].enumerated() {
            let isOn = pumps[pump].running.fresh(at: end, period: plan.runningPeriod[pump]).map { $0 >= 0.5 }
            let power = pumps[pump].power.fresh(at: end, period: plan.powerPeriod[pump])
            let rated = view.site.pumps[pump].ratedPower.flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
            let limits = DryRun.Limits(
                rated: rated, usual: pumps[pump].usualPower, hasVessel: description.control != .roofTank,
                isExplained: cycles || sets[set].deadHead.isInAlarm)
            let verdict = pumps[pump].dryRun.judge(
                isOn: isOn, power: power, look, limits, statistics: &statistics)
            rule(.dryRun, verdict, pump: pump, view, &rulings)
            if isOn == true {
                onPump = onPump ?? pump
                pumps[pump].cycling.note(minutesOn: look.length)
                if isNight { sets[set].nights.note(pump: place, minutes: look.length) }
                if let power, !pumps[pump].dryRun.isSuspected, !sets[set].deadHead.isSuspected {
                    pumps[pump].learn(power: power)
                }
            }
            entry.add(place, isOn: isOn, power: power)
            entry.isExcused = entry.isExcused || pumps[pump].dryRun.isSuspected
        }
        let isDry = entry.isExcused
        let verdict = sets[set].deadHead.judge(
            look, pump: onPump, high: sets[set].usual.high, meanFlow: meanFlow(of: set, description),
            statistics: &statistics)
        rule(.nightRun, verdict, pump: sets[set].deadHead.pump ?? onPump ?? 0, view, &rulings)
        // A start costs more than the minutes after it: a day of nothing but starts is not compared with others.
        entry.isExcused = entry.isExcused || sets[set].deadHead.isSuspected
        if let pressure = look.pressure, entry.pump >= 0, !entry.isExcused,
            !DeadHead.isBeyondSetPoints(pressure, high: sets[set].usual.high, target: look.target)
        {
            sets[set].usual.learn(pressure, day: local.day)
        }
        if isDry || cycles || sets[set].deadHead.isInAlarm || !isContinuous { sets[set].duty.excuse() }
        if isDry { sets[set].dryAt = minute }
        if isNight {
            // After an evening without water the tanks are filled at night.
            let wasDry = sets[set].dryAt >= 0 && minute - sets[set].dryAt < 720
            sets[set].nights.note(
                minutes: look.length, isExcused: wasDry || cycles || sets[set].deadHead.isInAlarm,
                sequence: look.sequence)
        }
        entry.isExcused = entry.isExcused || (cycles && description.control == .vessel)
        sets[set].days.add(entry, isContinuous: isContinuous)
    }

    /// What goes through the pumps is what the meters behind them pass, unless a roof tank stands between.
    private func meanFlow(of set: Int, _ description: PumpSetDescription) -> Double? {
        description.control == .roofTank ? nil : sets[set].days.meanFlow
    }

    /// Takes a minute of a set whose flow is known now.
    private mutating func join(
        _ minute: Int64, of set: Int, _ meters: [Int], _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        let description = view.site.pumpSets[set]
        let local = LocalMoment(Timestamp(minuteIndex: minute), in: view.site.zone)
        if let ended = sets[set].days.turn(to: local.day) {
            finish(ended, of: set, description, view, statistics: &statistics, into: &rulings)
        }
        sets[set].days.watchMeters(minute, meters, view)
        let volume = sets[set].take(minute, meters, control: description.control, view)
        guard let volume else { return }
        if PumpNights.hours.contains(local.hourOfDay) { sets[set].nights.note(litres: volume) }
        if description.control != .roofTank { sets[set].deadHead.note(litres: volume, minute: minute) }
    }

    /// Ends a day of a set: what it says of each pump, and of the set where no pump can be told apart.
    private mutating func finish(
        _ ended: PumpDays.Ended, of set: Int, _ description: PumpSetDescription, _ view: SiteView,
        statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) {
        let members = plan.pumpsOfSet[set]
        let usesMeters = description.control != .roofTank
        var fresh: [Int] = []
        for place in sets[set].wear.indices {
            let isNew: Bool
            if description.control == .vessel {
                let isTheirs = place == (ended.pump ?? members.count)
                isNew = sets[set].wear[place].finish(
                    day: ended.day, level: isTheirs ? ended.level : nil, holdsSteps: true, endedAt: view.now)
            } else if place == members.count {
                // What a volume cost the set as a whole: behind a tank its days are even enough to be compared.
                isNew =
                    !usesMeters
                    && sets[set].wear[place].finish(
                        day: ended.day, level: ended.level, holdsSteps: true, endedAt: view.now)
            } else {
                isNew = sets[set].wear[place].finish(
                    day: ended.day, counts: ended.counts, holdsSteps: usesMeters && members.count == 1,
                    endedAt: view.now)
            }
            if isNew { fresh.append(place) }
        }
        for place in fresh {
            var peers: Double?
            var isSilent = false
            for other in members.indices where place < members.count && other != place {
                switch sets[set].wear[other].testify(on: ended.day) {
                case .none: break
                case .silent: isSilent = true
                case .rise(let rise): peers = max(peers ?? rise, rise)
                }
            }
            // A meter that counts too little makes all pumps look worn. Without a second pump of these days to tell
            // the two apart, nothing is said.
            if usesMeters, isSilent, peers == nil { continue }
            if !usesMeters, place == members.count, !sets[set].isWornAsAWhole(on: ended.day) { continue }
            let verdict = sets[set].wear[place].judge(peers: peers, now: view.now, statistics: &statistics)
            guard let verdict else { continue }
            let asset = place < members.count ? view.site.pumps[members[place]].asset : description.asset
            rulings.append(Ruling(rule: .efficiencyDrift, asset: asset, verdict: verdict))
        }
    }

    func fits(_ site: SiteDescription) -> Bool {
        plan == PumpPlan(site) && pumps.count == site.pumps.count && sets.count == site.pumpSets.count
            && zip(pumps, plan.conditionSignals).allSatisfy { $0.isWellFormed(condition: $1) }
            && sets.indices.allSatisfy {
                sets[$0].isWellFormed(
                    members: plan.pumpsOfSet[$0], meters: plan.metersOfSet[$0].count, pumps: site.pumps.count)
            }
    }
}
