// SPDX-License-Identifier: Apache-2.0

import Model

/// D11, short cycling: a pump starts far more often than it ever did, or than a motor bears.
///
/// Starts are counted by the pump's own counter where there is one: a state that is read each minute does not show a
/// start that is over in half of it.
struct ShortCycling: Hashable, Codable, Sendable {
    /// Starts in an hour and in three that no vessel or tank of the usual size asks for, and how far a pump must go
    /// beyond the largest of its own past.
    static let floorOfHour = 12.0
    static let floorOfThree = 24.0
    static let beyondHour = 2.0
    static let beyondThree = 1.5
    /// Before its past is known: what makers of small motors allow at most.
    static let unknownHour = 30.0
    static let unknownThree = 60.0
    /// A pump that seldom starts: far beyond its past, and each start a good deal shorter than usual.
    static let floorOfSeldom = 12.0
    static let beyondSeldom = 4.0
    static let shorterShare = 0.5
    static let seldomDays = 4
    /// Days that are remembered, and days before the past is known.
    static let memory = 14
    static let learningDays = 3
    /// Over when a day has passed below half of what is called too much: at other hours of the day other demand makes
    /// other starts.
    static let calm: Duration = .seconds(86_400)
    /// Minutes between two marks of the counter; the ring reaches over more than three hours.
    private static let grain: Int64 = 5
    private static let marks = 48

    private struct Alarm: Hashable, Codable, Sendable {
        var since: Timestamp
        var startsAtRaise: Double
        var count: Int64
        var countedFrom: Timestamp
        var rate: Double
        var hour: Double
        var three: Double
        var hourLimit: Double
        var threeLimit: Double
        var sequence: Int64?
        var lastSequence: Int64?
        var toldAt: Timestamp
        var calmSince: Timestamp?
    }

    // Marks of the counter, oldest first from `first`: minute, starts and minutes on.
    private var minutes = Array(repeating: Int64(-1), count: marks)
    private var counts = Array(repeating: Int64(0), count: marks)
    private var onMinutes = Array(repeating: Int64(0), count: marks)
    private var head = 0
    private var newestCount: Int64?
    private var minutesOn: Int64 = 0
    // The past.
    private var hourOfDays: [Int32] = []
    private var threeOfDays: [Int32] = []
    private var day: Int?
    private var hourToday = 0.0
    private var threeToday = 0.0
    private var startsLearned: Int64 = 0
    private var minutesLearned: Int64 = 0
    private var startsToday: Int64 = 0
    private var onToday: Int64 = 0
    private var dayHasAlarm = false
    private var alarm: Alarm?
    /// Starts in the newest hour, and when they were last half of what is too much.
    private(set) var newestHour = 0.0
    private(set) var busyAt: Timestamp?
    /// Whether the alarm is about the set: several of its pumps start so often.
    private(set) var isOfSet = false

    init() {
        hourOfDays.reserveCapacity(Self.memory)
        threeOfDays.reserveCapacity(Self.memory)
    }

    var isInAlarm: Bool { alarm != nil }

    /// Adds minutes in which the pump was on.
    mutating func note(minutesOn minutes: Int64) {
        minutesOn = min(minutesOn + minutes, 1 << 40)
        onToday = min(onToday + minutes, 100_000)
    }

    /// What the other pumps of its set do.
    struct Company {
        /// Something else than its own control makes the pump run, as rain does with a sump.
        var isDemand: Bool
        /// One of the others is in alarm already: what is wrong is the set's vessel or switch, and that is told.
        var isTold: Bool
        /// They take turns at every start.
        var alternates: Bool
        /// Most starts of another one in an hour.
        var hour = 0.0
        /// When one of the others was last busy.
        var busyAt: Timestamp?
    }

