// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import NIOCore
import NIOPosix
import Pipeline
import Polling
import Store

/// Which buses a gateway works with: those that are being polled already and new ones.
extension SiteGateway {
    func makeBuses(_ catalogue: Catalogue, _ store: SluiceStore, _ progress: SiteProgress) async throws -> [PolledBus] {
        let works = BusWork.all(of: configuration)
        let loops = crew.loops(for: works.count)
        let learned = LearnedDevices(
            registers: try await store.learnedDevices(), turnarounds: try await store.learnedTurnarounds())
        return works.map { work in
            if let bus = crew.member(doing: work) { return bus }
            let bus = makeBus(work, catalogue, loops.next(), learned, progress)
            crew.add(bus)
            return bus
        }
    }

    /// The devices of a bus in the order of the file.
    func devices(of bus: BusIdentifier, _ catalogue: Catalogue) -> [PolledDevice] {
        let settings = configuration.buses.first { $0.identifier == bus }
        return configuration.devices.enumerated().filter { $0.element.bus == bus }.map {
            PolledDevice($0.element, at: $0.offset, in: catalogue, polling: configuration.polling, on: settings)
        }
    }

    private func makeBus(
        _ work: BusWork, _ catalogue: Catalogue, _ loop: any EventLoop, _ learned: LearnedDevices,
        _ progress: SiteProgress
    ) -> PolledBus {
        let bus = work.bus
        let (outlet, meter) = (BusOutlet(), PollMeter(of: bus.identifier))
        let isSocket = if case .tcp = bus.wire { true } else { false }
        let devices = devices(of: bus.identifier, catalogue)
        var poller = BusPoller(
            bus: bus, port: makeModbusPort(bus, loop, logger), devices: devices, clock: clock, catalogue: catalogue,
            pace: isSocket ? LoopPace(loop: loop) : TaskPace(), logger: logger, deliver: { outlet.deliver($0) },
            availability: { await outlet.note($1, of: $0, since: $2) }, lateness: { meter.note(lateness: $0) })
        poller.visited = { meter.note($0) }
        poller.progress = { progress.note("bus \(bus.identifier)", within: $0) }
        poller.remember = { await outlet.remember($0, $1) }
        poller.rememberTurnaround = { await outlet.rememberTurnaround($0, $1, $2, at: $3) }
        (poller.facts, poller.turnarounds) = (
            devices.map { learned.facts(of: $0, on: bus.identifier) },
            devices.map { learned.turnaround(of: $0, on: bus.identifier) }
        )
        poller.number = configuration.buses.firstIndex { $0.identifier == bus.identifier } ?? 0
        // Each moment costs a transaction and its wakes; few sockets are as well served on two of them.
        poller.phasesPerSecond = configuration.buses.count <= 64 ? 2 : 4
        poller.guests.attach(poller.port, of: bus, pace: poller.pace)
        return PolledBus(
            work, poller, on: isSocket ? LoopRunner(loop: loop) : nil, outlet: outlet, meter: meter,
            places: BusPlaces(bus.identifier, in: configuration, catalogue))
    }
}
