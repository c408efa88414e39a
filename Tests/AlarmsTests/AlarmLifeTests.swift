// SPDX-License-Identifier: Apache-2.0

import Alarms
import Foundation
import Model
import TestKit
import Testing

/// Delays, latches, shelves, suppression and alarms that come and go.
@Suite struct AlarmLifeTests {
    let person = PersonIdentifier("li-wei")
    let name = "riser-1/burst"

    private func book(_ rule: AlarmRule, for identifier: RuleIdentifier = .burst) -> AlarmBook {
        var policy = AlarmPolicy()
        policy.rules[identifier.text] = rule
        return AlarmBook(policy: policy)
    }

    @Test func `a condition shorter than its delay raises nothing`() {
        var book = book(AlarmRule(raiseAfter: .seconds(60)))
        #expect(book.apply(.raised(finding(0)), at: moment(10)).map(\.alarm.state) == [.normal])
        #expect(book.nextDeadline == moment(11))
        #expect(book.apply(.cleared(finding(0).cleared(at: 10)), at: moment(10) + .seconds(59)).count == 1)
        #expect(book.nextDeadline == nil)
        #expect(book.tick(at: moment(20)).isEmpty)
        #expect(book.alarms.map(\.occurrences) == [0])
    }

    @Test func `a condition as long as its delay raises at the end of the delay`() throws {
        var book = book(AlarmRule(raiseAfter: .seconds(60)))
        _ = book.apply(.raised(finding(0)), at: moment(10))
        let copy = try JSONDecoder().decode(AlarmBook.self, from: JSONEncoder().encode(book))
        book = AlarmBook(alarms: copy.alarms, policy: book.policy)
        let effects = book.tick(at: moment(13))
        guard case .raised(let alarm, _)? = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(alarm.raisedAt == moment(11) && alarm.state == .unacknowledgedActive && alarm.occurrences == 1)
    }

    @Test func `an end shorter than its delay returns nothing`() {
        var book = book(AlarmRule(clearAfter: .seconds(120)))
        _ = book.apply(.raised(finding(0)), at: moment(10))
        #expect(book.apply(.cleared(finding(0).cleared(at: 11)), at: moment(11)).map(\.alarm.isActive) == [true])
        #expect(book.apply(.updated(finding(0)), at: moment(12)).map(\.alarm.isActive) == [true])
        #expect(book.tick(at: moment(60)).isEmpty)
        _ = book.apply(.cleared(finding(0).cleared(at: 61)), at: moment(61))
        #expect(book.tick(at: moment(70)).map(\.alarm.returnedAt) == [moment(63)])
    }