    /// Takes the newest value of the counter of starts.
    mutating func take(
        count: Int64, at: Timestamp, day local: Int, _ others: Company, sequence: Int64?, now: Timestamp,
        statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        if let day, day != local { finishDay() }
        day = local
        defer { newestCount = count }
        guard let newest = newestCount, count >= newest, count - newest < 100_000 else {
            // The first value, or a counter that was exchanged: what was before tells nothing.
            for place in minutes.indices { minutes[place] = -1 }
            mark(count, at: at)
            return nil
        }
        startsToday = min(startsToday + count - newest, 1_000_000)
        mark(count, at: at)
        guard let hour = starts(count, within: 60, at: at) else { return nil }
        let three = starts(count, within: 180, at: at)
        statistics.evaluations.shortCycling += 1
        hourToday = max(hourToday, hour.starts)
        threeToday = max(threeToday, three?.starts ?? 0)
        let limits = self.limits
        newestHour = hour.starts
        if isBusy(hour.starts, limits.hour, hourOfDays) || isBusy(three?.starts ?? 0, limits.three, threeOfDays) {
            busyAt = at
        }
        if alarm != nil { return follow(count, at, hour.starts, three?.starts, limits, others, sequence, now) }
        let isSeldom = !others.isDemand && three.map { speaksForSeldom($0) } ?? false
        guard hour.starts > limits.hour || (three?.starts ?? 0) > limits.three || isSeldom else { return nil }
        dayHasAlarm = true
        guard !others.isTold else { return nil }
        isOfSet = others.alternates || others.hour > hour.starts / 2
        let threeLeads = three.map { $0.starts / 3 > hour.starts } ?? false
        let window: Int64 = hour.starts > limits.hour || !threeLeads ? 60 : 180
        let rate = window == 60 ? hour.starts : (three?.starts ?? 0) / 3
        let new = Alarm(
            since: at - .seconds(60 * window), startsAtRaise: rate * Double(window) / 60, count: count, countedFrom: at,
            rate: rate, hour: hour.starts, three: three?.starts ?? 0, hourLimit: limits.hour, threeLimit: limits.three,
            sequence: sequence, lastSequence: sequence, toldAt: now)
        alarm = new
        return .arises(grounds(new, to: at))
    }

    private mutating func follow(
        _ count: Int64, _ at: Timestamp, _ hour: Double, _ three: Double?, _ limits: (hour: Double, three: Double),
        _ others: Company, _ sequence: Int64?, _ now: Timestamp
    ) -> Verdict? {
        guard var held = alarm else { return nil }
        dayHasAlarm = true
        // Another pump of the set may have its turn.
        let busy = max(busyAt ?? held.since, others.busyAt ?? held.since)
        let isCalm = hour < held.startsAtRaise / 2 && busy < at
        held.calmSince = isCalm ? max(held.calmSince ?? at, busy) : nil
        alarm = held
        if let calm = held.calmSince, at - calm >= Self.calm {
            alarm = nil
            return .ends(grounds(held, to: calm), at: calm)
        }
        let hours = (at - held.since).inSeconds / 3600
        guard hours > 0, count >= held.count, now - held.toldAt >= .seconds(6 * 3600) else { return nil }
        held.rate = (held.startsAtRaise + Double(count - held.count)) / hours
        (held.hour, held.three, held.lastSequence, held.toldAt) = (hour, three ?? held.three, sequence, now)
        alarm = held
        return .persists(grounds(held, to: at))
    }

    // MARK: Counting

    private mutating func mark(_ count: Int64, at: Timestamp) {
        let minute = at.minuteIndex
        let newest = (head + Self.marks - 1) % Self.marks
        guard minutes[newest] < 0 || minute - minutes[newest] >= Self.grain else { return }
        (minutes[head], counts[head], onMinutes[head]) = (minute, count, minutesOn)
        head = (head + 1) % Self.marks
    }

    /// Starts in the last `window` minutes, for what may be a longer time by half scaled to it, and minutes on.
    private func starts(_ count: Int64, within window: Int64, at: Timestamp) -> (starts: Double, on: Double)? {
        let minute = at.minuteIndex
        for back in 1...Self.marks {
            let place = (head + Self.marks - back) % Self.marks
            guard minutes[place] >= 0 else { return nil }
            let age = minute - minutes[place]
            guard age >= window else { continue }
            guard age <= window + window / 2 else { return nil }
            let scale = Double(window) / Double(age)
            return (max(0, Double(count - counts[place])) * scale, Double(minutesOn - onMinutes[place]) * scale)
        }
        return nil
    }

