// SPDX-License-Identifier: Apache-2.0

import Analysis
import ArgumentParser
import FindingScore
import Glibc
import Model

@main
struct EstateTrials: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge the analyzer on made-up estates that nobody tuned it on.",
        discussion: """
            Each seed makes an estate, its readings go through the analyzer in their order of arrival, and the findings
            are scored against the labels. Headlines, recall, precision and false alarms are shown for each estate and
            as a spread, recall and delays by type of fault.

            Examples:
              EstateTrials --seeds 1-30
              EstateTrials --seeds 7 --details
              EstateTrials --seeds 1-10 --ablation
            """)

    @Option(help: "Seeds, such as 1-30 or 4,7,9-12.")
    var seeds = "1-10"

    @Option(
        help: ArgumentHelp(
            "Folder of a recorded estate in a zone of the made-up ones, in place of the seeds; repeatable.",
            valueName: "folder"))
    var recorded: [String] = []

    @Option(help: "Existing folder in which findings and litres of each estate are kept.")
    var keep: String?

    @Option(help: "Days of readings.")
    var days = 60

    @Option(help: "Number of dwellings (default: drawn from the seed, 10 to 200).")
    var dwellings: Int?

    @Flag(help: "Leave all faults out: every finding is a false alarm.")
    var healthy = false

    @Option(help: "Rule that raises nothing, such as toilet_leak; repeatable.")
    var without: [String] = []

    @Flag(help: "Afterwards switch off each rule that raised something, one at a time, and show what is lost.")
    var ablation = false

    @Flag(help: "Name each fault missed and each false alarm.")
    var details = false

    @Flag(help: "Name each fault that lost water, with what was told of it.")
    var cases = false

    func validate() throws {
        _ = try Self.numbers(seeds)
        guard (1...1000).contains(days) else { throw ValidationError("--days is \(days); it must be 1 ... 1000.") }
        guard (1...2000).contains(dwellings ?? 1) else {
            throw ValidationError("--dwellings is \(dwellings ?? 0); it must be 1 ... 2000.")
        }
        for name in without where Rule.named(RuleIdentifier(name)) == nil {
            let names = Rule.all.map(\.identifier.text).joined(separator: ", ")
            throw ValidationError("--without \(name): there is no such rule. Rules: \(names).")
        }
    }

    func run() throws {
        var trials = try Self.numbers(seeds).map {
            Trial(seed: $0, days: days, dwellings: dwellings, isHealthy: healthy, keep: keep)
        }
        if !recorded.isEmpty {
            trials = recorded.enumerated().map { place, folder in
                Trial(seed: UInt64(place + 1), days: days, isHealthy: false, recorded: folder, keep: keep)
            }
        }
        var disabled: [Set<RuleIdentifier>] = [Set(without.map { RuleIdentifier($0) })]
        if ablation {
            disabled += Rule.all.map { disabled[0].union([$0.identifier]) }.filter { $0.count > disabled[0].count }
        }
        print(TrialTable.header)
        var results = Array(repeating: [Trial.Result](), count: disabled.count)
        for trial in trials {
            try trial.run(disabled) { place, result in
                results[place].append(result)
                guard place == 0 else { return }
                print(TrialTable.line(result))
                // A long run is watched while it goes on, through a pipe too.
                fflush(nil)
                if details { TrialTable.details(result).forEach { print($0) } }
            }
        }
        let whole = Score(results[0].map(\.estate))
        print(TrialTable.spread(results[0]).joined(separator: "\n"))
        print("\n" + (whole.lines.dropFirst() + whole.litresLines).joined(separator: "\n"))
        if cases { print("\n" + Score.cases(results[0].map(\.estate)).joined(separator: "\n")) }
        guard ablation else { return }
        print("\n" + TrialTable.ablationHeader)
        for (place, rules) in disabled.enumerated().dropFirst()
        where rules.subtracting(disabled[0]).contains(where: { rule in results[0].contains { $0.raised[rule] != nil } })
        {
            let rule = rules.subtracting(disabled[0]).first?.text ?? ""
            print(TrialTable.ablation(rule, whole: results[0], without: results[place]))
        }
    }

    /// `4,7,9-12` as numbers.
    static func numbers(_ text: String) throws -> [UInt64] {
        let numbers = text.split(separator: ",").flatMap { part -> [UInt64] in
            let ends = part.split(separator: "-").compactMap { UInt64($0) }
            guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last, last - first < 10_000
            else { return [] }
            return Array(first...last)
        }
        guard !numbers.isEmpty else { throw ValidationError("--seeds \(text): write them as 1-30 or 4,7,9-12.") }
        return numbers
    }
}
