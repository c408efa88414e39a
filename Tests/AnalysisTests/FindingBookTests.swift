// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import Analysis

/// One water, one finding: on the lowest meter that explains it.
struct FindingBookTests {
    private let inlet = AssetIdentifier("inlet")
    private let riser = AssetIdentifier("riser")
    private let home = AssetIdentifier("home")
    private let tree = MeterTree(
        SiteDescription(
            zone: .utc,
            meters: [
                unit("inlet", role: .bulk), unit("riser", parent: "inlet", role: .riser), unit("home", parent: "riser"),
            ],
            gates: []))

    private func grounds(_ rate: Double, atHour hour: Int, severity: Severity = .p2) -> Grounds {
        let start = monday + 60 * hour
        return Grounds(
            startedAt: start, severity: severity,
            loss: LossEstimate(rateLow: LitresPerHour(rate), rateHigh: LitresPerHour(rate), litres: Litres(rate)),
            evidence: Evidence(from: start, to: start + 60, measures: []))
    }

    @Test func `what a lower meter explains is not found again above it`() {
        var book = FindingBook()
        let first = book.note(.arises(grounds(100, atHour: 5)), of: .toiletLeak, on: home, at: monday + 600, tree)
        let second = book.note(.arises(grounds(120, atHour: 2)), of: .massBalance, on: riser, at: monday + 700, tree)
        #expect(first?.finding.asset == home)
        #expect(second == nil)
        #expect(book.open.map(\.asset) == [home])
        #expect(
            book.open.first?.evidence.others == [
                OtherHypothesis(rule: .massBalance, asset: riser, reason: .sameWater, startedAt: monday + 120)
            ])
    }

    @Test func `what was announced near a finding stays in it when it goes on`() {
        var book = FindingBook()
        var first = grounds(100, atHour: 5)
        first.evidence.announced = ["Pool"]
        _ = book.note(.arises(first), of: .toiletLeak, on: home, at: monday + 600, tree)
        let later = book.note(.persists(grounds(110, atHour: 5)), of: .toiletLeak, on: home, at: monday + 700, tree)
        #expect(later?.finding.loss?.rateLow == LitresPerHour(110))
        #expect(later?.finding.evidence.announced == ["Pool"])
    }

    @Test func `a finding moves to the lower meter that explains it and stays the same finding`() {
        var book = FindingBook()
        let upper = book.note(.arises(grounds(100, atHour: 5)), of: .massBalance, on: riser, at: monday + 600, tree)
        let change = book.note(.arises(grounds(90, atHour: 4)), of: .toiletLeak, on: home, at: monday + 700, tree)
        guard case .updated(let finding) = change else {
            Issue.record("a better place is an update")
            return
        }
        #expect(finding.identifier == upper?.finding.identifier)
        #expect((finding.asset, finding.zone, finding.rule) == (home, riser, .toiletLeak))
        let end = book.note(
            .ends(grounds(90, atHour: 4), at: monday + 900), of: .toiletLeak, on: home, at: monday + 900, tree)
        #expect(end?.finding.clearedAt == monday + 900)
    }

    @Test(arguments: [(40.0, 5), (100.0, 12)])
    func `another rate or another start is another finding`(rate: Double, hour: Int) {
        var book = FindingBook()
        _ = book.note(.arises(grounds(100, atHour: 5)), of: .toiletLeak, on: home, at: monday + 600, tree)
        let other = book.note(.arises(grounds(rate, atHour: hour)), of: .massBalance, on: riser, at: monday + 900, tree)
        #expect(other?.finding.asset == riser)
    }

    @Test func `a meter that stands still accuses nobody of a leak`() {
        var book = FindingBook()
        _ = book.note(.arises(grounds(0, atHour: 0)), of: .stuckMeter, on: home, at: monday + 600, tree)
        let leak = book.note(.arises(grounds(30, atHour: 50)), of: .toiletLeak, on: home, at: monday + 3600, tree)
        #expect(leak == nil)
        #expect(book.heldCount == 1)
    }

    @Test func `a hypothesis that outlives its owner by a day is raised`() {
        var book = FindingBook()
        _ = book.note(.arises(grounds(100, atHour: 5)), of: .toiletLeak, on: home, at: monday + 600, tree)
        _ = book.note(.arises(grounds(110, atHour: 5)), of: .massBalance, on: riser, at: monday + 700, tree)
        _ = book.note(
            .ends(grounds(100, atHour: 5), at: monday + 800), of: .toiletLeak, on: home, at: monday + 800, tree)
        let persists = Verdict.persists(grounds(110, atHour: 5))
        let early = book.note(persists, of: .massBalance, on: riser, at: monday + 1000, tree)
        #expect(early == nil)
        let raised = book.note(persists, of: .massBalance, on: riser, at: monday + 800 + 1441, tree)
        #expect(raised.map { [$0].raised.map(\.asset) } == [riser])
        #expect(book.heldCount == 0)
    }

    @Test func `two rules about one condition are one finding, and the graver one speaks`() {
        var book = FindingBook()
        _ = book.note(.arises(grounds(3, atHour: 5, severity: .p4)), of: .drippingTap, on: home, at: monday + 600, tree)
        let graver = book.note(
            .arises(grounds(50, atHour: 30, severity: .p2)), of: .toiletLeak, on: home, at: monday + 2000, tree)
        #expect(graver?.finding.rule == .toiletLeak)
        #expect(book.open.count == 1)
    }

    @Test func `a circle of parents ends the search`() {
        let circle = MeterTree(
            SiteDescription(zone: .utc, meters: [unit("a", parent: "b"), unit("b", parent: "a")], gates: []))
        #expect(!circle.lies(AssetIdentifier("a"), below: AssetIdentifier("c")))
        #expect(circle.lies(AssetIdentifier("a"), below: AssetIdentifier("b")))
    }

    @Test func `damaged stamps are refused`() throws {
        var book = FindingBook()
        _ = book.note(.arises(grounds(100, atHour: 5)), of: .toiletLeak, on: home, at: monday + 600, tree)
        #expect(book.isWellFormed)
        let text = String(decoding: try JSONEncoder().encode(book), as: UTF8.self)
        let stamp = "\((monday + 600).milliseconds)"
        #expect(text.contains(stamp))
        let damaged = text.replacing(stamp, with: "9223372036854775807")
        #expect(try !JSONDecoder().decode(FindingBook.self, from: Data(damaged.utf8)).isWellFormed)
    }

    private static func grounds(startedAt: Timestamp) -> Grounds {
        Grounds(
            startedAt: startedAt, severity: .p2,
            loss: LossEstimate(rateLow: LitresPerHour(30), rateHigh: LitresPerHour(40), litres: Litres(100)),
            evidence: Evidence(from: startedAt, to: startedAt, measures: []))
    }

    @Test(arguments: [(Rule.gateHeldOpen, 6), (Rule.burst, 36), (Rule.continuousFlow, 96)])
    func `a condition that returns in time is the same finding`(rule: Rule, hours: Int) throws {
        let asset = AssetIdentifier("a")
        for (pause, isSame) in [(hours * 60, true), (hours * 60 + 1, false)] {
            var book = FindingBook()
            let first = book.note(.arises(Self.grounds(startedAt: monday)), of: rule, on: asset, at: monday + 10, tree)
            let over = book.note(
                .ends(Self.grounds(startedAt: monday), at: monday + 20), of: rule, on: asset, at: monday + 25, tree)
            #expect(over?.finding.clearedAt == monday + 20)
            #expect(book.open.isEmpty)
            let start = monday + (20 + pause)
            let change = book.note(.arises(Self.grounds(startedAt: start)), of: rule, on: asset, at: start, tree)
            let again = try #require(change)
            #expect((again.finding.identifier == first?.finding.identifier) == isSame)
            #expect([again].raised.isEmpty == isSame)
            #expect(again.finding.loss?.litres == Litres(isSame ? 200 : 100))
            #expect(book.open == [again.finding])
            // What ends something that was never told is nobody's news.
            let other = book.note(
                .ends(Self.grounds(startedAt: start), at: start), of: rule, on: AssetIdentifier("b"), at: start, tree)
            #expect(other == nil)
        }
    }

    @Test(arguments: [(300.0, Severity.p1), (299, .p2), (30, .p2), (29, .p3), (5, .p3), (4.9, .p4), (.nan, .p4)])
    func `severity follows the loss`(litresPerHour: Double, severity: Severity) {
        #expect(Severity(loss: LitresPerHour(litresPerHour)) == severity)
    }

    @Test func `every rule has a name of its own that the words know`() {
        #expect(Set(Rule.all.map(\.identifier)) == Set(RuleIdentifier.all))
        #expect(Rule.all.count == RuleIdentifier.all.count)
        #expect(Set(RuleIdentifier.all.map(\.text)).count == RuleIdentifier.all.count)
    }
}
