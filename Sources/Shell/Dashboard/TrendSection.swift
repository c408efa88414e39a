// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// How far back a chart goes.
enum TrendRange: String, CaseIterable, Sendable {
    case sixHours = "6h"
    case day = "24h"
    case week = "7d"
    case month = "30d"

    var span: Duration {
        switch self {
        case .sixHours: .seconds(6 * 3600)
        case .day: .seconds(24 * 3600)
        case .week: .seconds(7 * 86_400)
        case .month: .seconds(30 * 86_400)
        }
    }
}

/// Which point and range the reader asked for; the address of the page holds both.
struct TrendChoice: Sendable {
    var point: PointSnapshot?
    var range: TrendRange

    /// Takes what was asked for where it exists, else the first flow, else the first point, over a day.
    init(point: String?, range: String?, points: [PointSnapshot]) {
        let flows: Set<UnitOfMeasure> = [.cubicMetrePerHour, .litrePerHour, .litrePerSecond, .cubicMetrePerSecond]
        self.point =
            points.first { $0.path == point } ?? points.first { flows.contains($0.unit) } ?? points.first
        self.range = range.flatMap(TrendRange.init(rawValue:)) ?? .day
    }
}

extension EstateMoment {
    /// Points whose values are numbers.
    var chartablePoints: [PointSnapshot] { overview.assets.flatMap(\.points).filter(\.isChartable) }
}

extension PointSnapshot {
    var isChartable: Bool {
        switch quantity {
        case .number, .integer: stateLabel == nil
        case .isOn, .state: false
        case nil: unit != .none
        }
    }
}

/// A chart with its table of values.
struct TrendSection: Sendable {
    struct Option: Sendable {
        var optionValue: String
        var optionName: String
        var isSelected: Bool
    }
    struct Group: Sendable {
        var groupName: String
        var options: [Option]
    }
    struct Row: Sendable {
        var rowTime: String
        var rowValue: String
    }

    /// Most rows of the table; the chart itself asks for more.
    static let rowLimit = 96

    var word: [String: String]
    var hasPoint: Bool
    var hasLibrary: Bool
    var trendTitle: String
    var trendPoint: String
    var trendUnit: String
    var rangeValue: String
    var rangeSeconds: Int64
    /// End of the range, milliseconds since 1970.
    var trendEnd: Int64
    /// Seconds that the site's clock is ahead of UTC at the end of the range.
    var zoneOffset: Int
    /// Longest time between two values that a line may bridge.
    var gapMilliseconds: Int64
    var groups: [Group]
    var ranges: [Option]
    var rows: [Row]
    var hasRows: Bool
    var trendNote: String

    init(moment: EstateMoment, choice: TrendChoice, stored: Trend?, hasLibrary: Bool) {
        let (overview, wording) = (moment.overview, moment.wording)
        word = wording.texts
        self.hasLibrary = hasLibrary
        hasPoint = choice.point != nil
        trendPoint = choice.point?.path ?? ""
        trendUnit = choice.point?.unit.symbol ?? ""
        rangeValue = choice.range.rawValue
        rangeSeconds = choice.range.span.wholeMilliseconds / 1000
        trendEnd = moment.now.milliseconds
        zoneOffset = overview.zone.offsetSeconds(at: moment.now)
        let staleAfter = (choice.point?.staleAfterSeconds ?? 0) * 1000
        gapMilliseconds = Int64(exactly: staleAfter.rounded()) ?? 0
        groups = Self.groups(of: overview, selected: choice.point, wording)
        ranges = TrendRange.allCases.map { range in
            Option(
                optionValue: range.rawValue, optionName: wording.word(.range, range.rawValue),
                isSelected: range == choice.range)
        }
        let asset = overview.assets.first { $0.points.contains { $0.path == choice.point?.path } }
        trendTitle = wording.text(
            .trendTitle,
            [
                "asset": asset.map { wording.pick($0.name) } ?? "",
                "point": choice.point.map { wording.word(.point, $0.name) } ?? "",
                "range": wording.word(.range, choice.range.rawValue),
            ])
        rows = (stored?.samples ?? []).map { sample in
            Row(
                rowTime: moment.time.moment(sample.at),
                rowValue: sample.value.map(NumberText.number) ?? wording.text(.trendGap))
        }
        hasRows = !rows.isEmpty
        trendNote = stored == nil ? wording.text(.trendFailed) : rows.isEmpty ? wording.text(.trendEmpty) : ""
    }

    /// Points that can be drawn, by asset.
    static func groups(of overview: EstateOverview, selected: PointSnapshot?, _ wording: Wording) -> [Group] {
        overview.assets.compactMap { asset in
            let points = asset.points.filter(\.isChartable)
            guard !points.isEmpty else { return nil }
            return Group(
                groupName: wording.pick(asset.name),
                options: points.map { point in
                    Option(
                        optionValue: point.path,
                        optionName: wording.word(.point, point.name)
                            + (point.unit.symbol.isEmpty ? "" : " (\(point.unit.symbol))"),
                        isSelected: point.path == selected?.path)
                })
        }
    }
}
