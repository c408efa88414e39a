// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FindingScore

@main
struct ScoreFindings: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score-findings",
        abstract: "Score findings against the labels of leakbench folders.",
        discussion: """
            Examples:
              score-findings --estate made/1=1.jsonl --estate made/2=2.jsonl --per-estate
            """)

    @Option(
        help: ArgumentHelp(
            "An estate's folder and the findings made from it; repeatable.", valueName: "folder=findings"))
    var estate: [String]

    @Flag(help: "Print the figures of each estate as well.")
    var perEstate = false

    func run() throws {
        let estates = try estate.map { pair in
            guard let middle = pair.firstIndex(of: "=") else {
                throw ValidationError("--estate \(pair): write it as FOLDER=FINDINGS.")
            }
            return try ScoredEstate(
                folder: String(pair[..<middle]), findings: String(pair[pair.index(after: middle)...]))
        }
        if perEstate {
            for estate in estates { print(Score([estate]).lines.joined(separator: "\n") + "\n") }
        }
        print(Score(estates).lines.joined(separator: "\n"))
    }
}
