// SPDX-License-Identifier: Apache-2.0

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
            report = try ReportReading.savings(of: site, in: directory, days: days, now: now, logger: from.logger)
        } catch let error as StoreError {
            say("sluice savings: \(error)")
            throw error.exitStatus
        }
        let named = names ? report : report.withoutNames()
        tell(json ? try named.json(currency: site.tariff?.currency) : words.text(of: named))
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
