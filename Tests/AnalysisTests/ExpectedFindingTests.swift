// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestKit
import Testing

@testable import Analysis

/// What a person expects until a moment is told nobody until then.
@Suite struct ExpectedFindingTests {
    private static let gate = AssetIdentifier("gate")

    /// A gate that is open in these minutes, and what the analyzer tells when it hears of `verdict` at minute 30.
    private static func told(
        openIn spans: [Range<Int>], until: Int?, minutes: Int, reload: Bool = false
    ) throws -> (first: [FindingChange], later: [(minute: Int, change: FindingChange)], analyzer: Analyzer) {
        var analyzer = Analyzer(
            site: SiteDescription(zone: .utc, meters: [], gates: [GateDescription(asset: gate)]))
        var first: [FindingChange] = []
        var later: [(minute: Int, change: FindingChange)] = []
        for minute in 0..<minutes {
            let changes = analyzer.ingest(
                AnalyzerReading(
                    channel: 0, value: .isOpen(spans.contains { $0.contains(minute) }), at: monday + minute))
            if minute <= 30 { first += changes } else { later += changes.map { (minute, $0) } }
            if minute == 30, let until, let finding = first.raised.first {
                first += analyzer.apply(.expected(finding.identifier, until: monday + until), at: monday + minute)
                if reload { analyzer = try analyzer.reloaded() }
            }
        }
        return (first, later, analyzer)
    }

    @Test(arguments: [false, true])
    func `it is over at once, and told again when its time is up and it is still there`(reload: Bool) throws {
        let (first, later, analyzer) = try Self.told(openIn: [1..<400], until: 200, minutes: 300, reload: reload)
        let raised = try #require(first.raised.first)
        #expect(first.cleared.map(\.identifier) == [raised.identifier])
        // At the end of its time, and not before; from then on as any other.
        #expect(later.first?.minute == 200)
        guard case .updated(let back) = later.first?.change else {
            Issue.record("it comes back as itself")
            return
        }
        #expect(back.identifier == raised.identifier && back.clearedAt == nil)
        #expect(analyzer.openFindings.map(\.identifier) == [raised.identifier])
    }

    @Test func `without a word the same gate stays open`() throws {
        let (first, later, analyzer) = try Self.told(openIn: [1..<400], until: nil, minutes: 300)
        #expect(first.raised.count == 1 && first.cleared.isEmpty)
        #expect(later.allSatisfy { $0.change.finding.clearedAt == nil })
        #expect(analyzer.openFindings.count == 1)
    }

    @Test func `what comes and goes in the meantime is told nobody, and what is there at the end is`() throws {
        let over = try Self.told(openIn: [1..<60, 90..<150], until: 200, minutes: 300)
        #expect(over.later.isEmpty)
        #expect(over.analyzer.openFindings.isEmpty)
        let there = try Self.told(openIn: [1..<60, 90..<260], until: 200, minutes: 300)
        #expect(there.later.first?.minute == 200)
        #expect(there.later.last?.change.finding.clearedAt != nil)
    }

    @Test func `what comes after its time is a finding of its own`() throws {
        let (first, later, _) = try Self.told(openIn: [1..<60, 700..<800], until: 200, minutes: 790)
        #expect(later.map(\.change).raised.count == 1)
        #expect(later.first?.change.finding.identifier != first.raised.first?.identifier)
    }

    @Test func `an expectation can be moved, and refusals say what is wrong`() throws {
        var (first, _, analyzer) = try Self.told(openIn: [1..<400], until: 200, minutes: 60)
        let finding = try #require(first.raised.first?.identifier)
        let now = monday + 60
        func refusal(_ verdict: OperatorVerdict) -> VerdictRefusal? { analyzer.refusal(of: verdict, at: now) }
        #expect(refusal(.confirmed(finding)) == .notOpen(finding))
        #expect(refusal(.expected(finding)) == .notOpen(finding))
        #expect(refusal(.expected(finding, until: now)) == .timePassed(now))
        let far = now + .seconds(367 * 86_400)
        #expect(refusal(.expected(finding, until: far)) == .timeTooFar(far, longest: .seconds(366 * 86_400)))
        let unknown = FindingIdentifier("0")
        #expect(refusal(.expected(unknown, until: now + 60)) == .notOpen(unknown))
        #expect(refusal(.expected(finding, until: now + 60)) == nil)
        #expect(analyzer.apply(.expected(finding, until: now + 60), at: now).isEmpty)
        // The end is nearer now: the gate is still open then.
        let early = (61..<120).flatMap {
            analyzer.ingest(AnalyzerReading(channel: 0, value: .isOpen(true), at: monday + $0))
        }
        #expect(early.isEmpty)
        let changes = (120..<130).flatMap {
            analyzer.ingest(AnalyzerReading(channel: 0, value: .isOpen(true), at: monday + $0))
        }
        #expect(changes.first?.finding.identifier == finding && changes.first?.finding.clearedAt == nil)
        let rules = OperatorVerdict.learningRules
        let later = monday + 130
        #expect(
            analyzer.refusal(of: .notALeak(finding), at: later) == .notLearned(by: .gateHeldOpen, learnedBy: rules))
        #expect(
            analyzer.refusal(of: .expected(finding), at: later) == .notLearned(by: .gateHeldOpen, learnedBy: rules))
        #expect(analyzer.refusal(of: .confirmed(finding), at: later) == nil)
    }

    @Test func `every rule that is said to learn is one of the analyzer's`() {
        #expect(OperatorVerdict.learningRules.allSatisfy { Rule.named($0) != nil })
    }

    private func grounds(atHour hour: Int) -> Grounds {
        let start = monday + 60 * hour
        return Grounds(
            startedAt: start, severity: .p2,
            loss: LossEstimate(rateLow: LitresPerHour(40), rateHigh: LitresPerHour(40), litres: Litres(40)),
            evidence: Evidence(from: start, to: start + 60, measures: []))
    }

    @Test func `what was judged comes again as another finding, unless it is the very same`() throws {
        let home = AssetIdentifier("home")
        let tree = MeterTree(SiteDescription(zone: .utc, meters: [unit("home")], gates: []))
        func judged() throws -> (FindingBook, Finding) {
            var book = FindingBook()
            let first = book.note(.arises(grounds(atHour: 5)), of: .toiletLeak, on: home, at: monday + 600, tree)
            let raised = try #require(first?.finding)
            #expect(book.dismiss(raised.identifier, at: monday + 700)?.clearedAt == monday + 700)
            return (book, raised)
        }
        var (book, first) = try judged()
        guard
            case .raised(let other) = book.note(
                .arises(grounds(atHour: 14)), of: .toiletLeak, on: home, at: monday + 1000, tree)
        else {
            Issue.record("it is another finding")
            return
        }
        #expect(other.identifier != first.identifier)
        (book, first) = try judged()
        // Weeks later, but with the same start: two findings never share a name.
        guard
            case .updated(let same) = book.note(
                .arises(grounds(atHour: 5)), of: .toiletLeak, on: home, at: monday + 30 * 1440, tree)
        else {
            Issue.record("it is the same finding")
            return
        }
        #expect(same.identifier == first.identifier && same.clearedAt == nil)
    }
}
