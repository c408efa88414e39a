// SPDX-License-Identifier: Apache-2.0

import Model

/// The corrected total of one totalising register: it goes on across rollovers, resets and exchanges and never falls.
///
/// It keeps one accepted read and one run of reads that are held back, so its size and its cost per read are fixed.
/// It is stored with the reading it came from.
public struct Counter: Hashable, Codable, Sendable {
    /// Reads that agree with each other before a register that stands elsewhere is believed.
    public static let readsToConfirm = 3

    /// Reads that do not fit the accepted one.
    struct HeldBack: Hashable, Codable, Sendable {
        var first: UInt64
        var last: UInt64
        var reads: Int
        var sinceLast: Duration
        /// Reads since the accepted one that were held back, those before this run included.
        var readsInAll: Int
    }

    /// The register value from which the next counts are reckoned; `nil` before the first read.
    public private(set) var raw: UInt64?
    /// The first register value ever accepted: the total starts from it, as the face of the meter does.
    public private(set) var base: UInt64 = 0
    /// The corrected total in counts.
    public private(set) var total: UInt64 = 0
    private(set) var sinceAccepted = Duration.zero
    /// Time before the accepted read whose counts may still come; `nil` at the start and in what was stored by a version
    /// that did not keep it: as much as the window holds.
    private(set) var unspent: Duration?
    private(set) var hasOutage = false
    private(set) var heldBack: HeldBack?

    public init() {}

    /// Takes one register value.
    ///
    /// - Parameters:
    ///   - later: The register as read, in counts.
    ///   - elapsed: Time since the read before, whatever became of it; a negative one counts as zero. Where it is not
    ///     known, as after a restart with an unknown clock, the shortest time it can have been.
    public mutating func read(_ later: UInt64, after elapsed: Duration, settings: CounterSettings) -> CounterVerdict {
        let passed = max(.zero, elapsed)
        guard let earlier = raw else {
            guard isPossible(later, settings) else { return beyondRange(later) }
            (raw, base, total) = (later, later, later)
            return CounterVerdict(delta: 0, total: total, quality: .good, reason: nil, events: [])
        }
        sinceAccepted += passed
        heldBack?.sinceLast += passed
        if passed > settings.longestInterval { hasOutage = true }
        guard isPossible(later, settings) else { return beyondRange(later) }

        let step = settings.step(from: earlier, to: later)
        // A fall to exactly 0 can be a rollover, but most often it is a device that has nothing to say just now.
        let isDoubtfulZero = later == 0 && earlier > 0
        if let step, step <= settings.limit(over: believableTime(settings)), !isDoubtfulZero {
            return accept(later, earlier: earlier, step: step, settings: settings)
        }
        return holdBack(later, earlier: earlier, step: step, settings: settings)
    }

    /// Books the exchange of the meter: the rest of the old one, then the new one from its own first reading.
    ///
    /// For an exchange that no `counterReset` has told yet; else see ``exchange(explaining:oldReading:newReading:settings:)``.
    ///
    /// - Parameters:
    ///   - oldReading: Where the old meter stood when it was taken out, in counts.
    ///   - newReading: Where the new meter stood when it was put in, in counts.
    /// - Returns: Counts booked for the old meter.
    /// - Throws: `ExchangeError`; the counter is then unchanged.
    public mutating func exchange(
        oldReading: UInt64, newReading: UInt64, settings: CounterSettings
    ) throws(ExchangeError) -> UInt64 {
        guard let earlier = raw else { throw .notStarted }
        for counts in [oldReading, newReading] {
            if let modulus = settings.modulus, counts >= modulus {
                throw .beyondModulus(counts: counts, modulus: modulus)
            }
        }
        // A person's reading may exceed the limit, but only a plausible step may have gone round.
        guard let step = settings.step(from: earlier, to: oldReading),
            oldReading >= earlier || step <= settings.limit(over: sinceAccepted)
        else { throw .oldReadingTooLow(counts: oldReading, lastRead: earlier) }
        add(step)
        (raw, heldBack) = (newReading, nil)
        return step
    }

