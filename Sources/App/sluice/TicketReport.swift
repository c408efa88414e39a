// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Model
import NIOHTTP1
import Pipeline

extension Tickets {
    struct Report: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Report a fault: a new ticket, or a line of the one that is open for it.",
            discussion: """
                Example:
                  sluice tickets report --asset riser-1 --fault reported_leak --by wang-fang \\
                    --text "Water on the stairs of block 1." --phone 13800000000 --config site.yaml
                """)
        @OptionGroup var gateway: GatewayOptions
        @Option(help: "Identifier of the asset it is about.") var asset: String
        @Option(help: "What is wrong: \(FaultReport.failureModes.map(\.text).joined(separator: ", ")).")
        var fault = "reported_other"
        @Option(help: "Who enters it: an identifier from the site's list of persons.") var by: String
        @Option(help: "What was seen.") var text: String
        @Option(help: "p1, p2, p3 or p4.") var severity = "p3"
        @Option(help: "Who has the trouble.") var reporter: String?
        @Option(help: "Where the reporter can be called; shown masked.") var phone: String?

        private struct Body: Encodable {
            var person: String
            var asset: String
            var failure_mode: String
            var text: String
            var severity: String
            var reporter: String?
            var phone: String?
        }

        func run() throws {
            let body = Body(
                person: by, asset: asset, failure_mode: fault, text: text, severity: severity, reporter: reporter,
                phone: phone)
            let answer = try gateway.ask(
                .POST, "/api/v1/tickets", headers: [("idempotency-key", UUID().uuidString)],
                body: Array(try JSONEncoder().encode(body)))
            tell(line(try gateway.decode(TicketDetail.self, from: answer).ticket))
        }
    }
}
