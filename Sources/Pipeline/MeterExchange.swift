// SPDX-License-Identifier: Apache-2.0

import Counters
public import Model
import Profiles

/// The exchange of a meter as a person tells it, as it crosses the local socket.
public struct MeterExchange: Hashable, Codable, Sendable {
    /// `<area>/<asset>/<point>` of the total.
    public var point: String
    /// Where the old meter stood when it was taken out, in the point's unit.
    public var oldReading: Double
    /// Where the new meter stood when it was put in, in the point's unit.
    public var newReading: Double
    public var person: PersonIdentifier

    public init(point: String, oldReading: Double, newReading: Double, person: PersonIdentifier) {
        (self.point, self.oldReading, self.newReading, self.person) = (point, oldReading, newReading, person)
    }
}

/// What became of a ``MeterExchange``.
public struct MeterExchangeReply: Hashable, Codable, Sendable {
    /// What was added to the total, in the point's unit; `nil` when nothing was booked.
    public var booked: Double?
    /// The total after it, in the point's unit.
    public var total: Double?
    public var unit: UnitOfMeasure?
    /// Why nothing was booked, and how to mend it.
    public var refusal: String?

    public init(booked: Double, total: Double, unit: UnitOfMeasure) {
        (self.booked, self.total, self.unit) = (booked, total, unit)
    }
    public init(refusal: String) { self.refusal = refusal }
}

/// One line of the append-only table `audit`.
public struct AuditRecord: Hashable, Sendable {
    public var at: Timestamp
    /// The person who did it.
    public var actor: String
    public var action: String
    /// The path of what it was done to.
    public var subject: String
    public var result: String

    public init(at: Timestamp, actor: String, action: String, subject: String, result: String) {
        (self.at, self.actor, self.action, self.subject, self.result) = (at, actor, action, subject, result)
    }
}

/// Why an exchange is not booked.
public enum ExchangeRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The point is no total that Sluice counts.
    case notCounted
    /// A reading that no meter shows.
    case impossible(Double)
    /// The same two readings were booked before.
    case bookedAlready
    case counter(String)

    public var description: String {
        switch self {
        case .notCounted: "the point is no lifetime total in whole counts, so there is nothing to book"
        case .impossible(let reading): "no meter can show \(reading); check the reading"
        case .bookedAlready: "this exchange is booked already"
        case .counter(let text): text
        }
    }
}

extension CounterBook {
    /// Books the exchange of a meter in the counter of its total.
    ///
    /// The register may have been seen to start again before anybody told of it. The old reading says which it is: it
    /// lies near the last read of the meter it belongs to.
    ///
    /// - Parameters:
    ///   - oldReading: In the point's unit, as is `newReading`.
    /// - Returns: What is to be stored, what was booked and the new total.
    public mutating func exchange(
        _ point: PointIndex, oldReading: Double, newReading: Double
    ) throws(ExchangeRefusal) -> (outcome: Outcome, booked: Quantity, total: Quantity) {
        guard let (counting, settings) = law(of: point) else { throw .notCounted }
        let old = try Self.counts(oldReading, counting.unitsPerCount)
        let new = try Self.counts(newReading, counting.unitsPerCount)
        guard var state = state(of: point), let raw = state.counter.raw else {
            throw .counter("\(ExchangeError.notStarted)")
        }
        let exchange = CounterState.Pair(from: old, to: new)
        guard state.lastExchange != exchange else { throw .bookedAlready }
        let counts: UInt64
        do {
            if let reset = state.lastReset, Self.distance(old, reset.from) < Self.distance(old, raw) {
                counts = try state.counter.exchange(
                    explaining: (reset.from, reset.to), oldReading: old, newReading: new, settings: settings)
                state.lastReset = nil
            } else {
                counts = try state.counter.exchange(oldReading: old, newReading: new, settings: settings)
            }
        } catch {
            throw .counter("\(error)")
        }
        state.lastExchange = exchange
        return (
            replace(state, of: point), counting.quantity(ofCounts: counts),
            counting.quantity(ofCounts: state.counter.total)
        )
    }

    private static func counts(_ reading: Double, _ unitsPerCount: Double) throws(ExchangeRefusal) -> UInt64 {
        guard reading.isFinite, reading >= 0, let counts = UInt64(exactly: (reading / unitsPerCount).rounded()) else {
            throw .impossible(reading)
        }
        return counts
    }

    private static func distance(_ a: UInt64, _ b: UInt64) -> UInt64 { a > b ? a - b : b - a }
}
