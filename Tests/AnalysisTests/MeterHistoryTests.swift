// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

/// One meter, what runs behind it, and what its own history proves.
struct Home {
    static let day = 1440

    var days = 18
    var added: [SteadyFlow] = []
    var litresPerCount = 1.0
    var seed: UInt64 = 1
    var role = MeterDescription.Role.unit
    var period = 900
    var announced: [Announcement] = []
    var dwellings = AnalyzerSettings.Sensitivity.calm
    /// What becomes of a count at a minute.
    var register: (Int64, Double) -> Int64 = { count, _ in count }

    var analyzer: Analyzer {
        Analyzer(
            site: SiteDescription(
                zone: .utc,
                meters: [unit("home", litresPerCount: litresPerCount, role: role, everySeconds: period)], gates: []),
            calendar: AnnouncedCalendar(announced), settings: AnalyzerSettings(dwellings: dwellings))
    }

    var rows: [AnalyzerReading] {
        var random = SeededGenerator(seed: seed)
        let course = WaterCourse.home(minutes: days * Self.day, added: added, using: &random)
        let moments = stamps(everySeconds: period, to: days * Self.day, phase: 200, jitter: 30, using: &random)
        return arrived(
            moments.map {
                let count = course.count(at: $0, litresPerCount: litresPerCount)
                return AnalyzerReading(channel: 0, value: .count(register(count, $0.minutesSinceMonday)), at: $0)
            })
    }

    func run() -> (changes: [FindingChange], analyzer: Analyzer) {
        var analyzer = analyzer
        return (analyzer.ingest(rows), analyzer)
    }

    static func announce(
        _ kind: Announcement.Kind, _ minutes: Range<Int>, asset: String? = "home"
    ) -> Announcement {
        Announcement(
            kind: kind, start: monday + minutes.lowerBound, end: monday + minutes.upperBound,
            asset: asset.map { AssetIdentifier($0) })
    }
}

@Suite struct LeakWatchTests {
    private static let day = Home.day

    struct Leak {
        var name: String
        var litresPerHour: Double
        var litresPerCount = 1.0
        var role = MeterDescription.Role.unit
        var rule: RuleIdentifier
        /// Hours from its start to the finding.
        var delay: ClosedRange<Double>
    }

