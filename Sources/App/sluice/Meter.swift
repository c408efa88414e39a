// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Model
import NIOHTTP1
import Pipeline

struct Meter: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell the running gateway of work on a meter.",
        subcommands: [Exchange.self])

    struct Exchange: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Book the exchange of a meter, so that its total goes on without a gap.",
            discussion: """
                Example:
                  sluice meter exchange block-3/riser-1/total --old-reading 1234.5 --new-reading 0.2 --by li-wei \
                    --config site.yaml
                """)

        @OptionGroup var site: SiteOptions
        @Option(help: "State directory of the gateway, instead of the one that the site's file names.")
        var state: String?
        @Argument(help: "The total: AREA/ASSET/POINT, as the page and the topics name it.") var point: String
        @Option(help: "What the old meter showed when it was taken out, in the point's unit.") var oldReading: Double
        @Option(help: "What the new meter showed when it was put in, in the point's unit.") var newReading: Double
        @Option(help: "Who tells it: an identifier from the site's list of persons.") var by: String

        func run() throws {
            let told = MeterExchange(
                point: point, oldReading: oldReading, newReading: newReading, person: PersonIdentifier(by))
            let client = LocalClient(path: LocalSocket.path(in: try state ?? site.load().storage.directory))
            let answer: LocalClient.Answer
            do {
                answer = try client.send(
                    .POST, "/api/v1/meters/exchange", body: Array(try JSONEncoder().encode(told)))
            } catch let error as LocalClient.Unreachable {
                say("sluice meter: \(error)")
                throw ExitStatus.unavailable
            }
            guard answer.status == 200,
                let reply = try? JSONDecoder().decode(MeterExchangeReply.self, from: Data(answer.body))
            else {
                say("sluice meter: the gateway answered \(answer.status)")
                throw ExitStatus.problemsFound
            }
            guard let booked = reply.booked, let total = reply.total else {
                say("sluice meter: nothing is booked: \(reply.refusal ?? "no reason given")")
                throw ExitStatus.problemsFound
            }
            let unit = reply.unit.map { $0.symbol.isEmpty ? "" : " \($0.symbol)" } ?? ""
            tell("\(point): booked \(booked)\(unit), total \(total)\(unit)")
        }
    }
}
