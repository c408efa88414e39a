// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline
import Profiles

extension SiteReader {
    /// What the site says of its alarms; what it leaves out is as usual.
    mutating func readAlarms(_ root: Section, _ polling: PollingSettings) -> AlarmSettings {
        let section = file.settings("alarms", in: root, "alarms", keys: SiteKeys.alarms)
        var settings = AlarmSettings()
        settings.alarms.longestShelf = span("shelve_at_most_hours", in: section, unitMilliseconds: 3_600_000)
        settings.alarms.flapQuiet = span("flap_quiet_minutes", in: section, unitMilliseconds: 60_000)
        settings.alarms.standingAfter = span("standing_after_hours", in: section, unitMilliseconds: 3_600_000)
        settings.correlation.hold = span("hold_seconds", in: section, unitMilliseconds: 1000)
        settings.correlation.windowBefore = span("symptom_before_seconds", in: section, unitMilliseconds: 1000)
        settings.correlation.windowAfter = span("symptom_after_minutes", in: section, unitMilliseconds: 60_000)
        let begins: Double = file.setting("storm_begins", in: section)
        let ends: Double = file.setting("storm_ends", in: section)
        (settings.correlation.surgeBegins, settings.correlation.surgeEnds) = (Int(begins), Int(ends))
        readSuppressions(section, polling, into: &settings)
        return settings
    }

    /// The `suppress_when:` of the alarms: which alarm is withheld while a condition on other points holds.
    private mutating func readSuppressions(
        _ alarms: Section, _ polling: PollingSettings, into settings: inout AlarmSettings
    ) {
        let values = devices.map(\.settings).flatMap { device in device.device.values.map { (device.asset, $0) } }
        let points = values.map { asset, value in
            ConditionPoint(name: "\(asset)/\(value.name)", unit: value.unit, stateLabels: value.stateLabels)
        }
        for (index, item) in (file.list("suppress_when", in: alarms) ?? []).enumerated() {
            let subject = "suppress_when \(index + 1)"
            guard let section = file.section(item, subject, at: item.place, keys: SiteKeys.suppression) else {
                continue
            }
            file.require("asset", in: section, "Name the asset whose alarm is withheld.")
            file.require("rule", in: section, "Name the rule whose alarm is withheld, such as pump_dry_run.")
            file.require("when", in: section, "Say what explains it, such as pump-1/running is off.")
            let asset = suppressedAsset(in: section)
            let rule = suppressedRule(in: section)
            guard let when = file.text("when", in: section) else { continue }
            do {
                let condition = try Condition(when.value, points: points)
                guard let asset, let rule else { continue }
                settings.suppressions.append(
                    Suppression(
                        alarm: Alarm.identifier(asset: asset, rule: rule), condition: condition, text: when.value))
                for point in condition.points {
                    settings.suppressionPeriods[point] = polling.period(of: values[point].1.pollClass)
                }
            } catch {
                // A device that could not be read has its own mistake.
                guard !unreadableAssets.contains(where: { when.value.contains("\($0)/") }) else { continue }
                file.error(.value, at: when.place(after: error.offset, section), section.says("when: \(error.message)"))
            }
        }
    }

    private mutating func suppressedAsset(in section: Section) -> AssetIdentifier? {
        guard let name = file.text("asset", in: section), !unreadableAssets.contains(name.value) else { return nil }
        let known = devices.map(\.settings.asset.text)
        guard known.contains(name.value) else {
            file.error(
                .unknownAsset, at: name.place,
                section.says("there is no asset '\(name.value)'.\(suggestion(for: name.value, in: known))"))
            return nil
        }
        return AssetIdentifier(name.value)
    }

    private mutating func suppressedRule(in section: Section) -> RuleIdentifier? {
        guard let name = file.text("rule", in: section) else { return nil }
        let known = RuleIdentifier.all.map(\.text)
        guard known.contains(name.value) else {
            file.error(
                .value, at: name.place,
                section.says("there is no rule '\(name.value)'.\(suggestion(for: name.value, in: known))"))
            return nil
        }
        return RuleIdentifier(name.value)
    }
}

extension Located<String> {
    /// The place so many characters into the text; its beginning where the text goes over lines.
    fileprivate func place(after offset: Int, _ section: Section) -> FilePlace {
        guard case .scalar(_, let isQuoted)? = section.entry("when")?.value.content, !value.contains("\n") else {
            return place
        }
        return FilePlace(line: place.line, column: place.column + offset + (isQuoted ? 1 : 0), file: place.file)
    }
}
