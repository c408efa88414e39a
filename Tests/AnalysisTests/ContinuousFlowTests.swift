// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct ContinuousFlowTests {
    private static let day = 1440

    /// One dwelling read each quarter of an hour, and its changes of finding.
    private static func run(
        days: Int, added: [SteadyFlow] = [], litresPerCount: Double = 1, seed: UInt64 = 1,
        role: MeterDescription.Role = .unit, zone: ZoneOffsets = .utc, without lost: [Range<Int>] = []
    ) -> (changes: [FindingChange], analyzer: Analyzer) {
        var random = SeededGenerator(seed: seed)
        let course = WaterCourse.home(minutes: days * day, added: added, using: &random)
        var moments = stamps(everySeconds: 900, to: days * day, phase: 200, jitter: 30, using: &random)
        moments.removeAll { moment in lost.contains { $0.contains(Int(moment.minutesSinceMonday)) } }
        var analyzer = Analyzer(
            site: SiteDescription(
                zone: zone, meters: [unit("home", litresPerCount: litresPerCount, role: role)], gates: []),
            // The evidence bank would tell of most of these first.
            settings: AnalyzerSettings(disabledRules: [.toiletLeak, .drippingTap, .leak]))
        let changes = analyzer.ingest(arrived(readings(0, course, at: moments, litresPerCount: litresPerCount)))
        return (changes.of(.continuousFlow), analyzer)
    }

    @Test(arguments: [1.0, 0.001, 10])
    func `a leak is found after a day, with its start and size`(litresPerCount: Double) throws {
        let start = 8 * Self.day + 90
        let (changes, analyzer) = Self.run(
            days: 11, added: [SteadyFlow(minutes: start..<11 * Self.day, litresPerHour: 25)],
            litresPerCount: litresPerCount)
        let finding = try #require(changes.raised.first)
        #expect(changes.raised.count == 1)
        #expect(finding.asset == AssetIdentifier("home"))
        #expect(abs(finding.startedAt.minutesSinceMonday - Double(start)) <= 60)
        let delay = finding.raisedAt.minutesSinceMonday - Double(start)
        #expect((24 * 60...26 * 60).contains(Int(delay)))
        let loss = try #require(finding.loss)
        #expect(loss.rateLow.value <= 25.1 && loss.rateHigh.value >= 24.9)
        #expect(loss.rateLow.value >= (litresPerCount == 10 ? 14 : 23))
        #expect(finding.severity == (loss.rateLow.value < 30 ? .p3 : .p2))
        #expect(finding.evidence.value("hours") == 24)
        #expect(finding.evidence.value("standstill_days_share") == 1)
        #expect(finding.evidence.firstSequence ?? SequenceNumber(0) > SequenceNumber(700))
        #expect(analyzer.statistics.evaluations.continuousFlow > 200)
        #expect(analyzer.openFindings.map(\.identifier) == [finding.identifier])
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `a home without a leak is left alone`(seed: UInt64) {
        let (changes, analyzer) = Self.run(days: 20, seed: seed)
        #expect(changes.isEmpty)
        #expect(analyzer.statistics.evaluations.continuousFlow > 450)
    }

    @Test func `zero drift of a register in millilitres is a standstill`() {
        // 0.3 L/h all night is no water that a meter of this size could measure.
        let (changes, _) = Self.run(
            days: 20, added: [SteadyFlow(minutes: 9 * Self.day..<20 * Self.day, litresPerHour: 0.3)],
            litresPerCount: 0.001)
        #expect(changes.isEmpty)
    }

    @Test func `a meter that never stands still teaches that it does not`() {
        let (changes, _) = Self.run(
            days: 30, added: [SteadyFlow(minutes: 0..<30 * Self.day, litresPerHour: 40)], role: .riser)
        #expect(changes.isEmpty)
    }

    @Test func `only dwellings are watched`() {
        let added = [SteadyFlow(minutes: 8 * Self.day..<11 * Self.day, litresPerHour: 40)]
        #expect(Self.run(days: 11, added: added).changes.raised.count == 1)
        #expect(Self.run(days: 11, added: added, role: .riser).changes.isEmpty)
        #expect(Self.run(days: 11, added: added, role: .irrigation).changes.isEmpty)
        #expect(Self.run(days: 11, added: added, role: .bulk).changes.isEmpty)
    }

    @Test func `it clears on one hour of standstill and returns as the same finding within four days`() throws {
        let first = 8 * Self.day..<9 * Self.day + 180
        let again = 9 * Self.day + 540..<12 * Self.day
        let (changes, analyzer) = Self.run(
            days: 12,
            added: [
                SteadyFlow(minutes: first, litresPerHour: 25), SteadyFlow(minutes: again, litresPerHour: 25),
            ])
        #expect(changes.raised.count == 1)
        let cleared = try #require(changes.cleared.first)
        #expect(changes.cleared.count == 1)
        #expect(abs((cleared.clearedAt ?? monday).minutesSinceMonday - Double(first.upperBound)) <= 180)
        // Some 27 hours of 25 L/h.
        #expect((550...800).contains(cleared.loss?.litres.value ?? 0))
        let open = try #require(analyzer.openFindings.first)
        #expect(open.identifier == changes.raised.first?.identifier)
        #expect(open.clearedAt == nil)
        #expect(open.loss?.litres ?? .zero > cleared.loss?.litres ?? .zero)
    }

    @Test func `silence closes hours too, and a leap over the deadline is no foresight`() throws {
        let start = 8 * Self.day
        let leak = [SteadyFlow(minutes: start..<9 * Self.day + 20, litresPerHour: 25)]
        let (before, analyzer) = Self.run(days: 10, added: leak, without: [9 * Self.day + 16..<10 * Self.day])
        #expect(before.isEmpty)
        let due = monday + (9 * Self.day + 60)
        var patient = analyzer
        #expect(patient.advance(to: due - .milliseconds(1)).isEmpty)
        #expect(patient.advance(to: due).raised.map(\.raisedAt) == [due])
        var leaping = analyzer
        let late = monday + (9 * Self.day + 600)
        #expect(leaping.advance(to: late).raised.map(\.raisedAt) == [late])
    }

    @Test func `nights that nobody saw do not make a leak`() {
        // Readings come by day only from the tenth day on: hours of flow, and no night to stand still in.
        let nights = (8..<14).map { $0 * Self.day + 22 * 60..<$0 * Self.day + 31 * 60 }
        let (changes, _) = Self.run(
            days: 14,
            added: [SteadyFlow(minutes: 0..<0, litresPerHour: 0)]
                + (8..<14).map {
                    SteadyFlow(minutes: $0 * Self.day + 7 * 60..<$0 * Self.day + 23 * 60, litresPerHour: 30)
                }, without: nights)
        #expect(changes.isEmpty)
    }

    @Test func `a hole in a leak neither grows nor resets it`() {
        let leak = [SteadyFlow(minutes: 8 * Self.day..<11 * Self.day, litresPerHour: 25)]
        let hole = 8 * Self.day + 8 * 60..<8 * Self.day + 14 * 60
        let (whole, _) = Self.run(days: 11, added: leak)
        let (holed, _) = Self.run(days: 11, added: leak, without: [hole])
        #expect(whole.raised.count == 1)
        #expect(holed.raised.count == 1)
        let delay = holed[0].finding.raisedAt - whole[0].finding.raisedAt
        // The hours of the day that the hole has hidden are seen the day after.
        #expect(delay >= .seconds(12 * 3600) && delay <= .seconds(15 * 3600))
    }

    @Test(arguments: [-3600, 3600])
    func `a day of 23 or 25 hours is an ordinary day`(change: Int) {
        let zone = ZoneOffsets(
            name: "test", initialOffsetSeconds: 3600,
            transitions: [.init(at: monday + (9 * Self.day + 60), offsetSeconds: 3600 + change)])
        #expect(Self.run(days: 20, zone: zone).changes.isEmpty)
        let leak = [SteadyFlow(minutes: 9 * Self.day - 600..<12 * Self.day, litresPerHour: 25)]
        let (changes, _) = Self.run(days: 12, added: leak, zone: zone)
        #expect(changes.raised.count == 1)
        #expect(changes.raised.first?.raisedAt ?? monday <= monday + (10 * Self.day + 17 * 60))
    }
}
