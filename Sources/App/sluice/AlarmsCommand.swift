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
              sluice alarms shelve riser-1/burst --hours 4 --by li-wei --reason "Valve is replaced." --config site.yaml
              sluice alarms audit --config site.yaml
            """,
        subcommands: [
            List.self, Acknowledge.self, Shelve.self, Unshelve.self, Reset.self, OutOfService.self, Return.self,
            Audit.self,
        ],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Alarms that are not normal, the most urgent first.")
        @OptionGroup var gateway: GatewayOptions
        @Flag(help: "Those that are normal as well.") var all = false
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let body = try gateway.ask(.GET, "/api/v1/alarms", for: "alarms")
            if json { return tell(String(decoding: body, as: UTF8.self)) }
            let overview = try gateway.decode(AlarmOverview.self, from: body)
            let alarms = overview.alarms.filter { all || $0.state != .normal }
            for alarm in alarms { tell(line(alarm)) }
            tell(
                "\(alarms.count) alarms, \(overview.shelved) shelved, \(overview.standing.count) standing"
                    + (overview.isInStorm ? ", storm" : overview.isInFlood ? ", flood" : ""))
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
            let overview = try gateway.decode(
                AlarmOverview.self, from: try gateway.ask(.GET, "/api/v1/alarms", for: "alarms"))
            let audit = overview.audit
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

    func perform(_ verb: AlarmAction.Verb, span: Duration = .zero) throws {
        let action = AlarmAction(verb, alarm: alarm, person: PersonIdentifier(by), reason: reason, span: span)
        let body = try gateway.ask(
            .POST, "/api/v1/alarms/events", body: Array(try JSONEncoder().encode(action)), for: "alarms")
        let overview = try gateway.decode(AlarmOverview.self, from: body)
        if let refusal = overview.refusal {
            say("sluice alarms: \(refusal)")
            throw ExitStatus.problemsFound
        }
        if let alarm = overview.alarms.first(where: { $0.identifier == alarm }) { tell(line(alarm)) }
    }
}

private func line(_ alarm: Alarm) -> String {
    let held = alarm.removal ?? alarm.shelf
    let by = held.map { "  by \($0.person): \($0.reason)" } ?? ""
    let until = held?.until.map { "  until \($0.rfc3339)" } ?? ""
    let flapping = alarm.isFlapping == true ? "  comes and goes, \(alarm.occurrences) times" : ""
    return "\(alarm.identifier)  \(alarm.severity.word)  \(alarm.state.rawValue)  since \(alarm.raisedAt.rfc3339)"
        + flapping + by + until
}
