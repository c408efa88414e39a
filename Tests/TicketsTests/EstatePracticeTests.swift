// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import Tickets

/// One test for each rule of estate practice that tickets and reports keep, named by the rule's words.
@Suite struct EstatePracticeTests {
    private let chen = PersonIdentifier("chen-jie")
    private let zhao = PersonIdentifier("zhao-min")

    /// Service hours 6 to 22 and a nine-hour working day, as a site has them that says nothing else.
    private func practice(leaders: Set<PersonIdentifier> = []) throws -> TicketPolicy {
        var policy = policy()
        let service = WorkingCalendar.daily("service_centre", [try #require(OpenHours(from: 360, to: 1320))])
        let working = WorkingCalendar.weekdays("working_days", [try #require(OpenHours(from: 510, to: 1050))])
        policy.calendars = [service, working]
        policy.levels = .standard(serviceHours: service.name, workingDays: working)
        policy.leaders = leaders
        return policy
    }

    /// Raised on Sunday 2026-11-22 at 16:00 in Shanghai.
    private func ticket(_ severity: Severity) throws -> Ticket {
        var desk = Desk(try practice())
        desk.raise(finding(0, severity: severity), at: 0)
        return desk.ticket
    }

    // MARK: accountability

    @Test("first-receiver responsibility (首接责任制): one named person answers for a ticket until it is signed off")
    func oneOwner() throws {
        var desk = Desk()
        desk.raise(finding(0), at: 0)
        #expect(desk.ticket.owner == zhou)
        try desk.act(.accept, by: li, at: 1)
        try desk.order(.handOver, by: zhou, at: 2) { $0.to = wang }
        #expect(desk.ticket.owner == zhou, "the old one stays until the new one takes over")
        #expect(throws: TicketRefusal.notOffered(li, ticket: desk.ticket.number)) {
            try desk.act(.takeOver, by: li, at: 3)
        }
        try desk.act(.takeOver, by: wang, at: 4)
        try desk.act(.arrive, by: li, at: 5)
        try desk.act(.resolve, by: li, at: 30)
        desk.clear(finding(0), at: 30)
        desk.tick(at: 61)
        #expect(desk.ticket.owner == wang && desk.ticket.state == .awaitingSignOff)
    }

    // MARK: promises

    @Test("acknowledged within 3 minutes", arguments: [Severity.p1, .p2, .p3])
    func acknowledged(severity: Severity) throws {
        #expect(try ticket(severity).respondBy == moment(3))
    }

    @Test("on site within 15 minutes for an urgent complaint", arguments: [Severity.p1, .p2])
    func onSiteUrgent(severity: Severity) throws {
        #expect(try ticket(severity).onSiteBy == moment(15))
    }

    @Test("on site within 8 hours for others")
    func onSiteOthers() throws {
        // Six hours until 22:00, two from 6:00 on: 16 hours after the report.
        #expect(try ticket(.p3).onSiteBy == moment(16 * 60))
    }

    @Test("common-part repair within 3 working days")
    func commonParts() throws {
        // Monday, Tuesday and Wednesday until 17:30.
        #expect(shanghai.local(try ticket(.p3).resolveBy).minuteText == "2026-11-25 17:30")
    }

    @Test("a promise may be postponed once, never twice, and somebody is told at the same time")
    func postponedOnce() throws {
        var desk = Desk()
        desk.raise(finding(0, severity: .p3), at: 0)
        try desk.act(.accept, at: 1)
        let effects = try desk.order(.postpone, note: "no spare part", at: 5) { $0.until = moment(3000) }
        #expect(effects.notices.map(\.key) == [.postponed])
        #expect(throws: TicketRefusal.postponementUsed(ticket: desk.ticket.number)) {
            try desk.order(.postpone, note: "again", at: 6) { $0.until = moment(4000) }
        }
        #expect(desk.ticket.postponement?.to == moment(3000))
    }

    @Test("a promise of more than 7 days needs a leader's word")
    func longPromise() throws {
        var desk = Desk(try practice(leaders: [chen]))
        desk.raise(finding(0, severity: .p3), at: 0)
        try desk.act(.accept, at: 1)
        #expect(throws: TicketRefusal.missing(.postpone, .approval, ticket: desk.ticket.number)) {
            try desk.order(.postpone, note: "parts", at: 2) { $0.until = moment(8 * 1440) }
        }
        try desk.order(.postpone, note: "parts", at: 3) { ($0.until, $0.approver) = (moment(8 * 1440), chen) }
    }

    // MARK: duty

    private func roster(leaderHours: Int) -> Roster {
        Roster(shifts: [
            DutyShift(post: .repairCrew, weekdays: Set(1...7), from: 0, minutes: 1440, persons: [li]),
            DutyShift(post: .serviceCentre, weekdays: Set(1...7), from: 360, minutes: 960, persons: [wang]),
            DutyShift(post: .shiftLeader, weekdays: Set(1...7), from: 0, minutes: 60 * leaderHours, persons: [chen]),
        ])
    }

    @Test("repair crew 24 h, service centre 16 h, a shift leader always named")
    func duty() throws {
        let service = WorkingCalendar.daily("service_centre", [try #require(OpenHours(from: 360, to: 1320))])
        #expect(roster(leaderHours: 24).gaps(from: moment(0), serviceHours: service, zone: shanghai).isEmpty)
        let gaps = roster(leaderHours: 23).gaps(from: moment(0), serviceHours: service, zone: shanghai)
        #expect(gaps.map(\.post) == Array(repeating: .shiftLeader, count: 7))
        #expect(gaps.allSatisfy { $0.to - $0.from == .seconds(3600) })
    }

    @Test("outside the service centre's hours the shift leader receives")
    func receiver() throws {
        var policy = try practice()
        policy.roster = roster(leaderHours: 24)
        #expect(policy.owner(at: moment(0)) == wang, "16:00")
        #expect(policy.owner(at: moment(7 * 60)) == chen, "23:00")
    }

    @Test("serious trouble is reported upward at once", arguments: [(Severity.p1, true), (.p2, false)])
    func serious(severity: Severity, isTold: Bool) throws {
        var policy = try practice()
        policy.roster = roster(leaderHours: 24)
        policy.roster.shifts.append(
            DutyShift(post: .manager, weekdays: Set(1...7), from: 0, minutes: 1440, persons: [zhao]))
        var desk = Desk(policy)
        let told = desk.raise(finding(0, severity: severity), at: 0).notices.first { $0.key == .raised }
        #expect(told?.audience.contains(chen) == isTold && told?.audience.contains(zhao) == isTold)
        #expect(told?.audience.contains(li) == true, "those who repair hear of either")
    }

    // MARK: residents

    @Test("a notice text for an outage (zh and en), ready to post")
    func outage() throws {
        var desk = Desk()
        desk.raise(finding(0), at: 0)
        var given = ResidentGiven()
        given.cause = BilingualText(zh: "主管爆裂", en: "a burst main")
        given.place = BilingualText(zh: "1号楼", en: "block 1")
        given.company = BilingualText(zh: "湖滨物业", en: "Lakeside Care")
        let today = CivilDate(year: 2026, month: 11, day: 22)
        #expect(throws: ResidentRefusal.self, "a gap is refused") {
            try ResidentNotice.facts(of: .waterOutage, desk.ticket, given: given, today: today)
        }
        given.phone = "0571-88880000"
        let facts = try ResidentNotice.facts(of: .waterOutage, desk.ticket, given: given, today: today)
        #expect(Set(facts.keys) == Set(ResidentNotice.Kind.waterOutage.slots))
    }

    // MARK: records

    @Test("sign-off with name and time, and never by the one who repaired")
    func signOff() throws {
        var desk = Desk()
        desk.raise(finding(0), at: 0)
        try desk.act(.accept, at: 1)
        try desk.act(.arrive, at: 5)
        try desk.act(.resolve, at: 30)
        desk.clear(finding(0), at: 30)
        desk.tick(at: 61)
        #expect(throws: TicketRefusal.signerIsResolver(li, ticket: desk.ticket.number)) {
            try desk.act(.signOff, by: li, at: 70)
        }
        try desk.act(.signOff, by: wang, at: 71)
        #expect(desk.ticket.signer == wang && desk.ticket.closedAt == moment(71))
    }

    @Test("feedback within 2 days: the reporter of an open ticket hears how it stands")
    func feedback() throws {
        let day: Int64 = 1440
        var desk = Desk(try practice())
        desk.report("No water.", severity: .p4, by: wang, at: 0)
        #expect(desk.ticket.allowedVerbs.contains(.inform) && desk.ticket.feedbackBy == moment(2 * day))
        #expect(throws: TicketRefusal.noteMissing(.inform, ticket: desk.ticket.number)) {
            try desk.act(.inform, by: li, note: " ", at: 10)
        }
        try desk.act(.inform, by: li, note: "The part comes on Friday.", at: day)
        desk.tick(at: 3 * day - 1)
        #expect(!desk.log.map(\.kind.word).contains("feedbackDue"), "two days since the last word are not over")
        let notices = desk.tick(at: 3 * day).notices.filter { $0.key == .feedbackDue }
        #expect(notices.map(\.audience) == [[desk.ticket.owner]], "whoever answers for the ticket hears of it")
        #expect(desk.tick(at: 3 * day + 1).notices.isEmpty, "once")
        desk.tick(at: 5 * day)
        #expect(desk.log.count { $0.kind == .feedbackDue } == 2, "and again after two more days")
        // Told late, then in time.
        try desk.act(.inform, by: li, note: "It came.", at: 5 * day + 10)
        try desk.act(.inform, by: li, note: "It is built in.", at: 6 * day)
        let period = try #require(ReportPeriod(from: moment(0), to: moment(30 * day)))
        let report = TicketReport(
            ReportQuestion(period: period, now: moment(40 * day), zone: shanghai), tickets: desk.book.tickets)
        #expect(report[.feedback].map { [$0.numerator, $0.denominator] } == [2, 4])
    }