    @Test func `a finding that comes back raises its alarm again`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        _ = book.apply(.cleared(finding(0).cleared(at: 20)), at: moment(20))
        let effects = book.apply(.updated(finding(0)), at: moment(90))
        guard case .raised(let alarm, _)? = effects.first, effects.count == 1 else {
            Issue.record("\(effects)")
            return
        }
        #expect(alarm.raisedAt == moment(90) && alarm.occurrences == 2)
        #expect(alarm.findings == [finding(0).identifier])
    }

    @Test func `a latching alarm waits for a reset and for nothing else`() throws {
        var book = book(AlarmRule(isLatching: true))
        _ = book.apply(.raised(finding(0)), at: moment(10))
        let reset = AlarmAction(.reset, alarm: name, person: person)
        #expect(throws: AlarmRefusal.notAllowed(.reset, alarm: name, state: .unacknowledgedActive)) {
            try book.act(reset, at: moment(11))
        }
        _ = book.apply(.cleared(finding(0).cleared(at: 20)), at: moment(20))
        #expect(book.alarms.map(\.state) == [.latched])
        #expect(book.acknowledge(name, at: moment(21)).isEmpty)
        #expect(book.tick(at: moment(100_000)).isEmpty)
        #expect(try book.act(reset, at: moment(22)).map(\.alarm.state) == [.normal])
    }

    @Test func `a shelf ends by itself and the condition is told then`() throws {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        let shelve = AlarmAction(
            .shelve, alarm: name, person: person, reason: "Valve is being replaced.", span: .seconds(3600))
        #expect(try book.act(shelve, at: moment(11)).map(\.alarm.state) == [.shelved])
        #expect(book.shelvedCount == 1)
        #expect(book.apply(.updated(finding(0, severity: .p1)), at: moment(12)).map(\.alarm.state) == [.shelved])
        #expect(book.tick(at: moment(70)).isEmpty)
        #expect(book.tick(at: moment(71)) == [.released(book.alarms[0])])
        #expect(book.alarms.map(\.state) == [.unacknowledgedActive])
        #expect(book.shelvedCount == 0)
    }

    @Test func `what ended on the shelf is not told when it comes down`() throws {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        let shelve = AlarmAction(.shelve, alarm: name, person: person, reason: "Works.", span: .seconds(3600))
        _ = try book.act(shelve, at: moment(11))
        #expect(book.apply(.cleared(finding(0).cleared(at: 12)), at: moment(12)) == [.changed(book.alarms[0])])
        let unshelve = AlarmAction(.unshelve, alarm: name, person: person)
        #expect(try book.act(unshelve, at: moment(13)) == [.changed(book.alarms[0])])
        #expect(book.alarms.map(\.state) == [.normal])
    }

    @Test(arguments: [true, false])
    func `a latch outlasts a shelf, whichever came first`(isShelvedFirst: Bool) throws {
        var book = AlarmBook()
        let quality = finding(0, rule: .waterQuality)
        let name = "riser-1/water_quality"
        let shelve = AlarmAction(.shelve, alarm: name, person: person, reason: "Works.", span: .seconds(3600))
        _ = book.apply(.raised(quality), at: moment(10))
        if isShelvedFirst { _ = try book.act(shelve, at: moment(11)) }
        _ = book.apply(.cleared(quality.cleared(at: 12)), at: moment(12))
        if !isShelvedFirst {
            #expect(book.alarms.map(\.state) == [.latched])
            _ = try book.act(shelve, at: moment(13))
        }
        #expect(book.alarms.map(\.state) == [.shelved])
        #expect(book.tick(at: moment(80)).map(\.alarm.state) == [.latched])
        _ = try book.act(AlarmAction(.reset, alarm: name, person: person), at: moment(81))
        #expect(book.alarms.map(\.state) == [.normal])
        // Once reset it is nothing that a later shelf could bring back.
        _ = try book.act(shelve, at: moment(82))
        #expect(book.tick(at: moment(150)).map(\.alarm.state) == [.normal])
    }

    @Test func `the history names who did what, and nobody where the condition or the time did`() throws {
        var book = AlarmBook()
        func lines(_ change: (inout AlarmBook) throws -> [AlarmEffect]) rethrows -> [String] {
            let before = book.alarms.first
            return try change(&book).compactMap { $0.line(after: before) }.map {
                "\($0.event) \($0.state.rawValue) \($0.person?.text ?? "-") \($0.reason)"
            }
        }
        func act(_ verb: AlarmAction.Verb, _ reason: String = "", at minute: Int64) throws -> [String] {
            try lines {
                try $0.act(
                    AlarmAction(verb, alarm: name, person: person, reason: reason, span: .seconds(600)),
                    at: moment(minute))
            }
        }
        #expect(lines { $0.apply(.raised(finding(0)), at: moment(10)) } == ["raised unacknowledgedActive - "])
        #expect(try act(.acknowledge, at: 11) == ["acknowledge acknowledgedActive \(person) "])
        #expect(try act(.shelve, "Works.", at: 12) == ["shelve shelved \(person) Works."])
        #expect(
            lines { $0.apply(.cleared(finding(0).cleared(at: 13)), at: moment(13)) } == ["changed shelved - "])
        #expect(try act(.unshelve, at: 14) == ["unshelve normal \(person) "])
        #expect(lines { $0.apply(.raised(finding(20)), at: moment(30)) } == ["raised unacknowledgedActive - "])
        #expect(
            lines { $0.acknowledge(name, by: person, at: moment(31)) }
                == ["acknowledge acknowledgedActive \(person) "])
        #expect(lines { $0.tick(at: moment(32)) } == [])
    }

    @Test func `everything that is told has a number, and what a person must know a version`() throws {
        var book = AlarmBook()
        func numbers(_ effects: [AlarmEffect]) -> [[Int?]] { effects.map { [$0.alarm.sequence, $0.alarm.version] } }
        #expect(numbers(book.apply(.raised(finding(0)), at: moment(10))) == [[1, 1]])
        // A finding that grows is told; whoever looked before may still act. More urgent is another matter.
        #expect(numbers(book.apply(.updated(finding(0)), at: moment(11))) == [[2, 1]])
        let stale = AlarmAction(.acknowledge, alarm: name, person: person)
        #expect(numbers(book.apply(.updated(finding(0, severity: .p1)), at: moment(12))) == [[3, 3]])
        var action = stale
        action.version = 1
        #expect(throws: AlarmRefusal.stale(name, version: 3)) { try book.act(action, at: moment(13)) }
        #expect(
            AlarmRefusal.stale(name, version: 3).description
                == "alarm 'riser-1/burst' has changed in the meantime; it is at version 3 now")
        action.version = 3
        #expect(numbers(try book.act(action, at: moment(13))) == [[4, 4]])
        // Where one change lets go of others, each has its own number.
        #expect(book.alarms.map(\.sequence) == [4])
        let kept = AlarmBook(alarms: book.alarms)
        #expect(kept == book)
    }

    @Test func `what grows behind a shelf leaves no line and no new version`() throws {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        _ = try book.act(
            AlarmAction(.shelve, alarm: name, person: person, reason: "Works.", span: .seconds(600)), at: moment(11))
        let before = book.alarms[0]
        let effects = book.apply(.updated(finding(0)), at: moment(12))
        #expect(effects.map { $0.line(after: before) } == [nil])
        #expect(effects.map(\.alarm.version) == [2] && effects.map(\.alarm.sequence) == [3])
        #expect(book.alarms[0].state == .shelved)
    }

    @Test func `a shelf may name its end`() throws {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        var action = AlarmAction(.shelve, alarm: name, person: person, reason: "Works.", span: .seconds(60))
        action.until = moment(10 + 24 * 60 + 1)
        #expect(throws: AlarmRefusal.shelfTooLong(.seconds(86_460), longest: .seconds(86_400))) {
            try book.act(action, at: moment(10))
        }
        action.until = moment(40)
        #expect(try book.act(action, at: moment(11)).map(\.alarm.shelf?.until) == [moment(40)])
        #expect(book.tick(at: moment(39)).isEmpty)
        #expect(book.tick(at: moment(40)) == [.released(book.alarms[0])])
    }

    @Test(arguments: AlarmAction.Verb.allCases)
    func `what is allowed is carried out, and nothing else`(verb: AlarmAction.Verb) throws {
        for prepare: [AlarmAction.Verb] in [[], [.acknowledge], [.shelve], [.outOfService], [.shelve, .outOfService]] {
            var book = AlarmBook()
            _ = book.apply(.raised(finding(0)), at: moment(10))
            func action(_ verb: AlarmAction.Verb) -> AlarmAction {
                AlarmAction(verb, alarm: name, person: person, reason: "Works.", span: .seconds(60))
            }
            for verb in prepare { _ = try book.act(action(verb), at: moment(11)) }
            let isAllowed = book.alarms[0].allowedVerbs.contains(verb)
            let isDone = (try? book.act(action(verb), at: moment(12))) != nil
            #expect(isDone == isAllowed, "\(prepare) \(verb)")
        }
    }

    @Test func `a shelf has a reason and an end within a day`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        let before = book
        for (span, reason, refusal) in [
            (Duration.seconds(60), " ", AlarmRefusal.reasonMissing(.shelve, alarm: name)),
            (.seconds(86_401), "Works.", .shelfTooLong(.seconds(86_401), longest: .seconds(86_400))),
            (.zero, "Works.", .shelfTooLong(.zero, longest: .seconds(86_400))),
        ] {
            let action = AlarmAction(.shelve, alarm: name, person: person, reason: reason, span: span)
            #expect(throws: refusal) { try book.act(action, at: moment(11)) }
        }
        #expect(book == before)
        #expect(
            AlarmRefusal.shelfTooLong(.seconds(90_000), longest: .seconds(86_400)).description
                == "an alarm is shelved for more than 0 and at most 1440 minutes, not for 1500")
        #expect(
            AlarmRefusal.unknownAlarm("x").description == "no alarm is called 'x'; 'sluice alarms list' names them")
    }

    @Test func `out of service outlasts a shelf, and return to service tells what is there`() throws {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        _ = try book.act(
            AlarmAction(.shelve, alarm: name, person: person, reason: "Works.", span: .seconds(60)), at: moment(11))
        _ = try book.act(
            AlarmAction(.outOfService, alarm: name, person: person, reason: "Riser is drained."), at: moment(11))
        #expect(book.tick(at: moment(500)).map(\.alarm.state) == [.outOfService])
        #expect(
            try book.act(AlarmAction(.returnToService, alarm: name, person: person), at: moment(501))
                == [.released(book.alarms[0])])
        #expect(book.alarms.map(\.state) == [.unacknowledgedActive])
    }

    @Test func `a silent device withholds what else is said of it until it is heard`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0, rule: .dropout)), at: moment(10))
        #expect(book.apply(.raised(finding(1)), at: moment(11)).map(\.alarm.state) == [.suppressedByDesign])
        #expect(
            book.apply(.raised(finding(1, asset: "riser-2")), at: moment(11)).map(\.alarm.state) == [
                .unacknowledgedActive
            ])
        let effects = book.apply(.cleared(finding(0, rule: .dropout).cleared(at: 20)), at: moment(20))
        #expect(effects.map(\.alarm.identifier) == ["riser-1/comms_lost", name])
        #expect(effects.map(\.alarm.state) == [.returnedUnacknowledged, .unacknowledgedActive])
    }

    @Test func `an alarm that comes three times in ten minutes is held until it has been quiet`() {
        var book = AlarmBook()
        var told: [AlarmEffect] = []
        for round in 0..<20 as Range<Int64> {
            let at = moment(0) + .seconds(round * 30)
            let fresh = finding(round)
            told += book.apply(.raised(fresh), at: at)
            told += book.apply(.cleared(fresh.cleared(at: 1)), at: at + .seconds(15))
        }
        let alarm = book.alarms[0]
        #expect(alarm.isFlapping == true && alarm.isActive && alarm.occurrences == 20)
        let returns = told.count { if case .returned = $0 { true } else { false } }
        #expect(returns == 2, "only before it was known to flap")
        let last = moment(0) + .seconds(19 * 30 + 15)
        #expect(book.tick(at: last + .seconds(1799)).isEmpty)
        guard case .returned(let quiet, _)? = book.tick(at: last + .seconds(1800)).first else {
            Issue.record("not returned")
            return
        }
        #expect(quiet.returnedAt == last + .seconds(1800) && quiet.isFlapping == nil)
    }

    @Test(arguments: [(2, 240, false), (3, 240, true), (4, 900, false), (5, 900, true), (5, 901, false)])
    func `three times in ten minutes or five in an hour is flapping`(rounds: Int64, period: Int64, isFlapping: Bool) {
        var book = AlarmBook()
        for round in 0..<rounds {
            let at = moment(0) + .seconds(round * period)
            _ = book.apply(.raised(finding(round)), at: at)
            _ = book.apply(.cleared(finding(round).cleared(at: 1)), at: at + .seconds(10))
        }
        #expect((book.alarms[0].isFlapping == true) == isFlapping)
    }

    @Test func `an alarm of more than a day is standing`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(0))
        #expect(book.standing(at: moment(1440)).isEmpty)
        #expect(book.standing(at: moment(1441)).map(\.identifier) == [name])
    }

    /// ISA-18.2: every state can be reached by what the book takes in.
    @Test func `all eight states are reached`() {
        var reached: Set<AlarmState> = []
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var book = book(AlarmRule(isLatching: seed % 2 == 0))
            var start: Int64 = 0
            for step in 0..<60 as Range<Int64> {
                switch Int.random(in: 0..<5, using: &random) {
                case 0:
                    start = step
                    _ = book.apply(.raised(finding(start)), at: moment(step))
                case 1: _ = book.apply(.cleared(finding(start).cleared(at: step)), at: moment(step))
                case 2: _ = book.suppress([name], isSuppressed: Bool.random(using: &random), at: moment(step))
                default:
                    let verb = AlarmAction.Verb.allCases.randomElement(using: &random)!
                    let action = AlarmAction(
                        verb, alarm: name, person: person, reason: "Works.", span: .seconds(120))
                    let before = book
                    do { _ = try book.act(action, at: moment(step)) } catch { #expect(book == before) }
                }
                for alarm in book.alarms {
                    reached.insert(alarm.state)
                    let isHeld = alarm.shelf != nil || alarm.removal != nil || alarm.isSuppressed == true
                    #expect(alarm.state.isWithheld == isHeld)
                    if [.unacknowledgedActive, .acknowledgedActive].contains(alarm.state) { #expect(alarm.isActive) }
                    if [.latched, .normal].contains(alarm.state) { #expect(!alarm.isActive) }
                }
            }
        }
        #expect(reached == Set(AlarmState.allCases))
    }
}
