// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Leakbench
import SiteFiles

struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the analyzer over recorded readings and write what it finds.",
        discussion: """
            Examples:
              sluice replay --format leakbench estate/ --findings findings.jsonl
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case leakbench }

    @Option(help: "Form of the recording: leakbench (topology.json, calendar.csv, readings.csv.gz).")
    var format: Format = .leakbench

    @Argument(help: "The folder of the recording.")
    var folder: String

    @Option(help: "File for the findings, one JSON object a line.")
    var findings: String

    func run() throws {
        do {
            let report = try replayLeakbench(folder: folder, findings: findings) { try readZone(named: $0) }
            for line in report.lines { say(line) }
        } catch let error as LeakbenchError {
            say("sluice replay: \(error)")
            throw ExitStatus.inputOutput
        }
    }
}
