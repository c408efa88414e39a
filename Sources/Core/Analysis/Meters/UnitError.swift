// SPDX-License-Identifier: Apache-2.0

import Model

/// Volumes that are off by the ratio of two units: litres read as tens of litres, cubic metres as gallons.
///
/// Three proofs, of which any is enough. Every step of the register has become a multiple of ten; or, of a register with
/// counts of 5 L and more, all hours with draws are several times as large while quiet hours stay quiet
/// (``HourlyScale``); or, on a meter whose days resemble each other, two days on end are off from the usual one by the
/// ratio of two units. Of a dwelling the days do not, and guests are no wrong unit.
struct UnitError: Hashable, Codable, Sendable {
    /// Ratios of units: powers of ten, and the gallons of the United States and of Britain.
    static let ratios: [Double] = [10, 100, 1000, 0.1, 0.01, 3.785, 4.546]
    /// By which a day may miss the ratio.
    private static let tolerance = 0.1
    private static let length = 28
    private static let learningDays = 10
    /// Largest spread of usual days, as a share of their median, at which a ratio says something: days must lie closer
    /// together than the smallest two ratios.
    private static let largestSpread = 0.08

    private var days = Fixed<28, Float>(repeating: 0)
    /// How many of ``days`` are known, the oldest first.
    @Narrow<UInt8, Int> private var count = 0
    @Narrow<UInt8, Int> private var knownHours = 0
    @Narrow<Int16, Int> private var oddDays = 0
    @NarrowOptional<Int32, Int> private var day: Int?
    private var litres = 0.0
    @Seldom private(set) var ratio: Double?
    @MomentOrNone private var start: Timestamp?
    private var isTold = false

    /// Only of dwellings whose registers have coarse counts: elsewhere a plan may be changed.
    @Seldom private var scale: HourlyScale?
    /// Litres of a count from which last digits say too little.
    private static let coarseCount = 5.0

    init() {}

    /// Whether the volumes of this meter are not believed.
    private(set) var isSuspect = false

    /// Takes the next closed hour.
    mutating func judge(
        _ volume: HourVolume, day: Int, _ grain: RegisterGrain, litresPerCount: Double, isDwelling: Bool
    ) -> Verdict? {
        if let last = self.day, last != day { finishDay(at: Timestamp(hourIndex: volume.hour)) }
        self.day = day
        if volume.isKnown {
            litres += volume.litres
            knownHours += 1
        }
        if isDwelling, litresPerCount >= Self.coarseCount {
            var judged = scale ?? HourlyScale()
            judged.judge(volume, litresPerCount: litresPerCount)
            scale = judged
        }
        isSuspect = grain.isSuspect || scale?.isSuspect == true || ratio != nil
        let factor = grain.isProved ? grain.factor : scale?.factor ?? ratio
        switch (factor, isTold) {
        case (.some(let factor), false):
            isTold = true
            start = grain.isProved ? grain.coarseSince : scale?.factor == nil ? start : scale?.since
            return .arises(grounds(factor, grain, to: Timestamp(hourIndex: volume.hour + 1)))
        case (.none, true):
            isTold = false
            let end = Timestamp(hourIndex: volume.hour + 1)
            return .ends(grounds(1, grain, to: end), at: end)
        case (.some, true), (.none, false):
            return nil
        }
    }

    private mutating func finishDay(at moment: Timestamp) {
        defer { (litres, knownHours) = (0, 0) }
        guard knownHours >= 20 else { return }
        let today = litres * 24 / Double(knownHours)
        let known = days.prefix(count)
        let median = Middle.of(known) ?? 0
        let spread = Middle.distance(known, from: median) ?? .infinity
        guard count >= Self.learningDays, median > 0, spread <= Self.largestSpread * median else {
            learn(today)
            return
        }
        let found = Self.ratios.first { abs(today / median / $0 - 1) <= Self.tolerance }
        guard let found else {
            (oddDays, ratio) = (0, nil)
            learn(today)
            return
        }
        oddDays = min(oddDays + 1, 1000)
        if oddDays == 1 { start = Timestamp(milliseconds: moment.milliseconds - 86_400_000) }
        if oddDays >= 2 { ratio = found }
    }

    private mutating func learn(_ litres: Double) {
        guard !isSuspect else { return }
        count = days.append(Float(litres), after: count)
    }

    private func grounds(_ factor: Double, _ grain: RegisterGrain, to end: Timestamp) -> Grounds {
        let from = start ?? end
        return Grounds(
            startedAt: from, severity: .p3, loss: nil, size: Measure("factor", factor),
            evidence: Evidence(
                from: from, to: end,
                measures: [
                    Measure("factor", factor), Measure("coarse_steps", Double(grain.coarseSteps)),
                    Measure("odd_days", Double(oddDays)), Measure("learned_days", Double(count)),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        count <= Self.length && days.count == Self.length && days.allSatisfy { $0.isFinite && $0 >= 0 }
            && litres.isFinite
            && (0...100).contains(knownHours) && (0...1000).contains(oddDays)
            && (scale?.isWellFormed ?? true) && (start.map { DataClock.believable.contains($0) } ?? true)
    }
}
