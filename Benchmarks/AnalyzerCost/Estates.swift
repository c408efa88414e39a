// SPDX-License-Identifier: Apache-2.0

import Analysis
import EstateMaker
import Foundation
import Leakbench
import Model

/// Risers with dwellings and nothing else.
struct PlainEstate {
    var site: SiteDescription

    init(risers: Int, dwellings: Int) {
        var meters = [meter("inlet", .bulk, nil, period: 60)]
        for riser in 0..<risers {
            meters.append(meter("riser-\(riser)", .riser, "inlet", period: 60))
            for dwelling in 0..<dwellings {
                meters.append(meter("unit-\(riser)-\(dwelling)", .unit, "riser-\(riser)", period: 900))
            }
        }
        site = SiteDescription(zone: .utc, meters: meters, gates: [])
    }

    init(_ site: SiteDescription) { self.site = site }

    /// Water is drawn in the day by each dwelling at an hour of its own; shared meters add up what is below them.
    func readings(days: Int) -> [AnalyzerReading] {
        let start = Timestamp(CivilTime(date: CivilDate(year: 2026, month: 3, day: 2), hour: 0, minute: 0))
        var litres = [Int64](repeating: 0, count: site.meters.count)
        let parents = site.meters.map { meter in site.meters.firstIndex { $0.asset == meter.parent } }
        let isShared = site.meters.map { meter in site.meters.contains { $0.parent == meter.asset } }
        let periods = site.meters.map { max(1, Int($0.period.inSeconds / 60)) }
        var readings: [AnalyzerReading] = []
        for minute in 0..<(days * 1440) {
            for place in site.meters.indices where !isShared[place] {
                let hour = minute / 60 % 24
                guard hour >= 6, (minute &* 31 &+ place &* 17) % 47 == 0 else { continue }
                var here: Int? = place
                while let meter = here {
                    litres[meter] += 9
                    here = parents[meter]
                }
            }
            let at = start + .seconds(Int64(minute) * 60)
            for (place, meter) in site.meters.enumerated() where (minute + place) % periods[place] == 0 {
                let count = Int64(Double(litres[place]) / meter.litresPerCount)
                readings.append(AnalyzerReading(channel: place, value: .count(count), at: at))
            }
        }
        return readings
    }
}

func meter(
    _ name: String, _ role: MeterDescription.Role, _ parent: String?, litresPerCount: Double = 1, period: Int64
) -> MeterDescription {
    MeterDescription(
        asset: AssetIdentifier(name), role: role, parent: parent.map { AssetIdentifier($0) },
        litresPerCount: litresPerCount, period: .seconds(period))
}

/// An estate with tanks, pumps, lifts and gates, and with faults.
struct MadeEstate {
    var site: SiteDescription
    var calendar: AnnouncedCalendar
    var readings: [AnalyzerReading] = []

    init(seed: UInt64, days: Int, dwellings: Int) throws {
        let folder = NSTemporaryDirectory() + "analyzer-cost-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Estate(seed: seed, days: days, dwellings: dwellings).write(to: folder)
        let recording = try LeakbenchRecording(folder: folder) { name in
            guard let zone = estateZone(named: name) else { throw LeakbenchError(path: folder, "zone '\(name)'.") }
            return zone
        }
        (site, calendar) = (recording.site, recording.calendar)
        var report = LeakbenchReport()
        var read: [AnalyzerReading] = []
        try recording.forEachReading(report: &report) { reading in
            var reading = reading
            reading.sequence = SequenceNumber(Int64(read.count) + 1)
            read.append(reading)
        }
        readings = read
    }
}
