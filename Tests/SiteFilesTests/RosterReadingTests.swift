// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import SiteFiles
import Testing
import Tickets

/// `roster`, `calendars` and `service_levels` of a site's file.
@Suite struct RosterReadingTests {
    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The site with `more`, and what is wrong with it.
    private func read(_ more: String) throws -> (SiteConfiguration?, [String]) {
        let folder = try SiteFolder(
            site: """
                site: {id: lakeside, zone: Asia/Shanghai}
                mqtt: {url: "mqtt://127.0.0.1:2883/"}
                buses: {t: {tcp: 127.0.0.1}}
                devices:
                  m: {profile: acme-wm40, bus: t, unit: 1, area: a, asset: m, responsible: resident, meter: {role: irrigation, litres_per_count: 0.5}}
                persons:
                  li: {name: Li, role: technician, phone: "13800000000", channel: crew-robot}
                  wang: {name: Wang, role: shiftLeader}
                duty: {owner: wang}
                \(more.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n"))
                """)
        let list = Self.repository.appendingPathComponent("deploy/calendars/china-2026.yaml")
        try folder.write(Data(contentsOf: list), to: "china-2026.yaml")
        try folder.write("year: 2027\nsource: x\nclosed: [2027-02-30]\n", to: "bad.yaml")
        let loaded = folder.load()
        return (loaded.configuration, folder.lines(loaded))
    }

    @Test func `roster, calendars and promises are read`() throws {
        let (site, problems) = try read(
            """
            roster:
              shifts:
                - {post: repairCrew, persons: [li]}
                - {post: shiftLeader, persons: [wang], from: 20:00, hours: 12, weekdays: [1, 2]}
              absences:
                - {person: li, from: 2026-12-01, to: 2026-12-03, substitute: wang}
            calendars:
              service_centre: {hours: [07:00-21:00]}
              working_days: {hours: [08:00-12:00, 14:00-18:00], closed: [2026-12-24], lists: [china-2026.yaml]}
            service_levels:
              version: 7
              p3: {repair_working_days: 2, escalate_percent: [60, 100]}
            """)
        #expect(problems == [])
        let policy = try #require(site).ticketPolicy
        #expect(policy.roster.shifts.map(\.minutes) == [1440, 720])
        #expect(policy.roster.shifts[1].from == 1200 && policy.roster.shifts[1].weekdays == [1, 2])
        #expect(policy.roster.absences.first?.substitute == PersonIdentifier("wang"))
        let days = try #require(policy.calendars.last)
        #expect(days.ordinaryDay == .seconds(8 * 3600))
        #expect(days.listedYears == [2026])
        // Saturday 14 February works, Thursday 1 October and the estate's own day do not.
        #expect(days.hours(on: CivilDate(year: 2026, month: 2, day: 14)).count == 2)
        #expect(days.hours(on: CivilDate(year: 2026, month: 10, day: 1)).isEmpty)
        #expect(days.hours(on: CivilDate(year: 2026, month: 12, day: 24)).isEmpty)
        #expect(policy.levels.version == 7)
        #expect(policy.levels.p3.repair == ServicePromise(.seconds(16 * 3600), calendar: "working_days"))
        #expect(policy.levels.p3.escalation.percents == [60, 100])
        #expect(policy.leaders == [PersonIdentifier("wang")])
        #expect(site?.persons.first?.phone == "13800000000")
    }

    @Test func `the shipped list has every closed and make-up day of the notice`() throws {
        let (site, _) = try read("calendars: {working_days: {lists: [china-2026.yaml]}}")
        let days = try #require(site).workingDays
        let year = (0..<365).map {
            CivilDate(daysSince1970: CivilDate(year: 2026, month: 1, day: 1).daysSince1970 + $0)
        }
        let free = year.filter { days.hours(on: $0).isEmpty }
        // 3 + 9 + 3 + 5 + 3 + 3 + 7 closed days; 6 that work instead.
        #expect(year.filter { date in days.closed.contains { $0.contains(date) } }.count == 33)
        #expect(
            year.filter { date in days.makeUp.contains { $0.contains(date) } }.map(\.weekday) == [7, 6, 6, 6, 7, 6])
        #expect(free.count == 117)
    }

    @Test func `mistakes are told with their places`() throws {
        let (_, problems) = try read(
            """
            roster:
              shifts:
                - {post: repairCru, persons: [lee], from: 25:00}
              absences:
                - {person: li, from: 2026-12-03, to: 2026-12-01}
            calendars:
              working_days: {hours: [18:00-08:00], closed: [2026-13-01], lists: [bad.yaml, none.yaml]}
            service_levels: {version: 3, p1: {repair_hours: 4, repair_working_days: 1}}
            """)
        func has(_ text: String) -> Comment? {
            problems.contains { $0.contains(text) } ? nil : "\(text) in \(problems)"
        }
        #expect(
            has("site.yaml:12:14: error: SL-1108: shift 1: post 'repairCru' is not known. Did you mean 'repairCrew'?")
                == nil)
        #expect(has("shift 1: 'lee' is not under 'persons'.") == nil)
        #expect(has("shift 1: '25:00' is no time of day such as 08:30.") == nil)
        #expect(has("absence 1: it ends before it begins. Exchange 'from' and 'to'.") == nil)
        #expect(has("'18:00-08:00' is no opening such as 08:30-17:30, which ends at 24:00 at the latest.") == nil)
        #expect(has("'2026-13-01' is no date such as 2026-10-10 nor a span such as 2026-10-01/2026-10-07.") == nil)
        #expect(has("bad.yaml:3:10: error: SL-1108: '2027-02-30' is no date") == nil)
        #expect(has("none.yaml' cannot be read.") == nil)
        #expect(has("service level p1: give 'repair_hours' or 'repair_working_days', not both.") == nil)
    }
}
