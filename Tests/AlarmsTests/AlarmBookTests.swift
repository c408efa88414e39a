// SPDX-License-Identifier: Apache-2.0

import Alarms
import Foundation
import Model
import TestKit
import Testing

@Suite struct AlarmBookTests {
    @Test func `a finding raises, a person acknowledges, the end returns it to normal`() throws {
        var book = AlarmBook()
        let burst = finding(0)
        let raised = book.apply(.raised(burst), at: moment(10))
        var alarm = Alarm(
            asset: burst.asset, rule: .burst, severity: .p2, state: .unacknowledgedActive, raisedAt: moment(10),
            findings: [burst.identifier])
        alarm.raises = [moment(10)]
        (alarm.sequence, alarm.version) = (1, 1)
        #expect(alarm.identifier == "riser-1/burst")
        #expect(raised == [.raised(alarm, burst)])

        (alarm.state, alarm.acknowledgedAt, alarm.lastActionAt) = (.acknowledgedActive, moment(12), moment(12))
        (alarm.sequence, alarm.version) = (2, 2)
        #expect(book.acknowledge("riser-1/burst", at: moment(12)) == [.changed(alarm)])

        let over = burst.cleared(at: 30)
        (alarm.state, alarm.returnedAt) = (.normal, moment(31))
        (alarm.sequence, alarm.version) = (3, 3)
        #expect(book.apply(.cleared(over), at: moment(31)) == [.returned(alarm, over)])
        #expect(book.alarms == [alarm])
    }

    @Test func `an alarm that ends unseen still waits for somebody`() {
        var book = AlarmBook()
        let burst = finding(0)
        _ = book.apply(.raised(burst), at: moment(10))
        _ = book.apply(.cleared(burst.cleared(at: 20)), at: moment(20))
        #expect(book.alarms.map(\.state) == [.returnedUnacknowledged])
        #expect(book.acknowledge("riser-1/burst", at: moment(25)).map(\.alarm.state) == [.normal])
        #expect(book.alarms.map(\.isActive) == [false])
    }

