// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Prevention

/// One test for each rule of estate practice that preventive work keeps, named by the rule's words.
@Suite struct EstatePracticeWorkTests {
    @Test("tank cleaning twice a year with notice to residents, witnesses and kept records")
    func tankCleaning() throws {
        let work = PreventiveBookTests.cleaning()
        #expect(work.interval == .months(6) && work.noticeBefore == .seconds(24 * 3600))
        #expect(work.witnesses == 2 && work.needsWaterTest && work.retentionYears == 3)
        var book = PreventiveBook(works: [work])
        let today = PreventiveBookTests.day(5, 10)
        #expect(throws: WorkRefusal.self) {
            try book.record(
                PreventiveBookTests.report(["Zhao"]), identifier: "a", ticket: nil, at: PreventiveBookTests.now,
                today: today)
        }
        let record = try book.record(
            PreventiveBookTests.report(), identifier: "a", ticket: nil, at: PreventiveBookTests.now, today: today)
        #expect(record.witnesses.count == 2 && record.keepUntil - record.writtenAt >= .seconds(3 * 365 * 86_400))
        #expect(book.next(of: work) == .on(PreventiveBookTests.day(11, 10)), "half a year later")
    }

    @Test("other preventive work on a calendar or by run hours")
    func runHours() throws {
        let pump = PreventiveBookTests.pump
        let first = PreventiveBookTests.day(5, 10)
        let byHours = PlannedWork(
            WorkIdentifier("grease"), asset: pump, kind: .other, interval: .runHours(2000), firstDue: first)
        let byCalendar = PlannedWork(WorkIdentifier("duty"), asset: pump, kind: .pumpDutyChange, firstDue: first)
        var book = PreventiveBook(works: [byHours, byCalendar])
        #expect(book.dueWorks(on: first).map(\.work.identifier.text) == ["duty"])
        book.note(runHours: 10, of: pump)
        book.note(runHours: 2011, of: pump)
        #expect(book.dueWorks(on: first).map(\.work.identifier.text).sorted() == ["duty", "grease"])
    }

    @Test("lifts in service: service every 15 days") func lifts() {
        #expect(PlannedWork.Kind.liftService.usualInterval == .days(15))
    }
}
