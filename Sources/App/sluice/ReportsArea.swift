// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dashboard
import FoundationEssentials
import Gateway
import Model
import Pipeline
import SiteFiles
import Store
import Tickets

extension ReportsCommand {
    /// Figures of several estates together.
    struct Area: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The figures of several estates, and of all of them together.",
            discussion: """
                Examples:
                  sluice reports area /etc/sluice/east.yaml /etc/sluice/west.yaml --month 2026-11
                  sluice reports area /etc/sluice/*.yaml --area riverside --json

                Cases are added up; shares are never averaged. Reads the databases of the state directories; the gateways
                may be running.
                """)

        @Argument(help: "The site files of the estates.") var files: [String]
        @Option(help: "Only estates whose file says site: {area: ...}.") var area: String?
        @Option(help: "A folder of device profiles that wins over the standard ones; may be given more than once.")
        var profiles: [String] = []
        @Option(help: "A month, such as 2026-11 (default: this month so far).") var month: String?
        @Option(help: "A quarter, such as 2026-Q4.") var quarter: String?
        @Option(help: "A year, such as 2026.") var year: String?
        @Option(help: "Language of the sentences: en or zh-Hans.") var language = "en"
        @Flag(help: "Print JSON, one object.") var json = false

        func run() throws {
            guard let chosen = Language(rawValue: language) else {
                throw ValidationError("'\(language)' is no language of Sluice. Use en or zh-Hans.")
            }
            let words = try ReportWords(chosen)
            let sites = try EstateFiles.load(files, profiles: profiles, all: true)
                .filter { area == nil || $0.configuration.site.area == area }
            guard !sites.isEmpty else {
                throw ValidationError("no estate is of area '\(area ?? "")'. Say site: {area: ...} in its file.")
            }
            let now = SystemClock().now().wall
            var estates: [AreaFigures.Estate] = []
            for site in sites {
                let configuration = site.configuration
                let request: ReportRequest
                do {
                    request = try ReportRequest(
                        .kpi, .init(from: nil, to: nil, month: month, quarter: quarter, year: year), now: now,
                        zone: configuration.site.zone)
                } catch {
                    throw ValidationError("\(error).")
                }
                do {
                    let report = try ReportReading.report(
                        request, of: configuration, in: configuration.storage.directory, now: now, logger: quietLogger)
                    estates.append(
                        AreaFigures.Estate(
                            site: configuration.site.identifier.text, figures: report.tickets.figures))
                } catch let error as StoreError {
                    say("sluice reports: \(site.path): \(error)")
                    throw error.exitStatus
                }
            }
            let figures = AreaFigures(estates)
            guard json else { return tell(words.text(of: figures)) }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            tell(String(decoding: try encoder.encode(figures), as: UTF8.self))
        }
    }
}
