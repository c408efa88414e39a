// SPDX-License-Identifier: Apache-2.0

import Model

/// One window of a zone beside what is usual there.
struct ZoneWindow: Hashable, Codable, Sendable {
    /// Which of ``UsualResidual/windows`` it is.
    var place: Int
    /// What entered and no child took, in litres an hour.
    var residual: Double
    var expected: Double
    var children: Double
    /// What is known to be wrong explains so much of it at most, in litres an hour.
    var excuse = 0.0
    /// What is usual and what is uncertain together, in litres an hour.
    var spread: Double

    var minutes: Int64 { UsualResidual.windows[place] }
    /// Spreads above what is usual and what is excused.
    var deviation: Double { (residual - expected - excuse) / max(spread, 1e-6) }

    var isWellFormed: Bool { UsualResidual.windows.indices.contains(place) }
}

/// Everything the analyzer remembers of one zone.
struct ZoneState: Hashable, Codable, Sendable {
    /// The latest minute for which the balance was made.
    var end: Int64 = -1
    var usual = UsualResidual()
    var burst = Burst()
    private(set) var largest: LargestFlow
    private var slow = SlowBalance()
    private var networkLeak = NetworkLeak()
    var unknown = BalanceUnknown()

    /// Whether something is known to be wrong with a tank or a child.
    private var isUpset = false
    /// The windows that end there, shortest first.
    private(set) var windows: [ZoneWindow] = []

    init(_ zone: Zone) {
        largest = LargestFlow(zone)
        windows.reserveCapacity(UsualResidual.windows.count)
    }

    /// Makes the balances of all windows that end at `end`.
    mutating func weigh(_ view: ZoneView, end: Int64) {
        windows.removeAll(keepingCapacity: true)
        largest.follow(view, end: end)
        for place in UsualResidual.windows.indices {
            let minutes = UsualResidual.windows[place]
            guard burst.isFresh(end - minutes), let balance = view.balance(from: end - minutes, to: end) else {
                continue
            }
            let usualVariance = usual.variance(window: place, hourOfDay: view.hourOfDay)
            windows.append(
                ZoneWindow(
                    place: place, residual: balance.residual, expected: usual.expected(hourOfDay: view.hourOfDay),
                    children: balance.children,
                    excuse: largest.excuse(view, from: end - minutes, to: end) + networkLeak.known,
                    spread: (usualVariance + balance.variance).squareRoot()))
        }
        isUpset = largest.isUpset(view, from: end - 60, to: end)
        if isQuiet { largest.learn(view, end: end) }
    }

    /// Whether nothing is wrong or suspected, so that what is seen may be learned as usual.
    var isQuiet: Bool {
        burst.isQuiet && networkLeak.isQuiet && !isUpset
            && !(usual.isReady && windows.contains { Burst.speaks($0) || $0.deviation < -Burst.leastDeviation })
    }

    /// Learns the windows as usual; whether that finished an hour.
    mutating func learn(hour: Int64, hourOfDay: Int) -> Bool {
        var didFinish = false
        for window in windows where usual.learn(window.residual, window: window.place, hour: hour, hourOfDay: hourOfDay)
        {
            didFinish = true
        }
        return didFinish
    }

    /// Asks the zone's detector.
    mutating func judge(_ view: ZoneView, _ milestones: SequenceMilestones) -> Verdict? {
        let expected = usual.expected(hourOfDay: view.hourOfDay)
        return burst.judge(windows, end: end, view: view, expected: expected, milestones: milestones)
    }

    /// Follows the slow balance, each minute of data time.
    mutating func judgeSlowly(
        _ view: ZoneView, _ milestones: SequenceMilestones, statistics: inout AnalyzerStatistics,
        into verdicts: inout [Verdict]
    ) {
        guard view.zone.isFast else { return }
        let mayLearn = networkLeak.isQuiet && burst.isQuiet
        let freshFrom = burst.isQuiet ? burst.freshFrom : nil
        // The balance hands its hours to the rule: two parts of the zone that change at once, without a copy of either.
        func advance(_ slow: inout SlowBalance, _ leak: inout NetworkLeak) {
            slow.advance(view, mayLearn: mayLearn, freshFrom: freshFrom) { seen in
                statistics.evaluations.networkLeak += 1
                if let verdict = leak.judge(seen, milestones) { verdicts.append(verdict) }
            }
        }
        advance(&slow, &networkLeak)
    }

    /// Whether decoded state fits the zone and can be used without trapping.
    func fits(_ zone: Zone) -> Bool {
        largest.fits(zone) && slow.isWellFormed && networkLeak.isWellFormed && unknown.isWellFormed
            && (-1...100_000_000).contains(end) && usual.isWellFormed && burst.isWellFormed
            && windows.count <= UsualResidual.windows.count && windows.allSatisfy(\.isWellFormed)
    }
}
