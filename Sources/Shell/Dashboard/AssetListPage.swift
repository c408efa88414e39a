// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// Every device of the site with what it is and whether it answers.
struct AssetListPage: Sendable {
    var frame: PageFrame
    var word: [String: String]
    var parts: AssetRows
    var filter: String

    init(frame: PageFrame, moment: EstateMoment, filter: String) {
        self.frame = frame
        word = moment.wording.texts
        parts = AssetRows(moment: moment, filter: filter)
        self.filter = filter
    }
}

/// The rows of the list, by system; fetched again when readings come.
struct AssetRows: Sendable {
    struct Group: Sendable {
        var groupName: String
        var rows: [Row]
    }

    struct Row: Sendable {
        var rowHref: String
        var rowName: String
        var rowKind: String
        var rowArea: String
        var availabilityWord: String
        var availabilityTone: String
        /// The worst of its values, and how many are like that.
        var qualityWord: String
        var qualityTone: String
        var seenAge: String?
        var seenMilliseconds: Int64?
        var rowTickets: String?
    }

    var word: [String: String]
    var rowsHref: String
    var groups: [Group]
    var hasRows: Bool
    var countText: String

    /// - Parameter filter: Part of a name, an identifier, an area or a profile; empty for all.
    init(moment: EstateMoment, filter: String) {
        let wording = moment.wording
        word = wording.texts
        rowsHref = "/fragments/asset-rows" + (filter.isEmpty ? "" : "?filter=" + PercentText.encoded(filter))
        let wanted = filter.lowercased()
        let found = moment.overview.assets.filter { asset in
            wanted.isEmpty
                || [asset.name.zh, asset.name.en, asset.identifier.text, asset.area.text, asset.profile]
                    .contains { $0.lowercased().contains(wanted) }
        }
        let open = Dictionary(grouping: moment.tickets.filter(\.isOpen), by: \.asset)
        groups = EstateSystem.allCases.compactMap { system in
            let assets = found.filter { EstateSystem(kind: $0.kind) == system }
            guard !assets.isEmpty else { return nil }
            return Group(
                groupName: wording.word(.system, system.rawValue),
                rows: assets.map { Row($0, openTickets: open[$0.identifier]?.count ?? 0, in: moment) })
        }
        hasRows = !groups.isEmpty
        countText = wording.counted(.devices, found.count)
    }
}

extension AssetRows.Row {
    init(_ asset: AssetSnapshot, openTickets: Int, in moment: EstateMoment) {
        let wording = moment.wording
        rowHref = AssetPath.page(of: asset.identifier)
        rowName = wording.pick(asset.name)
        rowKind = wording.word(.kind, asset.kind)
        rowArea = asset.area.text
        availabilityTone = asset.availability.rawValue
        availabilityWord = wording.word(.availability, asset.availability.rawValue)
        let tones = asset.points.map { PointRow($0, in: moment).tone }
        let worst = ["bad", "stale", "uncertain", "none"].first { tones.contains($0) } ?? "good"
        let (word, alike) = (wording.word(.quality, worst), tones.count { $0 == worst })
        qualityTone = worst
        qualityWord = worst == "good" ? word : wording.text(.assetQuality, ["quality": word, "count": "\(alike)"])
        let seen = asset.points.compactMap(\.sourceTime).max()
        seenAge = seen.map { moment.time.age(of: $0, at: moment.now) }
        seenMilliseconds = seen?.milliseconds
        rowTickets = openTickets > 0 ? wording.counted(.openTickets, openTickets) : nil
    }
}
