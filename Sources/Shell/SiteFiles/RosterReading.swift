// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Pipeline
import Profiles
import Tickets

extension SiteReader {
    /// The `roster:` of the file: shifts and absences.
    mutating func readRoster(_ root: Section, _ persons: [String]) -> Roster {
        guard let section = file.section("roster", in: root, "roster", keys: SiteKeys.roster) else {
            return Roster()
        }
        var roster = Roster()
        for (place, item) in (file.list("shifts", in: section) ?? []).enumerated() {
            guard let shift = file.section(item, "shift \(place + 1)", at: item.place, keys: SiteKeys.shift) else {
                continue
            }
            file.require("post", in: shift, "Name \(DutyPost.allCases.map(\.rawValue).joined(separator: ", ")).")
            file.require("persons", in: shift, "List who serves, the first one first: persons: [li-wei].")
            let post: DutyPost? = file.word("post", in: shift, "post")
            let serving = (file.list("persons", in: shift) ?? []).compactMap { person($0, in: shift, persons) }
            let from = file.text("from", in: shift).map { minuteOfDay($0, in: shift, upTo: 1439) } ?? 0
            let hours: Double = file.setting("hours", in: shift)
            let days = weekdays(in: shift) ?? Set(1...7)
            guard let post, let from, !serving.isEmpty else { continue }
            roster.shifts.append(
                DutyShift(
                    post: post, weekdays: days, from: from, minutes: Int((hours * 60).rounded()), persons: serving))
        }
        for (place, item) in (file.list("absences", in: section) ?? []).enumerated() {
            guard let absence = file.section(item, "absence \(place + 1)", at: item.place, keys: SiteKeys.absence)
            else { continue }
            file.require("person", in: absence, "Name who is absent.")
            file.require("from", in: absence, "Give the first day, such as 2026-12-01.")
            let absent = absence.entry("person").flatMap { person($0.value, in: absence, persons) }
            let substitute = absence.entry("substitute").flatMap { person($0.value, in: absence, persons) }
            let from = file.text("from", in: absence).flatMap { date($0, in: absence) }
            let to = file.text("to", in: absence).map { date($0, in: absence) } ?? from
            guard let absent, let from, let to else { continue }
            guard from <= to else {
                file.error(
                    .value, at: absence.place, absence.says("it ends before it begins. Exchange 'from' and 'to'."))
                continue
            }
            roster.absences.append(Absence(person: absent, first: from, last: to, substitute: substitute))
        }
        return roster
    }

    private mutating func person(_ node: YAMLNode, in section: Section, _ known: [String]) -> PersonIdentifier? {
        guard let name = file.text(node, "a person", in: section) else { return nil }
        guard known.contains(name.value) else {
            file.error(
                .unknownPerson, at: name.place,
                section.says("'\(name.value)' is not under 'persons'.\(suggestion(for: name.value, in: known))"))
            return nil
        }
        return PersonIdentifier(name.value)
    }

    private mutating func weekdays(in section: Section) -> Set<Int>? {
        guard let items = file.list("weekdays", in: section) else { return nil }
        return Set(
            items.compactMap { file.integer($0, "a weekday (1 is Monday)", in: section, SiteKeys.weekday)?.value })
    }

    /// `08:30`.
    private mutating func minuteOfDay(_ text: Located<String>, in section: Section, upTo last: Int) -> Int? {
        if let minute = Self.minute(text.value), minute <= last { return minute }
        file.error(.value, at: text.place, section.says("'\(text.value)' is no time of day such as 08:30."))
        return nil
    }

