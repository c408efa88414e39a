// SPDX-License-Identifier: Apache-2.0

public import Model
import Savings
import TestKit
import Testing

extension AssetIdentifier: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self.init(text) }
}

/// A made-up estate: an inlet and four dwellings, a register value a quarter of an hour.
private struct Estate {
    static let start = Timestamp(seconds: 1_772_323_200)  // 2026-03-01 00:00 UTC
    static let firstDay = 20_513
    let meters: [SavingsMeter]
    /// Litres of each quarter of an hour, by meter.
    var flows: [[Double]]

    init(days: Int, occupants: [Int?] = [2, 3, nil, 4, 1]) {
        meters =
            [SavingsMeter(asset: "inlet", role: .bulk, parent: nil, litresPerCount: 1, counterModulus: 100_000)]
            + occupants.enumerated().map {
                SavingsMeter(
                    asset: AssetIdentifier("home-\($0.offset)"), role: .dwelling, parent: "inlet", litresPerCount: 1,
                    counterModulus: 100_000, occupants: $0.element)
            }
        flows = Array(repeating: Array(repeating: 0, count: days * 96), count: meters.count)
    }

    func days(zone: ZoneOffsets = .utc, without gaps: [Range<Int>] = []) -> MeterDays {
        var book = MeterDays(meters: meters, zone: zone)
        for meter in meters.indices {
            var total = 99_000.0
            for quarter in 0...flows[meter].count {
                if !gaps.contains(where: { $0.contains(quarter) }) {
                    let at = Self.start + .seconds(900 * quarter)
                    book.take(meter: meter, count: Int64(total) % 100_000, at: at)
                }
                if quarter < flows[meter].count { total += flows[meter][quarter] }
            }
        }
        book.finish()
        return book
    }
}

private func leak(_ asset: AssetIdentifier, from: Int, to: Int?, low: Double, high: Double, litres: Double) -> Finding {
    let start = Estate.start + .seconds(3600 * from)
    var finding = Finding(
        rule: .toiletLeak, ruleVersion: 1, severity: .p3, asset: asset, startedAt: start,
        raisedAt: start + .seconds(7200),
        loss: LossEstimate(rateLow: .init(low), rateHigh: .init(high), litres: Litres(litres)),
        evidence: Evidence(from: start, to: start, measures: []))
    finding.clearedAt = to.map { Estate.start + .seconds(3600 * $0) }
    return finding
}

@Suite struct SavingsReportTests {
    @Test func `every sum of a report is what was made`() throws {
        var estate = Estate(days: 20)
        var random = SeededGenerator(seed: 7)
        for home in 1...5 {
            for quarter in estate.flows[home].indices where quarter % 96 > 24 {
                estate.flows[home][quarter] = Double(Int.random(in: 0...8, using: &random))
            }
        }
        // The inlet passes what the dwellings use and 2 L a quarter that nobody counts.
        for quarter in estate.flows[0].indices {
            estate.flows[0][quarter] = (1...5).reduce(2) { $0 + estate.flows[$1][quarter] }
        }
        let (first, last) = (Estate.firstDay, Estate.firstDay + 19)
        let report = SavingsReport(
            findings: [], uses: estate.days(), days: first...last, zone: .utc, costing: nil,
            now: Estate.start + .seconds(20 * 86_400))
        let zone = try #require(report.zones.first)
        #expect(zone.days == 20)
        #expect(abs(zone.unmetered - 20 * 96 * 2) < 0.01)
        #expect(abs(zone.metered - estate.flows[1...5].joined().reduce(0, +)) < 0.01)
        #expect(zone.unattributed == 0)
        // One dwelling does not say how many people it has.
        #expect(zone.excessNightFlow == nil)
        for (place, home) in report.dwellings.enumerated() {
            let made = estate.flows[place + 1]
            #expect(home.days == 20)
            #expect(abs(home.litresPerDay - made.reduce(0, +) / 20) < 0.01)
            let people = estate.meters[place + 1].occupants
            #expect(home.litresPerPersonDay == people.map { home.litresPerDay / Double($0) })
            let newest = made.suffix(7 * 96).reduce(0, +)
            let before = made.suffix(14 * 96).prefix(7 * 96).reduce(0, +)
            #expect(abs(try #require(home.trend) - (newest / before - 1)) < 1e-6)
            // The inlet's tap opens at 06:15 only.
            #expect(home.nightShare == 0)
        }
        let known = report.dwellings.compactMap(\.litresPerPersonDay).sorted()
        #expect(known.count == 4)
        #expect(report.quartiles?.median == (known[1] + known[2]) / 2)
        #expect(report.quartiles?.lower == known[0] + 0.75 * (known[1] - known[0]))
    }

