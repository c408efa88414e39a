// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import Profiles

extension SiteReader {
    /// `maximum_silence_seconds` of a section; `nil` when it is not given or wrong.
    mutating func silence(in section: Section) -> Duration? {
        file.number("maximum_silence_seconds", in: section).map {
            .milliseconds(Int64(($0.value * 1000).rounded()))
        }
    }

    /// The `report:` of a device: which of its points are published when they change only.
    mutating func readReport(of device: CompiledDevice, _ section: Section) -> [String: ReportRule] {
        guard
            let points = file.section(
                "report", in: section, "\(section.subject): report", keys: nil)
        else { return [:] }
        var rules: [String: ReportRule] = [:]
        for entry in points.entries {
            guard let value = device.values.first(where: { $0.name == entry.key }) else {
                file.error(
                    .unknownPoint, at: entry.keyPlace,
                    points.says(
                        "the device has no point '\(entry.key)'."
                            + suggestion(for: entry.key, in: device.values.map(\.name))))
                continue
            }
            let subject = "\(points.subject): \(entry.key)"
            guard
                let point = file.section(
                    entry.value, subject, at: entry.keyPlace,
                    keys: SiteKeys.reportedPoint)
            else { continue }
            let deadband = readDeadband(of: value, point)
            let usual = value.pollClass == .slow ? ReportRule.slowSilence : ReportRule.usualSilence
            rules[entry.key] = ReportRule(
                deadband: deadband, maximumSilence: silence(in: point) ?? siteSilence ?? usual)
        }
        return rules
    }

    /// `deadband` in the point's unit, or `deadband_percent` of its span.
    private mutating func readDeadband(of value: CompiledValue, _ point: Section) -> ReportRule.Deadband {
        let width = file.number("deadband", in: point)?.value ?? 0
        let span = readSpan(in: point)
        guard let share = file.number("deadband_percent", in: point) else {
            if let entry = point.entry("span"), !point.has("deadband_percent") {
                file.error(.value, at: entry.keyPlace, point.says("'span' goes with 'deadband_percent'."))
            }
            return .absolute(width)
        }
        if let entry = point.entry("deadband") {
            file.error(.value, at: entry.keyPlace, point.says("give either 'deadband' or 'deadband_percent'."))
        }
        guard let range = span ?? value.plausible else {
            if !point.has("span") {
                file.error(
                    .reportSpan, at: share.place,
                    point.says(
                        "the profile does not say what the value can be. Give its span: span: [lowest, highest]."))
            }
            return .absolute(width)
        }
        return .percent(share.value, ofSpan: range.upperBound - range.lowerBound)
    }

    /// `[lowest, highest]` of the values that a point has.
    private mutating func readSpan(in point: Section) -> ClosedRange<Double>? {
        guard let items = file.list("span", in: point) else { return nil }
        let bounds = items.compactMap { file.number($0, "span", in: point, -1e15...1e15)?.value }
        guard bounds.count == items.count else { return nil }
        guard bounds.count == 2, bounds[0] < bounds[1] else {
            let place = point.entry("span")?.value.place ?? point.place
            file.error(.value, at: place, point.says("'span' must be [lowest, highest]."))
            return nil
        }
        return bounds[0]...bounds[1]
    }
}