    /// Books an exchange that was seen as a `counterReset` before anybody told of it: what the old meter counted after
    /// its last read, and what the new one counted before it was believed. What was booked since stays.
    ///
    /// - Parameter reset: The register before and after, as in the event; each reset is explained once, by the caller's
    ///   records.
    /// - Returns: Counts booked.
    /// - Throws: `ExchangeError`; the counter is then unchanged.
    public mutating func exchange(
        explaining reset: (from: UInt64, to: UInt64), oldReading: UInt64, newReading: UInt64, settings: CounterSettings
    ) throws(ExchangeError) -> UInt64 {
        guard raw != nil else { throw .notStarted }
        if let modulus = settings.modulus, oldReading >= modulus {
            throw .beyondModulus(counts: oldReading, modulus: modulus)
        }
        guard oldReading >= reset.from else { throw .oldReadingTooLow(counts: oldReading, lastRead: reset.from) }
        guard newReading <= reset.to else { throw .newReadingTooHigh(counts: newReading, firstRead: reset.to) }
        let (sum, isFull) = (oldReading - reset.from).addingReportingOverflow(reset.to - newReading)
        let counts = isFull ? .max : sum
        add(counts)
        return counts
    }

    private func isPossible(_ value: UInt64, _ settings: CounterSettings) -> Bool {
        settings.modulus.map { value < $0 } ?? true
    }

    private func beyondRange(_ value: UInt64) -> CounterVerdict {
        CounterVerdict(delta: 0, total: nil, quality: .bad, reason: .range, events: [.range(raw: value)])
    }

    private mutating func accept(
        _ later: UInt64, earlier: UInt64, step: UInt64, settings: CounterSettings
    ) -> CounterVerdict {
        var events: [CounterEvent] = []
        if let held = heldBack, !follows(later, held, settings) { events.append(.glitch(reads: held.readsInAll)) }
        if later < earlier { events.append(.rollover) }
        let isAmbiguous = settings.isAmbiguous(over: sinceAccepted)
        if isAmbiguous { events.append(.ambiguousGap(lowerBound: step)) }
        if hasOutage { events.append(.gap(counts: step, elapsed: sinceAccepted)) }
        let isGap = isAmbiguous || hasOutage
        add(step)
        restart(from: later, unspent: max(.zero, believableTime(settings) - settings.time(of: step)))
        return CounterVerdict(
            delta: step, total: total, quality: isGap ? .uncertain : .good, reason: isGap ? .gap : nil, events: events)
    }

    private mutating func holdBack(
        _ later: UInt64, earlier: UInt64, step: UInt64?, settings: CounterSettings
    ) -> CounterVerdict {
        var held = HeldBack(
            first: later, last: later, reads: 1, sinceLast: .zero, readsInAll: (heldBack?.readsInAll ?? 0) + 1)
        if let before = heldBack, follows(later, before, settings) {
            (held.first, held.reads) = (before.first, before.reads + 1)
        }
        guard held.reads >= Self.readsToConfirm else {
            heldBack = held
            return CounterVerdict(
                delta: 0, total: total, quality: .uncertain, reason: .suspectStep, events: [])
        }
        // A zero that stays, where the register was about to go round.
        if let step, step <= settings.limit(over: believableTime(settings)) {
            return accept(later, earlier: earlier, step: step, settings: settings)
        }
        restart(from: later, unspent: .zero)
        let event: CounterEvent =
            later < earlier ? .counterReset(from: earlier, to: later) : .counterJump(from: earlier, to: later)
        return CounterVerdict(delta: 0, total: total, quality: .uncertain, reason: .gap, events: [event])
    }

    /// `later` can be the next read of the register that the held-back reads came from.
    private func follows(_ later: UInt64, _ held: HeldBack, _ settings: CounterSettings) -> Bool {
        guard let step = settings.step(from: held.last, to: later) else { return false }
        return step <= settings.limit(over: max(held.sinceLast, settings.window))
    }

    /// The time whose counts the next read can bring: that since the accepted read and what is unspent of the window
    /// before it, so that in any window no more is believed than the pipe can pass in it. An outage counts whole.
    private func believableTime(_ settings: CounterSettings) -> Duration {
        min((unspent ?? settings.window) + sinceAccepted, max(settings.window, sinceAccepted))
    }

    private mutating func restart(from value: UInt64, unspent: Duration) {
        (raw, sinceAccepted, hasOutage, heldBack) = (value, .zero, false, nil)
        self.unspent = unspent
    }

    /// Saturates: a total of 2^64 counts is past every meter, and must not trap.
    private mutating func add(_ counts: UInt64) {
        let (sum, isFull) = total.addingReportingOverflow(counts)
        total = isFull ? .max : sum
    }
}
