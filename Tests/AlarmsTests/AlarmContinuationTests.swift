// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import TestKit
import Testing

/// A finding that changes its rule, as a leak by the hour that becomes a burst, keeps its name; its alarm does not.
@Suite struct AlarmContinuationTests {
    private let loss = RuleIdentifier.massBalance
    private let name = "riser-1/mass_balance"

    private func turned(_ finding: Finding, into rule: RuleIdentifier, _ severity: Severity = .p2) -> Finding {
        var copy = finding
        (copy.rule, copy.severity) = (rule, severity)
        return copy
    }

    @Test func `the alarm of the new rule is raised first, then that of the old one returns`() {
        var book = AlarmBook()
        let leak = finding(0, rule: loss, severity: .p3)
        _ = book.apply(.raised(leak), at: moment(10))
        let burst = turned(leak, into: .burst)
        let effects = book.apply(.updated(burst), at: moment(60))
        #expect(effects.map(\.alarm.identifier) == ["riser-1/burst", name])
        guard case .raised? = effects.first, case .returned(let old, _)? = effects.last else {
            Issue.record("\(effects)")
            return
        }
        #expect(old.continuedAs == "riser-1/burst" && old.returnedAt == moment(60))
        #expect(old.state == .returnedUnacknowledged)
        #expect(book.alarms.filter(\.isActive).map(\.severity) == [.p2])
        #expect(book.apply(.updated(burst), at: moment(61)).map(\.alarm.identifier) == ["riser-1/burst"])
        _ = book.apply(.cleared(burst.cleared(at: 90)), at: moment(90))
        #expect(book.alarms.allSatisfy { !$0.isActive })
    }

    @Test func `one that changes its rule as it ends leaves nothing behind`() {
        var book = AlarmBook()
        let leak = finding(0, rule: loss)
        _ = book.apply(.raised(leak), at: moment(10))
        let effects = book.apply(.cleared(turned(leak, into: .burst).cleared(at: 60)), at: moment(60))
        #expect(effects.map(\.alarm.identifier) == [name])
        #expect(book.alarms.map(\.isActive) == [false])
        #expect(book.alarms.map(\.continuedAs) == [nil])
    }

    @Test func `a newer finding of the old rule keeps its alarm`() {
        var book = AlarmBook()
        let leak = finding(0, rule: loss)
        _ = book.apply(.raised(leak), at: moment(10))
        _ = book.apply(.raised(finding(20, rule: loss)), at: moment(30))
        _ = book.apply(.updated(turned(leak, into: .burst)), at: moment(60))
        #expect(book.alarms.map(\.isActive) == [true, true])
    }

    @Test func `what was believed under one rule does not wait again under another`() {
        var policy = AlarmPolicy()
        policy.rules["burst"] = AlarmRule(raiseAfter: .seconds(600), isCause: true, isSymptom: true)
        var book = AlarmBook(policy: policy)
        let leak = finding(0, rule: loss)
        _ = book.apply(.raised(leak), at: moment(10))
        _ = book.apply(.updated(turned(leak, into: .burst)), at: moment(60))
        #expect(book.alarms.filter(\.isActive).map(\.identifier) == ["riser-1/burst"])
    }

    @Test func `one that still waits under its old rule waits under the new one alone`() {
        var policy = AlarmPolicy()
        policy.rules["mass_balance"] = AlarmRule(raiseAfter: .seconds(600))
        var book = AlarmBook(policy: policy)
        let leak = finding(0, rule: loss)
        _ = book.apply(.raised(leak), at: moment(10))
        _ = book.apply(.updated(turned(leak, into: .burst)), at: moment(12))
        #expect(book.nextDeadline == nil)
        #expect(book.tick(at: moment(100)).isEmpty)
        #expect(book.alarms.filter(\.isActive).map(\.identifier) == ["riser-1/burst"])
    }

    @Test func `one on the shelf goes quietly, and what it became is told`() throws {
        var book = AlarmBook()
        let leak = finding(0, rule: loss, severity: .p3)
        _ = book.apply(.raised(leak), at: moment(10))
        let shelve = AlarmAction(
            .shelve, alarm: name, person: PersonIdentifier("li-wei"), reason: "Works.", span: .seconds(7200))
        _ = try book.act(shelve, at: moment(11))
        let effects = book.apply(.updated(turned(leak, into: .burst)), at: moment(30))
        #expect(effects.map(\.alarm.state) == [.unacknowledgedActive, .shelved])
        #expect(book.tick(at: moment(200)).map(\.alarm.state) == [.normal])
    }

    /// Whatever rules one finding goes through, exactly one alarm is active while it is there, and none afterwards.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `a finding never has more than one active alarm`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (book, incidents) = (AlarmBook(), IncidentBook())
        let rules: [RuleIdentifier] = [.burst, .massBalance, .networkLeak, .toiletLeak, .waterQuality]
        var leak = finding(0, rule: rules[0])
        var isThere = false
        for step in 1..<80 as Range<Int64> {
            var effects: [AlarmEffect] = []
            let rule = rules.randomElement(using: &random)!
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where isThere:
                leak = turned(leak, into: rule)
                effects = book.apply(.cleared(leak.cleared(at: step)), at: moment(step))
                isThere = false
            case 1: effects = book.tick(at: moment(step))
            default:
                leak = turned(leak, into: rule)
                effects = book.apply(.updated(leak), at: moment(step))
                isThere = true
            }
            for effect in effects { _ = incidents.follow(effect.alarm, at: moment(step)) }
            // One that comes and goes too often is held active until it has been quiet.
            let active = book.alarms.filter(\.isConditionPresent)
            #expect(active.count == (isThere ? 1 : 0))
            #expect(incidents.incidents.count <= 1)
            if isThere { #expect(active.first?.rule == leak.rule) }
        }
    }
}