    @Test func `an alarm that comes back wants a new acknowledgement`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        _ = book.acknowledge("riser-1/burst", at: moment(11))
        _ = book.apply(.cleared(finding(0).cleared(at: 20)), at: moment(20))
        let effects = book.apply(.raised(finding(60, severity: .p1)), at: moment(70))
        guard case .raised(let alarm, _)? = effects.first, effects.count == 1 else {
            Issue.record("\(effects)")
            return
        }
        #expect(alarm.state == .unacknowledgedActive)
        #expect(alarm.acknowledgedAt == nil)
        #expect(alarm.raisedAt == moment(70))
        #expect(alarm.returnedAt == nil)
        #expect(alarm.severity == .p1)
        #expect(alarm.occurrences == 2)
        #expect(alarm.findings == [finding(0).identifier, finding(60).identifier])
    }

    @Test func `the same finding twice counts once, before and after its end`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        #expect(book.apply(.raised(finding(0)), at: moment(11)).isEmpty)
        _ = book.apply(.cleared(finding(0).cleared(at: 20)), at: moment(20))
        let before = book
        #expect(book.apply(.raised(finding(0)), at: moment(21)).isEmpty)
        #expect(book.apply(.updated(finding(0).cleared(at: 20)), at: moment(22)).isEmpty)
        #expect(book.apply(.cleared(finding(0).cleared(at: 20)), at: moment(23)).isEmpty)
        #expect(book == before)
    }

    @Test func `a finding that is over when it is first told is raised and returned`() {
        var book = AlarmBook()
        let late = finding(0, clearedAt: moment(9))
        let effects = book.apply(.raised(late), at: moment(10))
        #expect(effects.map(\.alarm.state) == [.unacknowledgedActive, .returnedUnacknowledged])
        guard case .raised? = effects.first, case .returned? = effects.last else {
            Issue.record("\(effects)")
            return
        }
    }

    @Test func `the end of a finding that never raised anything changes nothing`() {
        var book = AlarmBook()
        #expect(book.apply(.cleared(finding(0, clearedAt: moment(9))), at: moment(10)).isEmpty)
        #expect(book.alarms.isEmpty)
    }

    @Test func `an update that comes first raises the alarm`() {
        var book = AlarmBook()
        guard case .raised? = book.apply(.updated(finding(0)), at: moment(10)).first else {
            Issue.record("not raised")
            return
        }
    }

    @Test func `an update follows the severity of the newest finding both ways`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0, severity: .p3)), at: moment(10))
        let worse = finding(0, severity: .p1)
        var alarm = book.alarms[0]
        (alarm.severity, alarm.sequence, alarm.version) = (.p1, 2, 2)
        #expect(book.apply(.updated(worse), at: moment(11)) == [.updated(alarm, worse)])
        _ = book.apply(.updated(finding(0, severity: .p4)), at: moment(12))
        #expect(book.alarms[0].severity == .p4)
    }

    @Test func `the end of an older finding leaves the alarm to the newer one`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        _ = book.acknowledge("riser-1/burst", at: moment(11))
        #expect(book.apply(.raised(finding(5)), at: moment(15)).count == 1)
        #expect(book.alarms.map(\.state) == [.acknowledgedActive])
        #expect(book.apply(.cleared(finding(0).cleared(at: 20)), at: moment(20)).isEmpty)
        #expect(book.apply(.cleared(finding(5).cleared(at: 21)), at: moment(21)).count == 1)
        #expect(book.alarms.map(\.state) == [.normal])
    }

    @Test func `an older finding can raise the urgency but not lower it`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0, severity: .p3)), at: moment(10))
        _ = book.apply(.raised(finding(5, severity: .p2)), at: moment(15))
        _ = book.apply(.updated(finding(0, severity: .p4)), at: moment(16))
        #expect(book.alarms[0].severity == .p2)
        _ = book.apply(.updated(finding(0, severity: .p1)), at: moment(17))
        #expect(book.alarms[0].severity == .p1)
    }

    @Test func `a finding whose place is known better stays with its alarm`() {
        var book = AlarmBook()
        var burst = finding(0)
        _ = book.apply(.raised(burst), at: moment(10))
        burst.asset = AssetIdentifier("flat-101")
        #expect(book.apply(.updated(burst), at: moment(11)).map(\.alarm.identifier) == ["riser-1/burst"])
        #expect(book.apply(.cleared(burst.cleared(at: 12)), at: moment(12)).map(\.alarm.asset.text) == ["riser-1"])
    }

    @Test func `rules and assets have alarms of their own`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        _ = book.apply(.raised(finding(0, rule: .continuousFlow)), at: moment(10))
        _ = book.apply(.raised(finding(0, asset: "riser-2")), at: moment(10))
        #expect(book.alarms.map(\.identifier) == ["riser-1/burst", "riser-1/continuous_flow", "riser-2/burst"])
        #expect(book.alarm(asset: AssetIdentifier("riser-2"), rule: .burst)?.occurrences == 1)
        #expect(book.alarm(asset: AssetIdentifier("riser-3"), rule: .burst) == nil)
    }

    @Test func `an alarm remembers its last twenty findings and counts all`() {
        var book = AlarmBook()
        for start in 0..<25 as Range<Int64> { _ = book.apply(.raised(finding(start)), at: moment(start + 10)) }
        let alarm = book.alarms[0]
        #expect(alarm.findings == (5..<25).map { finding($0).identifier })
        #expect(alarm.occurrences == 25)
    }

    @Test(arguments: [AlarmState.shelved, .suppressedByDesign, .outOfService])
    func `a withheld alarm notes the condition and tells nobody`(state: AlarmState) {
        let quiet = Alarm(
            asset: AssetIdentifier("riser-1"), rule: .burst, severity: .p3, state: state, raisedAt: moment(0),
            returnedAt: moment(1), findings: [finding(-10).identifier])
        var book = AlarmBook(alarms: [quiet])
        for change in [FindingChange.raised(finding(0)), .updated(finding(0)), .cleared(finding(0).cleared(at: 20))] {
            let effects = book.apply(change, at: moment(20))
            #expect(effects == [.changed(book.alarms[0])])
            #expect(book.alarms[0].state == state)
        }
        #expect(book.alarms[0].occurrences == 2)
        #expect(book.acknowledge("riser-1/burst", at: moment(21)).isEmpty)
    }

    @Test func `acknowledging what is not known or does not wait changes nothing`() {
        var book = AlarmBook()
        #expect(book.acknowledge("riser-1/burst", at: moment(0)).isEmpty)
        _ = book.apply(.raised(finding(0)), at: moment(10))
        #expect(book.acknowledge("riser-1/burst", at: moment(11)).count == 1)
        #expect(book.acknowledge("riser-1/burst", at: moment(12)).isEmpty)
        #expect(book.alarms[0].acknowledgedAt == moment(11))
    }

    @Test(arguments: 0..<500 as Range<UInt64>)
    func `an alarm is active exactly while its newest finding is`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        // Flapping has tests of its own: here an alarm returns at once.
        var policy = AlarmPolicy()
        policy.flapQuiet = .zero
        var book = AlarmBook(policy: policy)
        var told: [String: [(finding: Finding, isOver: Bool)]] = [:]
        var start: Int64 = 0
        for step in 0..<60 as Range<Int64> {
            let asset = ["riser-1", "riser-2"].randomElement(using: &random)!
            let key = "\(asset)/burst"
            let now = moment(step)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<3:
                start += 1
                let fresh = finding(
                    start, asset: asset, severity: Severity.allCases.randomElement(using: &random)!)
                told[key, default: []].append((fresh, false))
                let effects = book.apply(.raised(fresh), at: now)
                #expect(effects.count == 1)
            case 3..<6:
                guard let place = told[key]?.indices.randomElement(using: &random) else { continue }
                told[key]?[place].isOver = true
                _ = book.apply(.cleared(told[key]![place].finding.cleared(at: step)), at: now)
            case 6:
                guard let entry = told[key]?.filter({ !$0.isOver }).randomElement(using: &random) else { continue }
                _ = book.apply(.updated(entry.finding), at: now)
            case 7:
                // A finding of long ago may have left the memory of twenty; the last ones have not.
                guard let entry = told[key]?.suffix(10).randomElement(using: &random) else { continue }
                #expect(book.apply(.raised(entry.finding), at: now).isEmpty)
            case 8:
                _ = book.acknowledge(key, at: now)
            default:
                let copy = try JSONDecoder().decode(AlarmBook.self, from: JSONEncoder().encode(book))
                #expect(copy.alarms == book.alarms)
                book = AlarmBook(alarms: copy.alarms.shuffled(using: &random), policy: policy)
            }
            for alarm in book.alarms {
                let findings = try #require(told[alarm.identifier])
                #expect(alarm.isActive == !(try #require(findings.last).isOver))
                #expect(alarm.occurrences == findings.count)
                let isActiveState = [.unacknowledgedActive, .acknowledgedActive].contains(alarm.state)
                #expect(alarm.isActive == isActiveState)
                #expect(alarm.state != .acknowledgedActive || alarm.acknowledgedAt != nil)
            }
        }
    }
}
