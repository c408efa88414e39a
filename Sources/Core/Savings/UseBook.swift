// SPDX-License-Identifier: Apache-2.0

import Model

/// The days of a report, and the sums over them.
struct UseBook {
    /// Litres that a person is expected to use in a night hour: 6 % of people are active, each drawing 10 L.
    static let nightLitresPerPerson = 0.06 * 10

    private let meters: [SavingsMeter]
    private let uses: [[Int: DayUse]]
    private let days: ClosedRange<Int>

    init(_ uses: MeterDays, days: ClosedRange<Int>) {
        meters = uses.meters
        self.uses = uses.days
        self.days = days
    }

    var dwellings: [SavingsReport.Dwelling] {
        meters.indices.filter { meters[$0].role == .dwelling }.compactMap { place in
            let whole = wholeDays(of: place)
            guard !whole.isEmpty else { return nil }
            let litres = whole.map(\.use.litres)
            let daily = litres.mean
            let total = litres.reduce(0, +)
            let night = whole.reduce(0) { $0 + $1.use.nightLitres }
            let people = meters[place].occupants.flatMap { $0 > 0 ? Double($0) : nil }
            return SavingsReport.Dwelling(
                asset: meters[place].asset, days: whole.count, litresPerDay: daily,
                litresPerPersonDay: people.map { daily / $0 }, nightShare: total > 0 ? night / total : 0,
                trend: Self.trend(litres))
        }
    }

    var zones: [SavingsReport.Zone] {
        meters.indices.compactMap { place in
            let children = meters.indices.filter { meters[$0].parent == meters[place].asset }
            guard !children.isEmpty else { return nil }
            var zone = SavingsReport.Zone(
                asset: meters[place].asset, days: 0, delivered: 0, metered: 0, unattributed: 0, excessNightFlow: nil)
            for day in days {
                guard let through = uses[place][day] else { continue }
                let behind = children.compactMap { uses[$0][day] }
                guard through.isWhole, behind.count == children.count, behind.allSatisfy(\.isWhole) else {
                    zone.unattributed += through.litres
                    continue
                }
                zone.days += 1
                zone.delivered += through.litres
                zone.metered += behind.reduce(0) { $0 + $1.litres }
            }
            zone.excessNightFlow = excessNightFlow(behind: place)
            return zone
        }
    }

    /// What the nights after a finding save against those while it ran.
    func saved(by finding: Finding, zone: ZoneOffsets) -> SavedPerDay? {
        guard let cleared = finding.clearedAt, let place = meters.firstIndex(where: { $0.asset == finding.asset })
        else { return nil }
        let (began, ended) = (
            zone.local(finding.startedAt).date.daysSince1970, zone.local(cleared).date.daysSince1970
        )
        // The days on which it began and ended are partly both.
        let nights = uses[place].filter(\.value.isWhole).sorted { $0.key < $1.key }
            .compactMap { day, use in use.leastNightHour.map { (day: day, litres: $0) } }
        return SavedPerDay(
            before: nights.filter { $0.day > began && $0.day < ended }.map(\.litres),
            after: nights.filter { $0.day > ended }.map(\.litres))
    }

    private func wholeDays(of place: Int) -> [(day: Int, use: DayUse)] {
        uses[place].filter { days.contains($0.key) && $0.value.isWhole }.sorted { $0.key < $1.key }
            .map { (day: $0.key, use: $0.value) }
    }

    /// The last seven against the seven before.
    private static func trend(_ litres: [Double]) -> Double? {
        guard litres.count >= 14 else { return nil }
        let before = Array(litres.suffix(14).prefix(7)).mean
        return before > 0 ? Array(litres.suffix(7)).mean / before - 1 : nil
    }

    /// The 20th percentile of the least night hours, less what the people behind the meter are expected to use.
    private func excessNightFlow(behind place: Int) -> Double? {
        let nights = wholeDays(of: place).compactMap(\.use.leastNightHour)
        guard nights.count >= 5 else { return nil }
        let homes = meters.indices.filter { meters[$0].role == .dwelling && isBehind($0, place) }
        let people = homes.compactMap { meters[$0].occupants }
        guard !homes.isEmpty, people.count == homes.count else { return nil }
        return nights.percentile(0.2) - Double(people.reduce(0, +)) * Self.nightLitresPerPerson
    }

    private func isBehind(_ place: Int, _ head: Int) -> Bool {
        var here = meters[place].parent
        // A ring in the tree ends as well.
        for _ in meters.indices {
            guard let asset = here else { return false }
            if asset == meters[head].asset { return true }
            here = meters.first { $0.asset == asset }?.parent
        }
        return false
    }
}
