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
              score-findings --estate made/1=1.jsonl=1-litres.jsonl --cases
            """)

    @Option(
        help: ArgumentHelp(
            "An estate's folder, the findings made from it and, if written, their litres; repeatable.",
            valueName: "folder=findings[=litres]"))
    var estate: [String]

    @Flag(help: "Print the figures of each estate as well.")
    var perEstate = false

    @Flag(help: "Name each fault that lost water, with what was told of it.")
    var cases = false

    func run() throws {
        let estates = try estate.map { pair in
            let parts = pair.split(separator: "=").map(String.init)
            guard (2...3).contains(parts.count) else {
                throw ValidationError("--estate \(pair): write it as FOLDER=FINDINGS or FOLDER=FINDINGS=LITRES.")
            }
            return try ScoredEstate(folder: parts[0], findings: parts[1], litres: parts.count > 2 ? parts[2] : nil)
        }
        if perEstate {
            for estate in estates { print(Score([estate]).lines.joined(separator: "\n") + "\n") }
        }
        let score = Score(estates)
        print((score.lines.dropLast() + score.litresLines + score.lines.suffix(1)).joined(separator: "\n"))
        if cases { print(Score.cases(estates).joined(separator: "\n")) }
    }
}