    private static func minute(_ text: some StringProtocol) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = wholeDecimal(parts[0]),
            let minute = wholeDecimal(parts[1]), minute < 60, hour < 24 || (hour == 24 && minute == 0)
        else { return nil }
        return hour * 60 + minute
    }

    /// `2026-10-01`.
    mutating func date(_ text: Located<String>, in section: Section) -> CivilDate? {
        if let date = Self.civilDate(text.value) { return date }
        file.error(.value, at: text.place, section.says("'\(text.value)' is no date such as 2026-10-01."))
        return nil
    }

    private static func civilDate(_ text: some StringProtocol) -> CivilDate? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], let year = wholeDecimal(parts[0]),
            let month = wholeDecimal(parts[1]),
            let day = wholeDecimal(parts[2]), (2000...2099).contains(year)
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        return CivilDate(daysSince1970: date.daysSince1970) == date ? date : nil
    }

    // MARK: Calendars

    /// The `calendars:` of the file.
    mutating func readCalendars(_ root: Section) -> (service: WorkingCalendar, days: WorkingCalendar) {
        var (service, days) = (DutySettings.serviceHours, DutySettings.workingDays)
        guard let section = file.section("calendars", in: root, "calendars", keys: SiteKeys.calendars)
        else { return (service, days) }
        readCalendar("service_centre", in: section, into: &service)
        readCalendar("working_days", in: section, into: &days)
        return (service, days)
    }

    private mutating func readCalendar(_ key: String, in all: Section, into calendar: inout WorkingCalendar) {
        guard let section = file.section(key, in: all, "calendar '\(key)'", keys: SiteKeys.calendar) else { return }
        let hours = file.list("hours", in: section).map { items in
            items.compactMap { openHours($0, in: section) }
        }
        let open = hours ?? calendar.ordinaryHours
        let days = weekdays(in: section) ?? Set((1...7).filter { !calendar.weekly[$0 - 1].isEmpty })
        calendar = WorkingCalendar(name: calendar.name, weekly: (1...7).map { days.contains($0) ? open : [] })
        calendar.closed = dates("closed", in: section, source: "")
        calendar.makeUp = dates("make_up", in: section, source: "")
        for item in file.list("lists", in: section) ?? [] {
            guard let path = file.text(item, "a list", in: section) else { continue }
            readList(path, in: section, into: &calendar)
        }
    }

    /// A file with the closed and make-up dates of one year.
    private mutating func readList(_ path: Located<String>, in section: Section, into calendar: inout WorkingCalendar) {
        let name = besideFile(path.value)
        guard let data = FileManager.default.contents(atPath: name),
            let text = String(validating: data, as: UTF8.self)
        else {
            file.error(.value, at: path.place, section.says("the list '\(name)' cannot be read."))
            return
        }
        // Its mistakes are told with its own places.
        var outer = FileReader(path: name, document: .site)
        swap(&file, &outer)
        if let root = file.root(of: text, keys: SiteKeys.calendarList) {
            file.require("year", in: root, "Say which year it is the list of.")
            file.require("source", in: root, "Say who published it.")
            let source = file.text("source", in: root)?.value ?? ""
            if let year = file.integer("year", in: root)?.value { calendar.listedYears.insert(year) }
            calendar.closed += dates("closed", in: root, source: source)
            calendar.makeUp += dates("make_up", in: root, source: source)
        }
        swap(&file, &outer)
        file.take(outer)
    }

    private mutating func openHours(_ node: YAMLNode, in section: Section) -> OpenHours? {
        guard let text = file.text(node, "an opening", in: section) else { return nil }
        let parts = text.value.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count == 2, let from = Self.minute(parts[0]), let to = Self.minute(parts[1]),
            let hours = OpenHours(from: from, to: to)
        {
            return hours
        }
        file.error(
            .value, at: text.place,
            section.says("'\(text.value)' is no opening such as 08:30-17:30, which ends at 24:00 at the latest."))
        return nil
    }

    /// Dates `2026-10-10` and spans `2026-10-01/2026-10-07`.
    private mutating func dates(_ key: String, in section: Section, source: String) -> [CalendarDates] {
        (file.list(key, in: section) ?? []).compactMap { node in
            guard let text = file.text(node, "a date", in: section) else { return nil }
            let parts = text.value.split(separator: "/", omittingEmptySubsequences: false)
            let ends = parts.compactMap { Self.civilDate($0) }
            guard (1...2).contains(parts.count), ends.count == parts.count, let first = ends.first,
                let last = ends.last, first <= last
            else {
                file.error(
                    .value, at: text.place,
                    section.says(
                        "'\(text.value)' is no date such as 2026-10-10 nor a span such as 2026-10-01/2026-10-07."))
                return nil
            }
            return CalendarDates(first: first, last: last, source: source)
        }
    }

    // MARK: Service levels

    /// The `service_levels:` of the file; `nil` without.
    mutating func readServiceLevels(
        _ root: Section, _ calendars: (service: WorkingCalendar, days: WorkingCalendar)
    ) -> ServiceLevels? {
        guard let section = file.section("service_levels", in: root, "service_levels", keys: SiteKeys.serviceLevels)
        else {
            return nil
        }
        file.require("version", in: section, "Count the edits: version: 3.")
        var levels = ServiceLevels.standard(serviceHours: calendars.service.name, workingDays: calendars.days)
        if let version = file.integer("version", in: section)?.value { levels.version = version }
        for severity in Severity.allCases {
            guard
                let level = file.section(
                    severity.word, in: section, "service level \(severity.word)", keys: SiteKeys.serviceLevel(severity))
            else { continue }
            let before = levels[severity]
            if let minutes = file.number("acknowledge_minutes", in: level)?.value {
                let calendar = severity < .p3 ? nil : calendars.service.name
                levels[severity].acknowledge = ServicePromise(.seconds(Int64(minutes * 60)), calendar: calendar)
            }
            if let minutes = file.number("on_site_minutes", in: level)?.value {
                let calendar = severity < .p3 ? nil : calendars.service.name
                levels[severity].onSite = ServicePromise(.seconds(Int64(minutes * 60)), calendar: calendar)
            }
            if let hours = file.number("repair_hours", in: level)?.value {
                levels[severity].repair = ServicePromise(.seconds(Int64(hours * 3600)))
            }
            if let days = file.number("repair_working_days", in: level) {
                if level.has("repair_hours") {
                    file.error(
                        .value, at: days.place,
                        level.says("give 'repair_hours' or 'repair_working_days', not both."))
                }
                levels[severity].repair = ServicePromise(
                    .seconds(Int64(days.value * calendars.days.ordinaryDay.inSeconds)), calendar: calendars.days.name)
            }
            let percents = file.list("escalate_percent", in: level).map { items in
                items.compactMap { file.integer($0, "escalate_percent", in: level, SiteKeys.percent)?.value }
            }
            levels[severity].escalation = EscalationSteps(
                percents: percents ?? before.escalation.percents,
                repeatMinutes: file.setting("repeat_minutes", in: level),
                repeats: file.setting("repeats", in: level),
                days: file.setting("repeat_days", in: level))
        }
        return levels
    }
}
