// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles

/// What the devices of a simulated site would answer: registers that count, gates that stand open, devices that are
/// silent, and values that are none.
struct SimulatedWorld {
    private let configuration: SiteConfiguration
    private let catalogue: Catalogue
    private var random: SplitMix64
    /// Counts of each counter by its place.
    private var registers: [Int: UInt64] = [:]
    /// Until when a device is silent, by its place.
    private var silent: [Int: MonotonicInstant] = [:]
    /// Until when a state is the last of its labels, by its place.
    private var odd: [Int: MonotonicInstant] = [:]

    init(_ configuration: SiteConfiguration, _ catalogue: Catalogue, seed: UInt64) {
        (self.configuration, self.catalogue) = (configuration, catalogue)
        random = SplitMix64(seed: seed ^ 0x5157_4F52_4C44)
    }

    /// One sweep of every device.
    mutating func poll(at now: ClockReading) -> [Sweep] {
        configuration.devices.indices.map { sweep(of: $0, at: now) }
    }

    private mutating func sweep(of place: Int, at now: ClockReading) -> Sweep {
        let points = catalogue[AssetIndex(place)].points
        if silent[place].map({ $0 <= now.instant }) ?? true {
            silent[place] = nil
            // From a minute to two days.
            if random.below(400) == 0 {
                silent[place] = now.instant + .seconds(60 << Int64(random.below(12)))
            }
        }
        let isSilent = silent[place] != nil
        let readings = zip(points, configuration.devices[place].device.values).map { point, value -> Reading in
            let index = PointIndex(point)
            if isSilent { return Reading(point: index, bad: .timeout, sourceTime: now.wall) }
            if random.below(3000) == 0 { return Reading(point: index, bad: .notFinite, sourceTime: now.wall) }
            if let counting = value.counting {
                let raw = count(point, modulus: counting.modulus)
                return Reading(
                    point: index, good: .number(Double(raw) * counting.unitsPerCount), raw: raw, sourceTime: now.wall)
            }
            let labels = catalogue.points[point].stateLabels
            if !labels.isEmpty {
                return Reading(
                    point: index, good: .state(isOdd(point, at: now.instant) ? UInt16(labels.count - 1) : 0),
                    sourceTime: now.wall)
            }
            return Reading(point: index, good: .number(Double(random.below(1000)) / 100), sourceTime: now.wall)
        }
        return Sweep(
            asset: AssetIndex(place), receivedAt: now.instant, receivedWall: now.wall, timeQuality: now.timeQuality,
            readings: readings)
    }

    /// Counts on, and now and then goes round.
    private mutating func count(_ point: Int, modulus: UInt64?) -> UInt64 {
        let before = registers[point] ?? modulus.map { $0 - UInt64(random.below(2000)) } ?? 1_000_000
        let next = before + (random.below(3) == 0 ? UInt64(random.below(6)) : 0)
        registers[point] = modulus.map { next % $0 } ?? next
        return registers[point] ?? 0
    }

    private mutating func isOdd(_ point: Int, at now: MonotonicInstant) -> Bool {
        if let until = odd[point] {
            if until > now { return true }
            odd[point] = nil
        } else if random.below(500) == 0 {
            odd[point] = now + .seconds(600 + Int64(random.below(7200)))
            return true
        }
        return false
    }
}
