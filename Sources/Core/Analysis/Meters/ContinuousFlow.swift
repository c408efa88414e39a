// SPDX-License-Identifier: Apache-2.0

import Model

/// D2, continuous flow: no standstill in 24 closed hours on a meter that stands still on nine days of ten.
///
/// The safety net below the statistical leak detectors. It looks at closed elapsed hours only, so it does not depend
/// on the order of arrival inside the lateness limit. An hour that is not known neither adds nor resets.
struct ContinuousFlow: Hashable, Codable, Sendable {
    /// Hours without a standstill.
    static let hours = 24
    /// Hours of the local day in which the run must have been seen, so that a hole over each night does not make a day
    /// of evenings; one less than all, for the hour that the clock skips in spring.
    static let hoursOfDay = 23
    /// Share of days with a standstill that a meter must have shown, and least number of days.
    static let standstillShare = 0.9
    static let learningDays = 7
    /// Days until the history of the hours can support the rule.
    private static let earlyDays = LevelBank.warmUp + 2

    // What is usual.
    @Narrow<UInt8, Int> private var days = 0
    @Narrow<UInt8, Int> private var daysWithStandstill = 0
    /// Days without a standstill that wait for the end of their run: a leak must not teach its own first day.
    @Narrow<Int16, Int> private var undecidedDays = 0
    // The running local day.
    @NarrowOptional<Int32, Int> private var day: Int?
    @Narrow<Int16, Int> private var knownHoursOfDay = 0
    private var dayHasStandstill = false
    private var dayHasAlarm = false
    // The run of hours with flow.
    @NarrowOptional<Int32, Int64> private var runStart: Int64?
    @Narrow<Int16, Int> private var unknownHours = 0
    // The run since the alarm's start.
    @Seldom private var alarm: Alarm?

    private struct Alarm: Hashable, Codable, Sendable {
        var start: Int64
        var hours: Int
        /// Least hourly volume in litres of the hours between the first, in which the flow may have begun, and the last.
        var least: Double
        /// Volume of the last hour: the flow may have ended in it.
        var newest: Double?
        var seenHoursOfDay: Int
        var firstSequence: Int64?
        var lastSequence: Int64?
        var volume: LeakVolume
        /// The last hour, if its volume is known.
        var newestKnown: Known?
        // What was told last.
        var told = ToldSize()
        var toldHours: Int
        var toldSeverity: Severity
    }

    private struct Known: Hashable, Codable, Sendable {
        var hour: Int64
        var litres: Float
    }

    init() {}

    var isInAlarm: Bool { alarm != nil }

    /// Which meters the rule looks at: those of dwellings.
    ///
    /// A shared meter that stood still on each day of a quiet fortnight does not in the next week; its longer history,
    /// or its zone's balance, is the better judge. Irrigation runs by its schedule.
    static func watches(_ role: MeterDescription.Role) -> Bool { role == .unit }

    /// Judges the next closed hour, or a hole.
    ///
    /// - Parameters:
    ///   - mayRaise: Whether what else is known of the meter does not speak against a leak.
    ///   - passed: The meter's latest hours, of which this rule keeps those of the running flow.
    mutating func judge(
        _ volume: HourVolume, at local: LocalMoment, _ law: RegisterLaw, mayRaise: Bool = true,
        _ passed: inout PassedHours
    ) -> Verdict? {
        if let day, day != local.day { finishDay(passed) }
        day = local.day
        dayHasAlarm = dayHasAlarm || isInAlarm
        switch volume.course(threshold: law.standstillLitres) {
        case .unknown:
            pass(unknown: Int(min(volume.hours, 1000)), &passed)
            return nil
        case .standstill:
            knownHoursOfDay += 1
            dayHasStandstill = true
            return stand(volume, law, &passed)
        case .flow:
            knownHoursOfDay += 1
            return flow(volume, at: local, law, mayRaise: mayRaise, &passed)
        }
    }

