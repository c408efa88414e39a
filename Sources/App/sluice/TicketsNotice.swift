// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Model
import NIOHTTP1
import Pipeline
import Tickets

extension Tickets {
    struct ResidentNoticeCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "notice",
            abstract: "Write what residents are told of a ticket, in both languages; its owner approves it.",
            discussion: """
                Without --kind it lists what was approved. Without --approve nothing is kept: the text is shown.
                Examples:
                  sluice tickets notice lakeside-20261122-001 --kind water-outage --cause 主管爆裂 --cause-en "a burst main" \
                    --end 2026-11-22T20:00:00+08:00 --config site.yaml
                  sluice tickets notice lakeside-20261122-001 --kind water-restored --approve --by wang-fang --config site.yaml
                """)
        @OptionGroup var gateway: GatewayOptions
        @Argument(help: "Number of the ticket.") var number: String
        @Option(help: "water-outage, water-restored, lift-out-of-service or postponed.") var kind: String?
        @Flag(help: "Approve it, as the ticket's owner; needs --by.") var approve = false
        @Option(help: "Who approves: an identifier from the site's list of persons.") var by: String?
        @Option(help: "Why; else the cause of the repair that was reported.") var cause: String?
        @Option(help: "The same in English.") var causeEn: String?
        @Option(help: "Where; else the name of the ticket's asset.") var place: String?
        @Option(help: "The same in English.") var placeEn: String?
        @Option(help: "Who signs; else 'site.company' of the site's file.") var company: String?
        @Option(help: "The same in English.") var companyEn: String?
        @Option(help: "Number to call; else that of the owner.") var phone: String?
        @Option(help: "When it starts, RFC 3339; else when the fault was raised.") var start: String?
        @Option(help: "When it ends, RFC 3339; else the promised time, or when it was repaired.") var end: String?

        private func moment(_ text: String?, _ option: String) throws -> Timestamp? {
            try text.map { text in
                guard let moment = Timestamp(rfc3339: text) else {
                    throw ValidationError("\(option) is a moment such as 2026-11-27T09:00:00+08:00, not '\(text)'.")
                }
                return moment
            }
        }

        private func both(_ text: String?, _ english: String?) -> BilingualText? {
            guard let first = text ?? english else { return nil }
            return BilingualText(zh: first, en: english ?? first)
        }

        func run() throws {
            var request = ResidentRequest(ticket: number, kind: nil)
            if let kind {
                guard let known = ResidentNotice.Kind(rawValue: kind) else {
                    let all = ResidentNotice.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("'\(kind)' is no kind of notice. Use one of: \(all).")
                }
                request.kind = known
            }
            if approve {
                guard let by, kind != nil else { throw ValidationError("--approve needs --kind and --by.") }
                request.approver = PersonIdentifier(by)
            }
            request.cause = both(cause, causeEn)
            request.place = both(place, placeEn)
            request.company = both(company, companyEn)
            request.phone = phone
            request.start = try moment(start, "--start")
            request.end = try moment(end, "--end")
            let body = try gateway.ask(
                .POST, "/api/v1/resident-notices", body: Array(try JSONEncoder().encode(request)))
            let reply = try gateway.decode(ResidentReply.self, from: body)
            if let refusal = reply.refusal {
                say("sluice tickets notice: nothing is told: \(refusal).")
                throw ExitStatus.problemsFound
            }
            if let text = reply.text {
                tell(text.zh)
                tell(text.en)
                if approve, let last = reply.approved.last { say("Approved by \(last.by) at \(last.at.rfc3339).") }
                if !approve { say("Not approved yet; its owner adds --approve --by PERSON.") }
                return
            }
            if let prepared = reply.prepared {
                say("Prepared, to be approved by its owner: --kind \(prepared.rawValue) --approve --by PERSON.")
                if let draft = reply.draft {
                    tell(draft.zh)
                    tell(draft.en)
                }
            }
            if reply.approved.isEmpty { say("Residents were not told anything of this ticket.") }
            for approved in reply.approved {
                tell("\(approved.at.rfc3339)  \(approved.notice.kind.rawValue)  \(approved.by)")
                tell("  \(approved.notice.text.zh)")
                tell("  \(approved.notice.text.en)")
            }
        }
    }
}
