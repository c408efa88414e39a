// SPDX-License-Identifier: Apache-2.0

import Model

/// The balance of one zone over one closed elapsed hour.
struct ZoneHour: Hashable, Sendable {
    var hour: Int64
    var hourOfDay: Int
    /// Litres that entered; `nil` when the parent's hour is in doubt.
    var inflow: Double?
    /// Litres that the children took, with the usual use of those that are silent or stand still wrongly.
    var outflow: Double
    /// Of those litres the part that was not read.
    var assumed: Double
    /// Litres that were read.
    var measured: Double
    /// Whether no more children are silent than the balance bears.
    var isBearable: Bool

    /// What entered and no child took, in litres an hour.
    var residual: Double? {
        guard isBearable, let inflow else { return nil }
        return inflow - outflow
    }
}

extension ZoneHour {
    /// Makes the balance from the closed hours of the meters.
    ///
    /// - Parameter zones: All of the site: the children of a child that lies stand in for it.
    init(_ zone: Zone, hour: Int64, hourOfDay: Int, meters: [MeterState], zones: [Zone]) {
        self.init(
            hour: hour, hourOfDay: hourOfDay, inflow: meters[zone.parent].recent.litres(hour), outflow: 0, assumed: 0,
            measured: 0, isBearable: true)
        var missing = 0
        for child in zone.children {
            if meters[child].standing.isUnderRegistering || meters[child].stuck.isInAlarm {
                let grandchildren = zones.first { $0.parent == child }?.children ?? []
                let litres = Self.substitute(child, hour, hourOfDay, meters, grandchildren)
                outflow += litres ?? 0
                assumed += litres ?? 0
                if litres == nil { missing += 1 }
            } else if let litres = meters[child].recent.litres(hour) {
                outflow += litres
                measured += litres
            } else if let flow = meters[child].usual.flow(hourOfDay: hourOfDay) {
                missing += 1
                outflow += flow
                assumed += flow
            } else {
                isBearable = false
            }
        }
        // One child in ten may be silent and is replaced by its usual flow.
        if missing * 10 > zone.children.count { isBearable = false }
    }

    /// What a child that is not to be believed has passed: its own children's water, else what is usual.
    private static func substitute(
        _ child: Int, _ hour: Int64, _ hourOfDay: Int, _ meters: [MeterState], _ grandchildren: [Int]
    ) -> Double? {
        var sum = 0.0
        for grandchild in grandchildren {
            guard
                let litres = meters[grandchild].recent.litres(hour)
                    ?? meters[grandchild].usual.flow(hourOfDay: hourOfDay)
            else { return meters[child].usual.flow(hourOfDay: hourOfDay) }
            sum += litres
        }
        guard !grandchildren.isEmpty else { return meters[child].usual.flow(hourOfDay: hourOfDay) }
        return sum * (meters[child].standing.usualRatio ?? 1)
    }
}
