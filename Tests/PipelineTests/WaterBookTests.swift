// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Model
import Pipeline
import Savings
import Testing

/// Balances, nights and days of the estate's water, with volumes that can be worked out by hand.
@Suite struct WaterBookTests {
    private static let shanghai = ZoneOffsets(name: "Asia/Shanghai", initialOffsetSeconds: 28_800, transitions: [])
    /// 2026-11-22 16:00 in Shanghai, a Sunday.
    private static let now = Timestamp(milliseconds: 1_795_334_400_000)

    /// A meter that is read each minute, with what it counts in an hour of the site's clock.
    private struct Meter: Sendable {
        var asset: String
        var role = MeterRole.riser
        var parent: String?
        var period: Int64 = 60_000
        var isRead: @Sendable (CivilTime) -> Bool = { _ in true }
        /// Litres an hour.
        var flow: @Sendable (CivilTime) -> Double
        /// What the total jumps by at a moment.
        var jump: @Sendable (CivilTime) -> Double = { _ in 0 }
    }

    private func book(_ meters: [Meter], zone: ZoneOffsets = shanghai, now: Timestamp = now) -> WaterBook {
        WaterBook(meters.map { total($0, zone, now) }, zone: zone, now: now)
    }

    private func total(_ meter: Meter, _ zone: ZoneOffsets, _ now: Timestamp) -> MeteredTotal {
        var made = MeteredTotal(
            settings: MeterSettings(
                role: meter.role, parent: meter.parent.map { AssetIdentifier($0) }, litresPerCount: 1,
                counterModulus: nil, nominalFlow: nil),
            asset: AssetIdentifier(meter.asset), name: BilingualText(meter.asset), point: "a/\(meter.asset)/total",
            litresPerUnit: 1000)
        let start = WaterBook.start(zone: zone, now: now)
        var folder = HistoryFolder(zone: zone)
        var cubicMetres = 500.0
        for at in stride(from: start.milliseconds - 3_600_000, to: now.milliseconds, by: Int(meter.period)) {
            let local = zone.local(Timestamp(milliseconds: at))
            cubicMetres += meter.flow(local) * Double(meter.period) / 3_600_000 / 1000 + meter.jump(local) / 1000
            guard meter.isRead(local) else { continue }
            folder.fold(point: 0, at: Timestamp(milliseconds: at), value: cubicMetres, isGood: true)
        }
        let pieces = folder.take()
        var calendar = HistoryCalendar(zone: zone)
        func rows(_ resolution: HistoryResolution) -> [HistoryRow] {
            var buckets: [HistoryBucket] = []
            for piece in pieces.filter({ $0.resolution == resolution }).sorted(by: { $0.bucket.slot < $1.bucket.slot })
            {
                if buckets.last?.slot == piece.bucket.slot {
                    buckets[buckets.count - 1].merge(piece.bucket)
                } else {
                    buckets.append(piece.bucket)
                }
            }
            let first = calendar.slot(of: start, resolution)
            let before = buckets.last { $0.slot < first }?.last.value
            return historyRows(
                buckets.filter { $0.slot >= first }, resolution, isTotal: true, before: before, in: calendar)
        }
        (made.days, made.hours) = (rows(.day), rows(.hour))
        return made
    }

    private func overview(_ meters: [Meter], zone: ZoneOffsets = shanghai, now: Timestamp = now) -> WaterOverview {
        book(meters, zone: zone, now: now).overview(findings: [], costing: nil)
    }

    private func balance(_ water: WaterOverview, _ asset: String, _ period: WaterPeriod) throws -> WaterBalance {
        let zone = try #require(water.zones.first { $0.asset.text == asset })
        return try #require(zone.balances.first { $0.period == period })
    }

    private static let estate = [
        Meter(asset: "inlet", role: .bulk) { _ in 100 },
        Meter(asset: "riser", parent: "inlet") { _ in 60 },
        Meter(asset: "garden", role: .irrigation, parent: "inlet") { _ in 20 },
    ]

