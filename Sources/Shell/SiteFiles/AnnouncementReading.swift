// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles

extension SiteReader {
    /// The `announcements:` of the file: a list, in times of the site's clock.
    mutating func readAnnouncements(_ root: Section, zone: ZoneOffsets) -> [AnnouncementSettings] {
        var announcements: [AnnouncementSettings] = []
        for (index, item) in (file.list("announcements", in: root) ?? []).enumerated() {
            let subject = "announcement \(index + 1)"
            guard
                let section = file.section(
                    item, subject, at: item.place, keys: SiteKeys.announcement)
            else { continue }
            file.require("kind", in: section, "Say what is announced, such as liftService.")
            file.require("start", in: section, "Give the local time, such as 2026-05-04 08:00.")
            file.require("end", in: section, "Give the local time, such as 2026-05-04 12:00.")
            let kind: AnnouncementSettings.Kind? = file.word("kind", in: section, "kind")
            let start = localTime("start", in: section, zone)
            let end = localTime("end", in: section, zone)
            let asset = named("asset", .anything, in: section)
            let note = file.text("note", in: section)?.value ?? ""
            guard let kind, let start, let end else { continue }
            guard start.value <= end.value else {
                file.error(.value, at: end.place, section.says("it ends before it starts. Exchange 'start' and 'end'."))
                continue
            }
            var settings = AnnouncementSettings(
                kind: kind, start: start.value, end: end.value, asset: asset, note: note)
            if let bus = file.text("bus", in: section), isBus(bus, of: kind, section) {
                settings.bus = BusIdentifier(bus.value)
            }
            announcements.append(settings)
        }
        return announcements
    }

    /// Whether a bus that an announcement names is there, and may be named.
    private mutating func isBus(
        _ bus: Located<String>, of kind: AnnouncementSettings.Kind, _ section: Section
    ) -> Bool {
        guard kind == .maintenance else {
            file.error(.value, at: bus.place, section.says("bus is for maintenance. Leave it out, or name an asset."))
            return false
        }
        let known = buses.map(\.settings.identifier.text)
        guard known.contains(bus.value) || unreadableBuses.contains(bus.value) else {
            file.error(
                .unknownBus, at: bus.place,
                section.says("there is no bus '\(bus.value)'.\(suggestion(for: bus.value, in: known))"))
            return false
        }
        return true
    }

    /// The moment at which the site's clock shows what stands at `key`, `2026-05-04 08:00`.
    ///
    /// Of a time that the clock shows twice in autumn the first is meant, and of one that it leaves out in spring the
    /// moment at which it would have been shown.
    private mutating func localTime(_ key: String, in section: Section, _ zone: ZoneOffsets) -> Located<Timestamp>? {
        guard let text = file.text(key, in: section) else { return nil }
        let parts = text.value.split(separator: " ").flatMap { $0.split(separator: $0.contains(":") ? ":" : "-") }
        let numbers = parts.compactMap { wholeDecimal($0) }
        if parts.count == 5, numbers.count == 5, text.value.utf8.count == 16 {
            let date = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2])
            let civil = CivilTime(date: date, hour: numbers[3], minute: numbers[4])
            if (2000...2099).contains(date.year), CivilDate(daysSince1970: date.daysSince1970) == date,
                civil.hour < 24, civil.minute < 60, civil.minuteText == text.value
            {
                return Located(Timestamp(civil, in: zone), text.place)
            }
        }
        file.error(
            .value, at: text.place, section.says("\(key) '\(text.value)' is no local time such as 2026-05-04 08:00."))
        return nil
    }
}

extension Timestamp {
    /// The moment at which a clock on the site's wall shows `civil`, the first of two.
    fileprivate init(_ civil: CivilTime, in zone: ZoneOffsets) {
        // No place on Earth is further than 15 hours from UTC, so the offsets of a day around hold the right one.
        let about = Timestamp(civil)
        let offsets = [about - .seconds(86_400), about + .seconds(86_400)].map { zone.offsetSeconds(at: $0) }
        let moments = offsets.map { Timestamp(civil, offsetSeconds: $0) }
        let fitting = moments.filter { zone.local($0) == civil }
        self = fitting.min() ?? moments[0]
    }
}
