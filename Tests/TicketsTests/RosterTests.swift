// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import Tickets

@Suite struct RosterTests {
    static let all: Set<Int> = [1, 2, 3, 4, 5, 6, 7]
    static let chen = PersonIdentifier("chen-jie")
    static let sun = PersonIdentifier("sun-tao")

    /// Crew li and sun around the clock, service centre zhou 6 to 22, shift leader wang by day and chen by night.
    static let roster = Roster(
        shifts: [
            DutyShift(post: .repairCrew, weekdays: all, from: 0, minutes: 1440, persons: [li, sun]),
            DutyShift(post: .serviceCentre, weekdays: all, from: 360, minutes: 960, persons: [zhou]),
            DutyShift(post: .shiftLeader, weekdays: all, from: 480, minutes: 720, persons: [wang]),
            DutyShift(post: .shiftLeader, weekdays: all, from: 1200, minutes: 720, persons: [chen]),
        ])

    static func local(_ hour: Int, _ minute: Int = 0, day: Int = 23) -> CivilTime {
        CivilTime(date: CivilDate(year: 2026, month: 11, day: day), hour: hour, minute: minute)
    }

    @Test func `the one on the post answers, outside service hours the shift leader`() {
        #expect(Self.roster.receiver(at: Self.local(6)) == zhou)
        #expect(Self.roster.receiver(at: Self.local(22)) == Self.chen)
        #expect(Self.roster.receiver(at: Self.local(3)) == Self.chen, "a shift that began the day before")
        #expect(Roster().receiver(at: Self.local(3)) == nil)
        var desk = Desk(standardPolicy(roster: Self.roster))
        desk.raise(finding(asset: "a"), at: 0)
        desk.raise(finding(asset: "b"), at: 8 * 60)
        #expect(desk.book.tickets.map(\.owner) == [zhou, Self.chen])
    }

    @Test func `a substitute stands in, and a step is left out when nobody does`() {
        var roster = Self.roster
        let day = CivilDate(year: 2026, month: 11, day: 23)
        roster.absences = [Absence(person: li, first: day, last: day, substitute: wang)]
        #expect(roster.onDuty(.repairCrew, at: Self.local(9)) == [wang, Self.sun])
        #expect(roster.onDuty(.repairCrew, at: Self.local(9, day: 24)) == [li, Self.sun])
        roster.absences = [Absence(person: li, first: day, last: day, substitute: nil)]
        #expect(roster.chain(assignee: li, at: Self.local(9)) == [[Self.sun], [wang]])
        #expect(Self.roster.chain(assignee: li, at: Self.local(9)) == [[li], [Self.sun], [wang]])
        #expect(Self.roster.chain(assignee: Self.sun, at: Self.local(9)) == [[Self.sun], [li], [wang]])
    }

    @Test func `hours of the next week in which nobody leads are found`() {
        var roster = Self.roster
        #expect(roster.gaps(from: moment(0), serviceHours: nil, zone: shanghai) == [])
        let day = CivilDate(year: 2026, month: 11, day: 25)
        roster.absences = [Absence(person: wang, first: day, last: day, substitute: nil)]
        let gaps = roster.gaps(from: moment(0), serviceHours: nil, zone: shanghai)
        #expect(gaps.map(\.post) == [.shiftLeader])
        #expect(gaps.map { shanghai.local($0.from).minuteText } == ["2026-11-25 08:00"])
        #expect(gaps.map { shanghai.local($0.to).minuteText } == ["2026-11-25 20:00"])
    }

    @Test func `an urgent promise climbs the chain in order and then tells everybody five times`() {
        var desk = Desk(standardPolicy(roster: Self.roster))
        desk.raise(finding(severity: .p1), at: 0)
        var steps: [String] = []
        for minute in 0...180 as ClosedRange<Int64> {
            for event in desk.tick(at: minute).events {
                if case .escalated(.acknowledge, let step, let persons) = event.kind {
                    steps.append("\(minute) \(step) \(persons.map(\.text).joined(separator: "+"))")
                }
            }
            if minute % 7 == 0 { desk.restart() }
        }
        #expect(
            steps == [
                "2 50 li-wei", "3 80 sun-tao", "3 100 wang-fang", "18 101 li-wei+sun-tao+wang-fang",
                "33 102 li-wei+sun-tao+wang-fang", "48 103 li-wei+sun-tao+wang-fang",
                "63 104 li-wei+sun-tao+wang-fang", "78 105 li-wei+sun-tao+wang-fang",
            ])
    }

    @Test func `an overdue ticket goes one up the chain on each working day`() {
        let (manager, head) = (PersonIdentifier("zhao-min"), PersonIdentifier("qian-li"))
        var roster = Self.roster
        roster.shifts += [(DutyPost.manager, manager), (.areaLeader, head)].map { post, person in
            DutyShift(post: post, weekdays: Self.all, from: 0, minutes: 1440, persons: [person])
        }
        var desk = Desk(standardPolicy(roster: roster))
        desk.raise(finding(severity: .p4), at: 0)
        var steps: [(step: Int, day: String, persons: [PersonIdentifier])] = []
        for hour in 0...500 as ClosedRange<Int64> {
            for event in desk.tick(at: hour * 60).events {
                guard case .escalated(.acknowledge, let step, let persons) = event.kind else { continue }
                steps.append((step, String(shanghai.local(event.at).minuteText.prefix(10)), persons))
            }
        }
        #expect(steps.map(\.step) == [100, 201, 202, 203, 204, 205])
        #expect(steps.dropFirst().prefix(3).map(\.persons) == [[manager], [head], [head]])
        #expect(Set(steps.map(\.day)).count == 6, "\(steps)")
        #expect(
            steps.allSatisfy { (Timestamp(rfc3339: $0.day + "T00:00:00Z")?.civil().date.weekday ?? 7) <= 5 },
            "\(steps)")
    }

    @Test func `after a long silence every step is told once, in order`() {
        var desk = Desk(standardPolicy(roster: Self.roster))
        desk.raise(finding(severity: .p1), at: 0)
        let steps = desk.tick(at: 100_000).events.compactMap { event -> Int? in
            if case .escalated(.acknowledge, let step, _) = event.kind { step } else { nil }
        }
        #expect(steps == [50, 80, 100, 101, 102, 103, 104, 105])
        #expect(desk.tick(at: 200_000).isEmpty)
    }
}
