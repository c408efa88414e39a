// SPDX-License-Identifier: Apache-2.0

import Model
import Savings
import TestKit
import Testing

private let yuan = Currency("CNY")!

@Suite struct MoneyTests {
    @Test(arguments: [
        (litres: 1000.0, price: 3.45, minor: 345 as Int64), (1.0, 5.0, 1), (0.9, 5.0, 0), (333.0, 2.765, 92),
        (-5.0, 3.0, 0), (.nan, 3.0, 0), (.infinity, 1.0, 100_000_000_000), (1e30, 1.0, 100_000_000_000),
    ])
    func `litres cost their part of a cubic metre, to the nearest minor unit`(
        _ c: (litres: Double, price: Double, minor: Int64)
    ) {
        #expect(Money(c.litres, atCubicMetrePrice: Price(c.price), in: yuan).minorUnits == c.minor)
    }

    @Test func `the greatest amounts saturate and do not trap`() {
        let money = Money(1e12, atCubicMetrePrice: Price(millionths: .max), in: Currency("KWD")!)
        #expect(money.minorUnits == .max)
        #expect(Price(millionths: .max) + Price(1) == Price(millionths: .max))
        #expect(Price(.nan).millionths == 0)
    }

    @Test(arguments: [
        ("CNY", 1230 as Int64, "12.30"), ("CNY", 5, "0.05"), ("JPY", 1230, "1230"), ("KWD", 7, "0.007"),
        ("CNY", -250, "-2.50"), ("CNY", .min, "-92233720368547758.08"),
    ])
    func `an amount is written as people write it`(_ c: (code: String, minor: Int64, text: String)) {
        #expect(Money(minorUnits: c.minor, currency: Currency(c.code)!).figures == c.text)
    }

    @Test(arguments: ["", "cny", "CN", "CNYX", "C Y"])
    func `a currency is three capital letters`(code: String) { #expect(Currency(code) == nil) }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `more water or a higher price never costs less, and parts add up to a unit`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (a, b) = (Double.random(in: 0...1e7, using: &random), Double.random(in: 0...1e7, using: &random))
        let price = Price(Double.random(in: 0...50, using: &random))
        func cost(_ litres: Double, _ price: Price) -> Int64 {
            Money(litres, atCubicMetrePrice: price, in: yuan).minorUnits
        }
        #expect(cost(a + b, price) >= max(cost(a, price), cost(b, price)))
        #expect(cost(a, price + Price(1)) >= cost(a, price))
        #expect(abs(cost(a + b, price) - cost(a, price) - cost(b, price)) <= 1)
    }
}

@Suite struct TariffTests {
    private let tariff = Tariff(
        currency: yuan,
        dwellingBlocks: [
            .init(upToCubicMetresPerYear: 180, price: Price(5)), .init(upToCubicMetresPerYear: 260, price: Price(7)),
            .init(upToCubicMetresPerYear: nil, price: Price(9)),
        ], estatePrice: Price(4), liftingPrice: Price(0.5))

    @Test(arguments: [
        (nil as Double?, 5.0), (0, 5), (179.9, 5), (180, 7), (259, 7), (260, 9), (1e9, 9), (.nan, 5),
    ])
    func `the price is that of the block a dwelling has come to`(_ c: (use: Double?, price: Double)) {
        #expect(tariff.marginalPrice(atYearlyUse: c.use) == Price(c.price))
    }

    @Test func `water behind pumps costs its lifting too, and shared water the estate's price`() {
        let costing = Costing(
            tariff: tariff,
            meters: [
                SavingsMeter(asset: "inlet", role: .bulk, parent: nil, litresPerCount: 10),
                SavingsMeter(asset: "low", role: .riser, parent: "inlet", litresPerCount: 10),
                SavingsMeter(asset: "high", role: .riser, parent: "inlet", litresPerCount: 10, isLifted: true),
                SavingsMeter(asset: "home-1", role: .dwelling, parent: "low", litresPerCount: 1),
                SavingsMeter(asset: "home-2", role: .dwelling, parent: "high", litresPerCount: 1),
            ])
        let prices = ["inlet", "low", "high", "home-1", "home-2", "tank-1"].map { costing.price(at: $0) }
        #expect(prices == [Price(4), Price(4), Price(4.5), Price(5), Price(5.5), Price(4)])
        var used = costing
        used.usualUses["home-2"] = LitresPerHour(300_000 / 8760)
        #expect(used.price(at: "home-2") == Price(9.5))
    }

    @Test func `a ring of parents ends`() {
        let costing = Costing(
            tariff: tariff,
            meters: [
                SavingsMeter(asset: "a", role: .riser, parent: "b", litresPerCount: 1),
                SavingsMeter(asset: "b", role: .riser, parent: "a", litresPerCount: 1),
            ])
        #expect(costing.price(at: "a") == Price(4))
    }
}
