// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dashboard
import FoundationEssentials
import Model
import Store

struct Findings: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List what the analyzer has found, newest first.",
        discussion: """
            Examples:
              sluice findings --config site.yaml
              sluice findings --open --language zh-Hans --config site.yaml
              sluice findings --json --state /var/lib/sluice
            """)

    @OptionGroup var from: StateOptions
    @Flag(help: "Only those that are not over.") var open = false
    @Option(help: "Most findings listed (default: 100).") var limit = 100
    @Flag(help: "Print JSON, one array of findings.") var json = false

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit takes 1 to 100000.") }
    }

    func run() throws {
        let words = try FindingWords(from.chosenLanguage())
        let findings: [Finding]
        do {
            findings = try SluiceStore.findings(
                openOnly: open, limit: limit, directory: from.directory(), logger: from.logger)
        } catch let error as StoreError {
            say("sluice findings: \(error)")
            throw error.exitStatus
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return tell(String(decoding: try encoder.encode(findings), as: UTF8.self))
        }
        if findings.isEmpty { return say("No findings.") }
        for finding in findings { for line in Self.lines(finding, words) { tell(line) } }
    }

    /// Identifier, severity, rule and place; when and how much; why.
    static func lines(_ finding: Finding, _ words: FindingWords) -> [String] {
        var facts = ["since \(finding.startedAt.rfc3339)", "raised \(finding.raisedAt.rfc3339)"]
        if let cleared = finding.clearedAt { facts.append("over \(cleared.rfc3339)") }
        if let loss = finding.loss {
            let (low, high) = (Int(clamping: loss.rateLow.value), Int(clamping: loss.rateHigh.value))
            facts.append(low == high ? "\(low) L/h" : "\(low) to \(high) L/h")
            facts.append("\(Int(clamping: loss.litres.value)) L")
        } else if let size = finding.size {
            let (_, value) = words.measure(size)
            facts.append(value)
        }
        return [
            "\(finding.identifier)  \(finding.severity.word)  \(words.rule(finding.rule))  \(finding.asset)",
            "    \(facts.joined(separator: ", "))",
            "    \(words.sentence(of: finding))",
        ]
    }
}

extension Int {
    /// Rounded; the nearest end of the range for what does not fit, zero for what is no number.
    fileprivate init(clamping value: Double) {
        self = value.isNaN ? 0 : Int(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
    }
}
