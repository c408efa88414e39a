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

    @Option(help: "File for the litres of each finding, as it said them last, one JSON object a line.")
    var litres: String?

    @Flag(help: "Find every finding again from what a gateway would keep of it; exit 1 when one differs.")
    var explain = false

    func run() throws {
        do {
            let report = try replayLeakbench(folder: folder, findings: findings, losses: litres, recomputes: explain) {
                try readZone(named: $0)
            }
            for line in report.lines { say(line) }
            if let recomputed = report.recomputed, recomputed.same < recomputed.of { throw ExitStatus.problemsFound }
        } catch let error as LeakbenchError {
            say("sluice replay: \(error)")
            throw ExitStatus.inputOutput
        }
    }
}
