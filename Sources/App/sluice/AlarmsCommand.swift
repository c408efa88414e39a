// SPDX-License-Identifier: Apache-2.0

import Alarms
import ArgumentParser
import FoundationEssentials
import Gateway
import Model
import NIOHTTP1
import Pipeline

struct AlarmsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarms",
        abstract: "List alarms and act on them, through the running gateway.",
        discussion: """
            Examples:
              sluice alarms list --config site.yaml
              sluice alarms show riser-1/burst --language zh-Hans --config site.yaml
              sluice alarms shelve riser-1/burst --hours 4 --by li-wei --reason "Valve is replaced." --config site.yaml
              sluice alarms audit --config site.yaml
            """,
        subcommands: [
            List.self, Show.self, Acknowledge.self, Shelve.self, Unshelve.self, Reset.self, OutOfService.self,
            Return.self,
            Audit.self, Log.self,
        ],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Alarms that are not normal, the most urgent first.")
        @OptionGroup var gateway: GatewayOptions
        @Flag(help: "Those that are normal as well.") var all = false
        @Flag(help: "Print JSON, one array of alarms.") var json = false

        func run() throws {
            let listing = try AlarmListing(of: gateway, query: all ? "" : "&state=unusual")
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                return tell(String(decoding: try encoder.encode(listing.alarms), as: UTF8.self))
            }
            for alarm in listing.alarms { tell(line(alarm)) }
            let last = listing.last
            for work in last.works {
                let by = work.person.text.isEmpty ? "" : " by \(work.person)"
                tell("under work  \(work.scope)  \(work.start.rfc3339) – \(work.end.rfc3339)\(by): \(work.reason)")
            }
            tell(
                "\(counted(listing.alarms.count, "alarm")), \(last.shelved) shelved, \(last.standing.count) standing"
                    + (last.isInStorm ? ", storm" : last.isInFlood ? ", flood" : ""))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One alarm: where it stands, what to do about it, what became of it.")
        @OptionGroup var gateway: GatewayOptions
        @Argument(help: "Name of the alarm: asset/rule.") var alarm: String
        @Option(help: "Language of the sentences: en or zh-Hans.") var language = "en"
        @Flag(help: "Print JSON.") var json = false

        private struct Detail: Decodable {
            struct Guidance: Decodable { var action, consequence, timeToRespond: String }
            var alarm: AlarmSnapshot
            var guidance: Guidance
            var history: [AlarmHistoryLine]
        }

        func run() throws {
            guard Language(rawValue: language) != nil else {
                throw ValidationError("'\(language)' is no language of Sluice. Use en or zh-Hans.")
            }
            let body = try gateway.ask(
                .GET, try alarmAddress(alarm), headers: [("accept-language", language)], for: "alarms")
            if json { return tell(String(decoding: body, as: UTF8.self)) }
            let detail = try gateway.decode(Detail.self, from: body)
            tell(line(detail.alarm))
            tell("    action       \(detail.guidance.action)")
            tell("    consequence  \(detail.guidance.consequence)")
            tell("    time         \(detail.guidance.timeToRespond)")
            for line in detail.history {
                let by = line.person.map { " by \($0)" } ?? ""
                let reason = line.reason.isEmpty ? "" : ": \(line.reason)"
                tell("    \(line.at.rfc3339)  \(line.event)  \(line.state)\(by)\(reason)")
            }
        }
    }

    struct Acknowledge: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say that an alarm has been seen.")
        @OptionGroup var action: AlarmActionOptions
        func run() throws { try action.perform(.acknowledge) }
    }

    struct Shelve: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withhold an alarm for a limited time; needs --reason. It comes back by itself.")
        @OptionGroup var action: AlarmActionOptions
        @Option(help: "Hours until it comes back, at most 24.") var hours = 8.0

        func run() throws {
            guard hours.isFinite, abs(hours) < 1_000_000 else { throw ValidationError("--hours is a number of hours.") }
            try action.perform(.shelve, span: .milliseconds(Int64(hours * 3_600_000)))
        }
    }

    struct Unshelve: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a shelf before its time.")
        @OptionGroup var action: AlarmActionOptions
        func run() throws { try action.perform(.unshelve) }
    }

    struct Reset: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let go of an alarm that is latched.")
        @OptionGroup var action: AlarmActionOptions
        func run() throws { try action.perform(.reset) }
    }

    struct OutOfService: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withhold an alarm until it is returned; needs --reason.")
        @OptionGroup var action: AlarmActionOptions
        func run() throws { try action.perform(.outOfService) }
    }

    struct Return: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Return an alarm to service.")
        @OptionGroup var action: AlarmActionOptions
        func run() throws { try action.perform(.returnToService) }
    }

    struct Audit: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rules that never fired, alarms that always come together or that nobody ever acted on.")
        @OptionGroup var gateway: GatewayOptions

        func run() throws {
            let audit = try AlarmListing(of: gateway, query: "").last.audit
            for rule in audit.neverFired { tell("never fired      \(rule)") }
            for pair in audit.alwaysTogether { tell("always together  \(pair.joined(separator: "  "))") }
            for alarm in audit.neverActedOn { tell("never acted on   \(alarm)") }
        }
    }
}

