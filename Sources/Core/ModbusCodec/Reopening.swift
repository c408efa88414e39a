// SPDX-License-Identifier: Apache-2.0

/// The pause before a line or an endpoint is opened again: 0.2 s, doubled for each failure up to 30 s, and 20 %
/// more or less, so that the gateways of an estate do not knock together after a power cut.
public struct ReopenDelay: Sendable {
    private var random: JitterGenerator
    private var failures = 0
    private let first: Duration
    private let greatest: Duration

    public init(seed: UInt64, first: Duration = .milliseconds(200), greatest: Duration = .seconds(30)) {
        random = JitterGenerator(seed: seed)
        self.first = first
        self.greatest = greatest
    }

    /// The pause after one more failure.
    public mutating func next() -> Duration {
        // 2^16 times the first pause is past every greatest one, and the product stays small.
        let pause = min(greatest, first * (1 << min(failures, 16)))
        failures += 1
        return pause * Double.random(in: 0.8...1.2, using: &random)
    }

    /// Begins anew with the first pause: the other side has answered.
    public mutating func reset() { failures = 0 }

    /// A number for things that only have to differ from one connection to the next.
    public mutating func randomWord() -> UInt16 { UInt16.random(in: 0 ... .max, using: &random) }
}

/// Whether nothing of an endpoint answers any more: no answer for 3 s, in 2 sweeps, and from none of the units that
/// have ever answered; or no answer for 60 s.
///
/// A silent unit among others therefore never costs its neighbours their connection, though they are asked seldom.
public struct EndpointSilence: Sendable {
    static let leastSweeps = 2
    static let leastNanoseconds: Int64 = 3_000_000_000
    static let greatestNanoseconds: Int64 = 60_000_000_000

    private var lastAnswer: Int64
    private var silentSweeps = 0
    private var answered: Set<UnitIdentifier> = []
    private var silent: Set<UnitIdentifier> = []

    /// - Parameter now: Monotonic nanoseconds.
    public init(since now: Int64) { lastAnswer = now }

    /// Begins anew with another connection; the units that have ever answered stay known.
    public mutating func reopened(at now: Int64) {
        lastAnswer = now
        silentSweeps = 0
        silent = []
    }

    /// Notes an answer of `unit`; an exception is one too.
    public mutating func answered(_ unit: UnitIdentifier, at now: Int64) {
        lastAnswer = now
        silentSweeps = 0
        silent = []
        answered.insert(unit)
    }

    /// Notes a sweep of `unit` that brought nothing.
    ///
    /// - Returns: Whether the endpoint counts as gone, so that the connection has to be closed.
    public mutating func sweepWasSilent(of unit: UnitIdentifier, at now: Int64) -> Bool {
        silentSweeps += 1
        silent.insert(unit)
        let span = now - lastAnswer
        return silentSweeps >= Self.leastSweeps && span >= Self.leastNanoseconds
            && (answered.isSubset(of: silent) || span >= Self.greatestNanoseconds)
    }
}

/// A small repeatable source of numbers (SplitMix64, public domain).
struct JitterGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
