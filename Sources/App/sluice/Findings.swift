// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dashboard
import FoundationEssentials
import Gateway
import Model
import NIOHTTP1
import Pipeline
import Savings
import Store

struct Findings: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List what the analyzer has found, and say what is true of it.",
        discussion: """
            Examples:
              sluice findings --config site.yaml
              sluice findings --open --language zh-Hans --config site.yaml
              sluice findings --json --state /var/lib/sluice
              sluice findings confirm 4f0c9a1be23d7768 --by li-wei --config site.yaml
              sluice findings expected 4f0c9a1be23d7768 --until 2026-12-01 --reason "Lift is renewed." --by li-wei \
                --config site.yaml
            """,
        subcommands: [List.self, Expected.self, Confirm.self, NotALeak.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What the analyzer has found, newest first.")
        @OptionGroup var from: StateOptions
        @Flag(help: "Only those that are not over.") var open = false
        @Option(help: "Most findings listed.") var limit = 100
        @Flag(help: "Print JSON, one array of findings.") var json = false

        func validate() throws {
            guard (1...100_000).contains(limit) else { throw ValidationError("--limit takes 1 to 100000.") }
        }

        func run() throws {
            let words = try FindingWords(from.chosenLanguage())
            let findings: [Finding]
            let verdicts: [FindingIdentifier: [VerdictLine]]
            let costing: Costing?
            do {
                costing = try from.costing()
                findings = try SluiceStore.findings(
                    openOnly: open, limit: limit, directory: from.directory(), logger: from.logger)
                verdicts = try readVerdicts(directory: from.directory())
            } catch let error as StoreError {
                say("sluice findings: \(error)")
                throw error.exitStatus
            }
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                return tell(
                    String(decoding: try encoder.encode(findings.map { PricedFinding($0, costing) }), as: UTF8.self))
            }
            if findings.isEmpty { return say("No findings.") }
            for finding in findings {
                for line in Findings.lines(finding, words, costing) { tell(line) }
                for verdict in verdicts[finding.identifier] ?? [] { tell("    \(Findings.line(verdict))") }
            }
        }
    }

    struct Expected: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that a finding is known; needs --reason.",
            discussion: """
                With --until nobody is told until then, and what is still there afterwards is told again. Without it the
                finding is as it should be from now on, and what is usual is learned anew; only rules that learn take that.
                """)
        @OptionGroup var verdict: VerdictOptions
        @Option(help: "To the end of this day, such as 2026-12-01, or a moment, RFC 3339; at most a year ahead.")
        var until: String?
        func run() throws { try verdict.give(.expected, until: until) }
    }

    struct Confirm: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that a finding is true: it stays open, and nothing is learned from it.")
        @OptionGroup var verdict: VerdictOptions
        func run() throws { try verdict.give(.confirm) }
    }

    struct NotALeak: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "not-a-leak",
            abstract: "Say that a finding was harmless; needs --reason. Only clearly more than this is told again.")
        @OptionGroup var verdict: VerdictOptions
        func run() throws { try verdict.give(.notALeak) }
    }

    /// Who said what, and why.
    static func line(_ verdict: VerdictLine) -> String {
        let until = verdict.until.map { " until \($0.rfc3339)" } ?? ""
        let reason = verdict.reason.isEmpty ? "" : ": \(verdict.reason)"
        return "\(verdict.verdict.rawValue)\(until) by \(verdict.person) \(verdict.at.rfc3339)\(reason)"
    }

    /// Identifier, severity, rule and place; when and how much; why.
    static func lines(_ finding: Finding, _ words: FindingWords, _ costing: Costing? = nil) -> [String] {
        var facts = ["since \(finding.startedAt.rfc3339)", "raised \(finding.raisedAt.rfc3339)"]
        if let cleared = finding.clearedAt { facts.append("over \(cleared.rfc3339)") }
        if let loss = finding.loss {
            let (low, high) = (Int(clamping: loss.rateLow.value), Int(clamping: loss.rateHigh.value))
            facts.append(low == high ? "\(low) L/h" : "\(low) to \(high) L/h")
            let (least, most) = (Int(clamping: loss.litresLow.value), Int(clamping: loss.litresHigh.value))
            facts.append(
                "\(Int(clamping: loss.litres.value)) L" + (least == most ? "" : " (\(least) to \(most))"))
            if let cost = costing?.cost(of: finding, at: finding.clearedAt ?? SystemClock().now().wall) {
                let (low, high) = (cost.low.figures, cost.high.figures)
                facts.append("\(cost.low.currency) \(low == high ? low : "\(low) to \(high)")")
            }
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

/// A finding with what it has cost so far, on a site with a tariff.
private struct PricedFinding: Encodable {
    private enum CodingKeys: CodingKey { case cost }
    private let finding: Finding
    private let cost: MoneyRange?

    init(_ finding: Finding, _ costing: Costing?) {
        self.finding = finding
        cost = costing?.cost(of: finding, at: finding.clearedAt ?? SystemClock().now().wall)
    }

    func encode(to encoder: any Encoder) throws {
        try finding.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(cost, forKey: .cost)
    }
}

/// What a person says of one finding.
struct VerdictOptions: ParsableArguments {
    @OptionGroup var gateway: GatewayOptions
    @Argument(help: "Identifier of the finding; `sluice findings` lists them.") var finding: String
    @Option(help: "Who says it: an identifier from the site's list of persons.") var by: String
    @Option(help: "Why.") var reason = ""

    private struct Body: Encodable {
        var verdict: FindingVerdict.Verb
        var person: String
        var reason: String
        var until: String?
    }

    func give(_ verb: FindingVerdict.Verb, until: String? = nil) throws {
        guard !finding.isEmpty, finding.utf8.allSatisfy({ $0 < 0x80 && Character(Unicode.Scalar($0)).isHexDigit })
        else {
            throw ValidationError("'\(finding)' is no identifier of a finding; `sluice findings` lists them.")
        }
        let body = try gateway.ask(
            .POST, "/api/v1/findings/\(finding)/verdicts",
            body: Array(try JSONEncoder().encode(Body(verdict: verb, person: by, reason: reason, until: until))),
            for: "findings")
        let answer = try gateway.decode(FindingSnapshot.self, from: body)
        let state = answer.finding.clearedAt.map { "over \($0.rfc3339)" } ?? "open"
        tell("\(answer.finding.identifier)  \(answer.finding.rule)  \(answer.finding.asset)  \(state)")
        if let last = answer.verdicts.last { tell("    \(Findings.line(last))") }
    }
}

extension Int {
    /// Rounded; the nearest end of the range for what does not fit, zero for what is no number.
    fileprivate init(clamping value: Double) {
        self = value.isNaN ? 0 : Int(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
    }
}