    @Test func `a day with a gap is set against nothing, and its water is told apart`() throws {
        var estate = Estate(days: 10)
        for quarter in estate.flows[0].indices { estate.flows[0][quarter] = 4 }
        // Four hours of the third day are missing everywhere.
        let report = SavingsReport(
            findings: [], uses: estate.days(without: [2 * 96 + 40..<2 * 96 + 56]),
            days: Estate.firstDay...Estate.firstDay + 9, zone: .utc, costing: nil, now: Estate.start)
        let zone = try #require(report.zones.first)
        #expect(zone.days == 9)
        #expect(abs(zone.delivered - 9 * 384) < 0.01)
        // The quarters on both sides of the gap and the gap itself: 17 of 96 are not covered.
        #expect(abs(zone.unattributed - Double(96 - 17) * 4) < 0.01)
    }

    @Test func `what the night shows beyond usual use is the 20th percentile less the people`() throws {
        var estate = Estate(days: 10, occupants: [2, 3, 1, 4, 10])
        for quarter in estate.flows[0].indices { estate.flows[0][quarter] = quarter / 96 == 4 ? 9 : 5 }
        let report = SavingsReport(
            findings: [], uses: estate.days(), days: Estate.firstDay...Estate.firstDay + 9, zone: .utc, costing: nil,
            now: Estate.start)
        // 20 L an hour on most nights, and 20 people of whom 6 % draw 10 L.
        #expect(abs(try #require(report.zones.first?.excessNightFlow) - (20 - 12)) < 1e-9)
    }

    @Test func `a repair is measured by seven nights after it, and not before`() throws {
        var estate = Estate(days: 20)
        // 3 L a quarter for five days and six hours, from the third day on.
        let leaking = 2 * 96..<7 * 96 + 24
        for quarter in estate.flows[1].indices {
            estate.flows[1][quarter] = (quarter % 96 > 40 ? 2 : 0) + (leaking.contains(quarter) ? 3 : 0)
        }
        let finding = leak("home-0", from: 48, to: 174, low: 12, high: 15, litres: 1512)
        func report(days: Int) -> SavingsReport {
            var shorter = estate
            shorter.flows = shorter.flows.map { Array($0.prefix(days * 96)) }
            return SavingsReport(
                findings: [finding], uses: shorter.days(), days: Estate.firstDay...Estate.firstDay + 19, zone: .utc,
                costing: nil, now: Estate.start + .seconds(86_400 * days))
        }
        #expect(report(days: 14).losses.map(\.saved) == [nil])
        let saved = try #require(report(days: 15).losses.first?.saved)
        #expect(saved.nightsAfter == 7)
        #expect(saved.nightsBefore == 4)
        #expect(abs(saved.litres - 288) < 1e-9)
        #expect(saved.low <= saved.litres && saved.litres <= saved.high)
    }

    @Test func `a finding costs between its bounds, at the block that the dwelling has come to`() throws {
        let estate = Estate(days: 10)
        let tariff = Tariff(
            currency: Currency("CNY")!,
            dwellingBlocks: [
                .init(upToCubicMetresPerYear: 180, price: Price(5)),
                .init(upToCubicMetresPerYear: nil, price: Price(8)),
            ], estatePrice: Price(4), liftingPrice: Price(0))
        // 32 L/h are 280 m3 a year.
        var costing = Costing(tariff: tariff, meters: estate.meters)
        costing.usualUses["home-0"] = LitresPerHour(32)
        let now = Estate.start + .seconds(10 * 86_400)
        let report = SavingsReport(
            findings: [
                leak("home-0", from: 24, to: nil, low: 10, high: 40, litres: 3000),
                leak("inlet", from: 24, to: 124, low: 50, high: 60, litres: 5500),
                leak("home-1", from: -480, to: -24, low: 1, high: 1, litres: 9),
            ], uses: estate.days(), days: Estate.firstDay...Estate.firstDay + 9, zone: .utc,
            costing: costing, now: now)
        // The third was over before the report begins.
        #expect(report.losses.count == 2)
        let home = try #require(report.losses.first { $0.finding.asset == "home-0" })
        #expect(home.litres.low == 2160 && home.litres.high == 8640)
        #expect(home.cost?.low.minorUnits == 1728 && home.cost?.high.minorUnits == 6912)
        let inlet = try #require(report.losses.first { $0.finding.asset == "inlet" })
        #expect(inlet.cost?.low.minorUnits == 2000 && inlet.cost?.high.minorUnits == 2400)
    }
}