    @Test("what nobody reported needs no feedback; nor does a closed ticket, nor a site that does not ask for it")
    func noFeedback() throws {
        var desk = Desk()
        desk.raise(finding(0, severity: .p4), at: 0)
        #expect(desk.ticket.feedbackBy == nil && !desk.ticket.allowedVerbs.contains(.inform))
        var free = try practice()
        free.feedbackWithin = .zero
        var other = Desk(free)
        other.report("No water.", severity: .p4, by: wang, at: 0)
        #expect(other.ticket.feedbackBy == nil && other.ticket.allowedVerbs.contains(.inform))
        var third = Desk(try practice())
        third.report("No water.", severity: .p4, by: wang, at: 0)
        try third.act(.cancel, by: zhou, note: "twice the same", at: 5)
        third.tick(at: 10_000)
        #expect(third.log.count { $0.kind == .feedbackDue } == 0)
    }

    @Test("serious trouble is reported upward at once, also when it becomes serious later")
    func risen() throws {
        var policy = try practice()
        policy.roster = roster(leaderHours: 24)
        policy.roster.shifts.append(
            DutyShift(post: .manager, weekdays: Set(1...7), from: 0, minutes: 1440, persons: [zhao]))
        var desk = Desk(policy)
        desk.report("A stain.", severity: .p4, by: wang, at: 0)
        let effects = desk.report("It pours.", severity: .p1, by: wang, at: 30)
        let told = try #require(effects.notices.first { $0.key == .risen })
        #expect(told.urgency == .p1)
        let now = shanghai.local(moment(30))
        for post in [DutyPost.shiftLeader, .manager] {
            let serving = desk.book.policy.roster.onDuty(post, at: now)
            #expect(!serving.isEmpty && serving.allSatisfy(told.audience.contains), "\(post)")
        }
        #expect(desk.report("It pours on.", severity: .p1, by: wang, at: 31).notices.isEmpty, "once")
    }

