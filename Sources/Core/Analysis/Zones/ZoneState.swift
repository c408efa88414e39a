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
    /// What is usual and what is uncertain together, in litres an hour.
    var spread: Double

    var minutes: Int64 { UsualResidual.windows[place] }
    /// Spreads above what is usual.
    var deviation: Double { (residual - expected) / max(spread, 1e-6) }

    var isWellFormed: Bool { UsualResidual.windows.indices.contains(place) }
}

/// Everything the analyzer remembers of one zone.
struct ZoneState: Hashable, Codable, Sendable {
    /// The latest minute for which the balance was made.
    var end: Int64 = -1
    var usual = UsualResidual()
    var burst = Burst()

    /// The windows that end there, shortest first.
    private(set) var windows: [ZoneWindow] = []

    init() { windows.reserveCapacity(UsualResidual.windows.count) }

    /// Makes the balances of all windows that end at `end`.
    mutating func weigh(_ view: ZoneView, end: Int64) {
        windows.removeAll(keepingCapacity: true)
        for place in UsualResidual.windows.indices {
            let minutes = UsualResidual.windows[place]
            guard burst.isFresh(end - minutes), let balance = view.balance(from: end - minutes, to: end) else {
                continue
            }
            let usualVariance = usual.variance(window: place, hourOfDay: view.hourOfDay)
            windows.append(
                ZoneWindow(
                    place: place, residual: balance.residual, expected: usual.expected(hourOfDay: view.hourOfDay),
                    children: balance.children, spread: (usualVariance + balance.variance).squareRoot()))
        }
    }

    /// Whether nothing is wrong or suspected, so that what is seen may be learned as usual.
    var isQuiet: Bool { burst.isQuiet && !(usual.isReady && windows.contains { Burst.speaks($0) }) }

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

    var isWellFormed: Bool {
        (-1...100_000_000).contains(end) && usual.isWellFormed && burst.isWellFormed
            && windows.count <= UsualResidual.windows.count && windows.allSatisfy(\.isWellFormed)
    }
}
