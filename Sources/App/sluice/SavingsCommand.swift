// SPDX-License-Identifier: Apache-2.0

import Analysis
import ArgumentParser
import Dashboard
import FoundationEssentials
import Gateway
import Model
import Pipeline
import Savings
import Store

struct SavingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "savings",
        abstract: "Tell what water was lost, what it cost, what repairs saved, and who uses how much.",
        discussion: """
            Examples:
              sluice savings --config site.yaml
              sluice savings --from 2026-10-01 --to 2026-10-31 --language zh-Hans --config site.yaml
              sluice savings --json --config site.yaml

            Days are those of the site's clock, as far back as readings are kept. Dwellings have numbers instead of
            names unless --names is given.
            """)

    @OptionGroup var from: StateOptions
    @Option(name: .customLong("from"), help: "First day, such as 2026-10-01 (default: 30 days before the last).")
    var firstDay: String?
    @Option(name: .customLong("to"), help: "Last day (default: the last that is over).")
    var lastDay: String?
    @Flag(help: "Call dwellings by their names.") var names = false
    @Flag(help: "Print JSON, one object.") var json = false

    func run() throws {
        let words = try SavingsWords(from.chosenLanguage())
        let site = try from.site.load()
        let directory = from.state ?? site.storage.directory
        let now = SystemClock().now().wall
        let days = try span(endingBefore: now, on: site.site.zone)
        let report: SavingsReport
        do {
            let findings = try SluiceStore.findings(
                openOnly: false, limit: 100_000, directory: directory, logger: from.logger)
            let uses = try meterDays(of: site, in: directory, since: days.lowerBound)
            report = SavingsReport(
                findings: findings, uses: uses, days: days, zone: site.site.zone, costing: site.costing, now: now)
        } catch let error as StoreError {
            say("sluice savings: \(error)")
            throw error.exitStatus
        }
        let named = names ? report : report.withoutNames()
        tell(json ? try named.json(currency: site.tariff?.currency) : words.text(of: named))
    }

    /// Volumes of the days from a day before `first` on, since a night may need the evening before it.
    private func meterDays(of site: SiteConfiguration, in directory: String, since first: Int) throws -> MeterDays {
        let catalogue = site.makeCatalogue()
        let feed = AnalyzerFeed(site, catalogue: catalogue)
        let meters = site.savingsMeters
        let places = feed.site.meters.map { meter in meters.firstIndex { $0.asset == meter.asset } }
        var uses = MeterDays(meters: meters, zone: site.site.zone)
        let start = Timestamp(CivilTime(date: CivilDate(daysSince1970: first - 1), hour: 0, minute: 0))
        try SluiceStore.forEachSweep(in: directory, catalogue: catalogue, from: start, logger: from.logger) { stored in
            feed.forEachReading(of: stored) { reading in
                // Meters have the first channels.
                guard places.indices.contains(reading.channel), let meter = places[reading.channel],
                    case .count(let count) = reading.value
                else { return }
                uses.take(meter: meter, count: count, at: reading.at)
            }
        }
        uses.finish()
        return uses
    }

    private func span(endingBefore now: Timestamp, on zone: ZoneOffsets) throws -> ClosedRange<Int> {
        let yesterday = zone.local(now).date.daysSince1970 - 1
        let last = try lastDay.map { try day($0, "--to") } ?? yesterday
        let first = try firstDay.map { try day($0, "--from") } ?? last - 29
        guard first <= last else { throw ValidationError("--from is after --to. Exchange them.") }
        return first...last
    }

    private func day(_ text: String, _ option: String) throws -> Int {
        guard text.utf8.count == 10, let moment = Timestamp(rfc3339: text + "T00:00:00Z") else {
            throw ValidationError("\(option) '\(text)' is no day such as 2026-10-01.")
        }
        return moment.civil().date.daysSince1970
    }
}
