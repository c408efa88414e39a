// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dashboard
import FoundationEssentials
import Gateway
import Model
import Pipeline
import Prevention
import Store
import Tickets

struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "The run, inspection and maintenance log of one device in one month.",
        discussion: """
            Reads findings, ticket lines, work records and the counters of gates from the state directory; the gateway may
            be running. Nothing of
            them is ever changed: a mistake in a record is put right by 'sluice work done --corrects', which adds a line.
            Examples:
              sluice logs --device lift-1 --month 2026-11 --config site.yaml
              sluice logs --device lift-1 --month 2026-11 --language zh-Hans --csv --config site.yaml > lift-1.csv
            """)
    @OptionGroup var from: StateOptions
    @Option(help: "A device of the site's file, or its asset.") var device: String
    @Option(help: "Such as 2026-11.") var month: String
    @Flag(help: "Print CSV (RFC 4180, UTF-8 with a byte order mark).") var csv = false
    @Flag(help: "Print a page that is ready for the printer.") var html = false

    private func yearAndMonth() throws -> (Int, Int) {
        let parts = month.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2], parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int(parts[0]), let number = Int(parts[1]), (1...12).contains(number)
        else { throw ValidationError("--month is such as 2026-11, not '\(month)'.") }
        return (year, number)
    }

    func run() throws {
        let (year, number) = try yearAndMonth()
        guard !csv || !html else { throw ValidationError("Give --csv or --html, not both.") }
        let site = try from.site.load()
        guard let found = site.devices.first(where: { $0.identifier.text == device || $0.asset.text == device }) else {
            let known = site.devices.map(\.identifier.text).prefix(20).joined(separator: ", ")
            say("sluice logs: '\(device)' is no device of this site. It has: \(known).")
            throw ExitStatus.problemsFound
        }
        let words = try LogWords(from.chosenLanguage(), zone: site.site.zone)
        let directory = from.state ?? site.storage.directory
        let log: EquipmentLog
        do {
            let decoder = JSONDecoder()
            let events = try SluiceStore.ticketLog(inDirectory: directory).compactMap {
                try? decoder.decode(TicketEvent.self, from: Data($0.event.body))
            }
            log = EquipmentLog(
                of: found.asset, year: year, month: number, zone: site.site.zone,
                findings: try SluiceStore.findings(
                    openOnly: false, limit: 1_000_000, directory: directory, logger: from.logger),
                events: events, records: try SluiceStore.workRecords(inDirectory: directory),
                vehicles: try VehicleReading.days(
                    of: found.asset, from: CivilDate(year: year, month: number, day: 1),
                    now: SystemClock().now().wall, site: site, in: directory, logger: from.logger))
        } catch let error as StoreError {
            say("sluice logs: \(error)")
            throw error.exitStatus
        }
        if csv { return print(words.csv(log), terminator: "") }
        if html { return print(words.html(log, site: site.site.name, device: found.name), terminator: "") }
        if log.lines.isEmpty { return say("Nothing is on record for \(found.asset) in \(month).") }
        for line in words.text(log) { tell(line) }
    }
}
