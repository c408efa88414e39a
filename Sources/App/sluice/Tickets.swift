// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dashboard
import FoundationEssentials
import Gateway
import Model
import NIOHTTP1
import Pipeline
import Store

struct Tickets: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List repair tickets and act on them, through the running gateway.",
        discussion: """
            Examples:
              sluice tickets list --config site.yaml
              sluice tickets accept lakeside-20261122-001 --by li-wei --config site.yaml
              sluice tickets resolve lakeside-20261122-001 --by li-wei --note "Valve replaced." --config site.yaml
            """,
        subcommands: [
            List.self, Show.self, Report.self, Accept.self, Grab.self, Assign.self, Arrive.self, Start.self,
            Attempt.self,
            Hold.self, Resume.self, Postpone.self, Resolve.self, SignOff.self, Inform.self, FollowUp.self, Reopen.self,
            HandOver.self, TakeOver.self, Cancel.self, FalseAlarm.self, Merge.self, Verify.self, Log.self,
            Duty.self, TrendCommand.self, ResidentNoticeCommand.self,
        ],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All open tickets and the newest closed ones.")
        @OptionGroup var gateway: GatewayOptions
        @Flag(help: "Print JSON.") var json = false

        private struct Answer: Codable {
            var schema = 1
            var tickets: [TicketSnapshot]
            var next: String?
        }

        /// Every open ticket, the most urgent first, and the newest fifty of the others.
        private func tickets() throws -> [TicketSnapshot] {
            var open: [TicketSnapshot] = []
            var cursor: String?
            repeat {
                let after = cursor.map { "&cursor=\(TicketAddress.segment($0))" } ?? ""
                let body = try gateway.ask(.GET, "/api/v1/tickets?state=open&limit=200\(after)")
                let page = try gateway.decode(Answer.self, from: body)
                open += page.tickets
                cursor = page.next
            } while cursor != nil
            open.sort { ($0.severity, $0.raisedAt) < ($1.severity, $1.raisedAt) }
            let body = try gateway.ask(.GET, "/api/v1/tickets?state=ended&limit=50")
            return open + (try gateway.decode(Answer.self, from: body).tickets)
        }

        func run() throws {
            let tickets = try tickets()
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                return tell(String(decoding: try encoder.encode(Answer(tickets: tickets)), as: UTF8.self))
            }
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
            let body = try gateway.ask(.GET, "/api/v1/tickets/\(TicketAddress.segment(number))")
            if json { return tell(String(decoding: body, as: UTF8.self)) }
            describe(try gateway.decode(TicketDetail.self, from: body), try FindingWords(.english))
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

    struct Grab: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take on a ticket that nobody was given.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.grab) }
    }

    struct Start: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say that the work begins.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.start) }
    }

    struct Attempt: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Note a visit in vain.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.attempt) }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go on with what was on hold.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.resume) }
    }

    struct Reopen: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a closed ticket up again; needs --note.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.reopen) }
    }

    struct TakeOver: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Answer for a ticket that was offered by hand-over.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.takeOver) }
    }

    struct Cancel: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Cancel a ticket; needs --note.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.cancel) }
    }

    struct FalseAlarm: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say that there was nothing; needs --note.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.falseAlarm) }
    }

    struct Assign: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a ticket to somebody.")
        @OptionGroup var action: ActionOptions
        @Option(help: "Who gets it: an identifier from the site's list of persons.") var to: String
        func run() throws { try action.perform(.assign) { $0.to = to } }
    }

    struct HandOver: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offer to answer for a ticket to somebody, who must take it over; until then the owner stays.")
        @OptionGroup var action: ActionOptions
        @Option(help: "Who is to answer for it: an identifier from the site's list of persons.") var to: String
        func run() throws { try action.perform(.handOver) { $0.to = to } }
    }

    struct Hold: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let the work wait, with a reason and a date.")
        @OptionGroup var action: ActionOptions
        @Option(help: "parts, contractor, utility, access, reporter, weather, safety or other.") var reason: String
        @Option(help: "When work goes on, RFC 3339: 2026-11-27T09:00:00+08:00.") var until: String
        @Option(help: "The shift leader or manager who agrees; P1, P2, weather and safety need one.")
        var approvedBy: String?
        func run() throws {
            try action.perform(.hold) { ($0.reason, $0.until, $0.approver) = (reason, until, approvedBy) }
        }
    }

    struct Postpone: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Move the promised time, once; needs --note.")
        @OptionGroup var action: ActionOptions
        @Option(help: "The new time, RFC 3339: 2026-11-27T09:00:00+08:00.") var until: String
        @Option(help: "The manager or shift leader who agrees; needed for more than 7 days.") var approvedBy: String?
        func run() throws { try action.perform(.postpone) { ($0.until, $0.approver) = (until, approvedBy) } }
    }

    struct Inform: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Note that the reporter was told how it stands; needs --note with what was said.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.perform(.inform) }
    }

    struct FollowUp: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Note what the reporter says of a closed ticket; 1 or 2 takes it up again.")
        @OptionGroup var action: ActionOptions
        @Option(help: "1 (bad) to 5 (good).") var score: Int?
        func run() throws { try action.perform(.followUp) { $0.score = score } }
    }

    struct Merge: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that another ticket carries on the job; needs --note.")
        @OptionGroup var action: ActionOptions
        @Option(help: "Number of the ticket that carries on.") var into: String
        func run() throws { try action.perform(.merge) { $0.other = into } }
    }

    struct Duty: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who serves now, and where nobody will in the next 7 days.",
            discussion: """
                Reads the site's file only. Exits 1 when a post that needs somebody has nobody, or when a year begins within
                60 days whose closed and make-up days are in no list.
                """)
        @OptionGroup var site: SiteOptions

        func run() throws {
            let site = try site.load()
            let zone = site.site.zone
            let report = DutyReport(site, at: SystemClock().now().wall)
            tell("Answers for what the engine reports now: \(report.owner)")
            for post in report.posts {
                tell("  \(post.name): \(post.persons.map(\.text).joined(separator: ", "))")
            }
            for gap in report.gaps {
                let (from, to) = (zone.local(gap.from).minuteText, zone.local(gap.to).minuteText)
                tell("  nobody: \(gap.post) from \(from) to \(to)")
            }
            for list in report.missingLists {
                tell("  calendar '\(list.calendar)' has no list of \(list.year); only its weeks count then")
            }
            if !report.gaps.isEmpty || !report.missingLists.isEmpty { throw ExitStatus.problemsFound }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look whether every line of the tickets is as it was written.",
            discussion: """
                Reads the database of the state directory; the gateway may be running. Each line is hashed together with
                the one before. Exits 1 and names the first line that does not fit.
                """)
        @OptionGroup var from: StateOptions

        func run() throws {
            let report: TicketChainReport
            do {
                report = try SluiceStore.ticketChain(inDirectory: try from.directory())
            } catch let error as StoreError {
                say("sluice tickets verify: \(error)")
                throw error.exitStatus
            }
            let older = report.older > 0 ? ", after \(report.older) from before the chain was kept" : ""
            guard let found = report.firstBreak else {
                return tell("\(counted(report.lines, "line")), each as it was written\(older).")
            }
            if let ticket = found.ticket, let index = found.index, let identifier = found.identifier {
                tell(
                    "Line \(index) of ticket \(ticket) ('\(identifier)', row \(found.sequence)) is not as it was written, "
                        + "or one before it was taken out. \(report.lines) lines before it fit\(older).")
            } else {
                tell(
                    "The line of row \(found.sequence) was taken out. \(report.lines) lines before it fit\(older).")
            }
            throw ExitStatus.problemsFound
        }
    }

    struct Resolve: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say what was repaired; needs --note.")
        @OptionGroup var action: ActionOptions
        @Option(help: "What was wrong.") var cause: String?
        @Option(help: "Working time in minutes.") var labourMinutes: Int?
        func run() throws {
            try action.perform(.resolve) { ($0.cause, $0.labour_minutes) = (cause, labourMinutes) }
        }
    }

    struct SignOff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept the repair, or send it back with --failed; not by the one who repaired.")
        @OptionGroup var action: ActionOptions
        @Flag(help: "The repair is not accepted; work goes on.") var failed = false
        func run() throws { try action.perform(.signOff) { $0.passed = !failed } }
    }
}

