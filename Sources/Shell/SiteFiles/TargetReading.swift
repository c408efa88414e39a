// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles
import Tickets

extension SiteReader {
    /// The `reports: {targets: ...}` of the file: per cent of parts, minutes of mean times.
    mutating func readReportTargets(_ root: Section) -> ReportTargets {
        let reports = file.settings("reports", in: root, "reports", keys: SiteKeys.reports)
        let section = file.settings("targets", in: reports, "reports: targets", keys: SiteKeys.targets)
        var values: [FigureKey: Int] = [:]
        for figure in FigureKey.allCases {
            guard let number = file.number(figure.targetKey, in: section) else { continue }
            values[figure] = Int((number.value * (figure.unit == .seconds ? 60 : 10)).rounded())
        }
        let least: Double = file.setting("least_satisfaction", in: section)
        return ReportTargets(values, leastSatisfaction: Int((least * 10).rounded()))
    }
}

extension FigureKey {
    /// What its target is called in the site's file, such as `quality_pass` or `time_to_site_minutes`.
    var targetKey: String {
        let name = rawValue.map { letter in letter.isUppercase ? "_" + letter.lowercased() : String(letter) }.joined()
        return unit == .seconds ? name + "_minutes" : name
    }
}
