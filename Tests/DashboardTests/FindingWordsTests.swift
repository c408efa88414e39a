// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Testing

@testable import Dashboard

/// Every rule speaks both languages, with its figures where it has them.
struct FindingWordsTests {
    private static let noon = Timestamp(rfc3339: "2026-03-02T12:00:00Z")!

    private func finding(_ rule: RuleIdentifier, _ measures: [Measure]) -> Finding {
        Finding(
            rule: rule, ruleVersion: 1, severity: .p3, asset: AssetIdentifier("a"), startedAt: Self.noon,
            raisedAt: Self.noon, loss: nil, evidence: Evidence(from: Self.noon, to: Self.noon, measures: measures))
    }

    @Test(arguments: RuleIdentifier.all, Language.allCases)
    func `a rule's sentence holds its figures, and there is one without`(rule: RuleIdentifier, language: Language)
        throws
    {
        let texts = try PageResources.catalogue(of: language)
        let words = try FindingWords(language)
        #expect(words.rule(rule) != rule.text)
        let sentence = try #require(texts["evidence_\(rule.text)"])
        let names = sentence.matches(of: /\{([^}]+)\}/).map { String($0.output.1) }
        #expect(!names.isEmpty, "a sentence without a figure is the plain one")
        #expect(names.filter { !FindingVocabulary.measures.contains($0) } == [])
        let measures = names.enumerated().map { Measure($1, Double($0 * 111 + 123), .none) }
        let filled = words.sentence(of: finding(rule, measures))
        for (place, name) in names.enumerated() where !name.hasSuffix("share") {
            #expect(filled.contains("\(place * 111 + 123)"), "\(filled)")
        }
        #expect(words.sentence(of: finding(rule, [])) == texts["evidence_\(rule.text)_plain"])
    }

    @Test func `a leak in spells is told in its own words, shares as per cent`() throws {
        let words = try FindingWords(.english)
        let spells = [
            Measure("hits", 19, .hour), Measure("spells", 4), Measure("level", 4, .litrePerHour),
        ]
        #expect(
            words.sentence(of: finding(.toiletLeak, spells))
                == "In 19 hours (spells: 4) more than 4 L/h flowed where this meter usually rests.")
        let steady = [
            Measure("learned_days", 45), Measure("level", 6, .litrePerHour), Measure("quiet_share", 0.73),
            Measure("hours", 19, .hour),
        ]
        #expect(
            words.sentence(of: finding(.toiletLeak, steady))
                == "In 45 days this meter fell to 6 L/h or less in 73 % of such hours; "
                + "now it has stayed above for 19 hours.")
    }
}
