// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Testing

/// Pump stopped: no alarm of low pressure. What is not known hides nothing for long.
@Suite struct AlarmSuppressionTests {
    private let rule = Suppression(
        alarm: "riser-1/burst", condition: .compare(point: 0, .equal, 0), text: "pump-1/running is off")
    private var periods: [Int: Duration] { [0: .seconds(10)] }

    private func second(_ seconds: Int64) -> Timestamp { moment(0) + .seconds(seconds) }

    /// Settles and hands what came out to the alarms.
    private func settle(_ book: inout SuppressionBook, _ alarms: inout AlarmBook, at seconds: Int64) -> [AlarmState] {
        book.settle(at: second(seconds)).flatMap { alarms.explain($0.alarm, by: $0.text, at: second(seconds)) }
            .map(\.alarm.state)
    }

    @Test func `an alarm that a stopped pump explains is born withheld, and told when the pump runs`() {
        var (book, alarms) = (SuppressionBook(rules: [rule], periods: periods), AlarmBook())
        book.note(0, of: 0, at: second(0))
        #expect(settle(&book, &alarms, at: 0).isEmpty)
        #expect(alarms.apply(.raised(finding(0)), at: second(5)).map(\.alarm.state) == [.suppressedByDesign])
        #expect(alarms.alarms.map(\.explanation) == ["pump-1/running is off"])
        book.note(1, of: 0, at: second(20))
        #expect(settle(&book, &alarms, at: 20) == [.unacknowledgedActive])
        #expect(alarms.alarms.map(\.explanation) == [nil])
        book.note(0, of: 0, at: second(30))
        #expect(settle(&book, &alarms, at: 30) == [.suppressedByDesign])
        #expect(
            alarms.apply(.cleared(finding(0).cleared(at: 1)), at: second(31)).map(\.alarm.state) == [
                .suppressedByDesign
            ])
        book.note(1, of: 0, at: second(40))
        #expect(settle(&book, &alarms, at: 40) == [.normal])
    }

    @Test func `what is not known lets go after five minutes, not before`() {
        var (book, alarms) = (SuppressionBook(rules: [rule], periods: periods), AlarmBook())
        _ = alarms.apply(.raised(finding(0)), at: second(0))
        book.note(0, of: 0, at: second(0))
        #expect(settle(&book, &alarms, at: 0) == [.suppressedByDesign])
        // Three periods are less than a minute, which any value may be old.
        #expect(settle(&book, &alarms, at: 60).isEmpty)
        book.note(nil, of: 0, at: second(61))
        #expect(settle(&book, &alarms, at: 61).isEmpty)
        #expect(settle(&book, &alarms, at: 360).isEmpty)
        #expect(settle(&book, &alarms, at: 361) == [.unacknowledgedActive])
        // And it withholds nothing before the point is heard again.
        #expect(settle(&book, &alarms, at: 500).isEmpty)
        book.note(0, of: 0, at: second(501))
        #expect(settle(&book, &alarms, at: 501) == [.suppressedByDesign])
    }

    @Test func `a value grows old by three periods`() {
        var slow = SuppressionBook(rules: [rule], periods: [0: .seconds(600)])
        slow.note(0, of: 0, at: second(0))
        #expect(slow.settle(at: second(0)).map(\.text) == ["pump-1/running is off"])
        #expect(slow.settle(at: second(1800)).isEmpty)
        #expect(slow.settle(at: second(2100)).isEmpty)
        #expect(slow.settle(at: second(2101)).map(\.text) == [nil])
    }

    @Test func `a restart keeps what is explained until it is known better`() {
        var alarms = AlarmBook()
        _ = alarms.explain("riser-1/burst", by: rule.text, at: second(0))
        _ = alarms.apply(.raised(finding(0)), at: second(1))
        var again = AlarmBook(alarms: alarms.alarms)
        var book = SuppressionBook(rules: [rule], periods: periods, alarms: again.alarms)
        #expect(settle(&book, &again, at: 10).isEmpty)
        book.note(1, of: 0, at: second(12))
        #expect(settle(&book, &again, at: 12) == [.unacknowledgedActive])
        // Without the rule nothing would ever let go of it.
        var other = AlarmBook(alarms: alarms.alarms)
        var none = SuppressionBook(alarms: other.alarms)
        #expect(settle(&none, &other, at: 10) == [.unacknowledgedActive])
        #expect(none.isEmpty)
    }

    @Test func `of two conditions either explains`() {
        let other = Suppression(alarm: "riser-1/burst", condition: .compare(point: 1, .equal, 0), text: "b")
        var book = SuppressionBook(rules: [rule, other], periods: [0: .seconds(10), 1: .seconds(10)])
        book.note(0, of: 1, at: second(0))
        book.note(1, of: 0, at: second(0))
        #expect(book.settle(at: second(0)).map(\.text) == ["b"])
        book.note(0, of: 0, at: second(1))
        #expect(book.settle(at: second(1)).map(\.text) == [rule.text])
        book.note(1, of: 1, at: second(2))
        #expect(book.settle(at: second(2)).map(\.text) == [rule.text])
        book.note(1, of: 0, at: second(3))
        #expect(book.settle(at: second(3)).map(\.text) == [nil])
    }

    @Test func `a device that is heard again does not let go of what a condition explains`() {
        var alarms = AlarmBook()
        let silence = finding(0, rule: .dropout, severity: .p4)
        _ = alarms.apply(.raised(silence), at: second(0))
        _ = alarms.explain("riser-1/burst", by: rule.text, at: second(1))
        _ = alarms.apply(.raised(finding(1)), at: second(2))
        #expect(alarms.apply(.cleared(silence.cleared(at: 1)), at: second(60)).count == 1)
        #expect(alarms.alarm(asset: AssetIdentifier("riser-1"), rule: .burst)?.state == .suppressedByDesign)
        // And a condition that ends does not let go of what a silent device withholds.
        _ = alarms.apply(.raised(finding(9, rule: .dropout, severity: .p4)), at: second(70))
        #expect(alarms.explain("riser-1/burst", by: nil, at: second(71)).map(\.alarm.state) == [.suppressedByDesign])
    }
}
