// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Model
import Pipeline

/// What one meter measured over a day, a week, a month or a year: key figures, a picture and a table.
struct HistoryPage: Sendable {
    struct Figure: Sendable {
        var figureName: String
        var figureValue: String
    }
    struct Row: Sendable {
        var rowTime: String
        var cells: [String]
    }

    var frame: PageFrame
    var word: [String: String]
    var groups: [TrendSection.Group]
    var periods: [TrendSection.Option]
    var onDate: String
    var hasPoint: Bool
    var hasLibrary: Bool
    var spanText: String
    var pictureText: String
    var beforeHref: String
    var nextHref: String
    var tableHref: String
    var figures: [Figure]
    var isTotal: Bool
    var columns: [String]
    var rows: [Row]
    var hasRows: Bool
    var note: String
    // What the script draws from.
    var pointPath: String
    var pointPathEncoded: String
    var unit: String
    var resolution: String
    var fromMilliseconds: Int64
    var toMilliseconds: Int64
    /// Seconds that the site's clock is ahead of UTC at the start, then `moment:seconds` of each change until the end.
    var zoneOffsets: String

    init(
        frame: PageFrame, moment: EstateMoment, choice: HistoryChoice, history: PointHistory?, hasLibrary: Bool
    ) {
        let (overview, wording) = (moment.overview, moment.wording)
        self.frame = frame
        self.hasLibrary = hasLibrary
        word = wording.texts
        hasPoint = choice.point != nil
        pointPath = choice.point?.path ?? ""
        pointPathEncoded = PercentText.encoded(pointPath)
        unit = choice.point?.unit.symbol ?? ""
        groups = TrendSection.groups(of: overview, selected: choice.point, wording)
        periods = HistoryPeriod.allCases.map {
            .init(
                optionValue: $0.rawValue, optionName: wording.word(.period, $0.rawValue),
                isSelected: $0 == choice.period)
        }
        onDate = choice.first.text
        beforeHref = choice.href(on: CivilDate(daysSince1970: choice.first.daysSince1970 - 1))
        nextHref = choice.href(on: choice.next)
        tableHref = "/history.csv" + choice.href(on: choice.first).dropFirst(HistoryPages.path.count)
        let last = CivilDate(daysSince1970: choice.next.daysSince1970 - 1)
        spanText =
            choice.first == last
            ? choice.first.text : wording.text(.historySpan, ["from": choice.first.text, "to": last.text])
        isTotal = history?.isTotal ?? choice.isTotal
        resolution = choice.resolution.rawValue
        (fromMilliseconds, toMilliseconds) = (choice.span.from.milliseconds, choice.span.to.milliseconds)
        zoneOffsets = Self.offsets(overview.zone, from: choice.span.from, to: choice.span.to)
        let asset = overview.assets.first { $0.points.contains { $0.path == choice.point?.path } }
        pictureText = wording.text(
            .historyDrawn,
            [
                "asset": asset.map { wording.pick($0.name) } ?? "",
                "point": choice.point.map { wording.word(.point, $0.name) } ?? "", "span": spanText,
            ])
        figures = history.map { Self.figures(of: $0, wording) } ?? []
        columns =
            isTotal
            ? [.columnConsumption, .columnReading, .columnGood].map { wording.text($0) }
            : [.columnLeast, .columnMean, .columnGreatest, .columnGood].map { wording.text($0) }
        rows = (history?.rows ?? []).map { row in
            Row(
                rowTime: choice.period == .day
                    ? String(overview.zone.local(row.start).minuteText.suffix(5))
                    : overview.zone.local(row.start).date.text,
                cells: Self.cells(of: row, isTotal: history?.isTotal ?? false, wording))
        }
        hasRows = !rows.isEmpty
        note = history == nil ? wording.text(.trendFailed) : rows.isEmpty ? wording.text(.trendEmpty) : ""
    }

    private static func offsets(_ zone: ZoneOffsets, from: Timestamp, to: Timestamp) -> String {
        let changes = zone.transitions.filter { $0.at > from && $0.at < to }
        return (["\(zone.offsetSeconds(at: from))"] + changes.map { "\($0.at.milliseconds):\($0.offsetSeconds)" })
            .joined(separator: " ")
    }

    private static func value(_ value: Double?, _ history: PointHistory, _ wording: Wording) -> String {
        value.map { wording.text(.historyValue, ["value": NumberText.number($0), "unit": history.unit.symbol]) } ?? "—"
    }

    private static func figures(of history: PointHistory, _ wording: Wording) -> [Figure] {
        guard let whole = history.whole else { return [] }
        func figure(_ name: Phrase, _ text: String) -> Figure {
            Figure(figureName: wording.text(name), figureValue: text)
        }
        let share = figure(.columnGood, percent(whole))
        let count = figure(.historyCount, NumberText.integer(whole.count))
        guard !history.isTotal else {
            return [
                figure(.columnConsumption, value(history.consumption, history, wording)),
                figure(.columnReading, value(whole.valued > 0 ? whole.last.value : nil, history, wording)),
                share, count,
            ]
        }
        let hasValue = whole.valued > 0
        return [
            figure(.columnLeast, value(hasValue ? whole.least : nil, history, wording)),
            figure(.columnMean, value(whole.mean, history, wording)),
            figure(.columnGreatest, value(hasValue ? whole.greatest : nil, history, wording)),
            share, count,
        ]
    }

    private static func percent(_ bucket: HistoryBucket) -> String {
        NumberText.number((bucket.goodShare * 1000).rounded() / 10) + " %"
    }

    private static func cells(of row: HistoryRow, isTotal: Bool, _ wording: Wording) -> [String] {
        let bucket = row.bucket
        func text(_ value: Double?) -> String { value.map(NumberText.number) ?? wording.text(.trendGap) }
        let share = percent(bucket)
        let hasValue = bucket.valued > 0
        guard !isTotal else {
            let consumption = text(row.consumption)
            return [
                row.isOverGap ? wording.text(.historyOverGap, ["value": consumption]) : consumption,
                text(hasValue ? bucket.last.value : nil), share,
            ]
        }
        return [text(hasValue ? bucket.least : nil), text(bucket.mean), text(hasValue ? bucket.greatest : nil), share]
    }
}
