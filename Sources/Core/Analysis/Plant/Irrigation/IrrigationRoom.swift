// SPDX-License-Identifier: Apache-2.0

import Model

/// The irrigation meters of a site and its weather stations. Places are those of the site's sensors.
struct IrrigationRoom: MachineRoom {
    /// Places of the meters that have a schedule, in the site's order.
    private var meters: [Int]
    /// Seconds between two values of rain of each sensor.
    private var rainPeriods: [Double]
    private var stations: [RainRecord]
    private var watches: [IrrigationWatch]

    init(_ site: SiteDescription) {
        meters = Self.meters(of: site)
        rainPeriods = Self.rainPeriods(of: site)
        stations = site.sensors.map { _ in RainRecord() }
        watches = meters.map { _ in IrrigationWatch() }
    }

    private static func meters(of site: SiteDescription) -> [Int] {
        site.meters.indices.filter { meter in site.irrigation.contains { $0.meter == site.meters[meter].asset } }
    }

    private static func rainPeriods(of site: SiteDescription) -> [Double] {
        site.sensors.map { sensor in
            let period = site.signals.first { $0.asset == sensor.asset && $0.signal == .rain }?.period
            return min(max(period?.inSeconds ?? 900, 1), 86_400)
        }
    }

    mutating func take(
        _ observation: Observation, of place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        switch observation.signal {
        case .rain:
            stations[place].take(
                rain: observation.value, at: observation.at,
                period: .milliseconds(Int64(rainPeriods[place] * 1000)), sequence: observation.sequence)
        case .soilMoisture: stations[place].take(soil: observation.value, at: observation.at)
        default: break
        }
    }

    mutating func judge(_ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]) {
        for (place, meter) in meters.enumerated() where view.layout.laws[meter].isUsable {
            watches[place].judge(meter, stations, view, statistics: &statistics, into: &rulings)
        }
    }

    func fits(_ site: SiteDescription) -> Bool {
        meters == Self.meters(of: site) && rainPeriods == Self.rainPeriods(of: site)
            && stations.count == site.sensors.count && stations.allSatisfy(\.isWellFormed)
            && watches.count == meters.count && watches.allSatisfy { $0.isWellFormed(schedules: site.irrigation.count) }
    }
}

/// Everything that is remembered of one irrigation meter beside its register.
struct IrrigationWatch: Hashable, Codable, Sendable {
    /// The last minute that was judged.
    private var cursor: Int64 = -1
    private var leak = IrrigationLeak()
    private var run: WateringRun?
    /// The slot that is watched, and whether a run was seen in it or something hid it.
    private var slot: WateringTimes.Slot?
    private var slotIsDone = false
    private var inRain = WateringInRain()
    private var flow = WateringFlow()

    init() {}

    /// Judges every minute that the meter's register has reached since the last time.
    mutating func judge(
        _ meter: Int, _ stations: [RainRecord], _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        let register = view.meters[meter].minutes
        guard !register.isEmpty else { return }
        if cursor < register.knownFrom || cursor > register.knownThrough {
            if cursor >= 0 {
                leak.interrupt()
                slotIsDone = true
            }
            cursor = cursor < register.knownFrom ? register.knownFrom : cursor
        }
        guard cursor < register.knownThrough else { return }
        let asset = view.site.meters[meter].asset
        let times = WateringTimes(schedules: view.site.irrigation, meter: asset, zone: view.site.zone)
        for minute in (cursor + 1)...register.knownThrough {
            cursor = minute
            step(minute, meter, times, stations, view, statistics: &statistics, into: &rulings)
        }
    }

