// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// Where the water of the inlets went, as boxes side by side: each column is what the one before it was split into, and
/// the height of a box is its volume.
struct WaterPicture: Sendable {
    struct Box: Sendable {
        var boxX: String
        var boxY: String
        var boxHeight: String
        /// `head`, `part`, `homes`, `open` or `within`.
        var boxTone: String
        /// Left out where the box is too low for it.
        var boxText: String?
        var textX: String
        var textY: String
        /// What stands in the box, for whoever points at it.
        var boxTitle: String
    }

    static let height = 260.0
    private static let column = 240.0
    private static let lineHeight = 17.0

    var boxes: [Box]
    var pictureWidth: String
    var pictureText: String

    private let zones: [AssetIdentifier: WaterBalance]
    private let meters: [AssetIdentifier: WaterMeter]
    private let wording: Wording

    /// - Returns: `nil` where no inlet has a balance in which all is known.
    init?(_ water: WaterOverview, _ period: WaterPeriod, _ wording: Wording) {
        self.wording = wording
        meters = Dictionary(water.meters.map { ($0.asset, $0) }, uniquingKeysWith: { first, _ in first })
        zones = Dictionary(
            water.zones.compactMap { zone in
                zone.balances.first { $0.period == period && $0.unaccounted != nil }.map { (zone.asset, $0) }
            }, uniquingKeysWith: { first, _ in first })
        (boxes, pictureWidth, pictureText) = ([], "", wording.text(.waterPicture))
        let inlets = water.meters.filter { $0.depth == 0 && zones[$0.asset] != nil }
        let whole = inlets.reduce(0) { $0 + volume(of: $1.asset) }
        guard whole > 0 else { return nil }
        var y = 0.0
        for inlet in inlets {
            let height = volume(of: inlet.asset) / whole * Self.height
            draw(inlet.asset, litres: zones[inlet.asset]?.delivered ?? 0, at: 0, from: y, height: height)
            y += height
        }
        let columns = (boxes.compactMap { Double($0.boxX) }.max() ?? 0) / Self.column + 1
        pictureWidth = Self.text(columns * Self.column)
    }

    /// What its box stands for: what went in, or what came out where meters counted more there.
    private func volume(of asset: AssetIdentifier) -> Double {
        guard let balance = zones[asset], let delivered = balance.delivered else { return 0 }
        return max(delivered, balance.parts.reduce(0) { $0 + ($1.litres ?? 0) })
    }

    private mutating func draw(
        _ asset: AssetIdentifier, litres: Double, at column: Int, from top: Double, height: Double
    ) {
        let name = meters[asset].map { wording.pick($0.name) } ?? asset.text
        box(name, litres, column == 0 ? "head" : "part", column, top, height)
        guard let balance = zones[asset], case let whole = volume(of: asset), whole > 0, column < 3 else { return }
        let homes = balance.parts.filter { meters[$0.asset]?.role == .unit }
        var y = top
        for part in balance.parts where meters[part.asset]?.role != .unit {
            let share = (part.litres ?? 0) / whole * height
            draw(part.asset, litres: part.litres ?? 0, at: column + 1, from: y, height: share)
            y += share
        }
        if !homes.isEmpty {
            let litres = homes.reduce(0) { $0 + ($1.litres ?? 0) }
            box(wording.counted(.homes, homes.count), litres, "homes", column + 1, y, litres / whole * height)
            y += litres / whole * height
        }
        if let unaccounted = balance.unaccounted, unaccounted > 0 {
            box(
                wording.text(.waterUnaccounted), unaccounted, balance.isOpen ? "open" : "within", column + 1, y,
                unaccounted / whole * height)
        }
    }

    private mutating func box(
        _ name: String, _ litres: Double, _ tone: String, _ column: Int, _ top: Double, _ height: Double
    ) {
        guard height > 0.5 else { return }
        let x = Double(column) * Self.column
        let title = wording.text(.waterBox, ["name": name, "litres": WaterText.volume(litres)])
        let short = name.count > 18 ? String(name.prefix(17)) + "…" : name
        boxes.append(
            Box(
                boxX: Self.text(x), boxY: Self.text(top), boxHeight: Self.text(height), boxTone: tone,
                boxText: height >= Self.lineHeight
                    ? wording.text(.waterBox, ["name": short, "litres": WaterText.volume(litres)]) : nil,
                textX: Self.text(x + 10), textY: Self.text(top + height / 2 + 5), boxTitle: title))
    }

    private static func text(_ value: Double) -> String { "\(value.rounded(toPlaces: 1))" }
}
