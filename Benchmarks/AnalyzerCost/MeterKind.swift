// SPDX-License-Identifier: Apache-2.0

import Analysis
import Foundation
import HeapCount
import Model

/// Meters that the analyzer remembers different things of.
enum MeterKind: String, CaseIterable {
    case dwelling = "dwelling, 1 L, each quarter"
    case coarseDwelling = "dwelling, 10 L, each quarter"
    case hourlyDwelling = "dwelling, 1 L, each hour"
    case quickDwelling = "dwelling, 1 L, each minute"
    case sharedAlone = "shared meter, nothing metered behind"
    case irrigation = "irrigation meter, each minute"

    private static let several = 16

    private func description(_ name: String) -> MeterDescription {
        switch self {
        case .dwelling: meter(name, .unit, nil, period: 900)
        case .coarseDwelling: meter(name, .unit, nil, litresPerCount: 10, period: 900)
        case .hourlyDwelling: meter(name, .unit, nil, period: 3600)
        case .quickDwelling: meter(name, .unit, nil, period: 60)
        case .sharedAlone: meter(name, .riser, nil, period: 60)
        case .irrigation: meter(name, .irrigation, nil, period: 60)
        }
    }

    /// Families behind the meter.
    private var families: Int { self == .sharedAlone ? 20 : 1 }

    /// Bytes that one more meter of this kind adds to an analyzer, in memory and saved, after so many days.
    ///
    /// - Parameter isPlain: Whether only nine litres are ever drawn at once, as in figures before families drew water.
    func size(days: Int, isPlain: Bool = false) throws -> (memory: Int, saved: Int) {
        // A pacemaker beside them, for a dwelling's meter does not move data time.
        let pacemaker = meter("pacemaker", .unit, nil, period: 60)
        func weigh(_ count: Int) throws -> (memory: Int, saved: Int) {
            let site = SiteDescription(
                zone: .utc, meters: [pacemaker] + (0..<count).map { description("meter-\($0)") }, gates: [])
            let estate = PlainEstate(site)
            let readings =
                isPlain ? estate.readings(days: days) : estate.familyReadings(days: days, families: families)
            let before = heap_bytes_in_use()
            var analyzer = Analyzer(site: site)
            for reading in readings { _ = analyzer.ingest(reading) }
            // What was in use before is in use still, or the readings would be taken off the analyzer's bytes.
            let after = withExtendedLifetime((site, readings, analyzer)) { heap_bytes_in_use() }
            return (Int(after) - Int(before), try JSONEncoder().encode(analyzer).count)
        }
        let (none, several) = (try weigh(1), try weigh(1 + Self.several))
        return ((several.memory - none.memory) / Self.several, (several.saved - none.saved) / Self.several)
    }

    /// Where the bytes of one such meter lie.
    func parts(days: Int) -> MeterParts? {
        let pacemaker = meter("pacemaker", .unit, nil, period: 60)
        let estate = PlainEstate(SiteDescription(zone: .utc, meters: [pacemaker, description("meter")], gates: []))
        var analyzer = Analyzer(site: estate.site)
        for reading in estate.familyReadings(days: days, families: families) { _ = analyzer.ingest(reading) }
        return MeterParts(of: analyzer, meter: 1)
    }
}
