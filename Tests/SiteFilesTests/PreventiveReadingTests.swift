// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Prevention
import SiteFiles
import Testing

/// `preventive` of a site's file.
@Suite struct PreventiveReadingTests {
    /// What a site with `works` plans, and what is wrong with it.
    private func read(_ works: String) throws -> ([PlannedWork]?, [String]) {
        let folder = try SiteFolder(
            site: """
                site: {id: lakeside, zone: Asia/Shanghai}
                mqtt: {url: "mqtt://127.0.0.1:2883/"}
                buses: {t: {tcp: 127.0.0.1}}
                devices:
                  m: {profile: acme-wm40, bus: t, unit: 1, area: a, asset: m, responsible: resident, meter: {role: irrigation, litres_per_count: 0.5}}
                persons:
                  wang: {name: Wang, role: shiftLeader}
                duty: {owner: wang}
                preventive:
                \(works)
                """)
        let loaded = folder.load()
        return (loaded.configuration?.preventive, folder.lines(loaded))
    }

    @Test func `what is not said is what is usual for the kind`() throws {
        let (works, problems) = try read(
            """
              - {id: clean, asset: m, kind: tank_cleaning, first_due: 2026-12-01}
              - {id: clean-often, asset: m, kind: tank_cleaning, first_due: 2026-12-01, every_months: 3, witnesses: 1, water_test: false, notice_before_hours: 48, retention_years: 5, lead_days: 7, count_from: last_done}
              - {id: serve, asset: m, kind: planned_work, first_due: 2026-12-01, every_run_hours: 500}
            """)
        #expect(problems == [])
        let read = try #require(works)
        let first = CivilDate(year: 2026, month: 12, day: 1)
        var often = PlannedWork(
            WorkIdentifier("clean-often"), asset: AssetIdentifier("m"), kind: .tankCleaning, interval: .months(3),
            basis: .lastDone, firstDue: first, leadDays: 7)
        (often.witnesses, often.needsWaterTest, often.retentionYears) = (1, false, 5)
        often.noticeBefore = .seconds(48 * 3600)
        #expect(
            read == [
                PlannedWork(
                    WorkIdentifier("clean"), asset: AssetIdentifier("m"), kind: .tankCleaning, firstDue: first), often,
                PlannedWork(
                    WorkIdentifier("serve"), asset: AssetIdentifier("m"), kind: .other, interval: .runHours(500),
                    firstDue: first),
            ])
    }

    @Test func `an inspection before holidays needs no first day`() throws {
        let (works, problems) = try read(
            "  - {id: a, asset: m, kind: holiday_inspection}\n"
                + "  - {id: b, asset: m, kind: holiday_inspection, closed_days: 5, lead_days: 2}")
        #expect(problems == [])
        #expect(works?.map(\.interval) == [.beforeHolidays(days: 3), .beforeHolidays(days: 5)])
        #expect(works?.map(\.leadDays) == [3, 2])
    }

    @Test(arguments: [
        ("  - {id: a, asset: m, kind: holiday_inspection, every_days: 5}", "takes none of the every_ keys"),
        ("  - {id: a, asset: m, kind: lift_service, closed_days: 5, first_due: 2026-12-01}", "closed_days is for"),
        (
            "  - {id: a, asset: m, kind: planned_work, first_due: 2026-12-01}",
            "say how often: every_days, every_months or every_run_hours."
        ),
        (
            "  - {id: a, asset: m, kind: lift_service, first_due: 2026-12-01, every_days: 15, every_months: 1}",
            "give one of every_days, every_months, not more."
        ),
        ("  - {id: a, asset: m, kind: lift_service, first_due: 2026-02-30}", "is no date such as 2026-10-01."),
        ("  - {id: a, asset: nobody, kind: lift_service, first_due: 2026-12-01}", "nobody"),
        (
            "  - {id: a, asset: m, kind: lift_service, first_due: 2026-12-01}\n"
                + "  - {id: a, asset: m, kind: lift_service, first_due: 2026-12-01}",
            "is planned twice."
        ),
    ])
    func `a mistake is told with its line and how to mend it`(works: String, words: String) throws {
        let (read, problems) = try read(works)
        #expect(read == nil)
        #expect(problems.count == 1)
        #expect(problems.first?.contains(words) == true, "\(problems)")
        #expect(problems.first?.contains("site.yaml:1") == true, "\(problems)")
    }
}
