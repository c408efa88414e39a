// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Model
import NIOHTTP1
import Pipeline
import Prevention

struct WorkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work",
        abstract: "The preventive calendar: what is due, and what was done.",
        discussion: """
            Examples:
              sluice work list --config site.yaml
              sluice work done clean-roof-tank --by wang --witness Zhao --witness Qian --water-test W-118 --config site.yaml
              sluice work records --csv --config site.yaml
            """,
        subcommands: [List.self, Done.self, Records.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Planned work, the next one first.")
        @OptionGroup var gateway: GatewayOptions
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let body = try gateway.ask(.GET, "/api/v1/work")
            if json { return tell(String(decoding: body, as: UTF8.self)) }
            let works = try gateway.decode(WorkOverview.self, from: body).works
            if works.isEmpty { say("No work is planned; list it under 'preventive:' in the site's file.") }
            for work in works {
                let last = work.last.map { "  last done \($0.doneOn.text) by \($0.person)" } ?? ""
                let ticket = work.ticket.map { "  ticket \($0)" } ?? ""
                tell(
                    "\(work.identifier)  \(work.asset)  \(work.kind.rawValue)  \(due(work))"
                        + (work.isOverdue ? "  overdue" : "") + last + ticket)
            }
        }

        private func due(_ work: WorkOverview.Work) -> String {
            if let date = work.dueOn { return "due \(date.text)" }
            if work.kind == .holidayInspection { return "due before the next closed days, of which none is known" }
            guard let limit = work.dueAtRunHours else { return "due when its run hours are known" }
            let now = work.runHours.map { ", now \(Int($0.rounded(.down)))" } ?? ", run hours not known yet"
            return "due at \(Int(limit.rounded())) run hours\(now)"
        }
    }

    struct Done: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put on record that a planned work was done.",
            discussion: "A record stays as it is written. A mistake is put right by another one with --corrects.")
        @OptionGroup var gateway: GatewayOptions
        @Argument(help: "Name of the planned work.") var work: String
        @Option(help: "Who did it: an identifier from the site's list of persons.") var by: String
        @Option(help: "The day on which it was done, such as 2026-11-22; today if it is not given.") var on: String?
        @Option(name: .customLong("witness"), help: "Who was there; give it once for each.") var witnesses: [String] =
            []
        @Option(help: "Number of the laboratory's report.") var waterTest: String?
        @Option(help: "What was found.") var note = ""
        @Option(help: "Name of the record that this one replaces.") var corrects: String?

        func run() throws {
            let date = try on.map { text in
                guard let date = CivilDate(text: text) else {
                    throw ValidationError("--on is a date such as 2026-11-22, not '\(text)'.")
                }
                return date
            }
            let report = WorkReport(
                WorkIdentifier(work), by: PersonIdentifier(by), doneOn: date, witnesses: witnesses,
                waterTest: waterTest, note: note, corrects: corrects)
            let body = try gateway.ask(.POST, "/api/v1/work/records", body: Array(try JSONEncoder().encode(report)))
            let overview = try gateway.decode(WorkOverview.self, from: body)
            if let refusal = overview.refusal {
                say("sluice work: nothing is on record: \(refusal).")
                throw ExitStatus.problemsFound
            }
            guard let record = overview.records.last(where: { $0.work.text == work }) else { return }
            let next = overview.works.first { $0.identifier.text == work }?.dueOn.map { ", next due \($0.text)" } ?? ""
            tell("\(record.identifier): \(work) done on \(record.doneOn.text) by \(record.person)\(next)")
        }
    }

    struct Records: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What was done, in the order in which it was written.")
        @OptionGroup var gateway: GatewayOptions
        @Flag(help: "Print CSV (RFC 4180).") var csv = false
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let body = try gateway.ask(.GET, "/api/v1/work")
            if json { return tell(String(decoding: body, as: UTF8.self)) }
            let records = try gateway.decode(WorkOverview.self, from: body).records
            if csv {
                tell(
                    "record,work,asset,kind,due,done_on,written_at,person,witnesses,water_test,run_hours,note,ticket,corrects"
                )
            }
            for record in records {
                let fields = [
                    record.identifier, record.work.text, record.asset.text, record.kind.rawValue,
                    record.due?.text ?? "", record.doneOn.text, record.writtenAt.rfc3339, record.person.text,
                    record.witnesses.joined(separator: "; "), record.waterTest ?? "",
                    record.runHours.map { "\($0)" } ?? "", record.note, record.ticket ?? "", record.corrects ?? "",
                ]
                tell(
                    csv
                        ? fields.map(field).joined(separator: ",")
                        : fields.filter { !$0.isEmpty }.joined(separator: "  "))
            }
        }

        /// A field of RFC 4180; text that a spreadsheet would take for a formula is told apart by an apostrophe.
        private func field(_ text: String) -> String {
            let safe = text.first.map { "=+-@".contains($0) } == true ? "'" + text : text
            guard safe.contains(where: { ",\"\r\n".contains($0) }) else { return safe }
            return "\"" + safe.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }
    }
}

extension CivilDate {
    /// `2026-11-22`; `nil` for any other text and for a day that no month has.
    fileprivate init?(text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (2000...2099).contains(year)
        else { return nil }
        self.init(year: year, month: month, day: day)
        guard CivilDate(daysSince1970: daysSince1970) == self else { return nil }
    }
}
