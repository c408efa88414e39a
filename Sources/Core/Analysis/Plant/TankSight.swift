// SPDX-License-Identifier: Apache-2.0

import Model

/// One tank at one moment, with the meters around it.
struct TankSight {
    let tank: TankDescription
    let state: TankState
    /// The balance around the tank; `nil` when its meter has no metered children or none is known.
    let zone: ZoneView?
    /// Channel of the meter above the tank.
    let meter: Int?
    let view: SiteView
    /// The latest minute for which the balance is known; 0 when it is not.
    let end: Int64

    init(_ place: Int, of room: TankRoom, _ view: SiteView) {
        self.view = view
        tank = view.site.tanks[place]
        state = room.tanks[place]
        meter = tank.meter.flatMap { asset in view.site.meters.firstIndex { $0.asset == asset } }
        zone = view.layout.zones.first { $0.tanks.contains(place) }.map {
            ZoneView(zone: $0, view, tanks: room)
        }
        end = zone?.end() ?? 0
    }

    var now: Timestamp { view.now }
    var hourOfDay: Int { view.local.hourOfDay }
    var tolerance: Double { state.tolerance(tank) }

    /// The levels of the last minutes; `nil` unless all of them are known.
    func range(minutes: Int64) -> ClosedRange<Double>? {
        let through = state.history.knownThrough
        return state.history.range(from: through - minutes, to: through)
    }

    /// Whether the level stands higher than it did; what still rises does not run over.
    func rises(minutes: Int64) -> Bool {
        let through = state.history.knownThrough
        guard let before = state.history.level(at: through - minutes), let now = state.history.level(at: through) else {
            return true
        }
        return now > before + tolerance
    }

    /// Whether water may have come in since then; only a meter that stood still for an hour denies it.
    func hasInflow(since: Timestamp) -> Bool {
        guard let meter else { return true }
        let minutes = view.meters[meter].minutes
        let from = min(since.minuteIndex, minutes.knownThrough - 60)
        return minutes.volume(from: from, to: minutes.knownThrough).map { $0 > 0 } ?? true
    }

    /// Whether more came in than went out or stayed, by three times what is uncertain and one step of the level.
    func gains(minutes: Int64) -> Bool {
        guard let balance = zone?.balance(from: end - minutes, to: end) else { return false }
        let step = (tank.litresPerMetre ?? 0) * tolerance * 60 / Double(minutes)
        return balance.residual > 3 * balance.variance.squareRoot() + step
    }

    /// Adds what was lost since `counted`, as far as the balance knows it; what passed in a gap is left out.
    ///
    /// - Parameter level: While it never stood so high nothing ran over, whatever the balance leaves.
    func count(
        into spill: inout SpillVolume, calm: inout CalmBalance, through counted: inout Int64, above level: Double
    ) {
        guard end > counted else { return }
        let from = max(counted, end - MinuteRegister.length + 1)
        counted = end
        guard let balance = zone?.balance(from: from, to: end) else { return }
        let hours = Double(end - from) / 60
        spill.minutes += Double(end - from)
        guard !(state.history.range(from: from, to: end).map { $0.upperBound < level } ?? false) else {
            calm.take(balance.residual * hours, hours: hours, through: end)
            return
        }
        spill.spillMinutes += Double(end - from)
        spill.litres += balance.residual * hours
        spill.variance += balance.variance * hours * hours
    }

    /// Looks once an hour what the balance leaves while nothing runs over.
    func learn(_ calm: inout CalmBalance, below level: Double) {
        guard end - calm.through >= 60, end >= 60 else { return }
        guard let range = state.history.range(from: end - 60, to: end), range.upperBound < level,
            let balance = zone?.balance(from: end - 60, to: end)
        else { return }
        calm.take(balance.residual, hours: 1, through: end)
    }
}
