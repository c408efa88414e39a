// SPDX-License-Identifier: Apache-2.0

import Analysis
public import Model
public import Savings

/// The estate's water: what went into each part and what came out of it, its nights, its days, and what is lost.
public struct WaterOverview: Hashable, Codable, Sendable {
    public var asOf: Timestamp
    /// By the site's clock.
    public var today: CivilDate
    /// In the order of their tree: each one before those that its water goes to.
    public var meters: [WaterMeter]
    /// Of meters that are no dwelling's, in the same order.
    public var zones: [WaterZone]
    /// Of open findings that account for water, the greatest flow first.
    public var losses: [WaterLoss]
    /// What findings account for since midnight.
    public var lostToday: LitresRange

    public init(
        asOf: Timestamp, today: CivilDate, meters: [WaterMeter], zones: [WaterZone], losses: [WaterLoss],
        lostToday: LitresRange
    ) {
        (self.asOf, self.today, self.meters) = (asOf, today, meters)
        (self.zones, self.losses, self.lostToday) = (zones, losses, lostToday)
    }
}

/// A water meter with what it counted on its latest days.
public struct WaterMeter: Hashable, Codable, Sendable {
    public var asset: AssetIdentifier
    public var name: BilingualText
    public var role: MeterRole
    /// The meter whose water passes through this one; `nil` at an inlet.
    public var parent: AssetIdentifier?
    /// Meters between this one and the inlet.
    public var depth: Int
    /// Its lifetime total, as `<area>/<asset>/<point>`.
    public var point: String
    /// Oldest first, days without a reading left out.
    public var days: [WaterDay]

    public init(
        asset: AssetIdentifier, name: BilingualText, role: MeterRole, parent: AssetIdentifier?, depth: Int,
        point: String, days: [WaterDay]
    ) {
        (self.asset, self.name, self.role, self.parent) = (asset, name, role, parent)
        (self.depth, self.point, self.days) = (depth, point, days)
    }
}

/// What a meter counted on one day of the site's clock.
public struct WaterDay: Hashable, Codable, Sendable {
    public var date: CivilDate
    /// `nil` where it is not known: the meter was not read near the start of the day, or its total began anew.
    public var litres: Double?
    /// Whether it was read near the end of the day as well, so that it can be set against another day.
    public var isWhole: Bool
    public init(date: CivilDate, litres: Double?, isWhole: Bool) {
        (self.date, self.litres, self.isWhole) = (date, litres, isWhole)
    }
}

/// What a meter that stands before others shows.
public struct WaterZone: Hashable, Codable, Sendable {
    public var asset: AssetIdentifier
    /// One a period; empty where no meter stands behind it.
    public var balances: [WaterBalance]
    /// The least hour of each night, oldest first.
    public var nights: [WaterNight]

    public init(asset: AssetIdentifier, balances: [WaterBalance], nights: [WaterNight]) {
        (self.asset, self.balances, self.nights) = (asset, balances, nights)
    }

    /// The median of the nights before the last one; `nil` with fewer than ``nightsNeeded`` of them.
    public var usualNight: Double? {
        nights.count > Self.nightsNeeded ? Middle.of(nights.dropLast().map(\.litresPerHour)) : nil
    }

    /// Nights that make a usual one.
    public static let nightsNeeded = 3
}

/// The night minimum flow: the smallest whole hour from 01:00 to 05:00.
public struct WaterNight: Hashable, Codable, Sendable {
    public var date: CivilDate
    public var litresPerHour: Double
    public init(date: CivilDate, litresPerHour: Double) { (self.date, self.litresPerHour) = (date, litresPerHour) }
}

/// Spans of time for which water is balanced.
public enum WaterPeriod: String, CaseIterable, Hashable, Codable, Sendable {
    /// Since midnight.
    case today
    case yesterday
    /// The seven days before today.
    case week
}

/// What went through a meter, and through those behind it.
public struct WaterBalance: Hashable, Codable, Sendable {
    public struct Part: Hashable, Codable, Sendable {
        public var asset: AssetIdentifier
        /// `nil` where it was not read at both ends of the period.
        public var litres: Double?
        public init(asset: AssetIdentifier, litres: Double?) { (self.asset, self.litres) = (asset, litres) }
    }

    public var period: WaterPeriod
    /// `nil` where the meter was not read at both ends of the period.
    public var delivered: Double?
    public var parts: [Part]
    /// By how much ``unaccounted`` may be wrong, in litres: 2 % of what each meter counted (ISO 4064-1:2014, class 2, upper
    /// flow range), a step of each register, and what may have flowed between the readings of the meters.
    public var uncertainty: Double

    public init(period: WaterPeriod, delivered: Double?, parts: [Part], uncertainty: Double) {
        (self.period, self.delivered, self.parts, self.uncertainty) = (period, delivered, parts, uncertainty)
    }

    /// Litres that no meter behind it counted; `nil` until all were read.
    public var unaccounted: Double? {
        guard let delivered, !parts.isEmpty, parts.allSatisfy({ $0.litres != nil }) else { return nil }
        return delivered - parts.reduce(0) { $0 + ($1.litres ?? 0) }
    }

    /// Parts that were not read at both ends of the period.
    public var unread: Int { parts.count { $0.litres == nil } }

    /// Whether more is unaccounted for than meters may differ by.
    public var isOpen: Bool { unaccounted.map { $0 > uncertainty } ?? false }
}

/// Water that an open finding accounts for.
public struct WaterLoss: Hashable, Codable, Sendable {
    public var finding: FindingSnapshot
    public var perDay: LitresRange
    /// `nil` on a site without a tariff.
    public var costPerDay: MoneyRange?
    public init(finding: FindingSnapshot, perDay: LitresRange, costPerDay: MoneyRange?) {
        (self.finding, self.perDay, self.costPerDay) = (finding, perDay, costPerDay)
    }
}

/// A volume between two bounds, in litres.
public struct LitresRange: Hashable, Codable, Sendable {
    public var low: Double
    public var high: Double
    public init(low: Double, high: Double) { (self.low, self.high) = (low, max(low, high)) }

    public static let zero = LitresRange(low: 0, high: 0)

    public static func + (a: LitresRange, b: LitresRange) -> LitresRange {
        LitresRange(low: a.low + b.low, high: a.high + b.high)
    }
}
