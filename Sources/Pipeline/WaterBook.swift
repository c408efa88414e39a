// SPDX-License-Identifier: Apache-2.0

public import Aggregation
public import Model
public import Savings

/// What a water meter is and what its total did, for the water of the estate.
public struct MeteredTotal: Sendable {
    public var settings: MeterSettings
    public var asset: AssetIdentifier
    public var name: BilingualText
    /// The lifetime total, as `<area>/<asset>/<point>`.
    public var point: String
    /// Litres of one unit of the total.
    public var litresPerUnit: Double
    /// Pieces of a day of the last ``WaterBook/days``, oldest first.
    public var days: [HistoryRow] = []
    /// Pieces of an hour of the same time; of meters whose nights are looked at.
    public var hours: [HistoryRow] = []

    public init(
        settings: MeterSettings, asset: AssetIdentifier, name: BilingualText, point: String, litresPerUnit: Double
    ) {
        (self.settings, self.asset, self.name) = (settings, asset, name)
        (self.point, self.litresPerUnit) = (point, litresPerUnit)
    }

    /// Whether the least hours of its nights tell something of the estate: of a dwelling they tell of its people.
    public var isZone: Bool { settings.role != .unit }

    /// Longest time between a moment and the reading nearest to it: two hours, or the meter's own interval twice where
    /// that is longer.
    var patience: Duration { max(MeterDays.longestStep, (settings.longestInterval ?? .zero) * 2) }
}

/// Adds up what meters counted: balances, nights and days.
public struct WaterBook: Sendable {
    /// Days that are told, today among them.
    public static let days = 15

    /// A meter in its place of the tree.
    private struct Place {
        var meter: MeteredTotal
        var depth: Int
        /// Places of the meters behind it.
        var behind: [Int] = []
        /// Pieces with a value, by their day since 1970-01-01, rising.
        var rows: [(day: Int, row: HistoryRow)]
    }

    private let places: [Place]
    private let calendar: HistoryCalendar
    private let zone: ZoneOffsets
    private let now: Timestamp
    /// Days since 1970-01-01.
    private let today: Int

    /// - Parameter meters: In the order of the site's file.
    public init(_ meters: [MeteredTotal], zone: ZoneOffsets, now: Timestamp) {
        (self.zone, self.now) = (zone, now)
        calendar = HistoryCalendar(zone: zone)
        today = zone.local(now).date.daysSince1970
        places = Self.tree(meters, zone)
    }

    /// From when on pieces are needed: a day before those that are told, for with its last value they begin.
    public static func start(zone: ZoneOffsets, now: Timestamp) -> Timestamp {
        HistoryCalendar(zone: zone).start(of: Int64(zone.local(now).date.daysSince1970 - days), .day)
    }

    /// - Parameters:
    ///   - findings: All that are open, and those that ended today; what ended before counts for nothing.
    ///   - costing: `nil` for a site without a tariff.
    public func overview(findings: [FindingSnapshot], costing: Costing?) -> WaterOverview {
        WaterOverview(
            asOf: now, today: CivilDate(daysSince1970: today), meters: places.map(meter),
            zones: places.filter(\.meter.isZone).map(zone),
            losses: findings.compactMap { loss($0, costing) }.sorted {
                ($1.perDay.low, $0.finding.finding.identifier) < ($0.perDay.low, $1.finding.finding.identifier)
            },
            lostToday: findings.reduce(.zero) { $0 + lostToday(by: $1.finding) })
    }

    // MARK: Meters and their days

    /// Each meter before those behind it; one whose parent is not among them, or stands in a ring, counts as an inlet.
    private static func tree(_ meters: [MeteredTotal], _ zone: ZoneOffsets) -> [Place] {
        let known = Set(meters.map(\.asset))
        let children = Dictionary(grouping: meters) { $0.settings.parent }
        var places: [Place] = []
        var told: Set<AssetIdentifier> = []
        func tell(_ meter: MeteredTotal, behind head: Int?) {
            guard told.insert(meter.asset).inserted else { return }
            let place = places.count
            places.append(
                Place(
                    meter: meter, depth: head.map { places[$0].depth + 1 } ?? 0,
                    rows: meter.days.filter { $0.bucket.valued > 0 }
                        .map { (zone.local($0.start).date.daysSince1970, $0) }))
            if let head { places[head].behind.append(place) }
            for child in children[meter.asset] ?? [] { tell(child, behind: place) }
        }
        for meter in meters where meter.settings.parent.map({ !known.contains($0) }) ?? true {
            tell(meter, behind: nil)
        }
        for meter in meters { tell(meter, behind: nil) }
        return places
    }

    private func meter(_ place: Place) -> WaterMeter {
        let (meter, settings) = (place.meter, place.meter.settings)
        let days = place.rows.filter { $0.day > today - Self.days }.map { day, row in
            WaterDay(
                date: CivilDate(daysSince1970: day), litres: volume(of: place, days: day...day)?.litres,
                isWhole: day < today && isRead(place, near: row.end))
        }
        return WaterMeter(
            asset: meter.asset, name: meter.name, role: settings.role, parent: settings.parent, depth: place.depth,
            point: meter.point, days: days)
    }