    private mutating func pass(unknown: Int, _ passed: inout PassedHours) {
        guard runStart != nil else { return }
        unknownHours = min(unknownHours + unknown, 1000)
        // "No standstill for a day" cannot be said across a hole that is longer than the day.
        if unknownHours > Self.hours, alarm == nil { forgetRun(&passed) }
    }

    private mutating func stand(
        _ volume: HourVolume, _ law: RegisterLaw, _ passed: inout PassedHours
    ) -> Verdict? {
        defer { forgetRun(&passed) }
        guard let alarm else {
            learn(undecidedDays, withStandstill: false)
            return nil
        }
        let end = Timestamp(hourIndex: volume.hour + 1)
        return .ends(grounds(alarm, to: end, law), at: end)
    }

    private mutating func flow(
        _ volume: HourVolume, at local: LocalMoment, _ law: RegisterLaw, mayRaise: Bool, _ passed: inout PassedHours
    ) -> Verdict? {
        unknownHours = 0
        runStart = runStart ?? volume.hour
        if alarm != nil { return follow(volume, at: local, law) }
        // Of an hour that is known in part only the least flow is not known.
        if volume.isCovered || passed.running.isEmpty { passed.noteRunning(volume, hourOfDay: local.hourOfDay) }
        let latest = passed.running
        let count = latest.count
        guard mayRaise, count >= Self.hours, let first = latest.first else { return nil }
        let seen = latest.reduce(UInt32(0)) { $0 | 1 << $1.hourOfDay }.nonzeroBitCount
        // The flow may have begun within the first hour of the run.
        let judged = latest.dropFirst(first.hour == runStart ? 1 : 0)
        guard let least = judged.lazy.map({ Double($0.litres) }).min(), least >= leastFlow(law),
            seen >= Self.hoursOfDay, days >= Self.learningDays,
            Double(daysWithStandstill) >= Self.standstillShare * Double(days)
        else { return nil }
        var new = Alarm(
            start: first.hour, hours: count, least: least, seenHoursOfDay: seen,
            firstSequence: first.firstSequence, lastSequence: volume.lastSequence,
            volume: LeakVolume(
                hour: volume.hour, hours: Double(count), most: Double(volume.hour - (runStart ?? first.hour) + 2),
                begun: 0), toldHours: count,
            toldSeverity: Severity(loss: LitresPerHour(least)))
        for hour in judged { new.volume.look(at: Double(hour.litres), Self.volumeLaw(law)) }
        new.told.tell(new.volume.total(Self.volumeLaw(law), assumed: least).likely)
        alarm = new
        dayHasAlarm = true
        undecidedDays = 0
        passed.forgetRunning()
        return .arises(grounds(new, to: Timestamp(hourIndex: volume.hour + 1), law))
    }

    private mutating func follow(_ volume: HourVolume, at local: LocalMoment, _ law: RegisterLaw) -> Verdict? {
        guard var held = alarm else { return nil }
        if let newest = held.newest { held.least = min(held.least, newest) }
        held.newest = volume.isCovered ? volume.litres : nil
        held.hours = min(held.hours + 1, 1 << 30)
        // The flow may have ended in the newest hour: it is counted when the next one shows that it had not.
        if let last = held.newestKnown {
            held.volume.take(Double(last.litres), hour: last.hour, isRunning: true, Self.volumeLaw(law))
        }
        held.newestKnown =
            volume.isKnown ? Known(hour: volume.hour, litres: Float(volume.litres)) : nil
        held.lastSequence = volume.lastSequence ?? held.lastSequence
        defer { alarm = held }
        let severity = Severity(loss: LitresPerHour(held.least))
        guard
            severity != held.toldSeverity || held.hours - held.toldHours >= Self.hours
                || held.told.grows(to: held.volume.total(Self.volumeLaw(law), assumed: held.least).likely)
        else { return nil }
        (held.toldHours, held.toldSeverity) = (held.hours, severity)
        return .persists(grounds(held, to: Timestamp(hourIndex: volume.hour + 1), law))
    }

