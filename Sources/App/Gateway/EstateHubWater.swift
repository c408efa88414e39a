// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Model
import Pipeline
import Prevention
import Savings
import Store

/// The estate's water, and single devices, for pages and programs.
extension EstateHub {
    /// Makes the overview at most once a minute: it asks for the history of every meter.
    func water() async throws -> WaterOverview {
        await watering.enter()
        let made: WaterOverview
        do {
            made = try await freshWater()
        } catch {
            await watering.leave()
            throw error
        }
        await watering.leave()
        return made
    }

    private func freshWater() async throws -> WaterOverview {
        let now = clock.now().wall
        if let waterShown, now >= waterShown.asOf, now - waterShown.asOf < Self.waterAge { return waterShown }
        let zone = configuration.site.zone
        var meters = meteredTotals
        let start = WaterBook.start(zone: zone, now: now)
        for place in meters.indices {
            meters[place].days = try await history(ofPoint: meters[place].point, .day, from: start, to: now).rows
            guard meters[place].isZone else { continue }
            meters[place].hours = try await history(ofPoint: meters[place].point, .hour, from: start, to: now).rows
        }
        // Of those that are over only today's count; a day has 25 hours at most.
        let findings = await findings { $0.clearedAt.map { now - $0 < .seconds(25 * 3600) } ?? true }
        var prices = configuration.costing
        prices?.usualUses = await desk?.usualUses ?? [:]
        let overview = WaterBook(meters, zone: zone, now: now).overview(findings: findings, costing: prices)
        waterShown = overview
        return overview
    }

    /// How long what was made is good enough.
    private static let waterAge: Duration = .seconds(60)

    /// The site's water meters, in the order of the file.
    private var meteredTotals: [MeteredTotal] {
        configuration.devices.enumerated().compactMap { place, device in
            guard let meter = device.meter,
                let total = catalogue.point(of: AssetIndex(place), carrying: "water.total"),
                let litres = catalogue[total].unit.litresPerUnit
            else { return nil }
            return MeteredTotal(
                settings: meter, asset: device.asset, name: device.name, point: catalogue.path(of: total),
                litresPerUnit: litres)
        }
    }

    func asset(_ identifier: AssetIdentifier) async -> AssetDetail? {
        guard let place = catalogue.asset(named: identifier).map({ Int($0.value) }) else { return nil }
        let records = await desk?.books.prevention.records ?? []
        var detail = AssetDetail(
            configuration.devices[place], as: snapshot(ofAsset: place),
            lastServiceOn: records.filter { $0.asset == identifier }.map(\.doneOn).max())
        detail.findings = await findings { $0.asset == identifier }
        detail.tickets = await tickets().filter { $0.asset == identifier }
        return detail
    }
}