    /// What a meter counted from the start of the first of `days` to its last reading in them.
    ///
    /// - Returns: `nil` where it was not read near the start, and where its total began anew.
    private func volume(of place: Place, days: ClosedRange<Int>) -> (litres: Double, end: Timestamp)? {
        let rows = place.rows.filter { days.contains($0.day) }
        guard let last = rows.last, isRead(place, near: calendar.start(of: Int64(days.lowerBound), .day)) else {
            return nil
        }
        var sum = 0.0
        for (_, row) in rows {
            guard let consumption = row.consumption else { return nil }
            sum += consumption
        }
        return (sum * place.meter.litresPerUnit, Timestamp(milliseconds: last.row.bucket.last.at))
    }

    /// Whether the last reading before `moment` is near to it.
    private func isRead(_ place: Place, near moment: Timestamp) -> Bool {
        let before = place.rows.last { $0.row.start < moment }
        return before.map { moment - Timestamp(milliseconds: $0.row.bucket.last.at) <= place.meter.patience } ?? false
    }

    // MARK: Zones

    private func zone(_ place: Place) -> WaterZone {
        WaterZone(
            asset: place.meter.asset,
            balances: place.behind.isEmpty ? [] : WaterPeriod.allCases.map { balance(of: place, $0) },
            nights: nights(of: place.meter))
    }

    private func days(of period: WaterPeriod) -> ClosedRange<Int> {
        switch period {
        case .today: today...today
        case .yesterday: (today - 1)...(today - 1)
        case .week: (today - 7)...(today - 1)
        }
    }

    private func balance(of place: Place, _ period: WaterPeriod) -> WaterBalance {
        let days = days(of: period)
        let start = calendar.start(of: Int64(days.lowerBound), .day)
        let end = min(now, calendar.start(of: Int64(days.upperBound + 1), .day))
        let hours = max(1, (end - start).inHours)
        func read(_ place: Place) -> (litres: Double, end: Timestamp)? {
            volume(of: place, days: days).flatMap { end - $0.end <= place.meter.patience ? $0 : nil }
        }
        let head = read(place)
        var uncertainty = 0.0
        func doubt(_ litres: Double, of place: Place, apart: Duration) {
            uncertainty += 0.02 * litres + place.meter.settings.litresPerCount
            // What may have flowed on while only one of the two had been read.
            uncertainty += abs(apart.inHours) * litres / hours
        }
        if let head { doubt(head.litres, of: place, apart: .zero) }
        let parts = place.behind.map { child in
            let counted = read(places[child])
            if let head, let counted { doubt(counted.litres, of: places[child], apart: head.end - counted.end) }
            return WaterBalance.Part(asset: places[child].meter.asset, litres: counted?.litres)
        }
        return WaterBalance(period: period, delivered: head?.litres, parts: parts, uncertainty: uncertainty)
    }

    /// The least whole hour from 01:00 to 05:00 of each night.
    private func nights(of meter: MeteredTotal) -> [WaterNight] {
        var least: [Int: Double] = [:]
        var before: HistoryRow?
        for row in meter.hours where row.bucket.valued > 0 {
            defer { before = row }
            let local = zone.local(row.start)
            guard (1..<5).contains(local.hour), row.end <= now, before?.end == row.start, let used = row.consumption
            else { continue }
            let day = local.date.daysSince1970
            guard day > today - Self.days else { continue }
            least[day] = min(least[day] ?? .infinity, used * meter.litresPerUnit)
        }
        return least.sorted { $0.key < $1.key }
            .map { WaterNight(date: CivilDate(daysSince1970: $0.key), litresPerHour: $0.value) }
    }

    // MARK: Losses

    private func loss(_ snapshot: FindingSnapshot, _ costing: Costing?) -> WaterLoss? {
        guard snapshot.finding.clearedAt == nil, let loss = snapshot.finding.loss else { return nil }
        let perDay = LitresRange(low: loss.rateLow.value * 24, high: loss.rateHigh.value * 24)
        let cost = costing.map { costing in
            let price = costing.price(at: snapshot.finding.asset)
            let currency = costing.tariff.currency
            return MoneyRange(
                low: Money(perDay.low, atCubicMetrePrice: price, in: currency),
                high: Money(perDay.high, atCubicMetrePrice: price, in: currency))
        }
        return WaterLoss(finding: snapshot, perDay: perDay, costPerDay: cost)
    }

    private func lostToday(by finding: Finding) -> LitresRange {
        guard let loss = finding.loss else { return .zero }
        let start = max(finding.startedAt, calendar.start(of: Int64(today), .day))
        let hours = max(0, ((finding.clearedAt ?? now) - start).inHours)
        return LitresRange(low: loss.rateLow.value * hours, high: loss.rateHigh.value * hours)
    }
}