/// Which running gateway is meant.
struct GatewayOptions: ParsableArguments {
    @OptionGroup var site: SiteOptions

    @Option(help: "State directory of the gateway, instead of the one that the site's file names.")
    var state: String?

    /// - Parameter command: The command that asks, for what it says of a refusal.
    func ask(
        _ method: HTTPMethod, _ uri: String, headers: [(String, String)] = [], body: [UInt8] = [],
        for command: String = "tickets"
    ) throws -> [UInt8] {
        let directory = try state ?? site.load().storage.directory
        do {
            let answer = try LocalClient(path: LocalSocket.path(in: directory)).send(
                method, uri, headers: headers, body: body)
            guard (200..<300).contains(answer.status) else {
                let problem = try? JSONDecoder().decode(Problem.self, from: Data(answer.body))
                let plain = answer.status == 404 ? "there is no such thing" : "the gateway answered \(answer.status)"
                say(
                    "sluice \(command): \(problem?.detail ?? problem?.title ?? plain)"
                )
                throw ExitStatus.problemsFound
            }
            return answer.body
        } catch let error as LocalClient.Unreachable {
            say("sluice \(command): \(error)")
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

/// Numbers of tickets in addresses.
enum TicketAddress {
    /// One segment of a path (RFC 3986, section 2.1): every byte but letters, digits, `-` and `_` is encoded.
    static func segment(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"):
                result.append(Character(Unicode.Scalar(byte)))
            default: result += byte < 16 ? "%0" + String(byte, radix: 16) : "%" + String(byte, radix: 16)
            }
        }
    }
}

/// One action of a person on a ticket.
struct ActionOptions: ParsableArguments {
    @OptionGroup var gateway: GatewayOptions
    @Argument(help: "Number of the ticket.") var number: String
    @Option(help: "Who acts: an identifier from the site's list of persons.") var by: String
    @Option(help: "What was found or done.") var note = ""

