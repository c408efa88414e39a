// SPDX-License-Identifier: Apache-2.0

public import Model
import Polling
import Profiles

/// Doubts readings of points that stand still while another point says that they should move.
///
/// The two may be of different devices on different buses: sweeps of all of them are to be handed in.
public struct FrozenBook: Sendable {
    private struct Watched: Sendable {
        var watch: FrozenWatch
        /// Place of the point that tells when it should move.
        var companion: Int
    }

    /// By the place of the point in the catalogue.
    private var watched: [Int: Watched] = [:]
    /// What each companion said last; `nil` while it is not known.
    private var shouldMove: [Int: Bool?] = [:]

    /// Whether there is nothing to watch.
    public var isEmpty: Bool { watched.isEmpty }

    /// - Parameter configuration: A rule whose companion the site does not have is left out. A point is not doubted
    ///   before it was read three times, whatever its rule says.
    public init(_ configuration: SiteConfiguration) {
        let catalogue = configuration.makeCatalogue()
        for (place, device) in configuration.devices.enumerated() {
            let points = catalogue[AssetIndex(place)].points
            for (value, index) in zip(device.device.values, points) {
                guard let (after, companion) = Self.rule(of: value, device, AssetIndex(place), catalogue) else {
                    continue
                }
                watched[index] = Watched(
                    watch: FrozenWatch(frozenAfter: max(after, catalogue.points[index].period * 2)),
                    companion: companion)
                shouldMove[companion] = .some(nil)
            }
        }
    }

    private static func rule(
        of value: CompiledValue, _ device: DeviceSettings, _ asset: AssetIndex, _ catalogue: Catalogue
    ) -> (after: Duration, companion: Int)? {
        if let rule = device.frozen[value.name] {
            guard let other = catalogue.asset(named: rule.asset),
                let companion = catalogue[other].points.first(where: { catalogue.points[$0].name == rule.point })
            else { return nil }
            return (rule.after, companion)
        }
        guard let rule = value.frozen, let companion = catalogue.point(of: asset, carrying: rule.companion) else {
            return nil
        }
        return (rule.after, Int(companion.value))
    }

    /// The sweep with good readings made `uncertain(frozen)` where they have stood still for too long.
    public mutating func judged(_ sweep: Sweep) -> Sweep {
        guard !watched.isEmpty else { return sweep }
        // What came in the same answer holds for the whole of it.
        for reading in sweep.readings where shouldMove.keys.contains(Int(reading.point.value)) { note(reading) }
        var judged = sweep
        for (place, reading) in sweep.readings.enumerated() {
            let index = Int(reading.point.value)
            guard var entry = watched[index] else { continue }
            if let bits = reading.bits {
                let companion = shouldMove[entry.companion] ?? nil
                if entry.watch.isFrozen(bits, shouldMove: companion, at: sweep.receivedAt), reading.quality == .good {
                    (judged.readings[place].quality, judged.readings[place].reason) = (.uncertain, .frozen)
                }
            } else {
                // Nobody knows what it did meanwhile.
                entry.watch.noteRest()
            }
            watched[index] = entry
        }
        return judged
    }

    private mutating func note(_ companion: Reading) {
        let place = Int(companion.point.value)
        let says: Bool? = companion.quality == .good ? companion.quantity.map { $0.asDouble != 0 } : nil
        shouldMove[place] = .some(says)
        guard says != true else { return }
        for index in watched.keys where watched[index]?.companion == place { watched[index]?.watch.noteRest() }
    }
}

extension Reading {
    /// The registers as read, else the value itself as bits; `nil` without a value.
    fileprivate var bits: UInt64? {
        guard quality != .bad else { return nil }
        if let raw { return raw }
        return switch quantity {
        case .number(let value): value.bitPattern
        case .integer(let value): UInt64(bitPattern: value)
        case .isOn(let isOn): isOn ? 1 : 0
        case .state(let index): UInt64(index)
        case nil: nil
        }
    }
}
