// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model

/// One thing that a device refused, and when.
public struct LearnedFact: Hashable, Sendable {
    public var cause: Bisection.Cause
    /// The smallest request that was refused for it, which is tried again once a day.
    public var refused: RegisterSpan
    /// Wall time at which it was last refused.
    public var refusedAt: Timestamp

    public init(cause: Bisection.Cause, refused: RegisterSpan, refusedAt: Timestamp) {
        (self.cause, self.refused, self.refusedAt) = (cause, refused, refusedAt)
    }
}

/// What one device has refused so far: registers it does not let read, tables it does not know, and requests that it
/// was too busy for.
///
/// Facts are worth keeping over a restart, for as long as the profile stays the same; tables and busy requests are
/// not kept.
public struct LearnedRegisters: Sendable {
    /// Facts that are kept of one device; a device that refuses more has a profile that does not fit it.
    public static let factLimit = 256
    /// Time after which a refused request is tried again.
    public static let retryAfter: Duration = .seconds(86_400)
    private static let longestDelay: Int64 = 60_000_000_000

    private struct Delay: Sendable {
        var exception: UInt8
        var length: Int64
        /// Nanoseconds of the monotonic clock.
        var until: Int64
    }

    public private(set) var facts: [LearnedFact]
    private var tables: Set<RegisterTable> = []
    private var delays: [RegisterSpan: Delay] = [:]

    /// - Parameter facts: What was known when the program last ran with the same profile.
    public init(facts: [LearnedFact] = []) { self.facts = Array(facts.prefix(Self.factLimit)) }

    /// What plans have to steer clear of.
    public var avoidance: Avoidance {
        var avoidance = Avoidance(tables: tables)
        for fact in facts {
            switch fact.cause {
            case .item(let span): avoidance.items.append(span)
            case .gap(let span): avoidance.gaps.append(span)
            case .boundary(_, let address): avoidance.boundaries.append(address)
            }
        }
        return avoidance
    }

    /// Notes the end of a bisection; whether it taught anything.
    public mutating func note(_ bisection: Bisection, at wall: Timestamp) -> Bool {
        guard let cause = bisection.cause, facts.count < Self.factLimit, !facts.contains(where: { $0.cause == cause })
        else { return false }
        facts.append(LearnedFact(cause: cause, refused: bisection.refused, refusedAt: wall))
        return true
    }

    /// A refused request that is to be tried again, the one refused longest ago; `nil` when a day has passed for none.
    ///
    /// A wall clock that was set back makes a fact wait no longer than a day either.
    public func retry(at wall: Timestamp) -> RegisterSpan? {
        facts.filter { abs((wall - $0.refusedAt).wholeMilliseconds) >= Self.retryAfter.wholeMilliseconds }
            .min { $0.refusedAt < $1.refusedAt }?.refused
    }

    /// Notes the answer to ``retry(at:)``; whatever refused it is forgotten when it was read, and else kept for
    /// another day.
    public mutating func noteRetry(_ result: Result<[UInt16], ReadFailure>, of span: RegisterSpan, at wall: Timestamp) {
        if case .success = result {
            facts.removeAll { $0.refused == span }
        } else {
            for place in facts.indices where facts[place].refused == span { facts[place].refusedAt = wall }
        }
    }

    /// Notes exception 1: the device does not know the function that reads this table, until the program restarts.
    public mutating func noteUnknownFunction(for table: RegisterTable) { tables.insert(table) }

    /// The exception that `span` was put off with; `nil` when it may be asked for at `now`.
    public func delay(of span: RegisterSpan, at now: MonotonicInstant) -> UInt8? {
        delays.first { $0.key.table == span.table && $0.key.range.overlaps(span.range) && $0.value.until > now.bounded }?
            .value.exception
    }

    /// Notes how a request for `span` ended. After exception 5 or 6 the same request waits 1, 2, 4 ... 60 s.
    ///
    /// - Returns: When it may be sent again, if it has to wait.
    public mutating func noteDelay(
        _ result: Result<[UInt16], ReadFailure>, of span: RegisterSpan, at now: MonotonicInstant
    ) -> MonotonicInstant? {
        let same = delays.keys.filter { $0.table == span.table && $0.range.overlaps(span.range) }
        let longest = same.compactMap { delays[$0]?.length }.max()
        guard case .failure(.exception(let code)) = result, code == 5 || code == 6 else {
            // Silence says nothing about the request; the unit's back-off is the schedule's.
            if case .failure(.timeout) = result { return nil }
            for span in same { delays[span] = nil }
            return nil
        }
        for span in same { delays[span] = nil }
        let length = min(Self.longestDelay, longest.map { $0 * 2 } ?? 1_000_000_000)
        delays[span] = Delay(exception: code, length: length, until: now.bounded + length)
        return MonotonicInstant(nanoseconds: now.bounded + length)
    }
}
