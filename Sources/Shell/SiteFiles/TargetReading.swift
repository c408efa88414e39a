// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles
import Tickets

extension SiteReader {
    /// The `reports: {targets: ...}` of the file: per cent of parts, minutes of mean times.
    mutating func readReportTargets(_ root: Section) -> ReportTargets {
        let reports = file.settings("reports", in: root, "reports", keys: ["targets"])
        let keys = FigureKey.allCases.map(\.targetKey) + ["least_satisfaction"]
        let section = file.settings("targets", in: reports, "reports: targets", keys: keys)
        var values: [FigureKey: Int] = [:]
        for figure in FigureKey.allCases {
            let range: ClosedRange<Double> = figure.unit == .seconds ? 0...5_256_000 : 0...100
            guard let number = file.number(figure.targetKey, in: section, range) else { continue }
            values[figure] = Int((number.value * (figure.unit == .seconds ? 60 : 10)).rounded())
        }
        let least = file.number("least_satisfaction", in: section, 0...100, default: 90)
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
