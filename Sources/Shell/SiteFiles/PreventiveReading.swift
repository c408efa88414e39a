// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Prevention
import Profiles

extension SiteReader {
    /// The `preventive:` of the file: a list of planned works.
    mutating func readPreventive(_ root: Section) -> [PlannedWork] {
        var works: [PlannedWork] = []
        for (index, item) in (file.list("preventive", in: root) ?? []).enumerated() {
            guard
                let section = file.section(
                    item, "planned work \(index + 1)", at: item.place, keys: SiteKeys.plannedWork)
            else { continue }
            file.require("id", in: section, "Give the work a short name, such as clean-roof-tank.")
            file.require("asset", in: section, "Name the asset that it is done to.")
            file.require(
                "kind", in: section, "Name \(PlannedWork.Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
            let id = identifier("id", in: section)
            let asset = named("asset", .anything, in: section)
            let kind: PlannedWork.Kind? = file.word("kind", in: section, "kind")
            // Before holidays the working calendar says when.
            var first = kind == .holidayInspection ? CivilDate(year: 2000, month: 1, day: 1) : nil
            if first == nil || section.has("first_due") {
                file.require("first_due", in: section, "Give the day on which it is due first, such as 2026-12-01.")
                first = file.text("first_due", in: section).flatMap { date($0, in: section) }
            }
            let interval = interval(in: section, of: kind)
            let basis: PlannedWork.Basis? = file.word("count_from", in: section, "count_from")
            guard let id, let asset, let kind, let first, let interval else { continue }
            guard !works.contains(where: { $0.identifier.text == id.value }) else {
                file.error(
                    .value, at: id.place,
                    section.says("'\(id.value)' is planned twice. Give each planned work a name of its own."))
                continue
            }
            var work = PlannedWork(
                WorkIdentifier(id.value), asset: asset, kind: kind, interval: interval, basis: basis ?? .lastDue,
                firstDue: first)
            file.noteUsual("count_from", in: section)
            work.leadDays = file.integer("lead_days", in: section, default: work.leadDays)
            work.noticeBefore = span(
                "notice_before_hours", in: section, unitMilliseconds: 3_600_000,
                default: work.noticeBefore.inHours)
            work.witnesses = file.integer("witnesses", in: section, default: work.witnesses)
            work.needsWaterTest = file.boolean("water_test", in: section, default: work.needsWaterTest)
            work.retentionYears = file.integer("retention_years", in: section, default: work.retentionYears)
            works.append(work)
        }
        return works
    }

    /// What one of the three keys says, or what is usual for the kind; `nil` with an error told.
    private mutating func interval(in section: Section, of kind: PlannedWork.Kind?) -> PlannedWork.Interval? {
        let keys = ["every_days", "every_months", "every_run_hours"].filter { section.has($0) }
        if kind == .holidayInspection || section.has("closed_days") {
            guard kind == .holidayInspection, keys.isEmpty else {
                file.error(
                    .value, at: section.place,
                    section.says("closed_days is for holiday_inspection, which takes none of the every_ keys."))
                return nil
            }
            return .beforeHolidays(days: file.setting("closed_days", in: section))
        }
        guard keys.count <= 1 else {
            file.error(
                .value, at: section.place, section.says("give one of \(keys.joined(separator: ", ")), not more."))
            return nil
        }
        switch keys.first {
        case "every_days": return file.integer("every_days", in: section).map { .days($0.value) }
        case "every_months": return file.integer("every_months", in: section).map { .months($0.value) }
        case "every_run_hours":
            return file.number("every_run_hours", in: section).map { .runHours($0.value) }
        default:
            guard let kind else { return nil }
            if let usual = kind.usualInterval { return usual }
            file.error(
                .value, at: section.place,
                section.says("say how often: every_days, every_months or every_run_hours."))
            return nil
        }
    }
}
