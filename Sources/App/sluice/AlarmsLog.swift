// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Model
import Pipeline
import Store

extension AlarmsCommand {
    struct Log: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every line of the history of alarms, one JSON object a line.",
            discussion: """
                Reads the database of the state directory; the gateway may be running. Each line has its number, moment
                (milliseconds since 1970), alarm, event and state, and the urgency that the alarm has now. With it what
                `sluice reports` says of alarms can be counted again.
                """)
        @OptionGroup var stored: StateOptions

        private struct Line: Encodable {
            var seq: Int64
            var at: Timestamp
            var alarm, event, state, severity: String
        }

        func run() throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            do {
                for (line, severity) in try ReportReading.alarmLog(
                    in: try stored.directory(), until: Timestamp(milliseconds: .max))
                {
                    let told = Line(
                        seq: line.sequence, at: line.at, alarm: line.alarm, event: line.event, state: line.state,
                        severity: severity.word)
                    tell(String(decoding: try encoder.encode(told), as: UTF8.self))
                }
            } catch let error as StoreError {
                say("sluice alarms log: \(error)")
                throw error.exitStatus
            }
        }
    }
}