/// One action of a person on an alarm.
struct AlarmActionOptions: ParsableArguments {
    @OptionGroup var gateway: GatewayOptions
    @Argument(help: "Name of the alarm: asset/rule.") var alarm: String
    @Option(help: "Who acts: an identifier from the site's list of persons.") var by: String
    @Option(help: "Why.") var reason = ""

    private struct Body: Encodable {
        var event: AlarmAction.Verb
        var person: String
        var reason: String
        var until: String?
    }

    private struct Answer: Decodable { var alarm: AlarmSnapshot }

    /// - Parameter span: Of a shelf.
    func perform(_ verb: AlarmAction.Verb, span: Duration? = nil) throws {
        let until = span.map { (SystemClock().now().wall + $0).rfc3339 }
        let body = Body(event: verb, person: by, reason: reason, until: until)
        let answer = try gateway.ask(
            .POST, try alarmAddress(alarm) + "/events", headers: [("if-match", "*"), ("accept-language", "en")],
            body: Array(try JSONEncoder().encode(body)), for: "alarms")
        tell(line(try gateway.decode(Answer.self, from: answer).alarm))
    }
}

/// All pages of a list of alarms, the most urgent first.
private struct AlarmListing {
    struct Page: Decodable {
        var alarms: [AlarmSnapshot]
        var next: String?
        var shelved: Int
        var standing: [String]
        var isInFlood: Bool
        var isInStorm: Bool
        var audit: AlarmAudit
        var works: [WorkWindow]
    }

    var alarms: [AlarmSnapshot] = []
    var last: Page

    init(of gateway: GatewayOptions, query: String) throws {
        func page(_ cursor: String?) throws -> Page {
            let from = cursor.map { "&cursor=" + TicketAddress.segment($0) } ?? ""
            let body = try gateway.ask(.GET, "/api/v1/alarms?limit=200" + query + from, for: "alarms")
            return try gateway.decode(Page.self, from: body)
        }
        last = try page(nil)
        alarms = last.alarms
        while let next = last.next {
            last = try page(next)
            alarms += last.alarms
        }
        alarms.sort { ($0.severity, $0.raisedAt, $0.identifier) < ($1.severity, $1.raisedAt, $1.identifier) }
    }
}

/// Where the gateway answers for an alarm.
private func alarmAddress(_ alarm: String) throws -> String {
    let parts = alarm.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw ValidationError("'\(alarm)' is no name of an alarm, such as riser-1/burst; `sluice alarms` lists them.")
    }
    return "/api/v1/alarms/" + parts.map { TicketAddress.segment(String($0)) }.joined(separator: "/")
}

private func line(_ alarm: AlarmSnapshot) -> String {
    let held = alarm.removal ?? alarm.maintenance ?? alarm.shelf
    let by = held.map { "  by \($0.person): \($0.reason)" } ?? ""
    let until = held?.until.map { "  until \($0.rfc3339)" } ?? ""
    let flapping = alarm.isFlapping ? "  comes and goes, \(alarm.occurrences) times" : ""
    return "\(alarm.identifier)  \(alarm.severity.word)  \(alarm.state.rawValue)  since \(alarm.raisedAt.rfc3339)"
        + flapping + by + until + (alarm.explanation.map { "  while \($0)" } ?? "")
        + (alarm.continuedAs.map { "  went on as \($0)" } ?? "")
}