    @Test(arguments: [(WaterPeriod.yesterday, 24.0), (.week, 168)])
    func `what no meter counted is what went in less what came out`(period: WaterPeriod, hours: Double) throws {
        let balance = try balance(overview(Self.estate), "inlet", period)
        #expect(abs(try #require(balance.delivered) - 100 * hours) < 0.01)
        #expect(balance.parts.map(\.asset.text) == ["riser", "garden"])
        for (part, flow) in zip(balance.parts, [60.0, 20]) {
            #expect(abs(try #require(part.litres) - flow * hours) < 0.01)
        }
        #expect(abs(try #require(balance.unaccounted) - 20 * hours) < 0.05)
        // 2 % of each meter and a step of each register; all were read in the same minute.
        #expect(abs(balance.uncertainty - (0.02 * 180 * hours + 3)) < 0.1)
        #expect(balance.isOpen)
    }

    @Test func `a difference that meters may have by themselves is not open`() throws {
        var meters = Self.estate
        meters[1].flow = { _ in 78 }
        let balance = try balance(overview(meters), "inlet", .yesterday)
        #expect(abs(try #require(balance.unaccounted) - 48) < 0.05)
        #expect(balance.uncertainty > 90 && !balance.isOpen)
    }

    @Test func `of a meter that was not read at the end of the time nothing is said`() throws {
        var meters = Self.estate
        meters[2].isRead = { $0.date.day != 21 || $0.hour < 20 }
        let water = overview(meters)
        let yesterday = try balance(water, "inlet", .yesterday)
        #expect(yesterday.parts.map { $0.litres == nil } == [false, true])
        #expect(yesterday.unread == 1 && yesterday.unaccounted == nil && !yesterday.isOpen)
        // Its day is not whole, and the one after it did not begin at midnight.
        let days = try #require(water.meters.first { $0.asset.text == "garden" }).days
        #expect(days.first { $0.date.day == 21 }?.isWhole == false)
        #expect(days.first { $0.date.day == 22 }?.litres == nil)
        #expect(days.first { $0.date.day == 20 }?.isWhole == true)
    }

    @Test func `without readings of the head there is no balance, and its parts are told`() throws {
        var meters = Self.estate
        meters[0].isRead = { $0.date.day < 20 }
        let balance = try balance(overview(meters), "inlet", .yesterday)
        #expect(balance.delivered == nil && balance.unaccounted == nil)
        #expect(balance.parts.allSatisfy { $0.litres != nil })
    }

    @Test func `a total that began anew tells nothing of its day`() throws {
        var meters = Self.estate
        meters[1].jump = { $0.date.day == 21 && $0.hour == 9 && $0.minute == 0 ? -10_000 : 0 }
        let water = overview(meters)
        #expect(try balance(water, "inlet", .yesterday).unaccounted == nil)
        #expect(try balance(water, "inlet", .today).unaccounted != nil)
        #expect(water.meters.first { $0.asset.text == "riser" }?.days.first { $0.date.day == 21 }?.litres == nil)
    }

    @Test func `readings that are apart leave that much open`() throws {
        var meters = Self.estate
        meters[1].isRead = { $0.date.day != 22 || $0.hour < 15 }
        let balance = try balance(overview(meters), "inlet", .today)
        // 16 h of the inlet, 15 h of the riser: the hour between them is what may have flowed.
        #expect(abs(try #require(balance.delivered) - 1600) < 3)
        #expect(abs(try #require(balance.unaccounted) - (1600 - 900 - 320)) < 5)
        #expect(abs(balance.uncertainty - (0.02 * (1600 + 900 + 320) + 3 + 900 / 16)) < 3)
    }

    @Test func `a night is its least whole hour, and the usual one the median of those before`() throws {
        var meters = Self.estate
        meters[0].flow = { local in
            let night = Double(local.date.day % 3) * 10 + 30
            if local.date.day == 22 { return local.hour == 3 ? 90 : 120 }
            return local.hour == 2 ? night : local.hour == 0 ? 1 : 200
        }
        let zone = try #require(overview(meters).zones.first)
        #expect(zone.nights.count == 15)
        #expect(zone.nights.last?.date == CivilDate(year: 2026, month: 11, day: 22))
        #expect(abs(try #require(zone.nights.last).litresPerHour - 90) < 2)
        // 8 ... 21 November: 30, 40 and 50 in turn, five, four and five of them.
        #expect(abs(try #require(zone.usualNight) - 40) < 1)
    }

    @Test func `a night of which an hour is missing is told by the others`() throws {
        var meters = Self.estate
        meters[0].flow = { $0.hour == 2 ? 10 : 50 }
        meters[0].isRead = { $0.date.day != 22 || $0.hour != 2 }
        let night = try #require(overview(meters).zones.first?.nights.last)
        // 03:00 follows a gap, so 04:00 and 01:00 are left.
        #expect(night.date.day == 22 && abs(night.litresPerHour - 50) < 1)
    }

