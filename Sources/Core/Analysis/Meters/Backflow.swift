// SPDX-License-Identifier: Apache-2.0

import Model

/// A register that runs backwards: water is sucked or pushed back through the meter.
///
/// Backward is what the register lies below its highest value, so a count that trembles on an edge never adds up.
struct Backflow: Hashable, Codable, Sendable {
    /// Backward steps belong together within this time, and end the finding when none has come for as long.
    static let window: Duration = .seconds(86_400)
    /// One step alone may be a wrong value.
    static let requiredReadings = 2
    /// Litres backward at least, or three counts.
    static let leastLitres = 10.0

    private var since: Timestamp?
    private var newest: Timestamp?
    /// Counts below the highest value of the window.
    private var depth: Int64 = 0
    /// All counts backward of the window or finding, and the milliseconds in which they passed.
    private var reversed: Int64 = 0
    private var lasting: Int64 = 0
    private var readings = 0
    private var firstSequence: Int64?
    private var lastSequence: Int64?
    private(set) var isInAlarm = false
    /// Litres that were told last.
    private var told = ToldSize()

    init() {}

    static func requiredLitres(_ law: RegisterLaw) -> Double { max(3 * law.litresPerCount, leastLitres) }

    /// Takes a step of the register; `nil` when it says nothing new.
    ///
    /// - Parameter busiest: What is drawn behind the meter in its busiest hour, in litres an hour.
    mutating func take(_ event: RegisterEvent, _ law: RegisterLaw, busiest: Double) -> Verdict? {
        guard event.kind == .reversed else {
            if !isInAlarm {
                depth -= min(depth, max(event.counts, 0))
                if depth == 0 { forget() }
            }
            return nil
        }
        if !isInAlarm, let since, event.at - since > Self.window { forget() }
        if since == nil { (since, firstSequence) = (event.from, event.sequence) }
        (newest, lastSequence) = (event.at, event.sequence ?? lastSequence)
        let counts = min(max(-event.counts, 0), RegisterLaw.largestCount)
        depth = min(depth + counts, RegisterLaw.largestCount)
        reversed = min(reversed + counts, RegisterLaw.largestCount)
        lasting = min(lasting + event.at.milliseconds - event.from.milliseconds, 1 << 50)
        readings = min(readings + 1, 1_000_000)
        let litres = Double(reversed) * law.litresPerCount
        if isInAlarm { return told.grows(to: litres) ? grounds(law, busiest).map { .persists($0) } : nil }
        guard readings >= Self.requiredReadings,
            Double(depth) * law.litresPerCount >= Self.requiredLitres(law)
        else { return nil }
        isInAlarm = true
        told.tell(litres)
        return grounds(law, busiest).map { .arises($0) }
    }

    /// Looks whether a finding is over.
    mutating func judge(at moment: Timestamp, _ law: RegisterLaw, busiest: Double) -> Verdict? {
        guard isInAlarm, let newest, moment - newest > Self.window else { return nil }
        let grounds = grounds(law, busiest)
        forget()
        return grounds.map { .ends($0, at: newest) }
    }

    private mutating func forget() { self = Backflow() }

    private func grounds(_ law: RegisterLaw, _ busiest: Double) -> Grounds? {
        guard let since, let newest else { return nil }
        let litres = Double(reversed) * law.litresPerCount
        let hours = Double(lasting) / 3_600_000
        let rate = LitresPerHour(litres / max(hours, 1.0 / 60))
        return Grounds(
            startedAt: since, severity: .p3,
            loss: LossEstimate(
                rateLow: rate, rateHigh: rate, litres: Litres(litres),
                low: Litres(max(0, MeterError.least(litres) - law.litresPerCount)),
                // The register shows what is left of it: what people draw behind the meter meanwhile it has fed too.
                high: Litres(
                    MeterError.most(litres) + law.litresPerCount * Double(readings) + busiest * hours)),
            evidence: Evidence(
                from: since, to: newest,
                measures: [
                    Measure("reversed_volume", litres, .litre),
                    Measure("readings", Double(readings)),
                    Measure("required_volume", Self.requiredLitres(law), .litre),
                    Measure("required_readings", Double(Self.requiredReadings)),
                ],
                firstSequence: firstSequence.map { SequenceNumber($0) },
                lastSequence: lastSequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        [since, newest].allSatisfy { stamp in stamp.map { DataClock.believable.contains($0) } ?? true }
            && (0...RegisterLaw.largestCount).contains(depth) && (0...RegisterLaw.largestCount).contains(reversed)
            && (0...1 << 50).contains(lasting) && (0...1_000_000).contains(readings)
    }
}
