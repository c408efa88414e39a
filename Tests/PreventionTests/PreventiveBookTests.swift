// SPDX-License-Identifier: Apache-2.0

import Model
import Prevention
import Testing

/// The preventive calendar: what is due, who must have been there, and what stays on record.
@Suite struct PreventiveBookTests {
    static let tank = AssetIdentifier("roof-tank")
    static let pump = AssetIdentifier("pump-1")
    static let wang = PersonIdentifier("wang")
    static let now = Timestamp(seconds: 1_780_000_000)
    static func day(_ month: Int, _ day: Int, year: Int = 2026) -> CivilDate {
        CivilDate(year: year, month: month, day: day)
    }

    static func cleaning(_ basis: PlannedWork.Basis = .lastDue) -> PlannedWork {
        PlannedWork(
            WorkIdentifier("clean-roof-tank"), asset: tank, kind: .tankCleaning, basis: basis, firstDue: day(5, 10))
    }
    static func report(_ witnesses: [String] = ["Zhao", "Qian"], test: String? = "W-118", on date: CivilDate? = nil)
        -> WorkReport
    {
        WorkReport(
            WorkIdentifier("clean-roof-tank"), by: wang, doneOn: date, witnesses: witnesses, waterTest: test)
    }

    @Test func `a tank is cleaned twice a year with two witnesses, a water test and notice`() throws {
        var book = PreventiveBook(works: [Self.cleaning()])
        let work = try #require(book.works.first)
        #expect(work.interval == .months(6))
        #expect(work.noticeBefore == .seconds(86_400))
        let today = Self.day(5, 10)
        #expect(throws: WorkRefusal.witnessesMissing(needed: 2, named: 1)) {
            try book.record(Self.report(["Zhao", " Zhao "]), identifier: "a", ticket: nil, at: Self.now, today: today)
        }
        #expect(throws: WorkRefusal.witnessesMissing(needed: 2, named: 1)) {
            try book.record(Self.report(["Zhao", "wang"]), identifier: "a", ticket: nil, at: Self.now, today: today)
        }
        #expect(throws: WorkRefusal.waterTestMissing) {
            try book.record(Self.report(test: " "), identifier: "a", ticket: nil, at: Self.now, today: today)
        }
        #expect(book.records.isEmpty)
        let record = try book.record(Self.report(), identifier: "a", ticket: "x-1", at: Self.now, today: today)
        #expect(record.witnesses == ["Qian", "Zhao"])
        #expect(record.ticket == "x-1")
        #expect(record.keepUntil - record.writtenAt >= .seconds(3 * 365 * 86_400))
        #expect(book.next(of: work) == .on(Self.day(11, 10)))
    }

    @Test func `its ticket is asked for fourteen days before, once for each time`() {
        let book = PreventiveBook(works: [Self.cleaning()])
        #expect(book.dueWorks(on: Self.day(4, 25)).isEmpty)
        let due = book.dueWorks(on: Self.day(4, 26))
        #expect(due.map(\.identifier) == ["work:clean-roof-tank:20260510"])
        #expect(book.dueWorks(on: Self.day(6, 1)) == due)
    }

    @Test func `done late, the grid stays; counted from the last time, it moves`() throws {
        for (basis, next) in [(PlannedWork.Basis.lastDue, Self.day(11, 10)), (.lastDone, Self.day(12, 2))] {
            var book = PreventiveBook(works: [Self.cleaning(basis)])
            _ = try book.record(Self.report(), identifier: "a", ticket: nil, at: Self.now, today: Self.day(6, 2))
            #expect(book.next(of: Self.cleaning(basis)) == .on(next))
        }
    }

    @Test func `done so late that the next time has passed, the one after it is next`() throws {
        var book = PreventiveBook(works: [Self.cleaning()])
        _ = try book.record(Self.report(), identifier: "a", ticket: nil, at: Self.now, today: Self.day(11, 20))
        #expect(book.next(of: Self.cleaning()) == .on(Self.day(5, 10, year: 2027)))
    }

    @Test func `done early, it counts for the time that was next`() throws {
        var book = PreventiveBook(works: [Self.cleaning()])
        _ = try book.record(Self.report(), identifier: "a", ticket: nil, at: Self.now, today: Self.day(5, 4))
        #expect(book.records.map(\.due) == [Self.day(5, 10)])
        #expect(book.next(of: Self.cleaning()) == .on(Self.day(11, 10)))
    }

    @Test func `a mistake is put right by another line, and both stay`() throws {
        var book = PreventiveBook(works: [Self.cleaning(.lastDone)])
        let today = Self.day(6, 2)
        _ = try book.record(Self.report(), identifier: "a", ticket: "x-1", at: Self.now, today: today)
        var right = Self.report(on: Self.day(5, 12))
        right.corrects = "a"
        let corrected = try book.record(right, identifier: "b", ticket: nil, at: Self.now, today: today)
        #expect(corrected.ticket == "x-1")
        #expect(book.records.map(\.identifier) == ["a", "b"])
        #expect(book.standing(of: WorkIdentifier("clean-roof-tank")).map(\.identifier) == ["b"])
        #expect(book.next(of: Self.cleaning(.lastDone)) == .on(Self.day(11, 12)))
        #expect(throws: WorkRefusal.nothingToCorrect("a")) {
            try book.record(right, identifier: "c", ticket: nil, at: Self.now, today: today)
        }
    }

    @Test func `nothing is done tomorrow, nor before what is on record`() throws {
        var book = PreventiveBook(works: [Self.cleaning()])
        let today = Self.day(5, 10)
        #expect(throws: WorkRefusal.notYet(Self.day(5, 11))) {
            try book.record(
                Self.report(on: Self.day(5, 11)), identifier: "a", ticket: nil, at: Self.now, today: today)
        }
        _ = try book.record(Self.report(), identifier: "a", ticket: nil, at: Self.now, today: today)
        #expect(throws: WorkRefusal.beforeLast(today)) {
            try book.record(
                Self.report(on: Self.day(5, 9)), identifier: "b", ticket: nil, at: Self.now, today: today)
        }
        #expect(throws: WorkRefusal.unknownWork(WorkIdentifier("no"))) {
            try book.record(
                WorkReport(WorkIdentifier("no"), by: Self.wang), identifier: "b", ticket: nil, at: Self.now,
                today: today)
        }
    }

    @Test func `the same record twice is written once, and a restart knows it`() throws {
        var book = PreventiveBook(works: [Self.cleaning()])
        let today = Self.day(5, 10)
        let first = try book.record(Self.report(), identifier: "a", ticket: nil, at: Self.now, today: today)
        let again = try book.record(
            Self.report(["Sun", "Li"]), identifier: "a", ticket: nil, at: Self.now, today: today)
        #expect(again == first)
        let restored = PreventiveBook(works: book.works, records: book.records)
        #expect(restored.next(of: Self.cleaning()) == book.next(of: Self.cleaning()))
        #expect(restored.records == book.records)
    }

    @Test func `work by run hours is due when the machine has run them, also after its counter began anew`() throws {
        let work = PlannedWork(
            WorkIdentifier("service-pump-1"), asset: Self.pump, kind: .other, interval: .runHours(500),
            firstDue: Self.day(1, 1))
        var book = PreventiveBook(works: [work])
        let today = Self.day(5, 10)
        #expect(book.dueWorks(on: today).isEmpty)
        book.note(runHours: 499, of: Self.pump)
        book.note(runHours: .nan, of: Self.pump)
        #expect(book.dueWorks(on: today).isEmpty)
        book.note(runHours: 500, of: Self.pump)
        #expect(book.dueWorks(on: today).map(\.identifier) == ["work:service-pump-1:after-0"])
        book.note(runHours: 620, of: Self.pump)
        _ = try book.record(
            WorkReport(work.identifier, by: Self.wang), identifier: "a", ticket: nil, at: Self.now, today: today)
        #expect(book.next(of: work) == .at(runHours: 1120))
        #expect(book.dueWorks(on: today).isEmpty)
        book.note(runHours: 3, of: Self.pump)
        #expect(book.next(of: work) == .at(runHours: 500))
    }

    @Test func `what is overdue is said, the nearest first`() {
        let later = PlannedWork(
            WorkIdentifier("serve-lift-1"), asset: AssetIdentifier("lift-1"), kind: .liftService,
            firstDue: Self.day(5, 20))
        let book = PreventiveBook(works: [later, Self.cleaning()])
        let standings = book.standings(on: Self.day(5, 11))
        #expect(standings.map(\.work.identifier.text) == ["clean-roof-tank", "serve-lift-1"])
        #expect(standings.map(\.isOverdue) == [true, false])
    }
}
