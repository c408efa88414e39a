// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

/// What a register shows beside water: flow backwards, exchanges, wrong units; and bursts and use where nobody lives.
@Suite struct RegisterFindingTests {
    private static let day = Home.day

    @Test(arguments: [60, 900, 3600])
    func `a register that runs backwards is found, and ends a day after`(period: Int) throws {
        let home = Home(days: 8, period: period) { count, minute in
            // 60 L/h backwards for five hours of the sixth night.
            let from = Double(5 * Self.day + 60)
            return count - Int64(min(max(minute - from, 0), 300))
        }
        let (changes, analyzer) = home.run()
        let finding = try #require(changes.of(.reverseFlow).raised.first)
        #expect(changes.of(.reverseFlow).raised.count == 1)
        #expect(finding.raisedAt.minutesSinceMonday < Double(5 * Self.day + 60 + 480))
        let cleared = try #require(changes.of(.reverseFlow).cleared.first)
        #expect((240...320).contains(cleared.loss?.litres.value ?? 0))
        #expect(analyzer.statistics.evaluations.reverseFlow > 100)
        #expect(changes.ofLeaks.isEmpty)
    }

    @Test func `a count that trembles, and one wrong step, are no flow backwards`() {
        let trembling = Home(days: 6, period: 60) { count, minute in count - (Int64(minute) % 2) }
        #expect(trembling.run().changes.of(.reverseFlow).isEmpty)
        let once = Home(days: 6) { count, minute in minute > Double(4 * Self.day + 180) ? count - 15 : count }
        #expect(once.run().changes.of(.reverseFlow).isEmpty)
    }

    @Test func `a register that starts anew is told, by what was announced`() {
        let at = 4 * Self.day + 600
        var home = Home(days: 6, litresPerCount: 0.1) { count, minute in
            minute < Double(at) ? count + 8_000_000 : count - 5000
        }
        #expect(home.run().changes.of(.registerStep).raised.count == 1)
        #expect(home.run().changes.of(.registerStep).cleared.count == 1)
        #expect(home.run().changes.of(.meterReplaced).isEmpty)
        home.announced = [Home.announce(.meterExchange, at - 60..<at + 60)]
        let (changes, analyzer) = home.run()
        #expect(changes.of(.registerStep).isEmpty)
        #expect(changes.of(.meterReplaced).raised.count == 1)
        #expect(analyzer.statistics.evaluations.meterReplaced > 100)
        #expect(analyzer.openFindings.isEmpty)
    }

    @Test func `readings in another unit are named, and no leak is made of them`() throws {
        let from = 14 * Self.day
        let home = Home(days: 20) { count, minute in
            let before = Int64(14 * 300)
            return minute < Double(from) ? count : (count - before) * 10 + before
        }
        let (changes, analyzer) = home.run()
        // The register itself leaps too where the unit changes; what follows are steps of ten.
        let finding = try #require(changes.of(.unitError).raised.first)
        #expect(finding.size?.value == 10)
        #expect(finding.raisedAt.minutesSinceMonday < Double(from + 2 * Self.day))
        #expect(changes.ofLeaks.isEmpty)
        #expect(changes.of(.burst).isEmpty)
        #expect(analyzer.statistics.evaluations.unitError > 300)
    }

    @Test func `a steady flow in steps of ten is no wrong unit`() {
        let steady = SteadyFlow(minutes: 10 * Self.day..<12 * Self.day, litresPerHour: 600)
        #expect(Home(days: 12, added: [steady], period: 60).run().changes.of(.unitError).isEmpty)
    }

    @Test func `use in a vacant dwelling is found, one day after it began`() throws {
        let vacancy = Home.announce(.vacancy, 2 * Self.day..<9 * Self.day)
        let (changes, analyzer) = Home(days: 10, announced: [vacancy]).run()
        let finding = try #require(changes.of(.vacantUse).raised.first)
        #expect(changes.of(.vacantUse).raised.count == 1)
        #expect(finding.raisedAt.minutesSinceMonday > Double(3 * Self.day))
        #expect(changes.of(.vacantUse).cleared.count == 1)
        #expect(analyzer.statistics.evaluations.vacantUse > 100)
        #expect(Home(days: 10).run().changes.of(.vacantUse).isEmpty)
    }

    struct Flow {
        var name: String
        /// Hour of the day at which it begins, and how long it lasts.
        var hour: Int
        var hours: Int
        var litresPerHour: Double
        /// Hours until it is found; `nil` when it must not be.
        var found: ClosedRange<Double>?
    }

    @Test(arguments: [
        Flow(name: "a burst by day", hour: 10, hours: 5, litresPerHour: 2000, found: 0.5...1.3),
        Flow(name: "a burst by night", hour: 1, hours: 5, litresPerHour: 700, found: 1.8...2.8),
        Flow(name: "a pool is filled", hour: 10, hours: 6, litresPerHour: 600, found: nil),
        Flow(name: "a hose that nobody closes", hour: 10, hours: 14, litresPerHour: 600, found: 9.5...11),
        Flow(name: "two baths at midnight", hour: 0, hours: 1, litresPerHour: 500, found: nil),
    ])
    func `a burst behind a dwelling's meter is told from a pool`(_ flow: Flow) {
        let start = 14 * Self.day + flow.hour * 60
        let water = SteadyFlow(minutes: start..<start + flow.hours * 60, litresPerHour: flow.litresPerHour)
        let (changes, analyzer) = Home(days: 16, added: [water]).run()
        let bursts = changes.of(.burst)
        #expect(analyzer.statistics.evaluations.burst > 1000)
        guard let range = flow.found else {
            #expect(changes.isEmpty, "\(flow.name)")
            return
        }
        #expect(bursts.raised.count == 1 && bursts.cleared.count == 1, "\(flow.name)")
        let delay = ((bursts.raised.first?.raisedAt ?? monday).minutesSinceMonday - Double(start)) / 60
        #expect(range.contains(delay), "\(flow.name): \(delay) h")
    }
}
