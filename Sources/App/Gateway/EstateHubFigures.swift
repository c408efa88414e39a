// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
import Pipeline
import Store

extension EstateHub {
    /// What there is to be measured at this moment.
    func figures() async -> GatewayFigures {
        let now = clock.now()
        var figures = GatewayFigures(site: catalogue.site, at: now.wall, timeQuality: now.timeQuality)
        figures.startedAt = startedAt.wall
        figures.versions = Version.all
        figures.buses = configuration.buses.compactMap { meters[$0.identifier]?.figures }
        let lines = guests.mapValues { guests in
            Dictionary((guests.evidence?.units ?? []).map { ($0.unit, $0) }, uniquingKeysWith: { first, _ in first })
        }
        figures.devices = configuration.devices.enumerated().map { place, device in
            GatewayFigures.Device(
                name: catalogue.assets[place].device.text, bus: device.bus.text, availability: availability[place],
                line: lines[device.bus]?[Int(device.unit.value)])
        }
        figures.readings = stored
        figures.totals = catalogue.points.indices.compactMap { place in
            let point = catalogue.points[place]
            guard point.signal == "water.total", let litres = point.unit.litresPerUnit,
                let total = latest[place]?.quantity?.asDouble
            else { return nil }
            return (catalogue.assets[Int(point.asset.value)].identifier, Litres(total * litres))
        }
        figures.delivery = await deliveryFigures()
        figures.machine = MachineFacts.read(stateDirectory: configuration.storage.directory)
        figures.alarms = (try? await alarms())?.alarms ?? []
        figures.tickets = await tickets()
        figures.findings = await desk?.findings ?? []
        figures.breaches = await desk?.breaches ?? [:]
        figures.lateTasks = progress.late
        figures.tasks = progress.lastProgress.map { ($0.task, now.wall - (now.instant - $0.at)) }
        figures.clockOffset = SystemClock.offset()
        figures.clockSteps = clock.stepCount
        return figures
    }

    private func deliveryFigures() async -> GatewayFigures.Delivery {
        var delivery = GatewayFigures.Delivery()
        if let backlog = try? await store.backlog() {
            (delivery.outboxRows, delivery.oldestRow) = (backlog.rows, backlog.oldest)
        }
        if let status = await publisher?.status {
            (delivery.isConnected, delivery.isForbidden) = (status.isConnected, status.isForbidden)
            (delivery.acknowledgedRows, delivery.refusedRows) = (status.acknowledgedRows, status.refusedRows)
            (delivery.connects, delivery.replayedRows) = (status.connects, status.replayedRows)
            delivery.latency = status.latency
        }
        delivery.givenUp = (try? await store.givenUpReadings()) ?? []
        delivery.quotaShare = try? await store.quotaShare()
        if let committer { (delivery.droppedSweeps, delivery.commits) = (committer.dropped, committer.commits) }
        return delivery
    }
}

extension EstateHub {
    /// Why this gateway does not do its work: a task that does not get on, a store that takes nothing. A broker that is
    /// away is none: what was read is kept.
    func complaints() -> [String] {
        progress.late.map { "\($0) does not get on" }
            + (store.troubles().contains { $0.kind == .refuses } ? ["nothing can be stored"] : [])
    }
}
