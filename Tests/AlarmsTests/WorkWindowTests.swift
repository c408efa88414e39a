// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Testing

/// Alarms of what is under work are out of service, and come back by themselves.
@Suite struct AlarmWorkTests {
    private let person = PersonIdentifier("li-wei")

    private func window(_ range: ClosedRange<Int64>, _ assets: [String] = ["riser-1"], number: Int64 = 1) -> WorkWindow
    {
        WorkWindow(
            number: number, scope: "asset/riser-1", assets: Set(assets.map { AssetIdentifier($0) }),
            from: moment(range.lowerBound), to: moment(range.upperBound), person: person, reason: "Valve.")
    }

    @Test func `an alarm goes out of service when the work begins, and is raised when it ends and is still there`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(10))
        book.plan([window(20...60)])
        #expect(book.tick(at: moment(11)).isEmpty)
        #expect(book.nextDeadline == moment(20))
        let begun = book.tick(at: moment(20))
        #expect(begun.map(\.alarm.state) == [.outOfService])
        #expect(
            book.alarms.first?.maintenance?.reason == "Valve." && book.alarms.first?.maintenance?.until == moment(60))
        #expect(book.nextDeadline == moment(60))
        #expect(book.tick(at: moment(59)).isEmpty)
        #expect(book.tick(at: moment(60)) == [.released(book.alarms[0])])
        #expect(book.alarms.map(\.state) == [.unacknowledgedActive])
        #expect(book.nextDeadline == nil)
    }

    @Test func `what begins and ends during the work is told to nobody`() {
        var book = AlarmBook()
        book.plan([window(0...60)])
        #expect(book.apply(.raised(finding(0)), at: moment(10)).map(\.alarm.state) == [.outOfService])
        _ = book.apply(.cleared(finding(0).cleared(at: 20)), at: moment(20))
        #expect(book.tick(at: moment(60)).map(\.alarm.state) == [.normal])
    }

    @Test func `other assets go on`() {
        var book = AlarmBook()
        book.plan([window(0...60)])
        #expect(
            book.apply(.raised(finding(0, asset: "riser-2")), at: moment(1)).map(\.alarm.state) == [
                .unacknowledgedActive
            ])
    }

    @Test func `work that is taken back, or ended while nobody looked, lets go`() {
        var book = AlarmBook()
        book.plan([window(0...60)])
        _ = book.apply(.raised(finding(0)), at: moment(10))
        var back = book
        back.plan([])
        #expect(back.tick(at: moment(11)).map(\.alarm.state) == [.unacknowledgedActive])
        var later = AlarmBook(alarms: book.alarms)
        later.plan([window(0...60)])
        #expect(later.tick(at: moment(30)).isEmpty, "a restart in the middle changes nothing")
        #expect(later.tick(at: moment(90)).map(\.alarm.state) == [.unacknowledgedActive])
    }

    @Test func `of works that overlap the last one counts`() {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(0))
        book.plan([window(10...30), window(20...60, number: 2)])
        #expect(book.tick(at: moment(10)).map(\.alarm.state) == [.outOfService])
        _ = book.tick(at: moment(20))
        #expect(book.tick(at: moment(30)).map(\.alarm.state).allSatisfy { $0 == .outOfService })
        #expect(book.tick(at: moment(60)).map(\.alarm.state) == [.unacknowledgedActive])
    }

    @Test func `a person returns what a person took out, not what is under work`() throws {
        var book = AlarmBook()
        _ = book.apply(.raised(finding(0)), at: moment(0))
        book.plan([window(0...60)])
        _ = book.tick(at: moment(1))
        let (name, action) = ("riser-1/burst", AlarmAction(.returnToService, alarm: "riser-1/burst", person: person))
        #expect(throws: AlarmRefusal.notAllowed(.returnToService, alarm: name, state: .outOfService)) {
            try book.act(action, at: moment(2))
        }
        _ = try book.act(AlarmAction(.outOfService, alarm: name, person: person, reason: "Longer."), at: moment(3))
        #expect(book.tick(at: moment(60)).map(\.alarm.state) == [.outOfService])
        #expect(try book.act(action, at: moment(61)).map(\.alarm.state) == [.unacknowledgedActive])
    }

    @Test func `somebody shut in is told during the work, also when it turns out later`() {
        var book = AlarmBook()
        book.plan([window(0...60, ["lift-1"])])
        let shut = finding(0, asset: "lift-1", rule: .liftOutOfService, severity: .p1)
        var at = book
        #expect(at.apply(.raised(shut), at: moment(1)).map(\.alarm.state) == [.unacknowledgedActive])
        var silent = shut
        silent.severity = .p2
        #expect(book.apply(.raised(silent), at: moment(1)).map(\.alarm.state) == [.outOfService])
        let worse = book.apply(.updated(shut), at: moment(2))
        #expect(worse == [.released(book.alarms[0])])
        #expect(book.alarms.map(\.state) == [.unacknowledgedActive])
        // A burst of the main is what the work is about.
        book.plan([window(0...60, ["riser-1"])])
        #expect(book.apply(.raised(finding(0, severity: .p1)), at: moment(3)).last?.alarm.state == .outOfService)
    }
}
