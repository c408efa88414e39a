// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles
import Savings

extension SiteReader {
    /// The `tariff:` of the file; `nil` when there is none or it is wrong.
    mutating func readTariff(_ root: Section) -> Tariff? {
        guard let section = file.section("tariff", in: root, "tariff", keys: SiteKeys.tariff) else { return nil }
        file.require("currency", in: section, "Give the code of the currency, such as CNY.")
        file.require("water", in: section, "Give the price of a cubic metre for dwellings: water: [{price: 5.00}].")
        let currency = readCurrency(section)
        let blocks = readBlocks(section)
        let estate = price("estate_price", in: section)
        let electricity = price("electricity_price", in: section)
        let lifting = file.number("lifting_kilowatt_hours_per_cubic_metre", in: section)
        if let lifting, electricity == nil {
            file.error(
                .value, at: lifting.place,
                section.says("lifting costs nothing without 'electricity_price'. Give the price of a kilowatt hour."))
        }
        guard let currency, let first = blocks.first else { return nil }
        return Tariff(
            currency: currency, dwellingBlocks: blocks, estatePrice: estate ?? first.price,
            liftingPrice: electricity?.times(lifting?.value ?? 0) ?? Price(0))
    }

    private mutating func price(_ key: String, in section: Section) -> Price? {
        file.number(key, in: section).map { Price($0.value) }
    }

    private mutating func readCurrency(_ section: Section) -> Currency? {
        guard let text = file.text("currency", in: section) else { return nil }
        guard let currency = Currency(text.value) else {
            file.error(
                .value, at: text.place,
                section.says("currency '\(text.value)' is no code of three capital letters, such as CNY."))
            return nil
        }
        return currency
    }

    /// Steps in rising order; the last has no end. Empty when one of them is wrong.
    private mutating func readBlocks(_ section: Section) -> [Tariff.Block] {
        guard let items = file.list("water", in: section) else { return [] }
        if items.isEmpty, let entry = section.entry("water") {
            file.error(.value, at: entry.value.place, section.says("'water' needs a price: water: [{price: 5.00}]."))
        }
        var blocks: [Tariff.Block] = []
        for (place, item) in items.enumerated() {
            let subject = "tariff: block \(place + 1)"
            guard
                let block = file.section(
                    item, subject, at: item.place, keys: SiteKeys.tariffBlock)
            else { return [] }
            file.require("price", in: block, "Give the price of a cubic metre.")
            let end = file.number("up_to_cubic_metres_per_year", in: block)
            guard let price = price("price", in: block) else { return [] }
            let isLast = place == items.count - 1
            if isLast, let end {
                file.error(
                    .value, at: end.place,
                    block.says("the last block has no end. Remove 'up_to_cubic_metres_per_year'."))
                return []
            }
            if !isLast {
                file.require("up_to_cubic_metres_per_year", in: block, "Only the last block has no end.")
                guard let end else { return [] }
                if let before = blocks.last?.upToCubicMetresPerYear, end.value <= before {
                    file.error(
                        .value, at: end.place, block.says("it ends at or below the block before it. Put them in order.")
                    )
                    return []
                }
            }
            blocks.append(Tariff.Block(upToCubicMetresPerYear: end?.value, price: price))
        }
        return blocks
    }
}
