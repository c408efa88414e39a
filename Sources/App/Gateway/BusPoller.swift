// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import ModbusCodec
import Pipeline
import Polling

/// Carries out the schedule of one bus: asks when it says so and hands over what came back.
struct BusPoller: Sendable {
    let bus: BusSettings
    let port: any ModbusPort
    let devices: [PolledDevice]
    let clock: any ClockSource
    let catalogue: Catalogue
    let logger: Logger
    let pace: any BusPace
    let deliver: @Sendable (Sweep) -> Void
    let availability: @Sendable (AssetIndex, Availability, Timestamp) async -> Void
    let lateness: @Sendable (Duration) -> Void

    init(
        bus: BusSettings, port: any ModbusPort, devices: [PolledDevice], clock: any ClockSource, catalogue: Catalogue,
        pace: any BusPace = TaskPace(), logger: Logger, deliver: @escaping @Sendable (Sweep) -> Void,
        availability: @escaping @Sendable (AssetIndex, Availability, Timestamp) async -> Void,
        lateness: @escaping @Sendable (Duration) -> Void
    ) {
        (self.bus, self.port, self.devices, self.clock) = (bus, port, devices, clock)
        (self.catalogue, self.pace, self.logger, self.deliver) = (catalogue, pace, logger, deliver)
        (self.availability, self.lateness) = (availability, lateness)
    }

    /// The schedule that this bus starts with at `start`.
    func makeSchedule(at start: MonotonicInstant) -> BusSchedule {
        BusSchedule(
            devices: devices.map(\.scheduled), cost: bus.cost, timeout: bus.timeout, arrangement: bus.arrangement,
            start: start)
    }

    /// Polls until the task is cancelled, then gives the bus back.
    nonisolated(nonsending) func run() async {
        var schedule = makeSchedule(at: clock.now().instant)
        var isKnown = [Bool](repeating: false, count: devices.count)
        while !Task.isCancelled {
            let now = clock.now()
            switch schedule.next(at: now.instant) {
            case .wait(let until):
                await pace.pause(for: max(until - now.instant, .microseconds(100)))
            case .visit(let visit):
                if !visit.isProbe { lateness(visit.lateness) }
                await carryOut(visit, schedule: &schedule, isKnown: &isKnown)
            }
        }
        await port.close()
    }

    private nonisolated(nonsending) func carryOut(
        _ visit: BusSchedule.Visit, schedule: inout BusSchedule, isKnown: inout [Bool]
    ) async {
        let device = devices[visit.device]
        let answer = await port.sweep(visit.spans, of: device.scheduled.unit, timeout: bus.timeout)
        let after = clock.now()
        let isAnswered = answer.isAnswered
        let events = schedule.finished(visit, isAnswered ? .answered : .silent, at: after.instant)
        let sourceTime = answer.firstByteNanoseconds.map { after.wall(at: MonotonicInstant(nanoseconds: $0)) } ?? after.wall
        let readings = device.readings(of: visit, from: answer, at: sourceTime)
        if !readings.isEmpty { deliver(sweep(of: device, readings, after)) }
        if isAnswered, !isKnown[visit.device] {
            isKnown[visit.device] = true
            await availability(device.asset, .online, after.wall)
        }
        for event in events {
            switch event {
            case .wentDown(let place):
                isKnown[place] = false
                let asset = catalogue[devices[place].asset]
                logger.warning(
                    "Device stopped answering.",
                    metadata: [
                        "bus": "\(bus.identifier)", "device": "\(asset.device)",
                        "unit": "\(devices[place].scheduled.unit)",
                    ])
                deliver(
                    sweep(of: devices[place], devices[place].readings(bad: .deviceDown, at: after.wall), after))
                await availability(devices[place].asset, .offline, after.wall)
            case .cameUp(let place):
                let asset = catalogue[devices[place].asset]
                logger.info(
                    "Device answers again.", metadata: ["bus": "\(bus.identifier)", "device": "\(asset.device)"])
                isKnown[place] = true
                await availability(devices[place].asset, .online, after.wall)
            }
        }
    }

    private func sweep(of device: PolledDevice, _ readings: [Reading], _ clock: ClockReading) -> Sweep {
        Sweep(
            asset: device.asset, receivedAt: clock.instant, receivedWall: clock.wall, timeQuality: clock.timeQuality,
            readings: readings)
    }
}
