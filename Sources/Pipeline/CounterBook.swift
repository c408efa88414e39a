// SPDX-License-Identifier: Apache-2.0

public import Counters
public import Model
import Profiles

/// One counter as it is kept over a restart.
public struct CounterState: Hashable, Codable, Sendable {
    public var counter = Counter()
    /// The quantity of one count when it was stored: another one is another register, which starts anew.
    public var unitsPerCount: Double
    public var boot: BootIdentifier
    /// When the register was read last, on the monotonic clock of ``boot``.
    public var readAt: MonotonicInstant
    /// The same moment on the wall clock.
    public var readWall: Timestamp
    /// The wall clock at the last read whose value was taken; `nil` until the first one.
    var acceptedWall: Timestamp?
    /// The last reset that no exchange has explained.
    var lastReset: Pair?
    /// The readings of the old and the new meter that were booked last, so that telling it twice books it once.
    var lastExchange: Pair?

    /// Register values before and after.
    struct Pair: Hashable, Codable, Sendable {
        var from: UInt64
        var to: UInt64
    }
}

/// The state of the counter of one point.
public struct CounterRecord: Hashable, Sendable {
    public var point: PointIndex
    public var state: CounterState
    public init(point: PointIndex, state: CounterState) { (self.point, self.state) = (point, state) }
}

/// Runs the lifetime totals of a site through their counters, so that a total goes on over rollovers, resets and
/// restarts and never falls. The registers as read stay in the readings.
public struct CounterBook: Sendable {
    private struct Entry: Sendable {
        let counting: RegisterCounting
        let settings: CounterSettings
        var state: CounterState?
        var told = ToldOften()
    }

    /// What is told once and not at each read of a register that goes on being wrong.
    private struct ToldOften {
        var isBeyondRange = false
        /// Glitches since the last one that was told, and when that was.
        var glitchReads = 0
        var glitchAt: Timestamp?

        /// Time between two notes of glitches.
        static let glitchPause = Duration.seconds(3600)

        /// The events that are news.
        mutating func news(of verdict: CounterVerdict, at wall: Timestamp) -> [CounterEvent] {
            let wasBeyondRange = isBeyondRange
            isBeyondRange = verdict.reason == .range
            return verdict.events.compactMap { event in
                switch event {
                case .range: return wasBeyondRange ? nil : event
                case .glitch(let reads):
                    glitchReads += reads
                    if let last = glitchAt, wall >= last, wall - last < Self.glitchPause { return nil }
                    defer { (glitchReads, glitchAt) = (0, wall) }
                    return .glitch(reads: glitchReads)
                default: return event
                }
            }
        }
    }

    /// What a transaction is to store, and how to take it back when it fails.
    public struct Outcome: Sendable {
        public var sweeps: [Sweep] = []
        /// The state after the last read of each counter that was read.
        public var changed: [CounterRecord] = []
        public var notes: [CounterNote] = []
        fileprivate var before: [(place: Int, state: CounterState?)] = []
    }

    private let boot: BootIdentifier
    /// By the place of the point in the catalogue; `nil` for a point that is not counted.
    private var entries: [Entry?]

    /// Counts nothing.
    public static let empty = CounterBook(boot: BootIdentifier(""), entries: [])

    private init(boot: BootIdentifier, entries: [Entry?]) { (self.boot, self.entries) = (boot, entries) }

    /// - Parameter stored: The states of the run before; one of another register is left out.
    public init(_ configuration: SiteConfiguration, boot: BootIdentifier, stored: [CounterRecord]) {
        let entries = configuration.devices.flatMap { device in
            device.device.values.map { value -> Entry? in
                guard let counting = value.counting,
                    let settings = device.counterSettings(
                        of: value, counting, period: configuration.polling.period(of: value.pollClass))
                else { return nil }
                return Entry(counting: counting, settings: settings)
            }
        }
        self.init(boot: boot, entries: entries)
        for record in stored {
            let place = Int(record.point.value)
            guard self.entries.indices.contains(place),
                self.entries[place]?.counting.unitsPerCount == record.state.unitsPerCount
            else { continue }
            self.entries[place]?.state = record.state
        }
    }

    /// Takes sweeps in the order in which they were read and gives them back with the corrected totals.
    ///
    /// The quantity of a counted reading becomes the corrected total; its quality is what the counter says where the
    /// reading was good. A reading without registers is passed on as it is.
    public mutating func take(_ sweeps: [Sweep]) -> Outcome {
        var outcome = Outcome(sweeps: sweeps)
        guard !entries.isEmpty else { return outcome }
        for place in outcome.sweeps.indices {
            let sweep = sweeps[place]
            for (index, reading) in sweep.readings.enumerated() where reading.quality != .bad {
                guard let corrected = count(reading, of: sweep, &outcome) else { continue }
                outcome.sweeps[place].readings[index] = corrected
            }
        }
        let places = Set(outcome.before.map(\.place)).sorted()
        outcome.changed = places.compactMap { place in
            entries[place]?.state.map { CounterRecord(point: PointIndex(place), state: $0) }
        }
        return outcome
    }

    /// Takes back what was not stored; only for the last outcome.
    public mutating func undo(_ outcome: Outcome) {
        for (place, state) in outcome.before.reversed() { entries[place]?.state = state }
    }

