// SPDX-License-Identifier: Apache-2.0

import Model

/// One scheduled run of an irrigation, as its meter shows it.
struct WateringRun: Hashable, Codable, Sendable {
    var slot: WateringTimes.Slot
    /// The minutes in which the first and the latest water passed.
    var first: Int64
    var last: Int64
    var litres: Double

    var minutes: Int64 { max(1, last - first) }
    /// Mean flow in litres an hour.
    var flow: Double { litres * 60 / Double(minutes) }

    /// Least litres, and counts of the register, that make a run.
    static let leastLitres = 2.0
    static let leastCounts = 2.0

    /// The run that has begun in `slot` by `minute`; `nil` while no water tells of one.
    init?(in slot: WateringTimes.Slot, by minute: Int64, _ meter: MeterState, _ law: RegisterLaw) {
        let from = max(slot.start - WateringTimes.slack, meter.minutes.knownFrom)
        guard from < minute, let volume = meter.minutes.volume(from: from, to: minute),
            volume > max(Self.leastLitres, Self.leastCounts * law.litresPerCount)
        else { return nil }
        let first = (from..<minute).first { (meter.minutes.volume(from: $0, to: $0 + 1) ?? 0) > 0 }
        self.init(slot: slot, first: first ?? from, last: minute, litres: volume)
    }

    private init(slot: WateringTimes.Slot, first: Int64, last: Int64, litres: Double) {
        (self.slot, self.first, self.last, self.litres) = (slot, first, last, litres)
    }

    /// Adds a minute; whether the run goes on.
    mutating func add(_ minute: Int64, _ meter: MeterState) -> Bool {
        if let volume = meter.minutes.volume(from: minute - 1, to: minute), volume > 0 {
            litres += volume
            last = minute
        }
        let pause = 15 + (meter.grainMinutes > 1.5 ? Int64(min(meter.grainMinutes, 60).rounded(.up)) : 0)
        return minute - last < pause && minute <= slot.end + WateringTimes.slack
    }

    var isWellFormed: Bool {
        let minutes: ClosedRange<Int64> = -1...100_000_000
        return slot.isWellFormed && minutes.contains(first) && minutes.contains(last) && litres.isFinite
    }
}

/// What the runs of one irrigation are usually like: the newest eight that were.
struct UsualRun: Hashable, Codable, Sendable {
    private static let memory = 8
    static let learningRuns = 3

    private var flows: [Float] = []
    private var volumes: [Float] = []

    init() {
        flows.reserveCapacity(Self.memory)
        volumes.reserveCapacity(Self.memory)
    }

    /// Median flow in litres an hour; `nil` before three runs.
    var flow: Double? { median(flows) }
    /// Median volume in litres; `nil` before three runs.
    var litres: Double? { median(volumes) }
    var count: Int { flows.count }

    mutating func learn(_ run: WateringRun) {
        if flows.count >= Self.memory { flows.removeFirst() }
        if volumes.count >= Self.memory { volumes.removeFirst() }
        flows.append(Float(run.flow))
        volumes.append(Float(run.litres))
    }

    mutating func forget() {
        flows.removeAll(keepingCapacity: true)
        volumes.removeAll(keepingCapacity: true)
    }

    private func median(_ values: [Float]) -> Double? {
        guard values.count >= Self.learningRuns else { return nil }
        return Middle.of(values)
    }

    var isWellFormed: Bool {
        flows.count <= Self.memory && volumes.count <= Self.memory && (flows + volumes).allSatisfy(\.isFinite)
    }
}
