// SPDX-License-Identifier: Apache-2.0

import Model

/// What flowed into a zone and out of it in one window.
struct ZoneBalance: Hashable, Sendable {
    /// Length of the window in minutes.
    var minutes: Int64
    /// Parent less children, in litres an hour.
    var residual: Double
    /// Sum of the children, in litres an hour.
    var children: Double
    /// Square of what is uncertain because of steps of registers and of reading times, in (L/h)^2. What is usual
    /// in this zone is not in it.
    var variance: Double
}

/// A zone at one moment, with the registers and levels that its balance is made of.
struct ZoneView {
    let zone: Zone
    private let layout: Layout
    let meters: [MeterState]
    let calendar: AnnouncedCalendar
    let tanks: TankRoom
    let dataTime: Timestamp
    /// Hour of the local day at the end of the windows.
    var hourOfDay: Int

    init(zone: Zone, _ view: SiteView, tanks: TankRoom) {
        self.zone = zone
        self.tanks = tanks
        (layout, meters, calendar) = (view.layout, view.meters, view.calendar)
        (dataTime, hourOfDay) = (view.now, view.local.hourOfDay)
    }

    /// The same moment in the zone behind a child.
    init(behind zone: Int, of view: ZoneView) {
        self = ZoneView(copy: view, zone: view.zones[zone])
    }

    private init(copy view: ZoneView, zone: Zone) {
        self.zone = zone
        (layout, meters, calendar, tanks) = (view.layout, view.meters, view.calendar, view.tanks)
        (dataTime, hourOfDay) = (view.dataTime, view.hourOfDay)
    }

    var zones: [Zone] { layout.zones }
    var laws: [RegisterLaw] { layout.laws }
    var site: SiteDescription { layout.site }

    /// One child in ten may be missing and is replaced by its usual flow.
    func isBearable(missing: Int) -> Bool { missing * 10 <= zone.children.count }

    /// A level read less often than this is missing: its tank is no storage that can be counted.
    private static let staleLevel: Duration = .seconds(600)

    /// The latest minute for which the parent, the tanks and all present children have been read.
    ///
    /// - Returns: `nil` when the parent, a tank or too many children are missing.
    func end() -> Int64? {
        guard !meters[zone.parent].isMissing(at: dataTime) else { return nil }
        var end = meters[zone.parent].minutes.knownThrough
        for tank in zone.tanks {
            let history = tanks.tanks[tank].history
            guard let newest = history.newestAt, dataTime - newest <= Self.staleLevel else { return nil }
            end = min(end, history.knownThrough)
        }
        var missing = 0
        for child in zone.children {
            if meters[child].isMissing(at: dataTime) {
                missing += 1
            } else {
                end = min(end, meters[child].minutes.knownThrough)
            }
        }
        return isBearable(missing: missing) ? end : nil
    }

    /// The latest minute for which all present children have been read.
    var childrenEnd: Int64 {
        zone.children.reduce(dataTime.minuteIndex) { end, child in
            meters[child].isMissing(at: dataTime) ? end : min(end, meters[child].minutes.knownThrough)
        }
    }

    /// Children without a reading that is new enough.
    var missingChildren: Int { zone.children.count { meters[$0].isMissing(at: dataTime) } }

    /// The balance between two whole minutes; `nil` when it is not known.
    func balance(from: Int64, to: Int64) -> ZoneBalance? {
        guard to > from, let inflow = meters[zone.parent].minutes.volume(from: from, to: to),
            let stored = stored(from: from, to: to)
        else { return nil }
        guard let taken = taken(from: from, to: to) else { return nil }
        let hours = Double(to - from) / 60
        let outflow = taken.litres
        // Two steps of the parent's register, and where in its last interval the water passed.
        let step = 2 * laws[zone.parent].litresPerCount
        var variance = step * step + edges(of: zone.parent, from: from, to: to) + taken.variance
        // Meters err, and not all alike: 6 % of what the children took.
        variance += 0.06 * outflow * 0.06 * outflow
        return ZoneBalance(
            minutes: to - from, residual: (inflow - outflow - stored) / hours, children: outflow / hours,
            variance: variance / (hours * hours))
    }

    /// Litres that the children took between two whole minutes, and the square of what is uncertain in them; `nil` when
    /// too many are missing.
    ///
    /// - Parameter replacingStanding: Whether a child known to stand still is taken at its usual use, not at nothing.
    func taken(from: Int64, to: Int64, replacingStanding: Bool = false) -> (litres: Double, variance: Double)? {
        let hours = Double(to - from) / 60
        var litres = 0.0
        var variance = 0.0
        var missing = 0
        for child in zone.children {
            let isReplaced =
                replacingStanding && meters[child].standing.standingSince != nil && isBearable(missing: missing + 1)
            if !isReplaced, let volume = meters[child].minutes.volume(from: from, to: to) {
                let count = laws[child].litresPerCount
                litres += volume
                // A register in whole counts is wrong by up to one at each edge, evenly: w^2/12 twice.
                variance += count * count / 6 + edges(of: child, from: from, to: to)
            } else {
                missing += 1
                guard isBearable(missing: missing), let flow = meters[child].usual.flow(hourOfDay: hourOfDay) else {
                    return nil
                }
                litres += flow * hours
                // Nothing is known of this hour of it: as much again, or none.
                variance += flow * hours * flow * hours
            }
        }
        return (litres, variance)
    }

    /// Litres by which the tanks have filled between two whole minutes; `nil` when a level is not known.
    func stored(from: Int64, to: Int64) -> Double? {
        var litres = 0.0
        for tank in zone.tanks {
            let history = tanks.tanks[tank].history
            guard let first = history.level(at: from), let last = history.level(at: to) else { return nil }
            litres += (last - first) * (site.tanks[tank].litresPerMetre ?? 0)
        }
        return litres
    }

    /// Whether a tank of the zone stood at its overflow edge in any minute between.
    func stoodAtEdge(from: Int64, to: Int64) -> Bool {
        zone.tanks.contains { tanks.tanks[$0].stoodAtEdge(site.tanks[$0], from: from, to: to) ?? true }
    }

    /// Whether works or a pool were announced that take water from the zone between, past its children, or past one that
    /// does not count it.
    func isAnnounced(from: Int64, to: Int64) -> Bool {
        let (from, to) = (Timestamp(minuteIndex: from), Timestamp(minuteIndex: to))
        func isAnnounced(_ meter: Int) -> Bool {
            calendar.touches(.buildingWorks, .poolFilling, asset: site.meters[meter].asset, from: from, to: to)
        }
        return isAnnounced(zone.parent)
            || zone.children.contains { meters[$0].standing.isSuspect(at: dataTime) && isAnnounced($0) }
    }

    /// Litres squared that are uncertain because both edges of the window lie between two readings of a meter.
    ///
    /// Between two readings only the sum V is known. If all of it passed in one go at some moment, a share f of V is
    /// given to the wrong side with a variance of V^2 f (1 - f), at most V^2/4. V is the slope at the edge times the
    /// time between readings; a meter read each minute adds next to nothing.
    private func edges(of meter: Int, from: Int64, to: Int64) -> Double {
        let grain = meters[meter].grainMinutes
        guard grain > 1.5 else { return 0 }
        let first = meters[meter].minutes.slope(around: from) * grain / 2
        let last = meters[meter].minutes.slope(around: to) * grain / 2
        return first * first + last * last
    }
}
