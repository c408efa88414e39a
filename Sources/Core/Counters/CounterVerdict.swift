// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a read of a totalising register showed beside its counts. All numbers are counts of the register.
public enum CounterEvent: Hashable, Codable, Sendable {
    /// The register went round once.
    case rollover
    /// Reads that were held back proved wrong and were discarded, such as a momentary 0.
    case glitch(reads: Int)
    /// The register starts again lower: the total goes on, what flowed in between is not known.
    case counterReset(from: UInt64, to: UInt64)
    /// The register stands higher than the pipe can have brought it: not booked, a person must look.
    case counterJump(from: UInt64, to: UInt64)
    /// The register can have gone round several times: the lower bound was booked.
    case ambiguousGap(lowerBound: UInt64)
    /// Counts of an outage, booked to the whole of it and never as flow of one cycle.
    case gap(counts: UInt64, elapsed: Duration)
    /// The register holds a value it cannot have.
    case range(raw: UInt64)
}

/// What one read of a totalising register did.
public struct CounterVerdict: Hashable, Sendable {
    /// Counts booked by this read.
    public var delta: UInt64
    /// The corrected total in counts; never falls. `nil` exactly when the read is bad.
    public var total: UInt64?
    public var quality: Quality
    /// `nil` exactly when the quality is good.
    public var reason: QualityReason?
    public var events: [CounterEvent]
}

/// Why an exchange of a meter cannot be booked.
public enum ExchangeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nothing has been read of this register yet.
    case notStarted
    /// The register cannot show this many counts.
    case beyondModulus(counts: UInt64, modulus: UInt64)
    /// The old meter stood higher than this when it was last read.
    case oldReadingTooLow(counts: UInt64, lastRead: UInt64)
    /// The new meter stood lower than this when it was first believed.
    case newReadingTooHigh(counts: UInt64, firstRead: UInt64)

    public var description: String {
        switch self {
        case .notStarted:
            "no value of this meter has been read yet, so there is nothing to book; wait for its first reading"
        case .beyondModulus(let counts, let modulus):
            "a reading of \(counts) counts is not possible: the register shows 0 to \(modulus - 1); "
                + "check the reading and its unit"
        case .oldReadingTooLow(let counts, let lastRead):
            "the old reading is \(counts) counts, but the meter was last read at \(lastRead); "
                + "check the old reading and its unit"
        case .newReadingTooHigh(let counts, let firstRead):
            "the new reading is \(counts) counts, but the new meter was read at \(firstRead); "
                + "check the new reading and its unit"
        }
    }
}
