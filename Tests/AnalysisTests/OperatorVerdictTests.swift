// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Analysis
import TestKit

@Suite struct OperatorVerdictTests {
    /// A dwelling that a leak of 20 L/h runs through from the ninth day on, and the analyzer when it has told of it.
    private static func leaking() throws -> (analyzer: Analyzer, finding: Finding, later: [AnalyzerReading]) {
        var random = SeededGenerator(seed: 3)
        let minutes = 45 * 1440
        let course = WaterCourse.home(
            minutes: minutes, added: [SteadyFlow(minutes: 12 * 1440..<minutes, litresPerHour: 20)], using: &random)
        let all = readings(
            0, course, at: stamps(everySeconds: 900, to: minutes, using: &random), litresPerCount: 1)
        var analyzer = Analyzer(
            site: SiteDescription(
                zone: ZoneOffsets(name: "test", initialOffsetSeconds: 0, transitions: []), meters: [unit("flat")],
                gates: []))
        for (place, reading) in all.enumerated() {
            if let finding = analyzer.ingest(reading).raised.first {
                return (analyzer, finding, Array(all[(place + 1)...]))
            }
        }
        throw NoFinding()
    }

    private struct NoFinding: Error {}

    @Test func `what is expected is over at once, and learned anew`() throws {
        var (analyzer, finding, later) = try Self.leaking()
        let now = try #require(analyzer.dataTime)
        let changes = analyzer.apply(.expected(finding.identifier), at: now)
        #expect(changes.cleared.map(\.identifier) == [finding.identifier])
        #expect(changes.cleared.first?.clearedAt == now)
        #expect(analyzer.openFindings.isEmpty)
        #expect(analyzer.apply(.expected(finding.identifier), at: now).isEmpty)
        // The same flow, for the weeks that are left, is told no more.
        let after = analyzer.ingest(later)
        #expect(after.isEmpty)
        #expect(analyzer.openFindings.isEmpty)
    }

    @Test func `what is confirmed stays until it is over`() throws {
        var (analyzer, finding, later) = try Self.leaking()
        let now = try #require(analyzer.dataTime)
        #expect(analyzer.apply(.confirmed(finding.identifier), at: now).isEmpty)
        #expect(analyzer.openFindings.map(\.identifier) == [finding.identifier])
        // A month of it teaches nothing; without a word it teaches.
        var (unseen, _, _) = try Self.leaking()
        _ = unseen.ingest(later)
        _ = analyzer.ingest(later)
        let learned = [analyzer, unseen].map { one in
            one.openFindings.first?.evidence.measures.first { $0.name == "learned_days" }?.value ?? 0
        }
        #expect(learned[0] > 0 && learned[0] < learned[1])
    }

    @Test func `what was harmless is cleared`() throws {
        var (analyzer, finding, _) = try Self.leaking()
        let now = try #require(analyzer.dataTime)
        #expect(analyzer.apply(.notALeak(finding.identifier), at: now).cleared.count == 1)
        #expect(analyzer.apply(.notALeak(FindingIdentifier("0")), at: now).isEmpty)
    }

    /// Whether anything is open at some time after a leak from the twentieth day on was called harmless when it was told;
    /// it ended then, and comes again a week later for `minutes`, or as long as before.
    private static func isToldAgain(minutes: Int?) throws -> Bool {
        let start = 20 * Home.day
        var home = Home(days: 34, added: [SteadyFlow(minutes: start..<34 * Home.day, litresPerHour: 20)])
        var analyzer = home.analyzer
        guard let told = home.rows.first(where: { !analyzer.ingest($0).raised.isEmpty }) else { throw NoFinding() }
        let length = Int((told.at - (monday + start)).components.seconds / 60)
        let again = start + 7 * Home.day
        home.added = [
            SteadyFlow(minutes: start..<start + length, litresPerHour: 20),
            SteadyFlow(minutes: again..<again + (minutes ?? length), litresPerHour: 20),
        ]
        analyzer = home.analyzer
        var isJudged = false
        for row in home.rows {
            let changes = analyzer.ingest(row)
            if let open = analyzer.openFindings.first {
                if isJudged { return true }
                #expect(changes.raised.count == 1)
                #expect(analyzer.apply(.notALeak(open.identifier), at: row.at).cleared.count == 1)
                isJudged = true
            }
        }
        #expect(isJudged)
        return false
    }

    @Test func `as much as was harmless is not told again, but clearly more is`() throws {
        #expect(try !Self.isToldAgain(minutes: nil))
        #expect(try Self.isToldAgain(minutes: 5 * Home.day))
    }

    @Test func `an exchange that was told is announced`() throws {
        var (analyzer, _, _) = try Self.leaking()
        let now = try #require(analyzer.dataTime)
        let meter = AssetIdentifier("flat")
        #expect(analyzer.calendar.covers(.meterExchange, asset: meter, at: now - .seconds(3600)) == nil)
        #expect(analyzer.apply(.meterExchanged(meter), at: now).isEmpty)
        #expect(analyzer.calendar.covers(.meterExchange, asset: meter, at: now - .seconds(3600)) != nil)
        // Another calendar does not forget it.
        _ = analyzer.replace(calendar: AnnouncedCalendar(), at: now)
        #expect(analyzer.announced.entries.isEmpty)
        #expect(analyzer.calendar.covers(.meterExchange, asset: meter, at: now) != nil)
        let entries = analyzer.calendar.entries.count
        _ = analyzer.apply(.meterExchanged(AssetIdentifier("nobody")), at: now)
        #expect(analyzer.calendar.entries.count == entries)
        let reloaded = try analyzer.reloaded()
        #expect(reloaded.calendar == analyzer.calendar)
    }

    @Test func `a silent lift that was innocent may pause as long again`() throws {
        var line = LiftUseTests.line()
        let told = LiftDays.told(minutes: 0..<14 * 1440, seed: 3) { minute in
            .init(tripsPerHour: [10, 12].contains(minute / 1440) && (540..<720).contains(minute % 1440) ? 0 : 10)
        }
        var found: Finding?
        var later: [FindingChange] = []
        for one in told {
            let changes = line.tell(one).of(.liftSilent)
            if found == nil, let raised = changes.raised.first {
                found = raised
                #expect(line.analyzer.apply(.notALeak(raised.identifier), at: one.at).cleared.count == 1)
            } else {
                later += changes
            }
        }
        #expect(found != nil)
        #expect(later.isEmpty)
    }

    @Test func `another calendar holds from then on`() throws {
        var line = MachineLine([.inService]) { $0.lifts = [LiftDescription(asset: machine)] }
        let calendar = AnnouncedCalendar([
            Announcement(kind: .liftService, start: monday + 590, end: monday + 700, asset: machine)
        ])
        #expect(line.analyzer.nextDeadline == nil)
        var changes = line.tell(Told(595, .inService, 1))
        #expect(line.analyzer.nextDeadline == monday + 596)
        changes += line.analyzer.replace(calendar: calendar, at: monday + 596)
        changes += line.tell(stride(from: 600, to: 660, by: 5).map { Told($0, .inService, 0) })
        #expect(changes.isEmpty)
        changes = line.analyzer.replace(calendar: AnnouncedCalendar(), at: monday + 660)
        changes += line.tell(Told(662, .inService, 0))
        #expect(changes.raised.map(\.rule) == [.liftOutOfService])
    }
}
