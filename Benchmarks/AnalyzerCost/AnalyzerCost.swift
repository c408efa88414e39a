// SPDX-License-Identifier: Apache-2.0

import Analysis
// Brings the mathematical library along, which nothing else here would.
import Glibc
import Model

/// Nanoseconds and state of the analyzer, on a made-up estate of risers with dwellings.
///
/// Usage: AnalyzerCost [RISERS] [DWELLINGS PER RISER] [DAYS]
@main
struct AnalyzerCost {
    static func main() {
        let arguments = CommandLine.arguments
        func argument(_ place: Int, _ standard: Int) -> Int {
            arguments.count > place ? Int(arguments[place]) ?? standard : standard
        }
        let (risers, dwellings, days) = (argument(1, 4), argument(2, 30), argument(3, 10))
        var meters = [meter("inlet", .bulk, nil, period: 60)]
        for riser in 0..<risers {
            meters.append(meter("riser-\(riser)", .riser, "inlet", period: 60))
            for dwelling in 0..<dwellings {
                meters.append(meter("unit-\(riser)-\(dwelling)", .unit, "riser-\(riser)", period: 900))
            }
        }
        let site = SiteDescription(zone: .utc, meters: meters, gates: [])
        let readings = makeReadings(site, days: days)
        var analyzer = Analyzer(site: site)
        let clock = ContinuousClock()
        var changes = 0
        let elapsed = clock.measure {
            for reading in readings { changes += analyzer.ingest(reading).count }
        }
        let nanoseconds = elapsed.inSeconds * 1e9 / Double(readings.count)
        print("meters \(meters.count), days \(days), readings \(readings.count), findings and changes \(changes)")
        print("time per reading   \(Int(nanoseconds)) ns (\(Int(1e9 / nanoseconds)) readings per second)")
    }

    private static func meter(
        _ name: String, _ role: MeterDescription.Role, _ parent: String?, period: Int64
    ) -> MeterDescription {
        MeterDescription(
            asset: AssetIdentifier(name), role: role, parent: parent.map { AssetIdentifier($0) }, litresPerCount: 1,
            period: .seconds(period))
    }

    /// Water is drawn in the day by each dwelling at an hour of its own; shared meters add up what is below them.
    private static func makeReadings(_ site: SiteDescription, days: Int) -> [AnalyzerReading] {
        let start = Timestamp(CivilTime(date: CivilDate(year: 2026, month: 3, day: 2), hour: 0, minute: 0))
        var totals = [Int64](repeating: 0, count: site.meters.count)
        let parents = site.meters.map { meter in site.meters.firstIndex { $0.asset == meter.parent } }
        var readings: [AnalyzerReading] = []
        for minute in 0..<(days * 1440) {
            for (place, meter) in site.meters.enumerated() where meter.role == .unit {
                let hour = minute / 60 % 24
                guard hour >= 6, (minute &* 31 &+ place &* 17) % 47 == 0 else { continue }
                var here: Int? = place
                while let meter = here {
                    totals[meter] += 9
                    here = parents[meter]
                }
            }
            let at = start + .seconds(Int64(minute) * 60)
            for (place, meter) in site.meters.enumerated()
            where meter.role != .unit || (minute + place) % 15 == 0 {
                readings.append(AnalyzerReading(channel: place, value: .count(totals[place]), at: at))
            }
        }
        return readings
    }
}