    private mutating func forgetRun(_ passed: inout PassedHours) {
        (runStart, unknownHours, undecidedDays, alarm) = (nil, 0, 0, nil)
        passed.forgetRunning()
    }

    // MARK: What is usual

    private mutating func finishDay(_ passed: PassedHours) {
        // Hours under alarm are not learned, nor days of which too little is known.
        if knownHoursOfDay >= 20, !dayHasAlarm {
            if dayHasStandstill {
                learn(1, withStandstill: true)
            } else if passed.running.count >= Self.hours {
                // A day's run that raised no alarm is how this meter is.
                learn(undecidedDays + 1, withStandstill: false)
                undecidedDays = 0
            } else {
                undecidedDays += 1
            }
        }
        (knownHoursOfDay, dayHasStandstill, dayHasAlarm) = (0, false, false)
    }

    private mutating func learn(_ count: Int, withStandstill: Bool) {
        days += count
        daysWithStandstill += withStandstill ? count : 0
        // After eight weeks the past counts half, so that a new tenant is learned.
        while days > 56 { (days, daysWithStandstill) = (days / 2, daysWithStandstill / 2) }
    }

    // MARK: Evidence

    /// The least flow that is reported: 1 L/h, or what a large meter can tell from nothing.
    ///
    /// In the first days, when nothing else is known of the meter, 3 L/h: a busy home may open a tap for a litre or two
    /// in each hour of one day.
    private func leastFlow(_ law: RegisterLaw) -> Double {
        max(days < Self.earlyDays ? 3 : 1, (law.nominalFlow ?? 0) / 1000)
    }

    /// A home draws nothing for four hours of most days.
    private static func volumeLaw(_ law: RegisterLaw) -> LeakVolume.Law {
        LeakVolume.Law(window: 4, litresPerCount: law.litresPerCount, usual: 0, isInSpells: false)
    }

    private func grounds(_ alarm: Alarm, to end: Timestamp, _ law: RegisterLaw) -> Grounds {
        let start = Timestamp(hourIndex: alarm.start)
        let total = alarm.volume.total(Self.volumeLaw(law), assumed: alarm.least)
        let share = days > 0 ? Double(daysWithStandstill) / Double(days) : 0
        return Grounds(
            startedAt: start, severity: Severity(loss: LitresPerHour(alarm.least)),
            loss: LossEstimate(
                rateLow: LitresPerHour(alarm.least),
                // An hour's volume is known to one count.
                rateHigh: LitresPerHour(alarm.least + law.litresPerCount),
                litres: Litres(total.likely), low: Litres(total.low), high: Litres(total.high)),
            evidence: Evidence(
                from: start, to: end,
                measures: [
                    Measure("hours", Double(alarm.hours), .hour),
                    Measure("least_flow", alarm.least, .litrePerHour),
                    Measure("standstill_threshold", law.standstillLitres, .litre),
                    Measure("standstill_days_share", share),
                    Measure("learned_days", Double(days)),
                    Measure("seen_hours_of_day", Double(alarm.seenHoursOfDay), .hour),
                    Measure("required_hours", Double(Self.hours), .hour),
                    Measure("required_share", Self.standstillShare),
                    Measure("required_flow", leastFlow(law), .litrePerHour),
                ],
                firstSequence: alarm.firstSequence.map { SequenceNumber($0) },
                lastSequence: alarm.lastSequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let hours: ClosedRange<Int64> = 0...1_200_000
        return (0...56).contains(days) && (0...days).contains(daysWithStandstill)
            && (0...10_000).contains(undecidedDays) && (0...1000).contains(unknownHours)
            && (0...1000).contains(knownHoursOfDay) && (runStart.map { hours.contains($0) } ?? true)
            && (alarm.map { hours.contains($0.start) && (0...1 << 30).contains($0.hours) && $0.volume.isWellFormed }
                ?? true)
    }
}
