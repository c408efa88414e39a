// SPDX-License-Identifier: Apache-2.0

import Analysis
import ArgumentParser
import Dashboard
import Gateway
import Model
import Store

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find a finding again from the readings kept with it, and compare.",
        discussion: """
            Prints why it was raised, gives the readings to the analyzer as it stood before, and compares what is found
            now with what was kept. Exits 1 on any difference.

            Example:
              sluice explain 4f0c9a1be23d7768 --config site.yaml
            """)

    @Argument(help: "Identifier of the finding; `sluice findings` lists them.") var finding: String
    @OptionGroup var from: StateOptions

    func run() throws {
        let words = try FindingWords(from.chosenLanguage())
        let trail: FindingTrail
        do {
            trail = try readTrail(of: FindingIdentifier(finding), directory: from.directory())
        } catch let error as StoreError {
            say("sluice explain: \(error)")
            throw error.exitStatus
        } catch let error as TrailRefusal {
            say("sluice explain: \(error)")
            throw ExitStatus.problemsFound
        }
        for line in Findings.lines(trail.raised, words) { tell(line) }
        for measure in trail.raised.evidence.measures {
            let (name, value) = words.measure(measure)
            tell("    \(name): \(value)")
        }
        for other in trail.raised.evidence.others ?? [] {
            tell("    stands for \(words.rule(other.rule)) on \(other.asset) since \(other.startedAt.rfc3339)")
        }
        for note in trail.raised.evidence.announced ?? [] { tell("    announced: \(note)") }
        let outcome = trail.recompute()
        let start = trail.readings.first?.at.rfc3339 ?? "-"
        tell(
            "Version \(trail.raised.ruleVersion) of rule \(trail.raised.rule), given \(outcome.readings) of "
                + "\(trail.readings.count) readings from \(start) on:")
        for told in trail.told.prefix(outcome.told) {
            tell("    told \(told.at?.rfc3339 ?? "-"): \(sentence(of: told))")
        }
        guard outcome.differences.isEmpty else {
            for difference in outcome.differences { tell("    differs: \(difference)") }
            throw ExitStatus.problemsFound
        }
        tell("    the same finding to the last bit.")
    }

    private func sentence(of told: FindingTrail.Told) -> String {
        switch told.intervention {
        case .verdict(.expected(let finding, let until)):
            "\(finding) is expected\(until.map { " until \($0.rfc3339)" } ?? "")"
        case .verdict(.confirmed(let finding)): "\(finding) is confirmed"
        case .verdict(.notALeak(let finding)): "\(finding) was harmless"
        case .verdict(.meterExchanged(let asset)): "the meter \(asset) was exchanged"
        case .calendar(let calendar): "the calendar, \(counted(calendar.entries.count, "announcement"))"
        }
    }
}
