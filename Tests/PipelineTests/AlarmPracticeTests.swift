// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Notices
import Pipeline
import Testing
import Tickets

/// One test for each rule about alarms that come too often, too many or for too long, named by the rule's words.
@Suite struct AlarmPracticeTests {
    private static func comesAndGoes(_ times: Int, every seconds: Double) -> CorrelatedEstate {
        var estate = CorrelatedEstate()
        for round in 0..<times {
            estate.raise("gate-1", .gateHeldOpen, .p2, at: Double(round) * seconds)
            estate.clear("gate-1", .gateHeldOpen, at: Double(round) * seconds + 5)
        }
        estate.tick(at: Double(times) * seconds + 40)
        return estate
    }

    @Test(
        "chattering: 3 raises in 60 s; flapping: 3 in 10 min or 5 in 1 h",
        arguments: [
            (3, 29.0, true), (2, 29.0, false), (3, 299, true), (3, 301, false), (5, 890, true), (5, 901, false),
        ])
    func flapping(times: Int, seconds: Double, isFlapping: Bool) {
        let estate = Self.comesAndGoes(times, every: seconds)
        #expect((estate.books.alarms.alarms.first?.isFlapping == true) == isFlapping)
    }

    @Test("held active until quiet for 30 min, one ticket, count shown")
    func held() throws {
        var estate = Self.comesAndGoes(4, every: 100)
        #expect(estate.books.alarms.alarms.map(\.isActive) == [true])
        #expect(estate.books.tickets.tickets.count == 1)
        let alarm = try #require(estate.books.alarms.alarms.first)
        let now = CorrelatedEstate.moment(500)
        let shown = AlarmSnapshot(alarm, assetName: BilingualText("gate"), ticket: nil, policy: AlarmPolicy(), at: now)
        #expect(shown.isFlapping && shown.occurrences == 4)
        estate.tick(at: 305 + 1799)
        #expect(estate.books.alarms.alarms.map(\.isActive) == [true])
        estate.tick(at: 305 + 1800)
        #expect(estate.books.alarms.alarms.map(\.isActive) == [false])
    }

    /// Alarms of one burst, so that they are many alarms and one incident.
    private static func flood(_ count: Int) -> CorrelatedEstate {
        var estate = CorrelatedEstate()
        estate.raise([CorrelatedEstate.burst[0]] + CorrelatedEstate.burst[1..<count], from: 0, every: 1)
        estate.tick(at: 60)
        return estate
    }

    @Test("flood: begins above 10 alarms in 10 min", arguments: [(10, false), (11, true)])
    func floodBegins(count: Int, isFlood: Bool) {
        let estate = Self.flood(count)
        #expect(estate.books.incidents.isInFlood == isFlood && !estate.books.incidents.isInStorm)
    }

    @Test("flood: only P1 and P2 notify, the rest is digested under one parent")
    func floodDigests() {
        var estate = Self.flood(12)
        let before = estate.messages.count
        for place in 0..<3 { estate.raise("gate-\(place)", .gateHeldOpen, .p3, at: 70 + Double(place)) }
        estate.raise("gate-8", .gateHeldOpen, .p2, at: 75)
        estate.raise("lift-1", .liftOutOfService, .p1, at: 76)
        estate.tick(at: 150)
        let fresh = estate.books.tickets.tickets.dropFirst()
        #expect(Set(fresh.map(\.asset.text)) == ["site", "gate-8", "lift-1"])
        #expect(fresh.first { $0.rule == .alarmStorm }?.findings.count == 3)
        #expect(estate.messages.count - before == 3, "one for the parent, one for each that is urgent")
    }

    @Test("flood: ends below 5 alarms in 10 min")
    func floodEnds() {
        var estate = Self.flood(12)
        // Alarms came in seconds 0 to 11: five are left in second 607, four in second 608.
        estate.tick(at: 606.5)
        #expect(estate.books.incidents.isInFlood)
        estate.tick(at: 607.5)
        #expect(!estate.books.incidents.isInFlood)
    }

    @Test("standing: active for more than 24 h, on the daily list")
    func standing() {
        var estate = CorrelatedEstate()
        estate.raise("zone-1", .massBalance, .p3, at: 0)
        estate.raise("zone-2", .massBalance, .p3, at: 3600)
        func list(_ seconds: Double) -> [String] {
            let now = CorrelatedEstate.moment(seconds)
            return AlarmOverview(estate.books, day: nil, at: now) {
                AlarmSnapshot(
                    $0, assetName: BilingualText($0.asset.text), ticket: nil, policy: AlarmPolicy(), at: now)
            }.standing
        }
        #expect(list(86_400) == [])
        #expect(list(86_401) == ["zone-1/mass_balance"])
        #expect(list(100_000) == ["zone-1/mass_balance", "zone-2/mass_balance"], "the longest first")
        estate.clear("zone-1", .massBalance, at: 100_001)
        #expect(list(100_002) == ["zone-2/mass_balance"])
    }

    // MARK: Common causes

    @Test("after a restart communication alarms only, until 3 good polls")
    func restart() {
        var estate = CorrelatedEstate()
        estate.start(at: 0)
        estate.raise("zone-1", .burst, .p2, at: 1)
        estate.raise("unit-1-1", .dropout, .p4, at: 1)
        estate.raise("lift-1", .liftOutOfService, .p1, at: 2)
        estate.tick(at: 60)
        #expect(
            Set(estate.books.tickets.tickets.map(\.asset.text)) == ["lift-1", "zone-1"],
            "somebody shut in does not wait, and silence below a burst takes the burst with it")
        estate.raise("zone-2", .burst, .p2, at: 61)
        estate.poll(0, isGood: true, at: 100)
        estate.poll(0, isGood: false, at: 110)
        estate.poll(1, isGood: true, at: 115)
        estate.poll(0, isGood: true, at: 120)
        estate.tick(at: 125)
        #expect(estate.books.tickets.tickets.count == 2)
        estate.poll(0, isGood: true, at: 130)
        #expect(estate.books.tickets.tickets.map(\.asset.text).contains("zone-2"))
    }

    @Test("a start without good polls is over after 10 min")
    func longStart() {
        var estate = CorrelatedEstate()
        estate.start(at: 0)
        estate.raise("zone-1", .burst, .p2, at: 1)
        estate.tick(at: 600)
        #expect(estate.books.tickets.tickets.isEmpty)
        estate.tick(at: 601)
        #expect(estate.books.tickets.tickets.count == 1)
    }
}