    /// How a point counts; `nil` for one that is not counted.
    func law(of point: PointIndex) -> (counting: RegisterCounting, settings: CounterSettings)? {
        let place = Int(point.value)
        return entries.indices.contains(place) ? entries[place].map { ($0.counting, $0.settings) } : nil
    }

    func state(of point: PointIndex) -> CounterState? {
        let place = Int(point.value)
        return entries.indices.contains(place) ? entries[place]?.state : nil
    }

    /// Puts `state` in place of the one there was; the point is one that counts.
    mutating func replace(_ state: CounterState, of point: PointIndex) -> Outcome {
        let place = Int(point.value)
        var outcome = Outcome(sweeps: [])
        outcome.before = [(place, entries[place]?.state)]
        outcome.changed = [CounterRecord(point: point, state: state)]
        entries[place]?.state = state
        return outcome
    }

    private mutating func count(_ reading: Reading, of sweep: Sweep, _ outcome: inout Outcome) -> Reading? {
        let place = Int(reading.point.value)
        guard entries.indices.contains(place), let entry = entries[place], let raw = reading.raw,
            let counts = entry.counting.counts(ofRaw: raw)
        else { return nil }
        var state =
            entry.state
            ?? CounterState(
                unitsPerCount: entry.counting.unitsPerCount, boot: boot, readAt: sweep.receivedAt,
                readWall: sweep.receivedWall)
        let verdict = state.counter.read(counts, after: elapsed(since: state, sweep), settings: entry.settings)
        (state.boot, state.readAt, state.readWall) = (boot, sweep.receivedAt, sweep.receivedWall)
        outcome.before.append((place, entry.state))
        for case .counterReset(let from, let to) in verdict.events { state.lastReset = .init(from: from, to: to) }
        let from = state.acceptedWall ?? sweep.receivedWall
        if verdict.reason != .suspectStep, verdict.reason != .range { state.acceptedWall = sweep.receivedWall }
        let news = entries[place]?.told.news(of: verdict, at: sweep.receivedWall) ?? []
        outcome.notes += news.map {
            CounterNote(point: reading.point, event: $0, among: news, from: from, at: sweep.receivedWall)
        }
        entries[place]?.state = state
        return corrected(reading, verdict, entry.counting)
    }

    /// The monotonic clock tells it within one boot; across a restart of the machine only the wall clock can, and one
    /// that went back says nothing.
    private func elapsed(since state: CounterState, _ sweep: Sweep) -> Duration {
        max(.zero, state.boot == boot ? sweep.receivedAt - state.readAt : sweep.receivedWall - state.readWall)
    }

    private func corrected(_ reading: Reading, _ verdict: CounterVerdict, _ counting: RegisterCounting) -> Reading {
        guard let total = verdict.total else {
            return Reading(
                point: reading.point, bad: verdict.reason ?? .range, raw: reading.raw, sourceTime: reading.sourceTime)
        }
        var corrected = reading
        corrected.quantity = counting.quantity(ofCounts: total)
        if reading.quality == .good { (corrected.quality, corrected.reason) = (verdict.quality, verdict.reason) }
        return corrected
    }
}

extension DeviceSettings {
    /// What bounds the counter of one of the device's totals; `nil` when its unit is not one that is counted.
    func counterSettings(
        of value: CompiledValue, _ counting: RegisterCounting, period: Duration
    ) -> CounterSettings? {
        guard period > .zero, let rate = greatestRate(of: value.unit) else { return nil }
        let interval = meter?.longestInterval ?? .zero
        var modulus = counting.modulus
        if value.signal == "water.total", let meter, let face = meter.counterModulus,
            let litres = value.unit.litresPerUnit
        {
            // The site gives it in steps of the meter's face, which may be coarser than the register.
            let counts = (Double(face) * meter.litresPerCount / (litres * counting.unitsPerCount)).rounded()
            modulus = UInt64(exactly: counts) ?? modulus
        }
        return CounterSettings(
            modulus: modulus, unitsPerCount: counting.unitsPerCount, greatestRate: rate,
            longestInterval: max(period, interval) * 3, window: max(.seconds(60), interval))
    }

    /// Q4 in litres an hour of the largest meter that is usual in the place: DN 40 in a dwelling or a shop, DN 100 in a
    /// riser, DN 250 and more at an inlet (ISO 4064-1, 4.1.3, with Q3 of 16, 100 and 800 m3/h).
    private var greatestFlow: Double {
        switch meter?.role {
        case .unit: 20_000
        case .riser, .irrigation: 125_000
        case .bulk, nil: 1_000_000
        }
    }

    /// The most of `unit` that can come in an hour. Where the site says nothing it is far above what an estate has,
    /// and serves to tell a count from a slip.
    private func greatestRate(of unit: UnitOfMeasure) -> Double? {
        switch unit {
        case .litre, .cubicMetre:
            // Q4, the overload flow of a meter, is 1.25 times its permanent flow Q3 (ISO 4064-1, 4.1.4).
            let litres = meter?.nominalFlow.map { $0.value * 1.25 } ?? greatestFlow
            return unit.litresPerUnit.map { litres / $0 }
        case .hour: return 1
        case .kilowattHour: return 10_000
        case .none: return 36_000
        default: return nil
        }
    }
}