    // MARK: The past

    private var limits: (hour: Double, three: Double) {
        guard hourOfDays.count >= Self.learningDays else { return (Self.unknownHour, Self.unknownThree) }
        return (
            max(Self.floorOfHour, Self.beyondHour * Double(hourOfDays.max() ?? 0)),
            max(Self.floorOfThree, Self.beyondThree * Double(threeOfDays.max() ?? 0))
        )
    }

    /// Whether so many starts are half of what is too much, and more than is usual.
    private func isBusy(_ starts: Double, _ limit: Double, _ usual: [Int32]) -> Bool {
        starts > max(limit / 2, 1.1 * Double(usual.max() ?? 0))
    }

    private func speaksForSeldom(_ three: (starts: Double, on: Double)) -> Bool {
        guard threeOfDays.count >= Self.seldomDays, startsLearned > 0, minutesLearned > 0, three.on > 0 else {
            return false
        }
        let usual = Double(minutesLearned) / Double(startsLearned)
        return three.starts > max(Self.floorOfSeldom, Self.beyondSeldom * Double(threeOfDays.max() ?? 0))
            && three.on / three.starts < usual * Self.shorterShare
    }

    private mutating func finishDay() {
        if !dayHasAlarm {
            if hourOfDays.count >= Self.memory { hourOfDays.removeFirst() }
            if threeOfDays.count >= Self.memory { threeOfDays.removeFirst() }
            hourOfDays.append(Int32(min(hourToday, 1e6).rounded(.up)))
            threeOfDays.append(Int32(min(threeToday, 1e6).rounded(.up)))
            startsLearned += startsToday
            minutesLearned += onToday
            if startsLearned > 1 << 20 || minutesLearned > 1 << 20 {
                (startsLearned, minutesLearned) = (startsLearned / 2, minutesLearned / 2)
            }
        }
        (hourToday, threeToday, startsToday, onToday, dayHasAlarm) = (0, 0, 0, 0, alarm != nil)
    }

    // MARK: Evidence

    private func grounds(_ held: Alarm, to end: Timestamp) -> Grounds {
        Grounds(
            startedAt: held.since, severity: .p2, loss: nil, size: Measure("starts_per_hour", held.rate),
            evidence: Evidence(
                from: held.since, to: end,
                measures: [
                    Measure("starts_per_hour", held.rate),
                    Measure("starts_in_hour", held.hour),
                    Measure("starts_in_three_hours", held.three),
                    Measure("limit_of_hour", held.hourLimit),
                    Measure("limit_of_three_hours", held.threeLimit),
                    Measure("learned_days", Double(hourOfDays.count)),
                ],
                firstSequence: held.sequence.map { SequenceNumber($0) },
                lastSequence: held.lastSequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let ring = Self.marks
        let counters: ClosedRange<Int64> = 0...(1 << 53)
        return minutes.count == ring && counts.count == ring && onMinutes.count == ring && (0..<ring).contains(head)
            && minutes.allSatisfy { (-1...100_000_000).contains($0) } && counts.allSatisfy(counters.contains)
            && onMinutes.allSatisfy(counters.contains) && counters.contains(minutesOn)
            && (newestCount.map { counters.contains($0) } ?? true)
            && hourOfDays.count <= Self.memory && threeOfDays.count <= Self.memory
            && newestHour.isFinite && (busyAt.map { DataClock.believable.contains($0) } ?? true)
            && hourToday.isFinite && threeToday.isFinite
            && counters.contains(startsLearned) && counters.contains(minutesLearned)
            && (0...1_000_000).contains(startsToday) && (0...100_000).contains(onToday)
            && (alarm.map { held in
                counters.contains(held.count)
                    && [held.since, held.countedFrom, held.calmSince ?? held.since].allSatisfy {
                        DataClock.believable.contains($0)
                    }
            } ?? true)
    }
}
