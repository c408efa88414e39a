// SPDX-License-Identifier: Apache-2.0

import Model

/// D6, stuck meter: a register that stands still although water is used.
///
/// The standstill itself is judged by the meter's own past. Whether water is used all the same the zone says: behind a
/// shared meter its children go on; of a dwelling the zone's residual rises by what the dwelling usually takes. Without
/// that the dwelling is vacant, which is told after ten days.
struct StuckMeter: Hashable, Codable, Sendable {
    /// -ln of the chance of the standstill, from which a shared meter is stuck: it serves so many that no night comes near.
    static let sharedSurprise = 35.0
    /// The same for a dwelling: people go away, so that it only opens the question.
    static let dwellingSurprise = 12.0
    /// Hours in which a household may be out for a day and a night.
    static let dwellingHours = 36
    /// Log likelihood ratio of "water is used" against "nobody is there", from which a dwelling's meter is stuck: 55 to 1.
    static let leastLikelihood = 4.0
    static let vacancyHours = 240
    /// A meter that lay is not believed at once when it counts again.
    static let suspicion: Duration = .seconds(36 * 3600)

    /// What the zone says of a standstill.
    struct Witness: Hashable, Codable, Sendable {
        /// Litres that the children took meanwhile, of a shared meter.
        var children = 0.0
        /// Rise of the zone's residual and its standard error in litres an hour, and the log likelihood ratio.
        var rise = 0.0
        var error = 0.0
        var likelihood = 0.0
    }

    private struct Alarm: Hashable, Codable, Sendable {
        var usual: Double
        var doubt: Double
        /// Standard deviation of a single day's mean flow.
        var ofOneDay: Double
        var witness: Witness
        var toldHours: Int
    }

    private(set) var standstill = Standstill()
    @Seldom private var alarm: Alarm?
    private var isVacancyTold = false

    init() {}

    var isInAlarm: Bool { alarm != nil }
    var spell: Standstill.Spell? { standstill.current }

    /// From half the way to a question nothing is learned from a standstill.
    static func limit(_ role: MeterDescription.Role) -> Double {
        role == .unit ? dwellingSurprise : sharedSurprise
    }

    /// Whether what the meter shows now may not be learned as usual.
    func isDoubtful(_ role: MeterDescription.Role) -> Bool {
        isInAlarm || (spell?.surprise ?? 0) > Self.limit(role) / 2
    }

    /// Takes the next closed hour; what ends, ends here.
    mutating func take(
        _ volume: HourVolume, hourOfDay: Int, _ law: RegisterLaw, role: MeterDescription.Role
    ) -> (rule: Rule, verdict: Verdict)? {
        let ended = standstill.take(volume, hourOfDay: hourOfDay, law, isHeld: isDoubtful(role))
        if var held = alarm {
            if let spell {
                // Told once a day.
                guard spell.hours - held.toldHours >= 24 else { return nil }
                held.toldHours = spell.hours
                alarm = held
                return (.stuckMeter, .persists(grounds(held, spell)))
            }
            guard let ended else { return nil }
            alarm = nil
            return (.stuckMeter, .ends(grounds(held, ended), at: Timestamp(hourIndex: volume.hour)))
        }
        guard isVacancyTold, let ended else { return nil }
        isVacancyTold = false
        return (.vacancy, .ends(vacancy(ended), at: Timestamp(hourIndex: volume.hour)))
    }

    /// The zone, or the standstill alone, has decided: the register is stuck.
    ///
    /// - Parameters:
    ///   - usual: What the meter passes on its usual days, in litres an hour.
    ///   - doubt: Uncertainty of that, two standard errors.
    ///   - ofOneDay: Standard deviation of a single day's mean flow.
    mutating func raise(usual: Double, doubt: Double, ofOneDay: Double, _ witness: Witness) -> Verdict? {
        guard alarm == nil, let spell else { return nil }
        let new = Alarm(
            usual: usual, doubt: doubt, ofOneDay: ofOneDay, witness: witness, toldHours: spell.hours)
        alarm = new
        return .arises(grounds(new, spell))
    }

    /// Ten days of a standstill that nobody can explain: perhaps nobody lives there.
    mutating func raiseVacancy() -> Verdict? {
        guard alarm == nil, !isVacancyTold, let spell, spell.hours >= Self.vacancyHours,
            spell.surprise > Self.dwellingSurprise
        else { return nil }
        isVacancyTold = true
        return .arises(vacancy(spell))
    }

    // MARK: Evidence

    private func grounds(_ alarm: Alarm, _ spell: Standstill.Spell) -> Grounds {
        let hours = Double(spell.last + 1 - spell.since)
        let doubt = min(alarm.doubt, alarm.usual)
        // Three spreads of what the days of the standstill may have been, not of the usual day alone.
        let (ofUsual, ofDays) = (alarm.doubt / 2, alarm.ofOneDay / (max(hours, 1) / 24).squareRoot())
        let open = 3 * (ofUsual * ofUsual + ofDays * ofDays).squareRoot()
        return Grounds(
            startedAt: Timestamp(hourIndex: spell.since), severity: .p3,
            loss: LossEstimate(
                rateLow: LitresPerHour(alarm.usual - doubt), rateHigh: LitresPerHour(alarm.usual + doubt),
                litres: Litres(alarm.usual * hours), low: Litres(max(0, alarm.usual - open) * hours),
                high: Litres((alarm.usual + open) * hours)),
            evidence: evidence(
                spell,
                [
                    Measure("usual_flow", alarm.usual, .litrePerHour),
                    Measure("children", alarm.witness.children, .litre),
                    Measure("zone_rise", alarm.witness.rise, .litrePerHour),
                    Measure("zone_rise_error", alarm.witness.error, .litrePerHour),
                    Measure("likelihood", alarm.witness.likelihood),
                    Measure("required_likelihood", Self.leastLikelihood),
                ]))
    }

    private func vacancy(_ spell: Standstill.Spell) -> Grounds {
        Grounds(
            startedAt: Timestamp(hourIndex: spell.since), severity: .p4,
            evidence: evidence(spell, [Measure("required_hours", Double(Self.vacancyHours), .hour)]))
    }

    private func evidence(_ spell: Standstill.Spell, _ more: [Measure]) -> Evidence {
        Evidence(
            from: Timestamp(hourIndex: spell.since), to: Timestamp(hourIndex: spell.last + 1),
            measures: [Measure("hours", Double(spell.hours), .hour), Measure("surprise", spell.surprise)] + more,
            firstSequence: spell.firstSequence.map { SequenceNumber($0) },
            lastSequence: spell.lastSequence.map { SequenceNumber($0) })
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        // An alarm stands as long as the standstill.
        standstill.isWellFormed && (alarm == nil || spell != nil)
            && (alarm.map {
                (0...1 << 20).contains($0.toldHours) && $0.usual.isFinite && $0.doubt.isFinite && $0.ofOneDay.isFinite
            } ?? true)
    }
}
