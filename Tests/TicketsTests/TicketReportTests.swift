// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing
import Tickets

/// The figures of a period, each from a log made by the book itself.
@Suite struct TicketReportTests {
    /// Two days from the first minute on; judged long after unless said otherwise.
    private func report(_ desk: Desk, from: Int64 = 0, to: Int64 = 2880, now: Int64 = 50_000) throws -> TicketReport {
        let period = try #require(ReportPeriod(from: moment(from), to: moment(to)))
        let assets = (1...12).map {
            ReportQuestion.Asset(asset: AssetIdentifier("riser-\($0)"), trade: "water", building: "b\($0 % 3)")
        }
        return TicketReport(
            ReportQuestion(period: period, now: moment(now), zone: shanghai, assets: assets),
            tickets: desk.book.tickets)
    }

    /// A ticket of P2 on a riser: accepted and reached after so many minutes, repaired, signed off; its number.
    @discardableResult
    private func work(
        _ desk: inout Desk, riser: Int, start: Int64 = 0, accept: Int64 = 2, arrive: Int64 = 10, repair: Int64 = 60,
        isPassed: Bool = true
    ) throws -> String {
        let found = finding(start, asset: "riser-\(riser)")
        let number = try #require(desk.raise(found, at: start).events.first?.ticket)
        try desk.act(.accept, on: number, at: start + accept)
        try desk.act(.arrive, on: number, at: start + arrive)
        try desk.act(.resolve, on: number, at: start + repair)
        desk.clear(found, at: start + repair)
        desk.tick(at: start + repair + 31)
        try desk.act(.signOff, by: zhou, on: number, isPassed: isPassed, at: start + repair + 40)
        return number
    }

    private func counts(_ figure: Figure?) -> [Int?] { [figure?.numerator, figure?.denominator, figure?.pending] }

    @Test func `arrival in time counts, arrival too late does not`() throws {
        var desk = Desk()
        // The budget of 15 minutes is used up at the fifteenth.
        for riser in 1...10 { try work(&desk, riser: riser, arrive: riser <= 7 ? 14 : 15) }
        let figure = try #require(try report(desk)[.timeliness])
        #expect(counts(figure) == [7, 10, 0])
        #expect(figure.permille == 700)
        #expect(figure.isTargetReached == false)
    }

    @Test func `what is broken and still open counts as late, what is not due yet counts nowhere`() throws {
        var desk = Desk()
        try work(&desk, riser: 1)
        desk.raise(finding(0, asset: "riser-2"), at: 0)
        desk.raise(finding(95, asset: "riser-3"), at: 95)
        // Nobody has ticked since: overdue is found by looking.
        let report = try report(desk, now: 100)
        #expect(counts(report[.timeliness]) == [1, 2, 1])
        #expect(report.overdue.map(\.asset.text) == ["riser-2", "riser-3"])
        #expect(report.overdue.first?.promises == [.acknowledge, .onSite])
        #expect(report.overdue.last?.promises == [.acknowledge])
        #expect(report.overdue.map(\.owner) == [zhou, zhou])
        #expect(report.overdue.first?.dueAt == moment(3))
    }

    @Test func `fewer than ten cases are told in counts only`() throws {
        var desk = Desk()
        for riser in 1...9 { try work(&desk, riser: riser) }
        let few = try #require(try report(desk)[.timeliness])
        #expect(few.denominator == 9)
        #expect(few.permille == nil)
        #expect(few.isTargetReached == nil)
        try work(&desk, riser: 10)
        let enough = try #require(try report(desk)[.timeliness])
        #expect(enough.permille == 1000)
        #expect(enough.isTargetReached == true)
    }

    @Test func `a repair that is sent back, or taken up again in 72 h, has not passed`() throws {
        var desk = Desk()
        try work(&desk, riser: 1)
        try work(&desk, riser: 2, isPassed: false)
        let number = try work(&desk, riser: 3)
        try desk.act(.reopen, by: zhou, on: number, at: 100 + 72 * 60 - 1)
        try work(&desk, riser: 4, start: 2000)
        let all = try report(desk)
        #expect(counts(all[.qualityPass]) == [2, 4, 0])
        #expect(counts(all[.rework]) == [1, 3, 0])
        #expect(counts(all[.firstTimeFix]) == [2, 3, 0])
        // Until the reopen window is over nobody knows.
        let early = try report(desk, now: 100 + 72 * 60 - 1)
        #expect(counts(early[.qualityPass]) == [0, 0, 4])
    }

    @Test func `scores of 4 and 5 are content, calls without a score are not counted`() throws {
        var desk = Desk()
        for (riser, score) in [5, 4, 3, nil].enumerated() {
            let number = try work(&desk, riser: riser + 1)
            try desk.order(.followUp, by: zhou, on: number, at: 200) { $0.score = score }
        }
        let report = try report(desk)
        #expect(counts(report[.satisfaction]) == [2, 3, 0])
        // P2 is major: every one of them is due.
        #expect(counts(report[.followUp]) == [4, 4, 0])
        #expect(report.followUps.allSatisfy { $0.ground == .major && $0.isDone })
    }

