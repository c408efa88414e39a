// SPDX-License-Identifier: Apache-2.0

import Aggregation
import ArgumentParser
import Gateway
import Model
import Pipeline
import Store

/// What readings summed up to, as text.
struct ExportHistory: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Least, mean, greatest value and consumption of points over minutes, quarters, hours or days.",
        discussion: """
            UTF-8, fields with commas between them, the names of the columns first; times are UTC, 'local' is the start by
            the site's clock, numbers are in the point's unit. Pieces of time without a reading are left out. The
            consumption of a total is what it rose by since the last value before the piece; 'over_gap' says that this is
            longer than the piece. The gateway may be running.

            Without --point it is every lifetime total of the site, such as for the consumption of a day of each meter.

            Examples:
              sluice export history --resolution 1d --from 2026-10-01 --config site.yaml > consumption.csv
              sluice export history --point inlet/main-meter/flow --resolution 15m --from 2026-11-21 --to 2026-11-22
            """)

    @OptionGroup var stored: StateOptions
    @Option(help: "Path of the point, area/asset/point; may be given more than once (default: every lifetime total).")
    var point: [String] = []
    @Option(help: "Length of a piece: 1m, 15m, 1h or 1d (a day of the site's clock; the default).")
    var resolution = "1d"
    @Option(
        name: .customLong("from"),
        help: "First day by the site's clock, such as 2026-10-01 (default: all that is kept).")
    var firstDay: String?
    @Option(name: .customLong("to"), help: "Last day, itself included (default: today).")
    var lastDay: String?

    func run() throws {
        let site = try stored.site.load()
        let directory = stored.state ?? site.storage.directory
        guard let length = HistoryResolution(rawValue: resolution) else {
            throw ValidationError("--resolution '\(resolution)' is none of 1m, 15m, 1h and 1d.")
        }
        let catalogue = site.makeCatalogue()
        let totals = site.totalPaths(of: catalogue)
        let units = Dictionary(
            uniqueKeysWithValues: catalogue.points.indices.map {
                (catalogue.path(of: PointIndex($0)), catalogue.points[$0].unit)
            })
        for path in point where units[path] == nil {
            throw ValidationError(
                "There is no point '\(path)' in this site." + suggestion(for: path, in: Array(units.keys)))
        }
        let calendar = HistoryCalendar(zone: site.site.zone)
        let from =
            try firstDay.map { calendar.start(of: try slot(of: $0, "--from"), .day) } ?? Timestamp(milliseconds: 0)
        let to =
            try lastDay.map { calendar.start(of: try slot(of: $0, "--to") + 1, .day) }
            ?? SystemClock().now().wall + .seconds(86_400)
        guard from < to else { throw ValidationError("--from is a day after --to.") }
        do {
            var lines = OutputLines()
            lines.write(HistoryCSV.header)
            let paths = point.isEmpty ? totals.sorted() : point
            try SluiceStore.history(
                paths.map { HistoryQuestion(path: $0, resolution: length, from: from, to: to) },
                isTotal: { totals.contains($0) }, in: directory, zone: site.site.zone, logger: stored.logger
            ) { question, answer in
                let history = PointHistory(
                    path: question.path, unit: units[question.path] ?? .none, resolution: length,
                    isTotal: answer.isTotal, rows: answer.rows)
                for row in answer.rows { lines.write(HistoryCSV.line(row, of: history, zone: site.site.zone)) }
            }
            lines.flush()
        } catch let error as StoreError {
            say("sluice export: \(error)")
            throw error.exitStatus
        }
    }

    private func slot(of day: String, _ option: String) throws -> Int64 {
        guard day.utf8.count == 10, let moment = Timestamp(rfc3339: day + "T00:00:00Z") else {
            throw ValidationError("\(option) '\(day)' is no day such as 2026-10-01.")
        }
        return Int64(moment.civil().date.daysSince1970)
    }
}
