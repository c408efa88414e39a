// SPDX-License-Identifier: Apache-2.0

public import Model

/// What water and its way up cost on an estate, from the site's file.
public struct Tariff: Hashable, Codable, Sendable {
    /// A step of the price for dwellings.
    public struct Block: Hashable, Codable, Sendable {
        /// Use of a year up to which it holds, in cubic metres; `nil` for the last one.
        public var upToCubicMetresPerYear: Double?
        /// Of a cubic metre, with what is charged along with it, such as sewage.
        public var price: Price
        public init(upToCubicMetresPerYear: Double?, price: Price) {
            (self.upToCubicMetresPerYear, self.price) = (upToCubicMetresPerYear, price)
        }
    }

    public var currency: Currency
    /// At least one, in rising order of their ends; the last has none.
    public var dwellingBlocks: [Block]
    /// Of a cubic metre that the estate itself pays for, such as one lost in a riser.
    public var estatePrice: Price
    /// Electricity for a cubic metre that pumps have lifted.
    public var liftingPrice: Price

    public init(currency: Currency, dwellingBlocks: [Block], estatePrice: Price, liftingPrice: Price) {
        self.currency = currency
        self.dwellingBlocks = dwellingBlocks
        self.estatePrice = estatePrice
        self.liftingPrice = liftingPrice
    }

    /// Price of the next cubic metre for a dwelling: that of the block it has come to.
    ///
    /// - Parameter use: Of a year, in cubic metres; `nil` when it is not known, which is charged as the first block.
    public func marginalPrice(atYearlyUse use: Double?) -> Price {
        guard let first = dwellingBlocks.first else { return estatePrice }
        guard let use, !use.isNaN else { return first.price }
        return
            (dwellingBlocks.first { $0.upToCubicMetresPerYear.map { use < $0 } ?? true } ?? dwellingBlocks.last
            ?? first).price
    }
}

/// Turns water into money, by what is known of the place where it was lost.
public struct Costing: Sendable {
    public let tariff: Tariff
    /// What dwellings usually draw, from which their block of the tariff follows; the first block where it is not known.
    public var usualUses: [AssetIdentifier: LitresPerHour] = [:]
    private let dwellings: Set<AssetIdentifier>
    private let lifted: Set<AssetIdentifier>

    /// - Parameter meters: All of the site; water at any other place is paid by the estate and not lifted.
    public init(tariff: Tariff, meters: [SavingsMeter]) {
        self.tariff = tariff
        dwellings = Set(meters.filter { $0.role == .dwelling }.map(\.asset))
        let parents = Dictionary(meters.map { ($0.asset, $0.parent) }, uniquingKeysWith: { first, _ in first })
        let direct = Set(meters.filter(\.isLifted).map(\.asset))
        lifted = Set(
            meters.map(\.asset).filter { asset in
                // A meter behind a lifted one has lifted water; the tree is no deeper than it has meters.
                var place: AssetIdentifier? = asset
                for _ in 0...meters.count {
                    guard let here = place else { return false }
                    if direct.contains(here) { return true }
                    place = parents[here] ?? nil
                }
                return false
            })
    }

    /// Price of a cubic metre lost at `asset`, lifting included: at a dwelling that of the block which its usual use
    /// comes to in a year.
    public func price(at asset: AssetIdentifier) -> Price {
        let use = usualUses[asset].map { $0.value * 24 * 365 / 1000 }
        let water = dwellings.contains(asset) ? tariff.marginalPrice(atYearlyUse: use) : tariff.estatePrice
        return lifted.contains(asset) ? water + tariff.liftingPrice : water
    }

    /// What a finding has cost so far; `nil` for one that accounts for no water.
    ///
    /// - Parameter now: Up to which a finding that is not over has run.
    public func cost(of finding: Finding, at now: Timestamp) -> MoneyRange? {
        guard let volume = LostVolume(finding, at: now) else { return nil }
        let price = price(at: finding.asset)
        return MoneyRange(
            low: Money(volume.low, atCubicMetrePrice: price, in: tariff.currency),
            high: Money(volume.high, atCubicMetrePrice: price, in: tariff.currency))
    }
}

/// Water that a finding accounts for, between two bounds in litres.
public struct LostVolume: Hashable, Sendable {
    /// What was lost at least; without bounds of the litres what the meter did not fall below for as long as it ran,
    /// and never more than what was counted.
    public var low: Double
    /// What was lost at most; without bounds what was counted, or the highest flow for as long as it ran.
    public var high: Double

    /// - Returns: `nil` for a finding that accounts for no water.
    public init?(_ finding: Finding, at now: Timestamp) {
        guard let loss = finding.loss else { return nil }
        let counted = loss.litres.value.isFinite ? max(0, loss.litres.value) : 0
        if loss.litresLow < loss.litresHigh, loss.litresLow.value.isFinite, loss.litresHigh.value.isFinite {
            (low, high) = (max(0, loss.litresLow.value), max(0, loss.litresHigh.value))
            return
        }
        let hours = max(0, ((finding.clearedAt ?? now) - finding.startedAt).inHours)
        let (least, most) = (loss.rateLow.value * hours, loss.rateHigh.value * hours)
        low = least.isFinite ? min(counted, max(0, least)) : 0
        high = most.isFinite ? max(counted, most) : counted
    }
}