    struct Body: Encodable {
        var event: String
        var person: String
        var note: String
        var passed = true
        var to: String?
        var reason: String?
        var until: String?
        var approver: String?
        var cause: String?
        var labour_minutes: Int?
        var score: Int?
        var other: String?
    }

    func perform(_ verb: TicketAction.Verb, _ fill: (inout Body) -> Void = { _ in }) throws {
        var request = Body(event: verb.rawValue, person: by, note: note)
        fill(&request)
        let body = try gateway.ask(
            .POST, "/api/v1/tickets/\(TicketAddress.segment(number))/events", headers: [("if-match", "*")],
            body: Array(try JSONEncoder().encode(request)))
        tell(line(try gateway.decode(TicketDetail.self, from: body).ticket))
    }
}

func line(_ ticket: TicketSnapshot) -> String {
    let assignee = ticket.assignee.map { ", assigned to \($0)" } ?? ""
    return "\(ticket.number)  \(ticket.severity.word)  \(ticket.state)  \(ticket.asset)  \(ticket.rule)  "
        + "respond by \(ticket.respondBy.rfc3339)  resolve by \(ticket.resolveBy.rfc3339)  "
        + "owner \(ticket.owner)\(assignee)"
}

private func describe(_ detail: TicketDetail, _ words: FindingWords) {
    tell(line(detail.ticket))
    for finding in detail.findings {
        let measures = finding.finding.evidence.measures.map(words.measure).map { "\($0.name) \($0.value)" }
        tell(
            "  finding \(finding.finding.identifier) since \(finding.finding.startedAt.rfc3339): "
                + measures.joined(separator: ", "))
    }
    if let card = detail.card { describe(card) }
    for entry in detail.history {
        tell("  \(entry.at.rfc3339)  \(entry.event)  \(entry.actor)  \(entry.note)")
    }
    if !detail.ticket.allowed.isEmpty { tell("  allowed: \(detail.ticket.allowed.joined(separator: ", "))") }
}