    @Test(arguments: [
        Leak(name: "a drip", litresPerHour: 2.4, rule: .drippingTap, delay: 10...96),
        Leak(name: "a cistern", litresPerHour: 20, rule: .toiletLeak, delay: 10...36),
        Leak(
            name: "a cistern, fine register", litresPerHour: 20, litresPerCount: 0.001, rule: .toiletLeak,
            delay: 10...36),
        Leak(
            name: "a cistern, coarse register", litresPerHour: 20, litresPerCount: 10, rule: .toiletLeak, delay: 10...48
        ),
        Leak(name: "behind a shared meter", litresPerHour: 60, role: .riser, rule: .leak, delay: 3...36),
    ])
    func `water that runs without a pause is found, named and sized`(_ leak: Leak) throws {
        let start = 14 * Self.day + 90
        let home = Home(
            added: [SteadyFlow(minutes: start..<18 * Self.day, litresPerHour: leak.litresPerHour)],
            litresPerCount: leak.litresPerCount, role: leak.role)
        let (changes, analyzer) = home.run()
        let found = changes.ofLeaks.raised
        let finding = try #require(found.first, "\(leak.name)")
        #expect(found.count == 1)
        // The plain rule may be the first witness of a drip.
        #expect(finding.rule == leak.rule || leak.rule == .drippingTap && finding.rule == .continuousFlow)
        let delay = (finding.raisedAt.minutesSinceMonday - Double(start)) / 60
        #expect(leak.delay.contains(delay), "\(leak.name): \(delay) h")
        // Counts of ten litres tell little more than that it runs.
        let loss = try #require(finding.loss)
        #expect(loss.rateLow.value <= leak.litresPerHour * 1.05)
        #expect(loss.rateHigh.value >= leak.litresPerHour * (leak.litresPerCount == 10 ? 0.3 : 0.8))
        #expect(loss.litres.value > 0)
        #expect(finding.evidence.firstSequence ?? SequenceNumber(0) > SequenceNumber(1000))
        #expect(analyzer.statistics.evaluations.leak > 100)
        #expect((analyzer.statistics.evaluations.toiletLeak > 100) == (leak.role == .unit))
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `a home without a leak is left alone`(seed: UInt64) {
        for dwellings in AnalyzerSettings.Sensitivity.allCases {
            let (changes, analyzer) = Home(days: 35, seed: seed, dwellings: dwellings).run()
            #expect(changes.isEmpty)
            #expect(analyzer.statistics.evaluations.drippingTap > 500)
        }
    }

    @Test func `a quiet meter that always passes some water is as it is`() {
        let always = SteadyFlow(minutes: 0..<30 * Self.day, litresPerHour: 40)
        #expect(Home(days: 30, added: [always], role: .riser).run().changes.isEmpty)
        // What comes on top of it is found.
        let leak = SteadyFlow(minutes: 20 * Self.day..<30 * Self.day, litresPerHour: 40)
        let found = Home(days: 30, added: [always, leak], role: .riser).run().changes.of(.leak).raised
        #expect(found.count == 1)
        #expect((25...45).contains(found.first?.loss?.rateHigh.value ?? 0))
        #expect(abs((found.first?.evidence.value("usual_least") ?? 0) - 40) < 3)
    }

    @Test func `it ends when the water stands still, and tells its litres`() throws {
        let leak = SteadyFlow(minutes: 14 * Self.day..<17 * Self.day, litresPerHour: 20)
        let (changes, analyzer) = Home(days: 20, added: [leak]).run()
        let cleared = try #require(changes.ofLeaks.cleared.first)
        #expect(changes.ofLeaks.cleared.count == 1)
        #expect(abs((cleared.clearedAt ?? monday).minutesSinceMonday - Double(17 * Self.day)) <= 300)
        #expect((1100...1800).contains(cleared.loss?.litres.value ?? 0))
        #expect(analyzer.openFindings.isEmpty)
    }

    @Test func `flow in spells is found, and one long party is not`() throws {
        // Three hours at a time, every eight hours, for four days.
        let spells = (0..<12).map { 14 * Self.day + $0 * 480 + 60 }
            .map { SteadyFlow(minutes: $0..<$0 + 185, litresPerHour: 25) }
        let found = Home(added: spells).run().changes.of(.toiletLeak).raised
        let finding = try #require(found.first)
        #expect(found.count == 1)
        #expect(finding.raisedAt.minutesSinceMonday < Double(17 * Self.day))
        #expect(finding.evidence.value("spells") ?? 0 >= 3)
        #expect((15...30).contains(finding.loss?.rateLow.value ?? 0))
        let party = SteadyFlow(minutes: 14 * Self.day + 960..<14 * Self.day + 1560, litresPerHour: 60)
        #expect(Home(added: [party]).run().changes.isEmpty)
    }

    @Test func `what was announced is no leak`() {
        let water = 14 * Self.day..<16 * Self.day
        let works = Home(
            added: [SteadyFlow(minutes: water, litresPerHour: 80)],
            announced: [Home.announce(.buildingWorks, water)])
        #expect(works.run().changes.isEmpty)
        var elsewhere = works
        elsewhere.announced = [Home.announce(.buildingWorks, water, asset: "other")]
        #expect(elsewhere.run().changes.ofLeaks.raised.count == 1)
    }

    @Test func `a restart between any two readings changes nothing`() throws {
        let home = Home(
            days: 16, added: [SteadyFlow(minutes: 14 * Self.day..<15 * Self.day + 600, litresPerHour: 20)])
        var plain = home.analyzer
        var restarted = home.analyzer
        for (place, row) in home.rows.enumerated() {
            #expect(plain.ingest(row) == restarted.ingest(row))
            if place % 37 == 0 || place > 1340 && place % 5 == 0 { restarted = try restarted.reloaded() }
        }
        #expect(plain.openFindings.isEmpty)
    }

    @Test func `a damaged state is refused`() throws {
        var analyzer = Home().analyzer
        analyzer.state.meters[0].leaks = LeakWatch(FlowLevels(RegisterLaw(unit("home", litresPerCount: 10))))
        #expect(throws: DecodingError.self) { try analyzer.reloaded() }
    }
}

@Suite struct SurpriseTests {
    struct Case {
        var probability: Int
        var nats: Double
    }

    @Test(arguments: [
        Case(probability: 65_536, nats: 0), Case(probability: 32_768, nats: 0.6931),
        Case(probability: 6554, nats: 2.3025),
        Case(probability: 1394, nats: 3.8504), Case(probability: 64, nats: 6.9315), Case(probability: 0, nats: 6.9315),
        Case(probability: 1 << 40, nats: 0),
    ])
    func `a surprise is the negative logarithm`(_ c: Case) {
        #expect(abs(Double(Surprise.of(c.probability)) / 256 - c.nats) < 0.005)
    }

    @Test func `what is rarer surprises no less`() {
        for probability in 1...Surprise.one { #expect(Surprise.of(probability) <= Surprise.of(probability - 1)) }
    }
}
