// SPDX-License-Identifier: Apache-2.0

import Model

/// Whether the hours in which water is drawn have all become several times as large, as of a register that is suddenly
/// read in another unit.
///
/// For registers whose counts are too coarse for their last digits to tell (``RegisterGrain``). A leak fills the hours in
/// which nothing is drawn and a burst is one spell; another unit leaves the quiet hours quiet and makes every spell
/// larger.
struct HourlyScale: Hashable, Codable, Sendable {
    /// Hours with draws that must be known before anything is said.
    private static let learning: Float = 60
    /// Hours with draws after which the past counts half.
    private static let memory: Float = 600
    /// Classes of hourly counts, half a doubling each: up to 2^15 counts.
    private static let classes = 31
    /// Surprise that an hour may bring before it counts: usual hours bring 1 on the average, by the law of -ln of a share.
    private static let allowed = 1.75
    /// Surprise of an hour that makes a spell: one in thirty is as large.
    private static let large = 3.5
    private static let leastSpells = 3
    /// As much as two hours bring that are larger than any of three hundred; and four of them.
    private static let suspicion = 6.0
    private static let proof = 14.0
    /// Quiet hours that a register in another unit still shows while it is proved.
    private static let quietHours = 4
    /// Hours with draws on end that speak of a leak: nobody draws water from one evening to the next noon.
    private static let leakHours = 12
    /// Times the usual middle hour: guests double what is drawn, no unit is less than 3.785 times another.
    private static let leastRatio = 5.0
    private static let usualRatio = 2.0
    /// Newest hours with draws that say what is drawn now.
    private static let recentLength = 24
    /// Hours with draws after which a suspicion that proved nothing is how people live now.
    private static let patience = 48

    /// Hours with draws by their class.
    private var usual = Fixed<31, Float>(repeating: 0)
    /// Counts of the newest hours with draws, and how many of them are known, oldest first.
    private var recent = Fixed<24, Float>(repeating: 0)
    @Narrow<UInt8, Int> private var recentCount = 0
    private var evidence = 0.0
    /// Since the evidence began: spells of large hours, quiet hours, hours with draws.
    @Narrow<Int16, Int> private var spells = 0
    @Narrow<Int16, Int> private var quiet = 0
    @Narrow<Int16, Int> private var hours = 0
    /// Hours with draws on end.
    @Narrow<Int16, Int> private var run = 0
    /// While it is proved: hours with draws on end after which the newest ones were like those of the past.
    @Narrow<Int16, Int> private var usualHours = 0
    private var isInSpell = false
    @MomentOrNone private(set) var since: Timestamp?
    /// By which volumes are too large, once it is proved.
    private(set) var factor: Double?

    init() {}

    /// Whether larger hours have come in several spells: what they would prove of leaks is not believed.
    var isSuspect: Bool { factor != nil || (evidence >= Self.suspicion && spells >= Self.leastSpells && quiet > 0) }

    /// Takes the next known hour.
    mutating func judge(_ volume: HourVolume, litresPerCount: Double) {
        guard volume.isKnown else { return }
        let counts = volume.litres / litresPerCount
        guard counts >= 0.5 else {
            (isInSpell, run) = (false, 0)
            if evidence > 0 { quiet = min(quiet + 1, 1000) }
            return
        }
        run = min(run + 1, 1000)
        guard run < Self.leakHours || factor != nil else {
            recentCount = 0
            return forget()
        }
        recentCount = recent.append(Float(counts), after: recentCount)
        if factor != nil { return endIfUsual() }
        let place = Self.place(counts)
        let total = usual.reduce(0, +)
        guard total >= Self.learning else { return learn(place, total) }
        let larger = usual[place...].reduce(0, +)
        let surprise = -(PortableLogarithm.ln(Double((larger + 0.5) / (total + 1))) ?? 0)
        follow(surprise, at: Timestamp(hourIndex: volume.hour))
        if evidence >= Self.proof, spells >= Self.leastSpells, quiet >= Self.quietHours,
            recentCount == Self.recentLength,
            ratio >= Self.leastRatio
        {
            factor = ratio >= 316 ? 1000 : ratio >= 31.6 ? 100 : 10
        } else if !isSuspect || hours > Self.patience {
            if hours > Self.patience { forget() }
            learn(place, total)
        }
    }

    private mutating func follow(_ surprise: Double, at moment: Timestamp) {
        if evidence == 0, surprise > Self.allowed { since = moment }
        evidence = min(max(evidence + surprise - Self.allowed, 0), 1000)
        guard evidence > 0 else { return forget() }
        hours = min(hours + 1, 1000)
        let isLarge = surprise > Self.large
        if isLarge, !isInSpell { spells = min(spells + 1, 1000) }
        isInSpell = isLarge
    }

    private mutating func forget() {
        (evidence, spells, quiet, hours, isInSpell, since) = (0, 0, 0, 0, false, nil)
    }

    private mutating func learn(_ place: Int, _ total: Float) {
        usual[place] += 1
        if total >= Self.memory { for place in usual.indices { usual[place] /= 2 } }
    }

    /// A few small draws on end may be usual ones in another unit too; those of some days are not.
    private mutating func endIfUsual() {
        usualHours = ratio < Self.usualRatio ? min(usualHours + 1, 1000) : 0
        guard usualHours >= Self.patience / 2 else { return }
        (factor, usualHours) = (nil, 0)
        forget()
    }

    /// Of the middle hour now to the usual one.
    private var ratio: Double {
        guard let now = Middle.upper(recent.prefix(recentCount)) else { return 1 }
        let half = usual.reduce(0, +) / 2
        var sum: Float = 0
        let middle = usual.indices.first { place in
            sum += usual[place]
            return sum >= half
        }
        return Double(now) / Self.counts(middle ?? 0)
    }

    /// Class of an hour's counts: half a doubling each.
    private static func place(_ counts: Double) -> Int {
        let counts = max(counts, 1)
        return min(2 * Int(counts.exponent) + (counts.significand < 1.414_213_562 ? 0 : 1), classes - 1)
    }

    /// The middle of a class.
    private static func counts(_ place: Int) -> Double {
        let whole = Double(1 << (place / 2))
        return place % 2 == 0 ? whole * 1.19 : whole * 1.68
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        usual.count == Self.classes && recent.count == Self.recentLength && recentCount <= Self.recentLength
            && [Array(usual), Array(recent)].joined().allSatisfy { $0.isFinite && $0 >= 0 } && evidence.isFinite
            && [spells, quiet, hours, run, usualHours].allSatisfy { (0...1000).contains($0) }
            && (since.map { DataClock.believable.contains($0) } ?? true)
    }
}