    // MARK: quality and rhythm

    @Test("repair timeliness, quality pass rate, satisfaction: targets 95 %, 95 %, 92 % (90 % the least)")
    func targets() throws {
        let targets = ReportTargets()
        #expect([.timeliness, .qualityPass, .satisfaction].map { targets.values[$0] } == [950, 950, 920])
        #expect(targets.leastSatisfaction == 900)
        let period = try #require(ReportPeriod(from: moment(0), to: moment(1440)))
        let report = TicketReport(ReportQuestion(period: period, now: moment(9000), zone: shanghai), tickets: [])
        #expect(
            [.timeliness, .qualityPass, .satisfaction].map { report[$0]?.target } == [950, 950, 920],
            "and each is told with its figure")
        #expect(Figure(.timeliness, 19, of: 20, target: 950).isTargetReached == true)
        #expect(Figure(.timeliness, 18, of: 20, target: 950).isTargetReached == false)
    }

    @Test("follow-up calls on at least half of the closed tickets each month, drawn at random, and on all major ones")
    func followUps() throws {
        let tickets = (0..<60).map { place in
            FollowUpSample.Candidate(
                ticket: "lakeside-20261122-\(100 + place)", trade: "water", building: "b\(place % 4)",
                isMajor: place % 6 == 0)
        }
        for seed in 0..<20 as Range<UInt64> {
            let grounds = FollowUpSample(of: tickets, seed: seed, isMonthOver: true).grounds
            #expect(grounds.values.count { $0 == .major } == 10)
            #expect(grounds.count >= 10 + 25)
        }
    }

    @Test("overdue list daily")
    func overdue() throws {
        var desk = Desk()
        desk.raise(finding(0), at: 0)
        let period = try #require(ReportPeriod(from: moment(0), to: moment(30_000)))
        let report = TicketReport(
            ReportQuestion(period: period, now: moment(20), zone: shanghai), tickets: desk.book.tickets)
        #expect(report.overdue.map(\.owner) == [zhou])
        #expect(report.overdue.first?.promises == [.acknowledge, .onSite])
    }

    @Test("report every Friday afternoon")
    func friday() throws {
        let week = try #require(ReportPeriod(weekBefore: moment(0), zone: shanghai))
        #expect(shanghai.local(week.from).minuteText == "2026-11-13 15:00")
        #expect(shanghai.local(week.to).minuteText == "2026-11-20 15:00")
        #expect(shanghai.local(week.to).date.weekday == 5)
    }

    @Test("monthly review")
    func monthly() throws {
        let month = ReportMonth(of: moment(0), zone: shanghai)
        let period = try #require(ReportPeriod(first: month, months: 1, zone: shanghai))
        #expect(shanghai.local(period.from).minuteText == "2026-11-01 00:00")
        #expect(shanghai.local(period.to).minuteText == "2026-12-01 00:00")
    }

    // MARK: responsibility and areas

    @Test("every asset has a responsible party; tickets go to it", arguments: ResponsibleParty.allCases)
    func responsibleParty(party: ResponsibleParty) throws {
        var policy = policy()
        policy.responsible[AssetIdentifier("riser-1")] = Responsibility(party: party, contact: zhao)
        var desk = Desk(policy)
        let notice = try #require(desk.raise(finding(0), at: 0).notices.first { $0.key == .raised })
        #expect(notice.audience.contains(zhao) && notice.arguments["party"] == party.rawValue)
        #expect(desk.ticket.owner == zhou, "whoever does the work, one of ours answers for it")
    }

    @Test("several estates form an area; the same rolls up")
    func areas() {
        let area = AreaFigures([
            .init(site: "east", figures: [Figure(.timeliness, 1, of: 2)]),
            .init(site: "west", figures: [Figure(.timeliness, 97, of: 98)]),
        ])
        #expect(area.whole == [Figure(.timeliness, 98, of: 100)])
    }
}
