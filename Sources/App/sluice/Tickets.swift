// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Model
import NIOHTTP1
import Pipeline

struct Tickets: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List repair tickets and act on them, through the running gateway.",
        discussion: """
            Examples:
              sluice tickets list --config site.yaml
              sluice tickets accept lakeside-20261122-001 --by li-wei --config site.yaml
              sluice tickets resolve lakeside-20261122-001 --by li-wei --note "Valve replaced." --config site.yaml
            """,
        subcommands: [List.self, Show.self, Accept.self, Arrive.self, Resolve.self, SignOff.self],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All open tickets and the newest closed ones.")
        @OptionGroup var gateway: GatewayOptions
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let body = try gateway.ask(.GET, "/api/v1/tickets")
            if json { return tell(String(decoding: body, as: UTF8.self)) }
            let tickets = try gateway.decode([TicketSnapshot].self, from: body)
            if tickets.isEmpty { say("No tickets.") }
            for ticket in tickets { tell(line(ticket)) }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One ticket with its history.")
        @OptionGroup var gateway: GatewayOptions
        @Argument(help: "Number of the ticket.") var number: String
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let body = try gateway.ask(.GET, "/api/v1/tickets/\(number)")
            if json { return tell(String(decoding: body, as: UTF8.self)) }
            describe(try gateway.decode(TicketDetail.self, from: body))
        }
    }

    struct Accept: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a ticket on.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.accept) }
    }

    struct Arrive: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say that somebody is on site.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.arrive) }
    }

    struct Resolve: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say what was repaired; needs --note.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.resolve) }
    }

    struct SignOff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept the repair, or send it back with --failed; not by the one who repaired.")
        @OptionGroup var action: ActionOptions
        @Flag(help: "The repair is not accepted; work goes on.") var failed = false
        func run() throws { try action.perform(.signOff, isPassed: !failed) }
    }
}

/// Which running gateway is meant.
struct GatewayOptions: ParsableArguments {
    @OptionGroup var site: SiteOptions

    @Option(help: "State directory of the gateway, instead of the one that the site's file names.")
    var state: String?

    func ask(_ method: HTTPMethod, _ uri: String, body: [UInt8] = []) throws -> [UInt8] {
        let directory = try state ?? site.load().storage.directory
        do {
            let answer = try LocalClient(path: LocalSocket.path(in: directory)).send(method, uri, body: body)
            guard (200..<300).contains(answer.status) else {
                let problem = try? JSONDecoder().decode(Problem.self, from: Data(answer.body))
                say("sluice tickets: \(problem?.detail ?? problem?.title ?? "the gateway answered \(answer.status)")")
                throw ExitStatus.problemsFound
            }
            return answer.body
        } catch let error as LocalClient.Unreachable {
            say("sluice tickets: \(error)")
            throw ExitStatus.unavailable
        }
    }

    func decode<T: Decodable>(_ type: T.Type, from body: [UInt8]) throws -> T {
        try JSONDecoder().decode(type, from: Data(body))
    }

    private struct Problem: Decodable {
        var title: String?
        var detail: String?
    }
}

/// One action of a person on a ticket.
struct ActionOptions: ParsableArguments {
    @OptionGroup var gateway: GatewayOptions
    @Argument(help: "Number of the ticket.") var number: String
    @Option(help: "Who acts: an identifier from the site's list of persons.") var by: String
    @Option(help: "What was found or done.") var note = ""

    private struct Body: Encodable {
        var event: String
        var person: String
        var note: String
        var passed: Bool
    }

    func perform(_ verb: TicketAction.Verb, isPassed: Bool = true) throws {
        let request = Body(event: verb.rawValue, person: by, note: note, passed: isPassed)
        let body = try gateway.ask(
            .POST, "/api/v1/tickets/\(number)/events", body: Array(try JSONEncoder().encode(request)))
        tell(line(try gateway.decode(TicketDetail.self, from: body).ticket))
    }
}

private func line(_ ticket: TicketSnapshot) -> String {
    let assignee = ticket.assignee.map { ", assigned to \($0)" } ?? ""
    return "\(ticket.number)  \(ticket.severity.word)  \(ticket.state)  \(ticket.asset)  \(ticket.rule)  "
        + "respond by \(ticket.respondBy.rfc3339)  resolve by \(ticket.resolveBy.rfc3339)  "
        + "owner \(ticket.owner)\(assignee)"
}

private func describe(_ detail: TicketDetail) {
    tell(line(detail.ticket))
    for finding in detail.findings {
        let measures = finding.finding.evidence.measures.map { "\($0.name) \($0.value) \($0.unit.symbol)" }
        tell(
            "  finding \(finding.finding.identifier) since \(finding.finding.startedAt.rfc3339): "
                + measures.joined(separator: ", "))
    }
    for entry in detail.history {
        tell("  \(entry.at.rfc3339)  \(entry.event)  \(entry.actor)  \(entry.note)")
    }
    if !detail.ticket.allowed.isEmpty { tell("  allowed: \(detail.ticket.allowed.joined(separator: ", "))") }
}
