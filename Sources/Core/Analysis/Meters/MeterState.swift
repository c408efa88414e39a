// SPDX-License-Identifier: Apache-2.0

import Model

/// Everything the analyzer remembers of one meter: of fixed size, 8 KB at most (`AnalyzerCost` weighs it).
struct MeterState: Hashable, Codable, Sendable {
    /// The newest reading, whatever became of it.
    private(set) var newest: RegisterSample?
    /// The fast path: the newest readings as they arrive.
    private(set) var fast: RegisterConditioner
    private(set) var minutes = MinuteRegister()
    /// The newest stamp of the fast path, by the corrected clock.
    @MomentOrNone private var followedThrough: Timestamp?
    /// Learned only for a meter that does not move data time.
    var clock = DeviceClock()
    /// The slot path: readings in the order of their stamps.
    var settled: SettledRegister
    var usual = UsualUse()
    var continuousFlow = ContinuousFlow()
    var standing = MeterStanding()
    var stuck = StuckMeter()
    var recent = RecentHours()
    var days = DayUse()
    var passed = PassedHours()
    var leaks: LeakWatch
    var burst = UnitBurst()
    /// The same by closed hours, for what must not depend on the order of arrival.
    var hourlyBurst = UnitBurst()
    var cistern = CisternCycling()
    /// While the register has run backwards.
    @Seldom private var backflow: Backflow?
    var unitError = UnitError()
    /// While nobody is said to live there.
    @Seldom var vacantUse: VacantUse?

    init(_ law: RegisterLaw, _ levels: FlowLevels) {
        fast = RegisterConditioner(period: law.period)
        settled = SettledRegister(law)
        leaks = LeakWatch(levels)
    }

    /// Takes one register value in the order of arrival.
    ///
    /// - Parameter clockTime: Data time for a meter with a clock of its own; `nil` for one that moves data time.
    /// - Returns: What its clock gives to say.
    mutating func take(
        _ sample: RegisterSample, _ law: RegisterLaw, dataTime: Timestamp?, clockTime: Timestamp? = nil,
        statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        var sample = sample
        guard law.isUsable, RegisterConditioner.canShow(sample.count, law) else {
            statistics.refusedValues += 1
            return nil
        }
        if let clockTime { sample.at = clock.place(sample.at, at: clockTime) }
        guard DataClock.believable.contains(sample.at) else {
            statistics.refusedStamps += 1
            return nil
        }
        var isLate = false
        var verdict: Verdict?
        if let newest {
            if sample.at == newest.at {
                if sample.count == newest.count { statistics.duplicates += 1 } else { statistics.conflicts += 1 }
                return nil
            }
            isLate = sample.at < newest.at
        }
        if !isLate {
            newest = sample
            if let clockTime {
                clock.learn(sample.at, at: clockTime)
                statistics.evaluations.clockError += clock.isKnown ? 1 : 0
                verdict = clock.judge(sample)
            }
            var corrected = sample
            corrected.at = Timestamp(milliseconds: sample.at.milliseconds + clock.correction)
            if DataClock.believable.contains(corrected.at), followedThrough.map({ corrected.at > $0 }) ?? true {
                followedThrough = corrected.at
                follow(corrected, law)
            }
        }
        if let dataTime { settled.settle(at: dataTime, law, statistics: &statistics) }
        switch settled.file(sample, law, statistics: &statistics) {
        case .filed, .thinned: statistics.late += isLate ? 1 : 0
        case .duplicate: statistics.duplicates += 1
        case .conflict: statistics.conflicts += 1
        case .tooLate: statistics.tooLate += 1
        }
        return verdict
    }

    /// Asks the plain rule of 24 hours.
    mutating func judgeContinuousFlow(
        _ volume: HourVolume, at local: LocalMoment, _ law: RegisterLaw, mayRaise: Bool
    ) -> Verdict? {
        continuousFlow.judge(volume, at: local, law, mayRaise: mayRaise, &passed)
    }

    /// Takes a step of the register that belongs to water running back.
    mutating func runBack(_ event: RegisterEvent, _ law: RegisterLaw) -> Verdict? {
        var watch = backflow ?? Backflow()
        let verdict = watch.take(event, law, busiest: usual.busiest)
        backflow = watch == Backflow() ? nil : watch
        return verdict
    }

    /// Looks whether water has ceased to run back.
    mutating func endBackflow(at moment: Timestamp, _ law: RegisterLaw) -> Verdict? {
        guard var watch = backflow, let verdict = watch.judge(at: moment, law, busiest: usual.busiest) else {
            return nil
        }
        backflow = nil
        return verdict
    }

    /// Lets the fast path begin again with the register of another meter.
    mutating func exchangeRegister(_ law: RegisterLaw) {
        fast = RegisterConditioner(period: law.period)
        minutes.restart()
    }

    private mutating func follow(_ sample: RegisterSample, _ law: RegisterLaw) {
        let before = fast.total
        switch fast.accept(sample.count, at: sample.at, law) {
        case .flowed(let from, _, let isGap, _, _):
            if isGap {
                minutes.restart()
            } else {
                minutes.extend(
                    from: from, to: sample.at, litresBefore: Double(before) * law.litresPerCount,
                    litresAfter: Double(fast.total) * law.litresPerCount)
            }
        case .reversed(let from, _):
            let litres = Double(before) * law.litresPerCount
            minutes.extend(from: from, to: sample.at, litresBefore: litres, litresAfter: litres)
        case .stepped:
            minutes.restart()
        case .anchored, .held:
            break
        }
    }

    /// Time between readings as the fast path sees it, in minutes, at least one: the grain of ``minutes``.
    var grainMinutes: Double { max(1, fast.interval / 60) }

    /// Whether the newest reading is so old, or the known stretch so short, that the meter has nothing to say.
    func isMissing(at dataTime: Timestamp) -> Bool {
        guard let newest, !minutes.isEmpty else { return true }
        let age = Double(dataTime.milliseconds - newest.at.milliseconds) / 60_000
        return age > RegisterConditioner.gapPeriods * grainMinutes
    }

    /// Whether decoded state fits the meter and can be used without trapping.
    func fits(_ levels: FlowLevels) -> Bool { leaks.fits(levels) && isWellFormed }

    private var isWellFormed: Bool {
        fast.isWellFormed && minutes.isWellFormed && clock.isWellFormed && settled.isWellFormed && usual.isWellFormed
            && continuousFlow.isWellFormed && passed.isWellFormed && standing.isWellFormed
            && stuck.isWellFormed && recent.isWellFormed && days.isWellFormed
            && burst.isWellFormed && hourlyBurst.isWellFormed && cistern.isWellFormed
            && (backflow?.isWellFormed ?? true)
            && unitError.isWellFormed
            && (vacantUse?.isWellFormed ?? true)
            && [newest?.at, followedThrough].allSatisfy { stamp in
                stamp.map { DataClock.believable.contains($0) } ?? true
            }
    }
}
