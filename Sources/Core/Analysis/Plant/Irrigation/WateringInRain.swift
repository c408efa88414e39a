// SPDX-License-Identifier: Apache-2.0

import Model

/// D16, irrigation in rain: a scheduled run takes place although enough rain has fallen, or the soil is wet.
struct WateringInRain: Hashable, Codable, Sendable {
    /// Soil at this moisture takes no more water.
    static let wetSoil = 60.0

    /// What the stations know at the start of a run.
    struct Weather {
        /// Rain of the schedule's window in millimetres, of the station with the least; `nil` when none was heard.
        var rain: Double?
        var soil: Double?
        var firstSequence: Int64?
        var lastSequence: Int64?
    }

    private struct Alarm: Hashable, Codable, Sendable {
        var start: Timestamp
        var litres: Double
        var rain: Double
        var limit: Double
        var soil: Double
        var windowHours: Double
        var firstSequence: Int64?
        var lastSequence: Int64?
    }

    private var alarm: Alarm?

    init() {}

    /// Judges a run that has just begun.
    ///
    /// - Parameter usual: Litres that such a run takes; `nil` before that is learned.
    mutating func judge(
        _ run: WateringRun, _ schedule: IrrigationSchedule, _ weather: Weather, usual: Double?,
        statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        let limit = schedule.skippedAfterRain.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        guard (limit != nil && weather.rain != nil) || weather.soil != nil else { return nil }
        statistics.evaluations.irrigationInRain += 1
        let isRained = limit.map { (weather.rain ?? 0) > $0 } ?? false
        let isWet = (weather.soil ?? 0) >= Self.wetSoil
        guard isRained || isWet else { return nil }
        let new = Alarm(
            start: Timestamp(minuteIndex: run.first), litres: max(run.litres, usual ?? 0), rain: weather.rain ?? 0,
            limit: limit ?? 0, soil: weather.soil ?? 0, windowHours: schedule.rainWindow.inSeconds / 3600,
            firstSequence: weather.firstSequence, lastSequence: weather.lastSequence)
        alarm = new
        return .arises(grounds(new, to: Timestamp(minuteIndex: run.last)))
    }

    /// The run is over: now its volume is known.
    mutating func settle(_ run: WateringRun) -> Verdict? {
        guard var held = alarm else { return nil }
        held.litres = run.litres
        alarm = held
        return .persists(grounds(held, to: Timestamp(minuteIndex: run.last)))
    }

    mutating func end(_ run: WateringRun) -> Verdict? {
        guard let held = alarm else { return nil }
        alarm = nil
        let end = Timestamp(minuteIndex: run.last)
        return .ends(grounds(held, to: end), at: end)
    }

    private func grounds(_ held: Alarm, to end: Timestamp) -> Grounds {
        Grounds(
            startedAt: held.start, severity: .p4, loss: nil, size: Measure("volume", held.litres, .litre),
            evidence: Evidence(
                from: held.start, to: end,
                measures: [
                    Measure("volume", held.litres, .litre),
                    Measure("rain", held.rain, .millimetre),
                    Measure("rain_limit", held.limit, .millimetre),
                    Measure("rain_window", held.windowHours, .hour),
                    Measure("soil_moisture", held.soil, .percent),
                    Measure("wet_soil", Self.wetSoil, .percent),
                ],
                firstSequence: held.firstSequence.map { SequenceNumber($0) },
                lastSequence: held.lastSequence.map { SequenceNumber($0) }))
    }

    var isWellFormed: Bool { alarm.map { DataClock.believable.contains($0.start) && $0.litres.isFinite } ?? true }
}
