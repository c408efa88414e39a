// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Analysis
import TestKit

@Suite struct OperatorVerdictTests {
    /// A dwelling that a leak of 20 L/h runs through from the ninth day on, and the analyzer when it has told of it.
    private static func leaking() throws -> (analyzer: Analyzer, finding: Finding, later: [AnalyzerReading]) {
        var random = SeededGenerator(seed: 3)
        let minutes = 40 * 1440
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
        // The same flow, for two days, is told no more.
        let twoDays = later.prefix { $0.at < now + .seconds(2 * 86_400) }
        #expect(analyzer.ingest(twoDays).raised.isEmpty)
    }

    @Test func `what is confirmed stays until it is over`() throws {
        var (analyzer, finding, _) = try Self.leaking()
        let now = try #require(analyzer.dataTime)
        #expect(analyzer.apply(.confirmed(finding.identifier), at: now).isEmpty)
        #expect(analyzer.openFindings.map(\.identifier) == [finding.identifier])
    }

    @Test func `what was harmless is cleared`() throws {
        var (analyzer, finding, _) = try Self.leaking()
        let now = try #require(analyzer.dataTime)
        #expect(analyzer.apply(.notALeak(finding.identifier), at: now).cleared.count == 1)
        #expect(analyzer.apply(.notALeak(FindingIdentifier("0")), at: now).isEmpty)
    }

    @Test func `an exchange that was told is announced`() throws {
        var (analyzer, _, _) = try Self.leaking()
        let now = try #require(analyzer.dataTime)
        let meter = AssetIdentifier("flat")
        #expect(analyzer.calendar.covers(.meterExchange, asset: meter, at: now - .seconds(3600)) == nil)
        #expect(analyzer.apply(.meterExchanged(meter), at: now).isEmpty)
        #expect(analyzer.calendar.covers(.meterExchange, asset: meter, at: now - .seconds(3600)) != nil)
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
