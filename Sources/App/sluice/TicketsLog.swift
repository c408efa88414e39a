// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Model
import Pipeline
import Store
import Tickets

extension Tickets {
    struct Log: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every line of all tickets as it is stored, one JSON object a line.",
            discussion: """
                Reads the database of the state directory; the gateway may be running. The first line describes the
                site: zone, trade and building of each asset, and rules of planned work. Every other one has the line's number, name, ticket,
                place, moment (milliseconds since 1970), hash and, last, its body as it was hashed. With it every
                figure of `sluice reports` can be counted again.
                """)
        @OptionGroup var stored: StateOptions

        private struct Head: Encodable {
            var schema = 1
            var site: SiteIdentifier
            var zone: String
            var assets: [ReportQuestion.Asset]
            /// Rules of tickets that a plan asks for.
            var planned: [String]
        }

        private struct Line: Encodable {
            var seq: Int64
            var id: String
            var ticket: String
            var index: Int
            var at: Timestamp
            var hash: String?
        }

        func run() throws {
            let site = try stored.site.load()
            let lines: [TicketLogLine]
            do {
                lines = try SluiceStore.ticketLog(inDirectory: stored.state ?? site.storage.directory)
            } catch let error as StoreError {
                say("sluice tickets log: \(error)")
                throw error.exitStatus
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let head = Head(
                site: site.site.identifier, zone: site.site.zone.name, assets: site.reportAssets,
                planned: SiteConfiguration.plannedRules.map(\.text).sorted())
            tell(String(decoding: try encoder.encode(head), as: UTF8.self))
            for line in lines {
                let event = line.event
                let about = Line(
                    seq: line.sequence, id: event.identifier, ticket: event.ticket, index: event.index, at: event.at,
                    hash: line.hash.map(Self.hexadecimal))
                let text = String(decoding: try encoder.encode(about), as: UTF8.self)
                // The body stays byte for byte what the hash is over.
                tell(text.dropLast() + ",\"body\":" + String(decoding: event.body, as: UTF8.self) + "}")
            }
        }

        private static func hexadecimal(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }
}
