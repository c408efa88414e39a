// SPDX-License-Identifier: Apache-2.0

import Model

/// Turns the values of one register, in the order of their stamps, into volumes that really flowed.
///
/// It knows rollover, reverse flow, a register that was exchanged or restarted, single wrong values, and holes. It is
/// used twice for each meter: on the newest readings as they come, and on the readings in order after the lateness limit.
struct RegisterConditioner: Hashable, Codable, Sendable {
    /// A register value and its stamp.
    struct Anchor: Hashable, Codable, Sendable {
        var at: Timestamp
        var count: Int64
    }

    /// What one more value says.
    enum Step: Hashable, Sendable {
        /// The first value: counting starts here.
        case anchored
        /// `counts` passed since `from`. In a gap it is not known when.
        case flowed(from: Timestamp, counts: Int64, isGap: Bool, didRollOver: Bool, droppedGlitch: Bool)
        /// The register ran backwards.
        case reversed(from: Timestamp, counts: Int64)
        /// The register was restarted, exchanged or moved; counting starts again here.
        case stepped
        /// The value does not fit; the next ones decide.
        case held
    }

    /// Values that may be a glitch, a moved register or a very large flow.
    private struct Candidate: Hashable, Codable, Sendable {
        var isAhead: Bool
        var latest: Anchor
        var calm = 0
        var steep = 0
        var age = 1
    }

    private(set) var last: Anchor?
    @Seldom private var candidate: Candidate?
    /// Counts that passed forward since the first value.
    private(set) var total: Int64 = 0
    /// Counts run backwards that the next forward counts only make good.
    private var owed: Int64 = 0
    /// Largest flow seen, in litres an hour.
    private(set) var learnedMaximum = 0.0
    /// Usual time between two readings as they really come, in seconds.
    private(set) var interval: Double

    /// Steps are measured over a minute at least, for some registers move in jumps.
    private static let shortestSlope = 60.0
    /// Flow that a meter of unknown size may always have, in litres an hour.
    private static let unknownLimit = 10_000.0
    /// The next two readings decide on a value that does not fit.
    private static let decidingReadings = 2
    /// More than two periods, with some room for the jitter of one lost poll.
    static let gapPeriods = 2.4

    init(period: Double) { interval = period }

    /// Whether a register of this law can show `count`.
    static func canShow(_ count: Int64, _ law: RegisterLaw) -> Bool {
        count >= 0 && count <= RegisterLaw.largestCount && (law.modulus.map { count < $0 } ?? true)
    }

    /// Takes the next value.
    ///
    /// - Parameters:
    ///   - at: Later than the stamp of every value before.
    ///   - count: One that ``canShow(_:_:)`` allows.
    ///   - cell: Readings are thinned to this spacing in seconds; zero when they are not.
    mutating func accept(_ count: Int64, at: Timestamp, _ law: RegisterLaw, cell: Double = 0) -> Step {
        let next = Anchor(at: at, count: count)
        guard let last else {
            self.last = next
            return .anchored
        }
        let period = max(law.period, interval, cell)
        learnInterval(since: candidate?.latest.at ?? last.at, until: at)
        if var held = candidate {
            held.age += 1
            return resolve(&held, from: last, to: next, law)
        }
        switch course(from: last, to: next, law) {
        case .forward(let counts, let rolledOver):
            let isGap = Self.seconds(last.at, at) > Self.gapPeriods * period
            return pass(counts, from: last, to: next, law, isGap: isGap, didRollOver: rolledOver)
        case .backward(let counts):
            return retreat(counts, from: last, to: next, law)
        case .absurd:
            candidate = Candidate(isAhead: count > last.count, latest: next)
            return .held
        }
    }

    // MARK: One step

    private enum Course {
        case forward(Int64, rolledOver: Bool)
        case backward(Int64)
        case absurd
    }

    private func course(from a: Anchor, to b: Anchor, _ law: RegisterLaw) -> Course {
        let hours = max(Self.seconds(a.at, b.at), Self.shortestSlope) / 3600
        var step = b.count - a.count  // both are 0 ... 2^53
        var rolledOver = false
        if step < 0 {
            if let modulus = Self.modulus(from: a.count, to: b.count, law) {
                step += modulus
                rolledOver = true
            } else {
                let flow = Double(-step) * law.litresPerCount / hours
                return flow <= law.nominalFlow ?? max(Self.unknownLimit, learnedMaximum) ? .backward(-step) : .absurd
            }
        }
        // One count may have been waiting to fall since long before.
        let flow = Double(step - 1) * law.litresPerCount / hours
        let limit = law.nominalFlow.map { 1.25 * $0 } ?? max(Self.unknownLimit, 4 * learnedMaximum)
        return flow > limit ? .absurd : .forward(step, rolledOver: rolledOver)
    }