@Suite struct MeterDaysTests {
    private let meter = SavingsMeter(
        asset: "m", role: .dwelling, parent: nil, litresPerCount: 10, counterModulus: 1000,
        nominalFlow: LitresPerHour(2500))

    private func litres(_ values: [(minute: Int, count: Int64)]) -> Double {
        var days = MeterDays(meters: [meter], zone: .utc)
        for (minute, count) in values {
            days.take(meter: 0, count: count, at: Estate.start + .seconds(60 * minute))
        }
        days.take(meter: 7, count: 1, at: Estate.start)
        days.finish()
        return days.days[0].values.reduce(0) { $0 + $1.litres }
    }

    @Test func `steps that no meter can make are not counted`() {
        #expect(litres([(0, 5), (60, 15)]) == 100)
        #expect(litres([(0, 995), (60, 3)]) == 80)
        #expect(litres([(0, 500), (60, 3), (120, 5)]) == 20)
        #expect(litres([(0, 5), (60, 905), (120, 906)]) == 10)
        #expect(litres([(0, 5), (121, 6)]) == 0)
        #expect(litres([(0, 5), (60, 9), (60, 9), (30, 6), (120, 10)]) == 50)
        #expect(litres([(0, .min), (60, .max), (120, 0)]) == 0)
    }

    @Test func `a day lies where the site's clock has it`() {
        let zone = ZoneOffsets(name: "Asia/Shanghai", initialOffsetSeconds: 8 * 3600, transitions: [])
        var days = MeterDays(meters: [meter], zone: zone)
        for quarter in 0...96 {
            days.take(meter: 0, count: Int64(quarter), at: Estate.start + .seconds(900 * quarter))
        }
        days.finish()
        // From 08:00 of one day to 08:00 of the next.
        #expect(days.days[0][Estate.firstDay]?.coveredHours == 16)
        #expect(days.days[0][Estate.firstDay + 1]?.coveredHours == 8)
        #expect(days.days[0][Estate.firstDay + 1]?.nightLitres == 240)
        #expect(days.days[0][Estate.firstDay + 1]?.leastNightHour == 40)
        #expect(days.days[0][Estate.firstDay]?.leastNightHour == nil)
    }
}

/// One test for each rule of estate practice that reports on water keep, named by the rule's words.
@Suite struct EstatePracticeSavingsTests {
    @Test("savings are reported in litres and money") func savings() throws {
        var estate = Estate(days: 20)
        let leaking = 2 * 96..<7 * 96 + 24
        for quarter in estate.flows[1].indices {
            estate.flows[1][quarter] = (quarter % 96 > 40 ? 2 : 0) + (leaking.contains(quarter) ? 3 : 0)
        }
        let tariff = Tariff(
            currency: Currency("CNY")!,
            dwellingBlocks: [.init(upToCubicMetresPerYear: nil, price: Price(5))], estatePrice: Price(4),
            liftingPrice: Price(0))
        let report = SavingsReport(
            findings: [leak("home-0", from: 48, to: 174, low: 12, high: 15, litres: 1512)], uses: estate.days(),
            days: Estate.firstDay...Estate.firstDay + 19, zone: .utc,
            costing: Costing(tariff: tariff, meters: estate.meters), now: Estate.start + .seconds(20 * 86_400))
        let loss = try #require(report.losses.first)
        #expect(abs(try #require(loss.saved).litres - 288) < 1e-9, "12 L an hour, each day")
        #expect(loss.litres.low == 1512 && loss.cost?.low.minorUnits == 756, "1.512 m3 at 5 yuan")
    }
}
