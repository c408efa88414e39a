// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// What went through one meter and where it went, as rows with bars.
struct WaterZoneBlock: Sendable {
    struct Row: Sendable {
        var rowName: String
        /// `nil` for what has no meter.
        var rowHref: String?
        var rowLitres: String
        var rowShare: String
        /// 0 ... 100.
        var rowWidth: String
        /// `part`, `open` for more unaccounted water than meters may differ by, `within` for less.
        var rowTone: String
    }

    var zoneName: String
    var zoneHref: String
    var zoneLitres: String
    var rows: [Row]
    /// What is to be known of the balance: what meters may differ by, and which were not read.
    var zoneNotes: [String]

    /// Parts beyond this are added up: a riser has scores of dwellings.
    private static let most = 10

    /// - Returns: `nil` for a meter with none behind it.
    init?(
        _ zone: WaterZone, _ period: WaterPeriod, _ meters: [AssetIdentifier: WaterMeter], _ wording: Wording
    ) {
        guard let balance = zone.balances.first(where: { $0.period == period }), let head = meters[zone.asset] else {
            return nil
        }
        zoneName = wording.pick(head.name)
        zoneHref = AssetPath.page(of: zone.asset)
        zoneLitres = balance.delivered.map(WaterText.volume) ?? wording.text(.waterNotRead)
        let known = balance.parts.compactMap(\.litres)
        let whole = max(balance.delivered ?? 0, known.reduce(0, +))
        func row(_ name: String, _ href: String?, _ litres: Double?, _ tone: String) -> Row {
            let width = whole > 0 ? max(0, (litres ?? 0) / whole * 100) : 0
            return Row(
                rowName: name, rowHref: href, rowLitres: litres.map(WaterText.volume) ?? wording.text(.waterNotRead),
                rowShare: litres.map { NumberText.percent($0, of: whole) } ?? "",
                rowWidth: "\(width.rounded(toPlaces: 1))", rowTone: tone)
        }
        let parts = balance.parts.sorted { ($0.litres ?? -1) > ($1.litres ?? -1) }
        let told = parts.count > Self.most + 1 ? Array(parts.prefix(Self.most)) : parts
        rows = told.map { part in
            row(
                meters[part.asset].map { wording.pick($0.name) } ?? part.asset.text, AssetPath.page(of: part.asset),
                part.litres, "part")
        }
        let others = parts.dropFirst(told.count)
        if !others.isEmpty {
            rows.append(
                row(
                    wording.text(.waterOthers, ["count": "\(others.count)"]), nil,
                    others.reduce(0) { $0 + ($1.litres ?? 0) }, "part"))
        }
        zoneNotes = []
        if let unaccounted = balance.unaccounted {
            rows.append(
                row(wording.text(.waterUnaccounted), nil, unaccounted, balance.isOpen ? "open" : "within"))
            zoneNotes.append(
                wording.text(
                    balance.isOpen ? .waterOpen : .waterWithin, ["litres": WaterText.volume(balance.uncertainty)]))
        } else if balance.delivered == nil {
            zoneNotes.append(wording.text(.waterHeadNotRead))
        } else {
            zoneNotes.append(wording.counted(.unreadMeters, balance.unread))
        }
    }
}