    @Test func `meters stand behind their heads, and a ring ends`() throws {
        let meters = [
            Meter(asset: "flat", role: .unit, parent: "riser") { _ in 5 },
            Meter(asset: "riser", parent: "inlet") { _ in 60 },
            Meter(asset: "one", parent: "two") { _ in 1 }, Meter(asset: "two", parent: "one") { _ in 1 },
            Meter(asset: "lost", parent: "nobody") { _ in 1 }, Meter(asset: "inlet", role: .bulk) { _ in 100 },
        ]
        let water = overview(meters)
        #expect(
            water.meters.map { "\($0.asset) \($0.depth)" } == [
                "lost 0", "inlet 0", "riser 1", "flat 2", "one 0", "two 1",
            ])
        // A dwelling is no zone; of one without meters behind it only nights are told.
        #expect(water.zones.map(\.asset.text) == ["lost", "inlet", "riser", "one", "two"])
        #expect(water.zones.first?.balances.isEmpty == true)
    }

    @Test func `a day of 23 hours is a whole one`() throws {
        let forward = Timestamp(milliseconds: 1_774_746_000_000)  // 2026-03-29 01:00 UTC
        let berlin = ZoneOffsets(
            name: "Europe/Berlin", initialOffsetSeconds: 3600, transitions: [.init(at: forward, offsetSeconds: 7200)])
        let water = overview(Self.estate, zone: berlin, now: forward + .seconds(86_400))
        let balance = try balance(water, "inlet", .yesterday)
        #expect(abs(try #require(balance.delivered) - 2300) < 0.01)
        #expect(water.meters.first?.days.first { $0.date.day == 29 }?.isWhole == true)
    }

    @Test func `fifteen days are told, and a day that nobody read is none`() throws {
        var meters = Self.estate
        meters[0].isRead = { $0.date.day != 12 }
        let days = try #require(overview(meters).meters.first).days
        #expect(days.map(\.date.day) == [8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22])
        // The first of them begins with the last value before it; the one after the gap is not known.
        #expect(abs(try #require(days.first?.litres) - 2400) < 0.01)
        #expect(days.first { $0.date.day == 13 }?.litres == nil)
        #expect(days.last?.isWhole == false)
    }

    @Test func `losses have their flow a day and their price, the greatest first`() throws {
        func finding(_ asset: String, from start: Timestamp, to end: Timestamp? = nil, _ low: Double, _ high: Double)
            -> FindingSnapshot
        {
            var finding = Finding(
                rule: .leak, ruleVersion: 1, severity: .p3, asset: AssetIdentifier(asset), startedAt: start,
                raisedAt: start,
                loss: LossEstimate(rateLow: .init(low), rateHigh: .init(high), litres: .init(1000)),
                evidence: Evidence(from: start, to: start, measures: []))
            finding.clearedAt = end
            return FindingSnapshot(finding: finding, assetName: BilingualText(asset), ticket: nil)
        }
        let midnight = Self.now - .seconds(16 * 3600)
        let tariff = Tariff(
            currency: try #require(Currency("CNY")),
            dwellingBlocks: [.init(upToCubicMetresPerYear: nil, price: Price(5))],
            estatePrice: Price(4), liftingPrice: Price(1))
        let water = book(Self.estate).overview(
            findings: [
                finding("riser", from: midnight - .seconds(86_400), 10, 12),
                finding("garden", from: Self.now - .seconds(7200), 50, 50),
                finding("inlet", from: midnight - .seconds(3600), to: midnight + .seconds(3600), 30, 30),
            ], costing: Costing(tariff: tariff, meters: []))
        #expect(water.losses.map { $0.finding.finding.asset.text } == ["garden", "riser"])
        #expect(water.losses[1].perDay == LitresRange(low: 240, high: 288))
        #expect(water.losses[1].costPerDay?.low.figures == "0.96" && water.losses[1].costPerDay?.high.figures == "1.15")
        // 16 h of the riser's, 2 h of the garden's, 1 h of the one that is over.
        #expect(water.lostToday == LitresRange(low: 160 + 100 + 30, high: 192 + 100 + 30))
    }
}
