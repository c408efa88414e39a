// SPDX-License-Identifier: Apache-2.0

import Model

/// D14, night run: the pumps of a set together run far longer in a night than they do, and nobody takes more water.
///
/// Duty rotates from pump to pump each day, so only the set's minutes mean anything.
struct PumpNights: Hashable, Codable, Sendable {
    /// Hours of the local day that are the night: 0 ... 4.
    static let hours = 0..<5
    static let memory = 21
    static let learningNights = 7
    /// Above the median: four times the usual deviation, and an hour at least.
    static let deviations = 4.0
    static let leastExcess = 60.0
    /// Water above this share of its median explains the minutes.
    static let volumeShare = 1.3
    /// Minutes of a night that must have been seen: a night shortened by the clock in spring has four hours.
    static let seenMinutes = 200

    private var minutesOfNights: [Float] = []
    private var litresOfNights: [Float] = []
    private var day: Int?
    private var minutes = 0.0
    private var seen = 0
    private var litres = 0.0
    private var litresSeen = 0
    private var excused = false
    /// Of each pump of the set, in the set's order.
    private var minutesOfPumps: [Float]
    private var alarm: Alarm?
    private var firstSequence: Int64?
    private var lastSequence: Int64?

    private struct Alarm: Hashable, Codable, Sendable {
        var place: Int
        var since: Timestamp
    }

    init(pumps: Int) {
        minutesOfPumps = Array(repeating: 0, count: pumps)
        minutesOfNights.reserveCapacity(Self.memory)
        litresOfNights.reserveCapacity(Self.memory)
    }

    /// Adds one look at one pump that is on.
    mutating func note(pump place: Int, minutes length: Int64) {
        minutes = min(minutes + Double(length), 1e6)
        minutesOfPumps[place] += Float(length)
    }

    /// Adds one look at the set in the night; `isExcused` when another finding explains what its pumps do.
    mutating func note(minutes length: Int64, isExcused: Bool, sequence: Int64?) {
        seen = min(seen + Int(length), 10_000)
        excused = excused || isExcused
        firstSequence = firstSequence ?? sequence
        lastSequence = sequence ?? lastSequence
    }

    /// Adds a minute of the boosted meters in the night.
    mutating func note(litres volume: Double) {
        litres = min(litres + volume, 1e12)
        litresSeen = min(litresSeen + 1, 10_000)
    }

    /// Judges the night when it is over; later than that by what the meters may lag.
    ///
    /// - Returns: The place of the pump in its set and what is to be said of it.
    mutating func judge(
        at now: Timestamp, _ local: LocalMoment, statistics: inout AnalyzerStatistics
    ) -> (place: Int, verdict: Verdict)? {
        guard local.minuteOfDay >= Self.hours.upperBound * 60 + 30, day != local.day else { return nil }
        let isFirst = day == nil
        day = local.day
        defer {
            (minutes, seen, litres, litresSeen, excused) = (0, 0, 0, 0, false)
            (firstSequence, lastSequence) = (nil, nil)
            for place in minutesOfPumps.indices { minutesOfPumps[place] = 0 }
        }
        guard !isFirst, seen >= Self.seenMinutes else { return nil }
        let volume = litresSeen >= Self.seenMinutes ? litres * 300 / Double(litresSeen) : nil
        let usual = Middle.of(minutesOfNights) ?? 0
        let deviation = Middle.distance(minutesOfNights, from: usual) ?? 0
        let usualLitres = Middle.of(litresOfNights) ?? 0
        let limit = usual + max(Self.deviations * deviation, Self.leastExcess)
        let isKnown = minutesOfNights.count >= Self.learningNights && litresOfNights.count >= Self.learningNights
        if isKnown, volume != nil { statistics.evaluations.nightRun += 1 }
        let isLong = isKnown && minutes > limit && volume.map { $0 < usualLitres * Self.volumeShare } ?? false
        if isLong, !excused {
            guard alarm == nil, let place = minutesOfPumps.indices.max(by: { minutesOfPumps[$0] < minutesOfPumps[$1] })
            else { return nil }
            let new = Alarm(place: place, since: now - .seconds(60 * Int64(local.minuteOfDay)))
            alarm = new
            return (place, .arises(grounds(new, to: now, usual, limit, volume ?? 0, usualLitres)))
        }
        if !isLong, !excused { learn(volume) }
        guard let held = alarm, !isLong else { return nil }
        alarm = nil
        return (held.place, .ends(grounds(held, to: now, usual, limit, volume ?? 0, usualLitres), at: now))
    }

    private mutating func learn(_ volume: Double?) {
        if minutesOfNights.count >= Self.memory { minutesOfNights.removeFirst() }
        minutesOfNights.append(Float(minutes))
        guard let volume else { return }
        if litresOfNights.count >= Self.memory { litresOfNights.removeFirst() }
        litresOfNights.append(Float(volume))
    }

    private func grounds(
        _ held: Alarm, to end: Timestamp, _ usual: Double, _ limit: Double, _ volume: Double, _ usualLitres: Double
    ) -> Grounds {
        let hours = max(0, minutes - usual) / 60
        return Grounds(
            startedAt: held.since, severity: .p3, loss: nil, size: Measure("needless", hours, .hour),
            evidence: Evidence(
                from: held.since, to: end,
                measures: [
                    Measure("needless_hours", hours, .hour),
                    Measure("night_minutes", minutes, .minute),
                    Measure("usual_minutes", usual, .minute),
                    Measure("limit_minutes", limit, .minute),
                    Measure("night_volume", volume, .litre),
                    Measure("usual_volume", usualLitres, .litre),
                    Measure("learned_nights", Double(minutesOfNights.count)),
                ],
                firstSequence: firstSequence.map { SequenceNumber($0) },
                lastSequence: lastSequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    func isWellFormed(pumps: Int) -> Bool {
        let values = minutesOfNights + litresOfNights + minutesOfPumps
        return values.allSatisfy(\.isFinite) && minutes.isFinite && litres.isFinite
            && minutesOfPumps.count == pumps && minutesOfNights.count <= Self.memory
            && litresOfNights.count <= Self.memory && (0...10_000).contains(seen) && (0...10_000).contains(litresSeen)
            && (alarm.map { (0..<pumps).contains($0.place) && DataClock.believable.contains($0.since) } ?? true)
    }
}
