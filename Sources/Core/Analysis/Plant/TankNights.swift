// SPDX-License-Identifier: Apache-2.0

import Model

/// D4, night rise, of a tank whose outflow nobody meters: from night to night more water leaves it while all sleep.
///
/// What left a tank in an hour is what its meter let in less what its level rose by. Behind a tank with metered
/// dwellings the balance of the zone says more, and this says nothing.
struct TankNights: Hashable, Codable, Sendable {
    /// Local hours of the night: the least use of a day lies in them.
    static let hours = 1..<5
    private static let length = 21
    private static let fewest = 5
    /// The reference value and the limit of the CUSUM of D4, in standard deviations; a single night counts no more than
    /// `most`, so that one night of guests is no rise.
    private static let reference = 0.75
    private static let limit = 5.0
    private static let most = 3.5
    private static let calm = 1.5
    private static let calmNights = 2
    /// Nights differ by at least this share, however alike the first ones were.
    private static let leastSpread = 0.05

    private struct Alarm: Hashable, Codable, Sendable {
        var since: Timestamp
        /// At least, likely and at most.
        var low = 0.0
        var litres = 0.0
        var high = 0.0
        var calmNights = 0

        mutating func add(_ rise: Double, doubt: Double) {
            low += max(rise - doubt, 0) * 24
            litres += max(rise, 0) * 24
            high += max(rise + doubt, 0) * 24
        }
    }

    /// Litres of the usual nights, in an hour.
    private var nights: [Float] = []
    private var hour: Int64 = -1
    private var litres = 0.0
    private var known = 0
    private var day = -1
    private var evidence = 0.0
    private var risesSince: Timestamp?
    private var alarm: Alarm?

    init() {}

    /// Judges once a minute of data time.
    mutating func judge(_ sight: TankSight, statistics: inout AnalyzerStatistics) -> Verdict? {
        guard sight.zone == nil, let meter = sight.meter, let litresPerMetre = sight.tank.litresPerMetre else {
            return nil
        }
        let register = sight.view.meters[meter].minutes
        let through = min(register.knownThrough, sight.state.history.knownThrough)
        guard through >= 0 else { return nil }
        let closed = through / 60 - 1
        guard closed > hour else { return nil }
        hour = closed
        let local = LocalMoment(Timestamp(hourIndex: closed), in: sight.view.site.zone)
        guard Self.hours.contains(local.hourOfDay) else { return nil }
        if day != local.day { (day, litres, known) = (local.day, 0, 0) }
        let history = sight.state.history
        if let before = history.level(at: closed * 60), let after = history.level(at: closed * 60 + 60),
            let inflow = register.volume(from: closed * 60, to: closed * 60 + 60), !sight.state.overflow.isInAlarm
        {
            litres += inflow - (after - before) * litresPerMetre
            known += 1
        }
        guard local.hourOfDay == Self.hours.upperBound - 1, known >= Self.hours.count - 1 else { return nil }
        statistics.evaluations.nightRise += 1
        let step = max(
            sight.tolerance * litresPerMetre / Double(known),
            sight.view.layout.laws[meter].litresPerCount / Double(known))
        return finish(litres / Double(known), step: step, at: Timestamp(hourIndex: closed + 1))
    }

    /// Ends a night of so many litres an hour.
    private mutating func finish(_ flow: Double, step: Double, at moment: Timestamp) -> Verdict? {
        guard nights.count >= Self.fewest, let usual = RobustSpread(nights) else {
            learn(flow)
            return nil
        }
        // A few nights show less of the spread than there is.
        let doubt = 1 + 2 / Double(nights.count)
        let spread = doubt * max(usual.deviation, Self.leastSpread * abs(usual.median), step)
        let stands = min(max((flow - usual.median) / spread, -Self.most), Self.most)
        let started = moment - .seconds(3600 * Int64(Self.hours.count))
        if evidence == 0 { risesSince = started }
        evidence = min(max(evidence + stands - Self.reference, 0), 20)
        // A night that rises is not how people live, unless nothing comes of it.
        if evidence < Self.limit / 2, alarm == nil { learn(flow) }
        let rise = flow - usual.median
        if var held = alarm {
            held.add(rise, doubt: 2 * spread)
            held.calmNights = stands < Self.calm ? held.calmNights + 1 : 0
            alarm = held
            let grounds = grounds(held, flow, usual.median, spread, to: moment)
            guard held.calmNights >= Self.calmNights else { return .persists(grounds) }
            (alarm, evidence) = (nil, 0)
            return .ends(grounds, at: started)
        }
        guard evidence > Self.limit else { return nil }
        var new = Alarm(since: risesSince ?? started)
        new.add(rise, doubt: 2 * spread)
        alarm = new
        return .arises(grounds(new, flow, usual.median, spread, to: moment))
    }

    private mutating func learn(_ flow: Double) {
        if nights.count == Self.length { nights.removeFirst() }
        nights.append(Float(min(max(flow, -1e6), 1e6)))
    }

    private func grounds(
        _ held: Alarm, _ flow: Double, _ usual: Double, _ spread: Double, to end: Timestamp
    ) -> Grounds {
        let rate = max(flow - usual, 0)
        let low = LitresPerHour(max(rate - 2 * spread, 0))
        let high = LitresPerHour(rate)
        return Grounds(
            startedAt: held.since, severity: Severity(loss: high),
            loss: LossEstimate(
                rateLow: low, rateHigh: high, litres: Litres(held.litres), low: Litres(held.low),
                high: Litres(held.high)),
            evidence: Evidence(
                from: held.since, to: end,
                measures: [
                    Measure("night_flow", flow, .litrePerHour), Measure("usual_night_flow", usual, .litrePerHour),
                    Measure("spread", spread, .litrePerHour), Measure("evidence", evidence),
                    Measure("required_evidence", Self.limit), Measure("learned_nights", Double(nights.count)),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        nights.count <= Self.length && nights.allSatisfy(\.isFinite) && (-1...1_200_000).contains(hour)
            && litres.isFinite && (0...24).contains(known) && evidence.isFinite && abs(day) < 1_000_000
            && [risesSince, alarm?.since].allSatisfy { $0.map { DataClock.believable.contains($0) } ?? true }
            && (alarm.map { ($0.low + $0.litres + $0.high).isFinite && (0...1000).contains($0.calmNights) } ?? true)
    }
}
