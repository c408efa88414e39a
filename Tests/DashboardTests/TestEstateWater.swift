// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
import Pipeline
import Savings

/// The water of the small estate: 12 m³ went in yesterday, of which 8 m³ came to the riser.
extension TestEstate {
    func water() throws -> WaterOverview {
        if failsToRead { throw Unreadable() }
        return Self.waterOfTheDay
    }

    static let waterOfTheDay: WaterOverview = {
        let today = CivilDate(year: 2026, month: 11, day: 22)
        func days(_ litres: Double) -> [WaterDay] {
            (0..<15).reversed().map { back in
                WaterDay(
                    date: CivilDate(daysSince1970: today.daysSince1970 - back),
                    litres: back == 4 ? nil : litres * (back < 7 ? 1.1 : 1), isWhole: back > 0 && back != 4)
            }
        }
        func nights(_ last: Double) -> [WaterNight] {
            (0..<8).reversed().map { back in
                WaterNight(
                    date: CivilDate(daysSince1970: today.daysSince1970 - back),
                    litresPerHour: back == 0 ? last : 40 + Double(back))
            }
        }
        func meter(_ asset: String, _ name: BilingualText, _ role: MeterRole, _ parent: String?, _ depth: Int)
            -> WaterMeter
        {
            WaterMeter(
                asset: .init(asset), name: name, role: role, parent: parent.map { .init($0) }, depth: depth,
                point: "x/\(asset)/total", days: days(role == .unit ? 300 : 12_000))
        }
        func balance(_ period: WaterPeriod, _ delivered: Double?, _ parts: [(String, Double?)]) -> WaterBalance {
            WaterBalance(
                period: period, delivered: delivered,
                parts: parts.map { .init(asset: .init($0.0), litres: $0.1) }, uncertainty: 500)
        }
        return WaterOverview(
            asOf: now, today: today,
            meters: [
                meter("main-meter", .init(zh: "总水表", en: "Inlet meter"), .bulk, nil, 0),
                meter("riser-2", .init(zh: "2 号楼立管", en: "Riser of block 2"), .riser, "main-meter", 1),
                meter("unit-301", .init(zh: "301 室水表", en: "Meter of flat 301"), .unit, "riser-2", 2),
                meter("unit-302", .init(zh: "302 室水表", en: "Meter of flat 302"), .unit, "riser-2", 2),
            ],
            zones: [
                WaterZone(
                    asset: .init("main-meter"),
                    balances: [
                        balance(.today, 9_000, [("riser-2", 8_700)]), balance(.yesterday, 12_000, [("riser-2", 8_000)]),
                        balance(.week, 84_000, [("riser-2", nil)]),
                    ], nights: nights(180)),
                WaterZone(
                    asset: .init("riser-2"),
                    balances: [
                        balance(.today, nil, [("unit-301", 200), ("unit-302", 100)]),
                        balance(.yesterday, 8_000, [("unit-301", 4_900), ("unit-302", 2_900)]),
                        balance(.week, 56_000, [("unit-301", 30_000), ("unit-302", 25_900)]),
                    ], nights: nights(41)),
            ],
            losses: [
                WaterLoss(
                    finding: burst, perDay: LitresRange(low: 33_120, high: 38_880),
                    costPerDay: Currency("CNY").map {
                        MoneyRange(
                            low: Money(minorUnits: 13_248, currency: $0), high: Money(minorUnits: 15_552, currency: $0))
                    }),
                WaterLoss(finding: leak, perDay: LitresRange(low: 336, high: 336), costPerDay: nil),
            ], lostToday: LitresRange(low: 700, high: 790))
    }()

    func asset(_ identifier: AssetIdentifier) -> AssetDetail? {
        guard let asset = current.assets.first(where: { $0.identifier == identifier }) else { return nil }
        var detail = AssetDetail(asset, bus: BusIdentifier("block-2"), unit: UnitIdentifier(7))
        detail.registers = asset.points.indices.map { place in
            [RegisterSpan(.holdingRegister, at: UInt16(8 * place), count: 2)]
        }
        detail.parent = identifier.text == "riser-2" ? AssetIdentifier("main-meter") : nil
        detail.place = "cellar"
        detail.boundary = BilingualText(zh: "市政负责到立管阀门", en: "utility up to the riser's valve")
        detail.findings = current.findings.filter { $0.finding.asset == identifier }
        detail.tickets = tickets().filter { $0.asset == identifier }
        return detail
    }
}