    /// The count at which the register turned over between `from` and `to`; `nil` when that is not what happened.
    private static func modulus(from: Int64, to: Int64, _ law: RegisterLaw) -> Int64? {
        func turned(_ modulus: Int64) -> Bool {
            from < modulus && Double(from) >= 0.98 * Double(modulus) && Double(to) <= 0.02 * Double(modulus)
        }
        if let modulus = law.modulus { return turned(modulus) ? modulus : nil }
        for modulus: Int64 in [1 << 16, 1 << 32] where turned(modulus) { return modulus }
        // Four to ten digits of a mechanical counter.
        var modulus: Int64 = 10_000
        while modulus <= 10_000_000_000 {
            if turned(modulus) { return modulus }
            modulus *= 10
        }
        return nil
    }

    private mutating func pass(
        _ counts: Int64, from a: Anchor, to b: Anchor, _ law: RegisterLaw, isGap: Bool, didRollOver: Bool,
        droppedGlitch: Bool = false
    ) -> Step {
        let repaid = min(counts, owed)
        owed -= repaid
        let forward = counts - repaid
        total &+= forward
        let hours = max(Self.seconds(a.at, b.at), Self.shortestSlope) / 3600
        learnedMaximum = max(learnedMaximum, Double(forward) * law.litresPerCount / hours)
        last = b
        return .flowed(
            from: a.at, counts: forward, isGap: isGap, didRollOver: didRollOver, droppedGlitch: droppedGlitch)
    }

    private mutating func retreat(_ counts: Int64, from a: Anchor, to b: Anchor, _ law: RegisterLaw) -> Step {
        // A count that trembles back and forth is no flow at all. Beyond the size of a backflow finding the water
        // did run back, and what comes forward afterwards is drawn anew.
        owed += counts
        if Double(owed) * law.litresPerCount >= max(3 * law.litresPerCount, 10) { owed = 0 }
        last = b
        return .reversed(from: a.at, counts: counts)
    }

    // MARK: Values that do not fit

    private mutating func resolve(
        _ held: inout Candidate, from base: Anchor, to next: Anchor, _ law: RegisterLaw
    ) -> Step {
        // The register returned: what was held was a wrong value.
        if !held.isAhead || next.count < held.latest.count {
            if case .forward(let counts, let rolledOver) = course(from: base, to: next, law), !rolledOver {
                candidate = nil
                return pass(
                    counts, from: base, to: next, law, isGap: false, didRollOver: false, droppedGlitch: true)
            }
        }
        switch course(from: held.latest, to: next, law) {
        case .forward, .backward: (held.calm, held.steep) = (held.calm + 1, 0)
        case .absurd: (held.calm, held.steep) = (0, held.steep + 1)
        }
        held.latest = next
        if held.steep >= Self.decidingReadings, held.isAhead, next.count > base.count {
            // The high slope goes on: it is flow, larger than this meter was thought to pass.
            candidate = nil
            return pass(
                next.count - base.count, from: base, to: next, law, isGap: false, didRollOver: false)
        }
        if held.calm >= Self.decidingReadings || held.age > 3 * Self.decidingReadings {
            candidate = nil
            owed = 0
            last = next
            return .stepped
        }
        candidate = held
        return .held
    }

    // MARK: Rhythm

    /// Follows the real time between readings: a factor at a time, so that one long hole does not count.
    private mutating func learnInterval(since: Timestamp, until: Timestamp) {
        let step = Self.seconds(since, until)
        if step > 1.25 * interval {
            interval = min(interval * 1.25, 86_400)
        } else if step < interval / 1.25 {
            interval = max(interval / 1.25, 0.1)
        } else {
            interval += (step - interval) / 8
        }
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        [last, candidate?.latest].allSatisfy { anchor in
            anchor.map {
                DataClock.believable.contains($0.at) && (0...RegisterLaw.largestCount).contains($0.count)
            } ?? true
        } && (0...RegisterLaw.largestCount).contains(owed) && (0...1_000_000).contains(interval)
            && (candidate.map {
                (0...100).contains($0.age) && (0...100).contains($0.calm) && (0...100).contains($0.steep)
            } ?? true)
    }

    private static func seconds(_ a: Timestamp, _ b: Timestamp) -> Double {
        Double(b.milliseconds - a.milliseconds) / 1000
    }
}
