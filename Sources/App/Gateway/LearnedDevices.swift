// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import Pipeline
import Polling
import Store

/// What was learned of devices before the program restarted; not of those that are read in another way now.
struct LearnedDevices: Sendable {
    var registers: [LearnedDevice]
    var turnarounds: [LearnedTurnaround]

    func facts(of device: PolledDevice, on bus: BusIdentifier) -> [LearnedFact] {
        registers.first {
            $0.bus == bus && $0.unit == device.scheduled.unit && $0.fingerprint == device.fingerprint
        }?.facts ?? []
    }

    /// How long it takes to answer, in the middle.
    func turnaround(of device: PolledDevice, on bus: BusIdentifier) -> Duration? {
        turnarounds.first {
            $0.bus == bus && $0.unit == device.scheduled.unit && $0.fingerprint == device.fingerprint
        }?.median
    }
}

/// Stores what a bus learns of its devices.
struct LearnedKeeper: Sendable {
    private let devices: [PolledDevice]
    private let bus: BusIdentifier
    private let store: SluiceStore
    private let logger: Logger

    init(_ devices: [PolledDevice], of bus: BusIdentifier, _ store: SluiceStore, _ logger: Logger) {
        (self.devices, self.bus, self.store, self.logger) = (devices, bus, store, logger)
    }

    /// - Parameter place: The place of the device on its bus.
    func keep(_ facts: [LearnedFact], of place: Int) async {
        let device = devices[place]
        await attempt(device) {
            try await store.save(
                LearnedDevice(bus: bus, unit: device.scheduled.unit, fingerprint: device.fingerprint, facts: facts))
        }
    }

    func keep(median: Duration, p99: Duration, of place: Int, at: Timestamp) async {
        let device = devices[place]
        await attempt(device) {
            try await store.save(
                LearnedTurnaround(
                    bus: bus, unit: device.scheduled.unit, fingerprint: device.fingerprint, median: median, p99: p99,
                    learnedAt: at))
        }
    }

    private func attempt(_ device: PolledDevice, _ save: () async throws -> Void) async {
        do {
            try await save()
        } catch is CancellationError {
        } catch {
            logger.error(
                "What was learned of a device could not be stored; it is learned again after a restart.",
                metadata: ["bus": "\(bus)", "unit": "\(device.scheduled.unit)", "error": "\(error)"])
        }
    }
}

extension BusSinks {
    init(
        deliver: @escaping @Sendable (Sweep) -> Void,
        availability: @escaping @Sendable (AssetIndex, Availability, Timestamp) async -> Void,
        keeping keeper: LearnedKeeper
    ) {
        (self.deliver, self.availability) = (deliver, availability)
        remember = { await keeper.keep($1, of: $0) }
        rememberTurnaround = { await keeper.keep(median: $1, p99: $2, of: $0, at: $3) }
    }
}
