// SPDX-License-Identifier: Apache-2.0

public import Logging
public import Model
public import Pipeline
import Store

/// Vehicles of a gate from the database of a gateway that may be running.
public enum VehicleReading {
    /// The days on and after `first`, as far as readings are kept; empty for a device that counts no vehicles.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func days(
        of asset: AssetIdentifier, from first: CivilDate, now: Timestamp, site: SiteConfiguration, in directory: String,
        logger: Logger
    ) throws -> [VehicleDays.Day] {
        let catalogue = site.makeCatalogue()
        let place = catalogue.points.firstIndex { point in
            point.signal?.text == "gate.cycles" && catalogue[point.asset].identifier == asset
        }
        guard let place else { return [] }
        var days = VehicleDays(zone: site.site.zone)
        // The day before may begin after the moment at which this one begins in UTC.
        let start = Timestamp(CivilTime(date: CivilDate(daysSince1970: first.daysSince1970 - 1), hour: 0, minute: 0))
        try SluiceStore.forEachSweep(in: directory, catalogue: catalogue, from: start, logger: logger) { stored in
            for reading in stored.sweep.readings where Int(reading.point.value) == place {
                guard reading.quality != .bad, case .integer(let count)? = reading.quantity else { continue }
                days.take(count: count, at: stored.sweep.receivedWall)
            }
        }
        return days.days(at: now)
    }
}