    private mutating func step(
        _ minute: Int64, _ meter: Int, _ times: WateringTimes, _ stations: [RainRecord], _ view: SiteView,
        statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) {
        let asset = times.meter
        func rule(_ rule: Rule, _ verdict: Verdict?) {
            if let verdict { rulings.append(Ruling(rule: rule, asset: asset, verdict: verdict)) }
        }
        let state = view.meters[meter]
        let law = view.layout.laws[meter]
        let now = times.slot(at: minute)
        let isAnnounced =
            view.calendar.covers(.manualIrrigation, asset: asset, at: Timestamp(minuteIndex: minute)) != nil
        rule(
            .irrigationStuckOpen,
            leak.judge(
                minute, slot: now, isAllowed: now != nil || isAnnounced, state, law,
                state.newest?.sequence, statistics: &statistics))
        if let old = slot, old.start != now?.start {
            if !slotIsDone {
                rule(.irrigationFlow, flow.miss(old, isDue: isDue(old, stations, view), statistics: &statistics))
            }
            finishRun(law, statistics: &statistics, rule)
            slot = nil
        }
        if slot == nil, let now { (slot, slotIsDone) = (now, false) }
        // What somebody does by hand, and what flows through a valve that is stuck, is no run.
        if isAnnounced || leak.isInAlarm { slotIsDone = true }
        if run != nil {
            if run?.add(minute, state) == false { finishRun(law, statistics: &statistics, rule) }
        } else if let slot, !slotIsDone, let begun = WateringRun(in: slot, by: minute, state, law) {
            run = begun
            slotIsDone = true
            let schedule = view.site.irrigation[slot.schedule]
            rule(
                .irrigationInRain,
                inRain.judge(
                    begun, schedule, weather(at: slot, schedule, stations), usual: flow.usual.litres,
                    statistics: &statistics))
        }
    }

    private mutating func finishRun(
        _ law: RegisterLaw, statistics: inout AnalyzerStatistics, _ rule: (Rule, Verdict?) -> Void
    ) {
        guard let over = run else { return }
        run = nil
        rule(.irrigationInRain, inRain.settle(over))
        rule(.irrigationInRain, inRain.end(over))
        // A run that does not end tells how long the valve was stuck, not how it sprinkles.
        guard !leak.isInAlarm, over.last <= over.slot.end + WateringTimes.slack else { return }
        rule(.irrigationFlow, flow.judge(over, law, statistics: &statistics))
    }

    /// What the stations say of the time before a slot: the least rain, and the driest soil, of those that were heard.
    private func weather(
        at slot: WateringTimes.Slot, _ schedule: IrrigationSchedule, _ stations: [RainRecord]
    ) -> WateringInRain.Weather {
        let start = Timestamp(minuteIndex: slot.start)
        var weather = WateringInRain.Weather()
        for station in stations {
            if let soil = station.soil(at: start) { weather.soil = min(weather.soil ?? soil, soil) }
            guard station.isHeard(at: start) else { continue }
            let rain = station.rain(from: start - schedule.rainWindow, to: start)
            guard weather.rain.map({ rain.millimetres < $0 }) ?? true else { continue }
            weather.rain = rain.millimetres
            (weather.firstSequence, weather.lastSequence) = (rain.first, rain.last)
        }
        return weather
    }

    /// Whether a run was due: a quarter of the rain that stops it, in twice the time, may have been enough elsewhere.
    private func isDue(_ slot: WateringTimes.Slot, _ stations: [RainRecord], _ view: SiteView) -> Bool {
        let schedule = view.site.irrigation[slot.schedule]
        let start = Timestamp(minuteIndex: slot.start)
        if stations.contains(where: { ($0.soil(at: start) ?? 0) >= WateringInRain.wetSoil / 2 }) { return false }
        guard let limit = schedule.skippedAfterRain else { return true }
        let heard = stations.filter { $0.isHeard(at: start) }
        return !heard.isEmpty
            && heard.allSatisfy {
                $0.isDry(from: start - schedule.rainWindow - schedule.rainWindow, to: start, below: limit / 4)
            }
    }

    /// Whether decoded state can be used without trapping.
    func isWellFormed(schedules: Int) -> Bool {
        [slot, run?.slot].allSatisfy { $0.map { $0.isWellFormed && $0.schedule < schedules } ?? true }
            && (-1...100_000_000).contains(cursor) && leak.isWellFormed && (run?.isWellFormed ?? true)
            && inRain.isWellFormed && flow.isWellFormed
    }
}
