// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles

/// What goes wrong in a simulated month.
struct MonthFault: Sendable {
    var asset: AssetIdentifier
    var rule: RuleIdentifier
    var severity: Severity
    var startsAt: Timestamp
    /// Water lost an hour; `nil` where none is.
    var loss: LitresPerHour?
    /// When it goes by itself; `nil` for one that waits for somebody.
    var healsAt: Timestamp?
    /// Whether whoever comes finds nothing.
    var isFalse: Bool
    /// How long after each repair it comes back; empty when the first repair holds.
    var returns: [Duration]
}

enum MonthFaults {
    private struct Kind {
        var rule: RuleIdentifier
        var severity: Severity
        /// Share of all faults of its kind of asset.
        var weight: Int
        var loss: ClosedRange<Double>?
    }

    /// What may happen to an asset.
    private static func kinds(of device: DeviceSettings) -> [Kind] {
        switch (device.profile.kind, device.meter?.role) {
        case (_, .unit):
            [
                Kind(rule: .leak, severity: .p3, weight: 4, loss: 4...40),
                Kind(rule: .continuousFlow, severity: .p3, weight: 2, loss: 30...200),
                Kind(rule: .toiletLeak, severity: .p4, weight: 3, loss: 8...60),
                Kind(rule: .stuckMeter, severity: .p4, weight: 2),
            ]
        case (_, .riser):
            [
                Kind(rule: .burst, severity: .p2, weight: 3, loss: 800...6000),
                Kind(rule: .networkLeak, severity: .p3, weight: 2, loss: 60...300),
            ]
        case (_, .bulk), (_, .irrigation):
            [
                Kind(rule: .burst, severity: .p1, weight: 1, loss: 4000...20_000),
                Kind(rule: .massBalance, severity: .p3, weight: 3, loss: 80...500),
            ]
        case ("pump", _):
            [
                Kind(rule: .dryRun, severity: .p1, weight: 1), Kind(rule: .shortCycling, severity: .p3, weight: 3),
                Kind(rule: .efficiencyDrift, severity: .p4, weight: 2),
            ]
        case ("lift", _):
            [
                Kind(rule: RuleIdentifier("lift_entrapment"), severity: .p1, weight: 1),
                Kind(rule: .liftOutOfService, severity: .p2, weight: 3),
                Kind(rule: .liftDoor, severity: .p3, weight: 4),
            ]
        case ("gate", _):
            [
                Kind(rule: .gateHeldOpen, severity: .p3, weight: 4), Kind(rule: .gateChatter, severity: .p4, weight: 2),
                Kind(rule: .gateStuckClosed, severity: .p2, weight: 2),
            ]
        default: [Kind(rule: .tankOverflow, severity: .p2, weight: 1, loss: 500...3000)]
        }
    }

    /// Faults of a month in the order of their beginnings, from the seed alone.
    static func make(
        of site: SiteConfiguration, count: Int, from start: Timestamp, to end: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> [MonthFault] {
        let minutes = max(1, (end - start).wholeMilliseconds / 60_000)
        var faults: [MonthFault] = []
        for _ in 0..<count {
            guard let device = site.devices.randomElement(using: &random) else { break }
            let kinds = kinds(of: device).flatMap { Array(repeating: $0, count: $0.weight) }
            guard let kind = kinds.randomElement(using: &random) else { continue }
            let startsAt = start + .seconds(60 * Int64.random(in: 0..<minutes, using: &random))
            func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
            let heals = happens(18) ? Duration.seconds(60 * Int64.random(in: 2...900, using: &random)) : nil
            let isFalse = happens(7)
            // Some repairs do not hold: soon, or days after the sign-off.
            let returns = happens(14) ? [Duration.seconds(60 * Int64.random(in: 10...6000, using: &random))] : []
            faults.append(
                MonthFault(
                    asset: device.asset, rule: kind.rule, severity: kind.severity, startsAt: startsAt,
                    loss: kind.loss.map { LitresPerHour(Double.random(in: $0, using: &random).rounded()) },
                    healsAt: heals.map { startsAt + $0 }, isFalse: isFalse, returns: isFalse ? [] : returns))
        }
        return faults.sorted { ($0.startsAt, $0.asset, $0.rule.text) < ($1.startsAt, $1.asset, $1.rule.text) }
    }
}
