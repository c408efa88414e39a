// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Model
import NIOHTTP1
import Pipeline

struct Announce: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What is announced, so that it is not taken for a leak or a fault.",
        discussion: """
            Examples:
              sluice announce list --config site.yaml
              sluice announce add liftService --asset lift-1 --start 2026-12-01T08:00 --end 2026-12-01T12:00 \
                --note "Ropes." --by li-wei --config site.yaml
              sluice announce add buildingWorks --zone riser-2 --start 2026-12-01 --end 2026-12-05 --by li-wei \
                --config site.yaml
              sluice announce add maintenance --bus line-1 --start 2026-12-01T08:00 --end 2026-12-01T12:00 \
                --note "Cable is replaced." --by li-wei --config site.yaml
              sluice announce withdraw 3 --reason "Put off." --by li-wei --config site.yaml
            """,
        subcommands: [List.self, Add.self, Withdraw.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is announced by the site's file and by persons, by when it begins.")
        @OptionGroup var gateway: GatewayOptions
        @Flag(help: "Also what is over or was taken back.") var all = false
        @Option(help: "Language of the words: en or zh-Hans (default: the site's).") var language: String?
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let body = try gateway.ask(
                .GET, "/api/v1/announcements", headers: Announce.headers(language), for: "announce")
            if json { return tell(String(decoding: body, as: UTF8.self)) }
            let lines = try gateway.decode(Answer.self, from: body).announcements
                .filter { all || $0.state == "present" || $0.state == "coming" }
            if lines.isEmpty { say("Nothing is announced.") }
            for line in lines { tell(line.text) }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Announce something.",
            discussion: "Kinds: \(AnnouncementSettings.Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
        @OptionGroup var gateway: GatewayOptions
        @Argument(help: "What, such as liftService.") var kind: String
        @Option(help: "Which meter or machine; the whole estate when neither it nor --zone is given.")
        var asset: String?
        @Option(help: "A shared meter: it and every meter behind it.") var zone: String?
        @Option(help: "maintenance: everything on that bus.") var bus: String?
        @Option(help: "A day or a time on the site's wall, 2026-12-01 or 2026-12-01T08:00, or RFC 3339.")
        var start: String
        @Option(help: "The same; a day means its end.") var end: String
        @Option(help: "What findings near it say of it.") var note: String?
        @Option(help: "Who announces: an identifier from the site's list of persons.") var by: String
        @Option(help: "Language of the words: en or zh-Hans (default: the site's).") var language: String?

        private struct Body: Encodable {
            var kind: String
            var asset: String?
            var zone: String?
            var bus: String?
            var start: String
            var end: String
            var note: String?
            var person: String
        }

        func validate() throws {
            guard AnnouncementSettings.Kind(rawValue: kind) != nil else {
                let known = AnnouncementSettings.Kind.allCases.map(\.rawValue)
                throw ValidationError(
                    "'\(kind)' cannot be announced.\(suggestion(for: kind, in: known)) "
                        + "Kinds: \(known.joined(separator: ", ")).")
            }
            guard [asset, zone, bus].compactMap(\.self).count <= 1 else {
                throw ValidationError("Give one of --asset, --zone and --bus, not more.")
            }
            guard bus == nil || kind == AnnouncementSettings.Kind.maintenance.rawValue else {
                throw ValidationError("--bus is for maintenance.")
            }
        }

        func run() throws {
            let told = Body(
                kind: kind, asset: asset, zone: zone, bus: bus, start: start, end: end, note: note, person: by)
            let body = try gateway.ask(
                .POST, "/api/v1/announcements", headers: Announce.headers(language),
                body: Array(try JSONEncoder().encode(told)), for: "announce")
            tell(try gateway.decode(Line.self, from: body).text)
        }
    }

    struct Withdraw: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an announcement back: from now on it counts as one that was never made.")
        @OptionGroup var gateway: GatewayOptions
        @Argument(help: "Its number; `sluice announce list` tells it.") var number: Int64
        @Option(help: "Who takes it back: an identifier from the site's list of persons.") var by: String
        @Option(help: "Why.") var reason: String
        @Option(help: "Language of the words: en or zh-Hans (default: the site's).") var language: String?

        func run() throws {
            let body = try gateway.ask(
                .POST, "/api/v1/announcements/\(number)/withdrawal", headers: Announce.headers(language),
                body: Array(try JSONEncoder().encode(["person": by, "reason": reason])), for: "announce")
            tell(try gateway.decode(Line.self, from: body).text)
        }
    }

    static func headers(_ language: String?) -> [(String, String)] {
        language.map { [("accept-language", $0)] } ?? []
    }

    private struct Answer: Decodable { var announcements: [Line] }

    private struct Line: Decodable {
        var number: Int64?
        var kindText: String
        var state: String
        var stateText: String
        var start: Timestamp
        var end: Timestamp
        var asset: String?
        var zone: String?
        var bus: String?
        var note: String
        var person: String?
        var withdrawal: AnnouncementLine.Withdrawal?

        var text: String {
            var parts = [
                number.map { "\($0)" } ?? "-", stateText, kindText, asset ?? zone.map { "\($0)/*" } ?? bus ?? "*",
                "\(start.rfc3339) – \(end.rfc3339)",
            ]
            if let person { parts.append(person) }
            if !note.isEmpty { parts.append(note) }
            if let withdrawal { parts.append("(\(withdrawal.person): \(withdrawal.reason))") }
            return parts.joined(separator: "  ")
        }
    }
}
