// SPDX-License-Identifier: Apache-2.0

import Model

/// What each finding that accounts for water said last: when it was over, or when the recording ended.
///
/// It stands beside the findings, which are written once with what was known when they were raised.
struct LossLines {
    private struct Line: Encodable {
        var id: String
        /// As it was raised.
        var type, device, raised_at: String
        var started_at: String
        var cleared_at: String?
        var rate_low, rate_high: Double
        var litres_low, litres, litres_high: Double
    }

    private var places: [FindingIdentifier: Int] = [:]
    private var findings: [(raised: Finding, latest: Finding)] = []

    init() {}

    mutating func note(_ change: FindingChange) {
        let finding = change.finding
        if let place = places[finding.identifier] {
            findings[place].latest = finding
        } else {
            places[finding.identifier] = findings.count
            findings.append((finding, finding))
        }
    }

    /// - Throws: `LeakbenchError` for a file that cannot be written.
    func write(to path: String) throws {
        let file = try LineFile(path: path)
        for (raised, latest) in findings {
            guard let loss = latest.loss else { continue }
            try file.write(
                Line(
                    id: raised.identifier.text, type: FindingLines.scorerName(of: raised.rule),
                    device: raised.asset.text, raised_at: raised.raisedAt.rfc3339,
                    started_at: latest.startedAt.rfc3339, cleared_at: latest.clearedAt?.rfc3339,
                    rate_low: loss.rateLow.value, rate_high: loss.rateHigh.value, litres_low: loss.litresLow.value,
                    litres: loss.litres.value, litres_high: loss.litresHigh.value))
        }
    }
}
