// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import Model
import ModbusCodec
import Pipeline
import Polling
import Store

/// Makes the past of a simulated estate: its registers, read at the times a poller would have read them.
///
/// The registers go through the same decoder and the same store as live ones; nothing of it is published.
struct History {
    /// A span that a device is asked for.
    typealias Wanted = (span: RegisterSpan, unit: UnitIdentifier, bus: String)

    let configuration: SiteConfiguration
    let catalogue: Catalogue
    let store: SluiceStore
    let clock: any ClockSource

    /// Minutes between two readings of a device: shared meters and what stands in the plant room each minute, dwelling
    /// meters each quarter of an hour, as estates read them by radio or over long lines.
    private func minutes(between device: DeviceSettings) -> Int64 {
        switch device.meter?.role {
        case .bulk, .riser: 1
        case .unit, .irrigation: 15
        case nil: 5
        }
    }

    /// Writes the readings from `start` to `end`, each whole minute; everything is read once more at `end`.
    ///
    /// - Parameter read: What the devices answer at a moment; moments only rise.
    ///
    /// - Returns: The number of readings stored.
    func write(
        from start: Timestamp, to end: Timestamp, isStopped: () -> Bool,
        read: (Timestamp, [Wanted]) -> [Result<[UInt16], ReadFailure>]
    ) async throws -> Int {
        let now = clock.now()
        let polled = configuration.devices.indices.map {
            PolledDevice(configuration.devices[$0], at: $0, in: catalogue, polling: configuration.polling)
        }
        let visits = polled.map { device in
            BusSchedule.Visit(
                device: 0, groups: Array(device.scheduled.groups.indices),
                spans: planReads(
                    device.scheduled.groups.flatMap(\.items), limits: device.scheduled.limits,
                    cost: .socket(roundTrip: .milliseconds(2))), isProbe: false, lateness: .zero)
        }
        var batch: [Sweep] = []
        var count = 0
        var at = start
        while at <= end, !isStopped() {
            let minute = at.milliseconds / 60_000
            let isLast = at == end
            for place in polled.indices where isLast || minute % minutes(between: configuration.devices[place]) == 0 {
                let device = configuration.devices[place]
                let wanted = visits[place].spans.map { (span: $0, unit: device.unit, bus: device.bus.text) }
                let answer = SweepAnswer(results: read(at, wanted), firstByteNanoseconds: nil, finishedNanoseconds: 0)
                batch.append(
                    Sweep(
                        asset: polled[place].asset, receivedAt: now.instant + (at - now.wall), receivedWall: at,
                        timeQuality: now.timeQuality,
                        readings: polled[place].readings(of: visits[place], from: answer, at: at)))
                count += batch.last?.readings.count ?? 0
            }
            if batch.count >= 2000 {
                _ = try await store.append(batch, publishes: false)
                batch.removeAll(keepingCapacity: true)
            }
            at = isLast ? end + .milliseconds(1) : min(at.floored(to: .seconds(60)) + .seconds(60), end)
        }
        if !batch.isEmpty { _ = try await store.append(batch, publishes: false) }
        return count
    }
}