    @Test func `equipment is sound without an open ticket of P1 to P3`() throws {
        var desk = Desk()
        desk.raise(finding(0, asset: "riser-1", severity: .p3), at: 0)
        desk.raise(finding(0, asset: "riser-2", severity: .p4), at: 0)
        desk.raise(finding(0, asset: "elsewhere", severity: .p1), at: 0)
        try work(&desk, riser: 3)
        #expect(counts(try report(desk)[.soundEquipment]) == [11, 12, 0])
    }

    @Test func `times are means from the report on`() throws {
        var desk = Desk()
        try work(&desk, riser: 1, accept: 1, arrive: 10, repair: 50)
        try work(&desk, riser: 2, accept: 2, arrive: 13, repair: 101)
        let report = try report(desk)
        #expect(report[.timeToAcknowledge]?.meanSeconds == 90)
        #expect(counts(report[.timeToSite]) == [23 * 60, 2, 0])
        #expect(report[.timeToRepair]?.meanSeconds == (50 + 101) * 30)
        #expect(report[.backlogAge]?.meanSeconds == nil)
    }

    @Test func `what cleared itself and what was nothing are parts of what was raised`() throws {
        var desk = Desk()
        let gone = finding(0, asset: "riser-1", severity: .p3)
        desk.raise(gone, at: 0)
        desk.clear(gone, at: 1)
        desk.raise(finding(0, asset: "riser-2"), at: 0)
        try desk.act(.falseAlarm, on: desk.book.tickets[1].number, at: 2)
        try work(&desk, riser: 3)
        let report = try report(desk)
        #expect(counts(report[.selfCleared]) == [1, 3, 0])
        #expect(counts(report[.falseAlarms]) == [1, 3, 0])
        #expect(report.counts.falseAlarms == 1)
    }

    @Test func `a promise that waits for parts is not late, and one of the highest priority waits for nothing`() throws
    {
        var desk = Desk()
        for (riser, severity) in [Severity.p3, .p1].enumerated() {
            let found = finding(0, asset: "riser-\(riser + 1)", severity: severity)
            let number = try #require(desk.raise(found, at: 0).events.first?.ticket)
            try desk.act(.accept, on: number, at: 1)
            try desk.order(.hold, on: number, note: "order 12", at: 5) {
                ($0.reason, $0.until) = (.parts, moment(30_000))
            }
        }
        let report = try report(desk, to: 20_000, now: 20_000)
        #expect(counts(report[.promisesP1]) == [1, 3, 0], "answered, not reached, not repaired")
        #expect(counts(report[.promisesP3]) == [1, 2, 1])
    }

    @Test func `backlog is told by age`() throws {
        var desk = Desk()
        for (riser, start) in [0, 3 * 1440, 7 * 1440, 9 * 1440 + 1].enumerated() {
            desk.raise(finding(Int64(start), asset: "riser-\(riser + 1)", severity: .p4), at: Int64(start))
        }
        let report = try report(desk, to: 10 * 1440)
        #expect(report.counts.openByAge == [1, 0, 1, 2])
        #expect(report[.backlogAge]?.numerator == (10 + 7 + 3) * 86_400 + 86_340)
    }

    @Test func `complaints and faults that came back are counted`() throws {
        var desk = Desk()
        let number = try work(&desk, riser: 1)
        try desk.order(.followUp, by: zhou, on: number, at: 100 + 73 * 60) { $0.score = 1 }
        try work(&desk, riser: 1, start: 6000)
        let report = try report(desk, to: 10_000)
        #expect([report.counts.complaints, report.counts.recurrences] == [1, 1])
        #expect(report.topAssets.map(\.asset.text) == ["riser-1"])
        #expect(report.topAssets.map(\.tickets) == [3])
    }

    /// Whatever comes later, a period that has settled keeps its figures.
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `figures of a past period never change`(seed: UInt64) throws {
        var story = TicketInvariantTests.Story(seed: seed)
        for _ in 0..<120 { try story.step() }
        let (from, to) = (moment(1000), moment(3000))
        let period = try #require(ReportPeriod(from: from, to: to))
        let settled = to + .seconds(72 * 3600)
        let assets = TicketInvariantTests.assets.map {
            ReportQuestion.Asset(asset: AssetIdentifier($0), trade: "water", building: "b1")
        }
        func ask(_ tickets: [Ticket], at now: Timestamp) -> TicketReport {
            TicketReport(ReportQuestion(period: period, now: now, zone: shanghai, assets: assets), tickets: tickets)
        }
        let early = TicketBook(policy: story.book.policy, events: story.log.filter { $0.at < settled }).tickets
        let late = ask(story.book.tickets, at: story.now + .seconds(100 * 86_400))
        #expect(ask(early, at: settled) == late)
        #expect(ask(story.book.tickets, at: settled) == late)
        for figure in late.figures where figure.key.unit == .share {
            #expect((0...figure.denominator).contains(figure.numerator), "\(figure)")
        }
        #expect(late.overdue.allSatisfy { $0.dueAt <= to })
    }
}
