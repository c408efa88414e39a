// SPDX-License-Identifier: Apache-2.0

import Analysis
import EstateMaker
import Model

/// Sets of single meters: each series is a site of its own.
struct MeterSets {
    /// One series with its label, if it has one.
    struct Series {
        var name: String
        var kind = "unlabelled"
        var expected = "none"
        var label: RecordedLabel?
        var samples: [(second: Int64, litres: Double)] = []

        var months: Double {
            guard let first = samples.first, let last = samples.last else { return 0 }
            return Double(last.second - first.second) / 86_400 / 30
        }
    }

    /// Readings with labels in the files of `folder`, in the order of delivery.
    static func labelled(_ folder: String) throws -> [Series] {
        var series: [Series] = []
        var places: [String: Int] = [:]
        try RecordedTable(
            "\(folder)/labels.csv", columns: ["case", "kind", "expect", "onset_ts", "end_ts", "rate"]
        ).forEach { row in
            let name = row.text("case")
            places[name] = series.count
            var one = Series(name: name, kind: row.text("kind"), expected: row.text("expect"))
            if row.seconds("onset_ts") > 0 {
                one.label = RecordedLabel(
                    kind: one.kind, asset: name, onset: row.seconds("onset_ts"), end: row.seconds("end_ts"),
                    rate: row.number("rate"))
            }
            series.append(one)
        }
        try RecordedTable("\(folder)/readings.csv.gz", columns: ["case", "ts", "reading_l"]).forEach { row in
            guard let place = places[row.text(0)] else { return }
            series[place].samples.append((Int64(row.number(1)), row.number(2)))
        }
        return series
    }

    /// Meters without labels.
    static func unlabelled(_ folder: String) throws -> [Series] {
        var series: [Series] = []
        var places: [String: Int] = [:]
        try RecordedTable("\(folder)/readings.csv.gz", columns: ["meter", "ts", "reading_l"]).forEach { row in
            let name = row.text(0)
            if places[name] == nil {
                places[name] = series.count
                series.append(Series(name: name))
            }
            series[places[name] ?? 0].samples.append((Int64(row.number(1)), row.number(2)))
        }
        return series
    }

    /// All findings raised on one series.
    ///
    /// - Parameter litresPerCount: The register shows whole counts of so many litres.
    static func findings(_ series: Series, role: MeterDescription.Role, litresPerCount: Double) -> [Finding] {
        let meter = MeterDescription(
            asset: AssetIdentifier(series.name), role: role, parent: nil, litresPerCount: litresPerCount,
            period: .seconds(3600))
        let zone = estateZone(named: "Europe/Madrid") ?? .utc
        var replay = Replay(SiteDescription(zone: zone, meters: [meter], gates: []))
        for sample in series.samples {
            let count = (sample.litres / litresPerCount).rounded(.down)
            replay.take(0, count.isFinite ? .count(Int64(count)) : .none, at: sample.second)
        }
        return replay.raised
    }

    /// What a fault of a meter should be called; `nil` for what is no such fault. An empty set is silence.
    static func names(of kind: String) -> Set<RuleIdentifier>? {
        switch kind {
        case "stuck": [.stuckMeter, .vacancy]
        case "underreg": [.underRegistration]
        case "reverse": [.reverseFlow]
        case "regjump": [.registerStep, .meterReplaced]
        case "unitx10": [.unitError]
        case "dropout": [.dropout]
        case "rollover", "dupelate": []
        default: nil
        }
    }
}
