// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Testing

@Suite struct AlarmFiguresTests {
    private func raise(_ alarm: String, _ seconds: Int64, _ severity: Severity = .p3) -> AlarmFigures.Raise {
        AlarmFigures.Raise(alarm: alarm, severity: severity, at: moment(0) + .seconds(seconds))
    }

    @Test func `figures of an hour with one flood`() {
        var raises = (0..<11).map { raise("a", Int64($0) * 60, $0 == 0 ? .p1 : .p3) }
        raises += [raise("b", 3599), raise("b", 3600), raise("c", -1)]
        let figures = AlarmFigures(raises.reversed(), from: moment(0), to: moment(60))
        #expect(figures.count == 12)
        #expect(figures.perTenMinutes == 2)
        #expect(figures.mostInTenMinutes == 10, "the eleventh comes just as the window ends")
        #expect(figures.shareInFlood == 0)
        #expect(figures.topTen.map(\.alarm) == ["a", "b"] && figures.topTen.map(\.count) == [11, 1])
        #expect(figures.topTenShare == 1)
        #expect(figures.severityShares == [1.0 / 12, 0, 11.0 / 12, 0])
        let flood = AlarmFigures((0..<11).map { raise("a", Int64($0)) }, from: moment(0), to: moment(60))
        #expect(flood.mostInTenMinutes == 11 && flood.shareInFlood == 1.0 / 6)
    }

    @Test func `an alarm stands at the end of a day when it has been active for longer than one`() {
        func line(_ alarm: String, _ event: String, _ state: AlarmState, _ minute: Int64) -> StandingFigures.Line {
            .init(alarm: alarm, event: event, state: state, at: moment(minute))
        }
        let day: Int64 = 1440
        let lines = [
            line("old", "raised", .unacknowledgedActive, -day), line("day", "raised", .unacknowledgedActive, 0),
            line("old", "acknowledge", .acknowledgedActive, 10), line("shelf", "raised", .unacknowledgedActive, 20),
            line("shelf", "shelve", .shelved, 30), line("old", "returned", .normal, day + 5),
            line("day", "returned", .returnedUnacknowledged, 2 * day),
        ]
        let figures = StandingFigures(lines, from: moment(0), to: moment(2 * day + 60))
        // Exactly a day does not stand yet; the third day is an hour long.
        #expect([figures.days, figures.sum, figures.most] == [3, 2, 1])
        #expect(figures.perDay == 2.0 / 3)
        #expect(StandingFigures(lines, from: moment(60), to: moment(60)).days == 0)
    }

    @Test func `a period without alarms or without length has figures`() {
        let figures = AlarmFigures([], from: moment(60), to: moment(0))
        #expect(figures.count == 0 && figures.perTenMinutes == 0 && figures.severityShares == [0, 0, 0, 0])
    }

    @Test func `an audit names what never fired, comes together and is never acted on`() throws {
        var book = AlarmBook()
        for round in 0..<3 as Range<Int64> {
            for (place, asset) in ["riser-1", "riser-2", "riser-3"].enumerated() {
                let shift: Int64 = place == 2 ? 200 : 0
                _ = book.apply(.raised(finding(round * 1000 + shift, asset: asset)), at: moment(round * 1000 + shift))
                let over = finding(round * 1000 + shift, asset: asset).cleared(at: round * 1000 + shift + 1)
                _ = book.apply(.cleared(over), at: moment(round * 1000 + shift + 1))
            }
        }
        _ = book.acknowledge("riser-1/burst", at: moment(9000))
        let audit = AlarmAudit(book.alarms)
        #expect(audit.neverActedOn == ["riser-2/burst", "riser-3/burst"])
        #expect(audit.alwaysTogether == [["riser-1/burst", "riser-2/burst"]])
        #expect(!audit.neverFired.contains(.burst) && audit.neverFired.count == RuleIdentifier.all.count - 1)
    }
}
