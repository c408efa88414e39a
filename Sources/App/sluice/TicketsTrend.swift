// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import NIOHTTP1

extension Tickets {
    struct TrendCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "trend",
            abstract: "What the points of a ticket's asset showed from 24 h before it was raised to 1 h after.",
            discussion: """
                Example:
                  sluice tickets trend 20261122-001 > trend.csv
                  sluice tickets trend 20261122-001 --point riser-2/flow --svg > trend.svg
                """)
        @Argument(help: "Number of the ticket.") var number: String
        @Option(help: "Path of the point; the first of the asset when not given.") var point: String?
        @Flag(help: "A picture instead of the table (CSV, UTC).") var svg = false
        @OptionGroup var gateway: GatewayOptions

        func run() throws {
            let query = point.map { "?point=" + TicketAddress.segment($0) } ?? ""
            let body = try gateway.ask(
                .GET, "/tickets/\(TicketAddress.segment(number))/trend.\(svg ? "svg" : "csv")\(query)",
                headers: [("accept", "application/problem+json")], for: "tickets trend")
            print(String(decoding: body, as: UTF8.self), terminator: "")
        }
    }
}
