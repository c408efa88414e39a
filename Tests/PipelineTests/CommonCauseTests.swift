// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline
import TestKit
import Testing
import Tickets

/// Stage 8 while the gateway runs: a power failure, a dead line and a broker that is away leave one ticket each.
@Suite struct CommonCauseTests {
    private static func estate() -> CorrelatedEstate {
        var estate = CorrelatedEstate()
        estate.watchLines()
        for line in 1...2 { estate.poll(line: line, isGood: true, from: -100, count: 3) }
        return estate
    }

    private static func open(_ estate: CorrelatedEstate) -> [String] {
        estate.books.tickets.tickets.filter { !$0.isClosed }.map { "\($0.asset)/\($0.rule)" }
    }

    @Test("a power failure of the site is one alarm, one incident and one ticket, however long it lasts")
    func powerFailure() throws {
        var estate = Self.estate()
        for line in 1...2 { estate.poll(line: line, isGood: false, from: Double(line)) }
        estate.tick(at: 50)
        #expect(Self.open(estate) == [], "a glitch of less than a minute is nothing")
        for second in stride(from: 60.0, through: 200, by: 10) { estate.tick(at: second) }
        #expect(Self.open(estate) == ["site/devices_silent"])
        // A day later the analyzer tells of each that nothing is heard of it.
        for asset in CorrelatedEstate.lines.joined() { estate.raise(asset.text, .dropout, .p3, at: 86_400) }
        estate.raise("riser-1-0", .dropout, .p3, at: 86_401)
        estate.tick(at: 86_500)
        #expect(Self.open(estate) == ["site/devices_silent"])
        #expect(estate.books.incidents.incidents.map(\.asset) == [IncidentBook.site])
        #expect(
            estate.books.alarms.alarms.filter { $0.state == .unacknowledgedActive }.map(\.identifier) == [
                "site/devices_silent"
            ])
        #expect(estate.messages.count == 1)
        for line in 1...2 { estate.poll(line: line, isGood: true, from: 90_000 + Double(line), count: 3) }
        for asset in CorrelatedEstate.lines.joined() { estate.clear(asset.text, .dropout, at: 90_100) }
        estate.clear("riser-1-0", .dropout, at: 90_100)
        estate.tick(at: 90_200)
        #expect(estate.books.incidents.incidents.isEmpty)
        #expect(estate.count("raised") == 1 && estate.count("cleared") == 1)
    }

    @Test("together and back within a minute leaves nothing")
    func glitch() {
        var estate = Self.estate()
        for line in 1...2 { estate.poll(line: line, isGood: false, from: 0) }
        for line in 1...2 { estate.poll(line: line, isGood: true, from: 5, count: 3) }
        for second in stride(from: 30.0, through: 300, by: 10) { estate.tick(at: second) }
        #expect(estate.books.tickets.tickets.isEmpty && estate.books.incidents.incidents.isEmpty)
        #expect(estate.books.alarms.alarms.allSatisfy { !$0.isActive })
    }

    @Test("after a power failure communication alarms only, until 3 good polls")
    func returning() {
        var estate = Self.estate()
        for line in 1...2 { estate.poll(line: line, isGood: false, from: 0) }
        estate.tick(at: 70)
        estate.tick(at: 120)
        for line in 1...2 { estate.poll(line: line, isGood: true, from: 3000, count: 2) }
        estate.raise("zone-3", .massBalance, .p2, at: 3015)
        estate.raise("lift-1", .liftOutOfService, .p1, at: 3016)
        estate.tick(at: 3100)
        #expect(Self.open(estate) == ["site/devices_silent", "lift-1/lift_out_of_service"])
        for line in 1...2 { estate.poll(line: line, isGood: true, from: 3110) }
        estate.tick(at: 3150)
        #expect(Self.open(estate).last == "zone-3/mass_balance", "what is still there opens after the third good poll")
    }

    @Test("what is odd after a return waits 10 min at most")
    func longReturn() {
        var estate = Self.estate()
        for line in 1...2 { estate.poll(line: line, isGood: false, from: 0) }
        estate.poll(0, isGood: true, at: 3000)
        estate.raise("zone-3", .massBalance, .p2, at: 3001)
        estate.tick(at: 3600)
        #expect(!Self.open(estate).contains("zone-3/mass_balance"))
        estate.tick(at: 3601)
        #expect(Self.open(estate).contains("zone-3/mass_balance"))
    }

    @Test("a dead line is one ticket, and the rest of the estate is heard at once")
    func deadLine() {
        var estate = Self.estate()
        estate.poll(line: 1, isGood: false, from: 0)
        estate.raise("zone-3", .massBalance, .p2, at: 10)
        estate.raise("unit-1-3", .continuousFlow, .p3, at: 10)
        estate.tick(at: 41)
        #expect(Self.open(estate) == ["zone-3/mass_balance"], "only what lies on the line waits")
        estate.tick(at: 70)
        estate.tick(at: 100)
        #expect(Self.open(estate) == ["zone-3/mass_balance", "bus-line-1/devices_silent"])
        #expect(estate.books.tickets.tickets.last?.severity == .p3)
    }

    @Test("one device that stays silent when its line is back is told by itself")
    func straggler() {
        var estate = Self.estate()
        estate.poll(line: 1, isGood: false, from: 0)
        estate.tick(at: 70)
        estate.tick(at: 110)
        for device in 0..<20 { estate.raise("unit-1-\(device)", .dropout, .p3, at: 86_400) }
        for round in 0..<3 {
            for device in 1..<20 { estate.poll(device, isGood: true, at: 87_000 + Double(round) * 10) }
        }
        for device in 1..<20 { estate.clear("unit-1-\(device)", .dropout, at: 87_100) }
        estate.tick(at: 87_500)
        #expect(estate.books.incidents.incidents.isEmpty, "it may come back a little later than the others")
        estate.tick(at: 87_700)
        estate.tick(at: 87_740)
        #expect(Self.open(estate).last == "unit-1-0/comms_lost")
        #expect(estate.books.incidents.incidents.map(\.asset.text) == ["unit-1-0"])
        #expect(
            estate.books.alarms.alarms.filter { $0.isActive && !$0.state.isWithheld }.map(\.identifier) == [
                "unit-1-0/comms_lost"
            ])
    }

    @Test("a restart in the middle changes nothing")
    func restart() throws {
        var estate = Self.estate()
        for line in 1...2 { estate.poll(line: line, isGood: false, from: 0) }
        estate.tick(at: 70)
        estate.tick(at: 110)
        estate.raise("unit-1-0", .dropout, .p3, at: 86_400)
        try estate.restart()
        estate.start(at: 86_500)
        estate.tick(at: 86_500)
        estate.raise("unit-1-1", .dropout, .p3, at: 86_501)
        for line in 1...2 { estate.poll(line: line, isGood: false, from: 86_502) }
        estate.tick(at: 88_000)
        #expect(Self.open(estate) == ["site/devices_silent"])
        for line in 1...2 { estate.poll(line: line, isGood: true, from: 90_000, count: 3) }
        estate.tick(at: 90_100)
        #expect(estate.count("raised") == 1 && estate.count("cleared") == 1)
        estate.clear("unit-1-0", .dropout, at: 90_200)
        estate.tick(at: 91_000)
        #expect(estate.count("raised") == 1)
        estate.tick(at: 92_000)
        #expect(Self.open(estate).contains("unit-1-1/comms_lost"), "what is not over after 30 min is told")
    }

    @Test("a group that the site's file has no longer leaves no alarm behind")
    func forgottenGroup() throws {
        var estate = Self.estate()
        estate.poll(line: 1, isGood: false, from: 0)
        estate.tick(at: 70)
        estate.raise("unit-1-0", .dropout, .p3, at: 86_400)
        #expect(estate.books.alarms.alarm(asset: AssetIdentifier("unit-1-0"), rule: .dropout)?.state.isWithheld == true)
        estate.books.watch(WatchedDevices())
        estate.tick(at: 86_410)
        let line = estate.books.alarms.alarm(asset: AssetIdentifier("bus-line-1"), rule: .devicesSilent)
        #expect(line?.isActive == false)
        estate.tick(at: 88_300)
        let unit = estate.books.alarms.alarm(asset: AssetIdentifier("unit-1-0"), rule: .dropout)
        #expect(unit?.isActive == true && unit?.state.isWithheld == false)
    }

    @Test("a line under announced work is not told of")
    func work() {
        var estate = Self.estate()
        estate.books.plan([
            WorkWindow(
                number: 1, scope: "bus/line-1", assets: Set(CorrelatedEstate.lines[0]), from: CorrelatedEstate.start,
                to: CorrelatedEstate.moment(7200), person: PersonIdentifier("li-wei"), reason: "Cable.")
        ])
        estate.poll(line: 1, isGood: false, from: 10)
        estate.tick(at: 100)
        estate.tick(at: 200)
        #expect(Self.open(estate) == [])
        estate.tick(at: 7201)
        estate.tick(at: 7300)
        #expect(Self.open(estate) == ["bus-line-1/devices_silent"])
    }

    @Test("a broker that is away for 5 min is one ticket, whatever it does then")
    func broker() {
        var estate = Self.estate()
        estate.note(isBrokerConnected: true, at: 0)
        for second in stride(from: 10.0, through: 300, by: 10) { estate.note(isBrokerConnected: false, at: second) }
        #expect(Self.open(estate) == [])
        for second in stride(from: 310.0, through: 400, by: 10) { estate.note(isBrokerConnected: false, at: second) }
        #expect(Self.open(estate) == ["broker/broker_lost"])
        for minute in 7..<60 { estate.note(isBrokerConnected: minute % 7 == 0, at: Double(minute) * 60) }
        #expect(estate.books.alarms.alarms.map(\.identifier) == ["broker/broker_lost"])
        #expect(estate.count("raised") == 1 && estate.books.tickets.tickets.count == 1)
        estate.note(isBrokerConnected: true, at: 4000)
        estate.note(isBrokerConnected: true, at: 10_000)
        #expect(estate.books.incidents.incidents.isEmpty)
    }

    @Test("a power failure that takes the broker along is one ticket about the site")
    func both() {
        var estate = Self.estate()
        for line in 1...2 { estate.poll(line: line, isGood: false, from: 0) }
        for second in stride(from: 1.0, through: 500, by: 10) { estate.note(isBrokerConnected: false, at: second) }
        #expect(Self.open(estate) == ["site/devices_silent"])
        #expect(estate.books.incidents.incidents.map(\.alarms.count) == [2])
    }

    @Test(
        "whatever order devices fall silent in, one site is one ticket", arguments: 0..<UInt64(100))
    func orders(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var estate = Self.estate()
        for (place, device) in (0..<40).shuffled(using: &random).enumerated() {
            estate.poll(device, isGood: false, at: Double(place) * Double.random(in: 0...1, using: &random))
            estate.tick(at: Double(place) + 1)
        }
        for second in stride(from: 60.0, through: 300, by: 20) { estate.tick(at: second) }
        #expect(Self.open(estate) == ["site/devices_silent"])
        #expect(estate.books.incidents.incidents.count == 1)
    }
}
