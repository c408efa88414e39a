// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
import Pipeline

/// One device: its values with the registers behind them, its card, its days, what was found and repaired.
struct AssetPage: Sendable {
    struct Day: Sendable {
        var dayDate: String
        var dayLitres: String
        /// 0 ... 100.
        var dayWidth: String
    }

    var frame: PageFrame
    var word: [String: String]
    var parts: AssetValues
    var facts: [Fact]
    var labelHref: String
    var historyHref: String?
    var days: [Day]
    var hasDays: Bool
    var findings: [NotedLink]
    var hasFindings: Bool
    var tickets: [NotedLink]
    var hasTickets: Bool

    /// Findings and tickets that are told.
    private static let most = 10

    init(frame: PageFrame, detail: AssetDetail, water: WaterMeter?, in moment: EstateMoment) {
        let wording = moment.wording
        self.frame = frame
        word = wording.texts
        parts = AssetValues(detail, in: moment)
        facts = Self.facts(of: detail, in: moment)
        labelHref = AssetPath.page(of: detail.asset.identifier) + "/label"
        let drawn = water?.point ?? detail.asset.points.first(where: \.isChartable)?.path
        historyHref = drawn.map { HistoryPages.path + "?point=" + PercentText.encoded($0) }
        let told = water?.days.suffix(14) ?? []
        let top = told.compactMap(\.litres).max() ?? 0
        days = told.reversed().map { day in
            Day(
                dayDate: day.date.text, dayLitres: day.litres.map(WaterText.volume) ?? wording.text(.waterNotRead),
                dayWidth: "\((top > 0 ? (day.litres ?? 0) / top * 100 : 0).rounded(toPlaces: 1))")
        }
        hasDays = !days.isEmpty
        findings = detail.findings.prefix(Self.most).map { snapshot in
            NotedLink(
                linkHref: FindingPath.page(of: snapshot.finding.identifier),
                linkText: wording.word(.rule, snapshot.finding.rule.text),
                linkNote: moment.time.moment(snapshot.finding.startedAt)
                    + (snapshot.finding.clearedAt.map { " – " + moment.time.moment($0) } ?? ""))
        }
        hasFindings = !findings.isEmpty
        tickets = detail.tickets.prefix(Self.most).map { ticket in
            NotedLink(
                linkHref: TicketPath.page(of: ticket.number), linkText: ticket.number,
                linkNote: wording.word(.rule, ticket.rule.text) + " · " + wording.word(.state, ticket.state))
        }
        hasTickets = !tickets.isEmpty
    }

    private static func facts(of detail: AssetDetail, in moment: EstateMoment) -> [Fact] {
        let (wording, asset) = (moment.wording, detail.asset)
        func fact(_ name: String, _ text: String?) -> Fact? {
            guard let text, !text.isEmpty else { return nil }
            return Fact(factName: wording.word(.card, name), factText: text)
        }
        let parent = detail.parent.map { parent in
            moment.overview.assets.first { $0.identifier == parent }.map { wording.pick($0.name) } ?? parent.text
        }
        return [
            fact("asset", asset.identifier.text),
            fact("place", detail.place.isEmpty ? asset.area.text : "\(asset.area), \(detail.place)"),
            fact("model", asset.profile),
            fact("bench", wording.text(asset.isBenchTested ? .benchTested : .benchNotTested)),
            fact("bus", wording.text(.assetBus, ["bus": detail.bus.text, "unit": "\(detail.unit)"])),
            fact("parent", parent),
            fact("responsible", wording.word(.party, detail.responsible.rawValue)),
            fact("boundary", detail.boundary.map(wording.pick)),
            fact("contact", detail.contact.map { moment.name(ofActor: $0.text) }),
            fact("service", detail.lastServiceOn.map(\.text)),
            fact("warranty", detail.warrantyUntil.map(\.text)),
        ].compactMap { $0 }
    }
}

/// The values of one device with the registers they were decoded from; fetched again when readings come.
struct AssetValues: Sendable {
    struct Row: Sendable {
        var point: PointRow
        /// Such as `holding register 8–9`; empty for a value that is worked out.
        var registerText: String
        /// The registers as they were read, each in hexadecimal digits.
        var rawText: String
        var trendHref: String?
    }

    var word: [String: String]
    var kindWord: String
    var areaName: String
    var availabilityWord: String
    var availabilityTone: String
    var valuesHref: String
    var rows: [Row]
    var asOfMilliseconds: Int64

    init(_ detail: AssetDetail, in moment: EstateMoment) {
        let (wording, asset) = (moment.wording, detail.asset)
        word = wording.texts
        kindWord = wording.word(.kind, asset.kind)
        areaName = asset.area.text
        availabilityTone = asset.availability.rawValue
        availabilityWord = wording.word(.availability, asset.availability.rawValue)
        valuesHref = "/fragments/asset-values/" + PercentText.encoded(asset.identifier.text)
        asOfMilliseconds = moment.now.milliseconds
        rows = asset.points.enumerated().map { place, point in
            let spans = detail.registers.indices.contains(place) ? detail.registers[place] : []
            return Row(
                point: PointRow(point, in: moment),
                registerText: spans.map { Self.text($0, wording) }.joined(separator: wording.text(.listSeparator)),
                rawText: point.raw.map { Self.raw($0, spans) } ?? "—",
                trendHref: point.isChartable ? HistoryPages.path + "?point=" + PercentText.encoded(point.path) : nil)
        }
    }

    private static func text(_ span: RegisterSpan, _ wording: Wording) -> String {
        let addresses = span.count == 1 ? "\(span.address)" : "\(span.address)–\(span.range.upperBound - 1)"
        return wording.word(.table, span.table.rawValue) + " " + addresses
    }

    /// The bits of a table of bits, or registers of four digits, the first one first.
    static func raw(_ raw: UInt64, _ spans: [RegisterSpan]) -> String {
        guard let span = spans.first, !span.table.isBits else { return "\(raw)" }
        let count = min(4, spans.reduce(0) { $0 + Int($1.count) })
        return (0..<count).reversed().map { place in
            let digits = String((raw >> (16 * UInt64(place))) & 0xFFFF, radix: 16, uppercase: true)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }.joined(separator: " ")
    }
}
