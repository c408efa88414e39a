// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import Profiles

extension SiteReader {
    /// `maximum_silence_seconds` of a section; `nil` when it is not given or wrong.
    mutating func silence(in section: Section) -> Duration? {
        file.number("maximum_silence_seconds", in: section, 1...86_400).map {
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
                    entry.value, subject, at: entry.keyPlace, keys: ["deadband", "maximum_silence_seconds"])
            else { continue }
            let deadband = file.number("deadband", in: point, 0...1_000_000_000)?.value ?? 0
            let usual = value.pollClass == .slow ? ReportRule.slowSilence : ReportRule.usualSilence
            rules[entry.key] = ReportRule(
                deadband: .absolute(deadband), maximumSilence: silence(in: point) ?? siteSilence ?? usual)
        }
        return rules
    }
}
