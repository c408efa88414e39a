// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dashboard
import Gateway
import Model
import Pipeline
import Store

struct ReportsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reports",
        abstract: "Tell how well tickets were seen to: figures with their formulas, overdue tickets, follow-ups.",
        discussion: """
            Examples:
              sluice reports kpi --config site.yaml
              sluice reports weekly --language zh-Hans --config site.yaml
              sluice reports monthly --quarter 2026-Q4 --json --config site.yaml
              sluice reports overdue --csv --config site.yaml

            Reads the database of the state directory; the gateway may be running. Three days after a period has ended
            its figures change no more.
            """,
        subcommands: [Figures.self, Weekly.self, Monthly.self, Overdue.self, FollowUp.self, Area.self])

    struct Figures: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "kpi", abstract: "The figures against their targets (default: this month so far).")
        @OptionGroup var options: ReportOptions
        func run() throws { try options.tellReport(.kpi) }
    }

    struct Weekly: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The week that ended on the last Friday at 15:00, or another period.")
        @OptionGroup var options: ReportOptions
        func run() throws { try options.tellReport(.weekly) }
    }

    struct Monthly: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The last month that is over, or another month, quarter, year or period.")
        @OptionGroup var options: ReportOptions
        func run() throws { try options.tellReport(.monthly) }
    }

    struct Overdue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open tickets with a promise that was not kept, and who answers for them.")
        @OptionGroup var options: ReportOptions
        func run() throws { try options.tellReport(.kpi, .overdue) }
    }

    struct FollowUp: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "follow-up",
            abstract: "Closed tickets whose reporters must be asked: all major ones, half of the others at random.")
        @OptionGroup var options: ReportOptions
        func run() throws { try options.tellReport(.kpi, .followUps) }
    }
}

/// The period of a report and how it is told.
struct ReportOptions: ParsableArguments {
    @OptionGroup var stored: StateOptions
    @Option(help: "First day, such as 2026-11-01 (default: the first of the month of the last).") var from: String?
    @Option(help: "Last day, such as 2026-11-30 (default: today).") var to: String?
    @Option(help: "A month, such as 2026-11.") var month: String?
    @Option(help: "A quarter, such as 2026-Q4.") var quarter: String?
    @Option(help: "A year, such as 2026.") var year: String?
    @Flag(help: "Print JSON, one object.") var json = false
    @Flag(help: "Print comma-separated values.") var csv = false

    func tellReport(_ kind: ReportKind, _ part: ReportPart = .figures) throws {
        guard !(json && csv) else { throw ValidationError("--json and --csv exclude each other. Give one.") }
        let words = try ReportWords(stored.chosenLanguage())
        let site = try stored.site.load()
        let now = SystemClock().now().wall
        let request: ReportRequest
        do {
            request = try ReportRequest(
                kind, .init(from: from, to: to, month: month, quarter: quarter, year: year), now: now,
                zone: site.site.zone)
        } catch {
            throw ValidationError("\(error).")
        }
        do {
            let report = try ReportReading.report(
                request, of: site, in: stored.state ?? site.storage.directory, now: now, logger: stored.logger)
            if json { return tell(try words.json(of: report)) }
            if csv { return put(words.csv(of: report, part)) }
            tell(words.text(of: report, part))
        } catch let error as StoreError {
            say("sluice reports: \(error)")
            throw error.exitStatus
        }
    }
}
