// SPDX-License-Identifier: Apache-2.0

import Analysis
import EstateMaker
import Model

/// Estates of a bulk meter, risers and dwellings: losses between them.
struct BalanceSet {
    private struct Estate {
        var meters: [MeterDescription] = []
        var places: [String: Int] = [:]
        var readings: [(second: Int64, channel: Int, count: Int64)] = []
        var labels: [RecordedLabel] = []
    }

    /// Score of the findings on shared meters; those on dwellings are natural and not labelled.
    static func score(_ folder: String) throws -> EdgeScore {
        var estates: [String: Estate] = [:]
        try RecordedTable(
            "\(folder)/topology.csv", columns: ["estate", "meter", "parent", "role", "resolution_l"]
        ).forEach { row in
            let role = MeterDescription.Role(rawValue: row.text("role")) ?? .unit
            let parent = row.text("parent")
            let seconds: Int64 = role == .bulk ? 300 : role == .riser ? 900 : 3600
            let meter = MeterDescription(
                asset: AssetIdentifier(row.text("meter")), role: role,
                parent: parent.isEmpty ? nil : AssetIdentifier(parent), litresPerCount: row.number("resolution_l"),
                period: .seconds(seconds))
            estates[row.text("estate"), default: Estate()].places[meter.asset.text] =
                estates[row.text("estate")]?.meters.count ?? 0
            estates[row.text("estate")]?.meters.append(meter)
        }
        try RecordedTable("\(folder)/labels.csv", columns: ["estate", "zone", "kind", "onset_ts", "end_ts"]).forEach {
            row in
            estates[row.text("estate")]?.labels.append(
                RecordedLabel(
                    kind: row.text("kind"), asset: row.text("zone"), onset: row.seconds("onset_ts"),
                    end: row.seconds("end_ts"), rate: row.number("rate_lph")))
        }
        try RecordedTable("\(folder)/readings.csv.gz", columns: ["estate", "meter", "ts", "reading_l"]).forEach { row in
            let name = row.text(0)
            guard let estate = estates[name], let place = estate.places[row.text(1)] else { return }
            let count = (row.number(3) / estate.meters[place].litresPerCount).rounded(.down)
            estates[name]?.readings.append((Int64(row.number(2)), place, count.isFinite ? Int64(count) : -1))
        }
        var score = EdgeScore()
        for (_, estate) in estates.sorted(by: { $0.key < $1.key }) {
            let zone = estateZone(named: "Europe/Madrid") ?? .utc
            var replay = Replay(SiteDescription(zone: zone, meters: estate.meters, gates: []))
            let readings = estate.readings.sorted { ($0.second, $0.channel) < ($1.second, $1.channel) }
            for reading in readings { replay.take(reading.channel, .count(reading.count), at: reading.second) }
            let shared = Set(estate.meters.filter { $0.role != .unit }.map(\.asset))
            score.add(replay.raised.filter { $0.isAboutLostWater && shared.contains($0.asset) }, labels: estate.labels)
            if let first = readings.first, let last = readings.last {
                score.meterMonths += Double(shared.count) * Double(last.second - first.second) / 86_400 / 30
            }
        }
        return score
    }
}
