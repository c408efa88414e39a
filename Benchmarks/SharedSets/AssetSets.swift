// SPDX-License-Identifier: Apache-2.0

import Analysis
import EstateMaker
import Model

/// Short traces of pumps, lifts, gates and irrigation with one fault each, or none.
struct AssetSets {
    struct Outcome {
        var kind: String
        var cases = 0
        var found = 0
        /// Findings that are not about the fault: all of them where there is none.
        var others = 0
        var otherRules: Set<String> = []
    }

    private struct Trace {
        var label: RecordedLabel
        var rows: [[Double]] = []
    }

    /// - Parameter machine: `pump`, `lift`, `gate` or `irrigation`.
    static func outcomes(_ folder: String, machine: String) throws -> [Outcome] {
        var traces: [String: Trace] = [:]
        try RecordedTable(
            "\(folder)/\(machine)_labels.csv", columns: ["case", "kind", "onset_ts", "end_ts"]
        ).forEach { row in
            traces[row.text("case")] = Trace(
                label: RecordedLabel(
                    kind: row.text("kind"), asset: machine, onset: row.seconds("onset_ts"), end: row.seconds("end_ts"),
                    rate: 0))
        }
        try RecordedTable("\(folder)/\(machine).csv.gz", columns: ["case", "ts"]).forEach { row in
            traces[row.text(0)]?.rows.append((1..<row.fields.count).map { row.number($0) })
        }
        var outcomes: [String: Outcome] = [:]
        for (_, trace) in traces.sorted(by: { $0.key < $1.key }) {
            let kind = trace.label.kind
            let findings = replay(machine, trace.rows).filter(\.asksForSomething)
            let accepted = rules(machine, kind)
            let hits = findings.filter { finding in
                let second = finding.raisedAt.milliseconds / 1000
                return accepted.contains(finding.rule) && second >= trace.label.onset
                    && second <= trace.label.end + 86_400
            }
            var outcome = outcomes[kind] ?? Outcome(kind: kind)
            outcome.cases += 1
            if !hits.isEmpty { outcome.found += 1 }
            let others = findings.filter {
                !accepted.contains($0.rule) || $0.raisedAt.milliseconds / 1000 < trace.label.onset
            }
            outcome.others += others.count
            outcome.otherRules.formUnion(others.map(\.rule.text))
            outcomes[kind] = outcome
        }
        return outcomes.values.sorted { $0.kind < $1.kind }
    }

    /// Findings that name a fault of a kind.
    private static func rules(_ machine: String, _ kind: String) -> Set<RuleIdentifier> {
        switch (machine, kind) {
        case (_, "none"): []
        case (_, "dryrun"): [.dryRun]
        case (_, "shortcycle"): [.shortCycling]
        case (_, "drift"): [.efficiencyDrift]
        case (_, "imbalance"): [.dutyImbalance]
        case (_, "deadhead"): [.nightRun]
        case (_, "nightleak"): [.leak, .continuousFlow, .massBalance, .networkLeak, .burst, .nightRun, .nightRise]
        case (_, "overflow"), (_, "floatstuck"): [.tankOverflow]
        case ("lift", _): [.liftOutOfService, .liftFlapping, .liftSilent, .liftDoor, .liftDecline]
        case ("gate", "held_open"): [.gateHeldOpen]
        case ("gate", "forced"): [.gateForced]
        case ("gate", "stuck_closed"): [.gateStuckClosed]
        case ("gate", _): [.gateChatter, .gateHeldOpen]
        case ("irrigation", "rain_waste"): [.irrigationInRain]
        case ("irrigation", _): [.irrigationFlow, .irrigationStuckOpen, .irrigationInRain]
        default: []
        }
    }

    private static func replay(_ machine: String, _ rows: [[Double]]) -> [Finding] {
        switch machine {
        case "pump": pumps(rows)
        case "lift": lift(rows)
        case "gate": gate(rows)
        default: irrigation(rows)
        }
    }

    /// Columns: ts, run1, run2, power_kw, energy_kwh, flow_m3h, pressure_bar, level_pct.
    private static func pumps(_ rows: [[Double]]) -> [Finding] {
        let minute = Duration.seconds(60)
        var site = SiteDescription(
            zone: estateZone(named: "Europe/Madrid") ?? .utc,
            meters: [
                MeterDescription(
                    asset: AssetIdentifier("supply"), role: .bulk, parent: nil, litresPerCount: 1, period: minute)
            ], gates: [])
        let names = ["pump-1", "pump-2"].map { AssetIdentifier($0) }
        let (set, tank) = (AssetIdentifier("set"), AssetIdentifier("tank"))
        site.pumpSets = [
            PumpSetDescription(asset: set, control: .roofTank, setPressure: 3.2, boosted: [AssetIdentifier("supply")])
        ]
        site.pumps = names.map { PumpDescription(asset: $0, set: set, ratedPower: 4) }
        // The traces spill at 98.5 per cent, here of two metres.
        site.tanks = [
            TankDescription(asset: tank, meter: AssetIdentifier("supply"), volume: Litres(20_000), overflowLevel: 1.97)
        ]
        for name in names {
            for signal in [Signal.isRunning, .power, .startCount, .runHours] {
                site.signals.append(SignalDescription(asset: name, signal: signal, period: minute))
            }
        }
        site.signals.append(SignalDescription(asset: set, signal: .pressure, period: minute))
        site.signals.append(SignalDescription(asset: tank, signal: .level, period: minute))
        var replay = Replay(site)
        var (litres, starts, hours, was) = (0.0, [0.0, 0], [0.0, 0], [0.0, 0])
        for row in rows where row.count >= 8 {
            let at = Int64(row[0])
            litres += row[5] * 1000 / 60
            let running = row[1] + row[2]
            for pump in 0..<2 {
                let isOn = row[1 + pump]
                starts[pump] += max(0, isOn - was[pump])
                hours[pump] += isOn / 60
                was[pump] = isOn
                let power = running > 0 ? row[3] * isOn / running : 0
                for (place, value) in [isOn, power, starts[pump], hours[pump]].enumerated() {
                    replay.take(1 + pump * 4 + place, .measure(value), at: at)
                }
            }
            replay.take(9, .measure(row[6]), at: at)
            replay.take(10, .measure(row[7] / 50), at: at)
            replay.take(0, .count(Int64(litres)), at: at)
        }
        return replay.raised
    }

    /// Columns: ts, state (1 idle, 2 moving, 4 fault, 5 out of service), fault_code, trips, door_cycles.
    private static func lift(_ rows: [[Double]]) -> [Finding] {
        let name = AssetIdentifier("lift")
        var site = SiteDescription(zone: estateZone(named: "Europe/Madrid") ?? .utc, meters: [], gates: [])
        site.lifts = [LiftDescription(asset: name)]
        for signal in [Signal.inService, .fault, .faultCode, .trips, .doorCycles] {
            site.signals.append(SignalDescription(asset: name, signal: signal, period: .seconds(60)))
        }
        var replay = Replay(site)
        for row in rows where row.count >= 5 {
            let values = [row[1] < 4 ? 1 : 0, row[1] == 4 ? 1 : 0, row[2], row[3], row[4]]
            for (place, value) in values.enumerated() { replay.take(place, .measure(value), at: Int64(row[0])) }
        }
        return replay.raised
    }

    /// Columns: ts, open, cmd_open, cycles.
    private static func gate(_ rows: [[Double]]) -> [Finding] {
        let name = AssetIdentifier("gate")
        var site = SiteDescription(
            zone: estateZone(named: "Europe/Madrid") ?? .utc, meters: [], gates: [GateDescription(asset: name)])
        for signal in [Signal.command, .cycles] {
            site.signals.append(SignalDescription(asset: name, signal: signal, period: .seconds(60)))
        }
        var replay = Replay(site)
        for row in rows where row.count >= 4 {
            let at = Int64(row[0])
            replay.take(1, .measure(row[2]), at: at)
            replay.take(2, .measure(row[3]), at: at)
            replay.take(0, .isOpen(row[1] > 0), at: at)
        }
        return replay.raised
    }

    /// Columns: ts, valve, flow_m3h, rain_mm, soil_pct; a run of an hour at four in the morning, UTC.
    private static func irrigation(_ rows: [[Double]]) -> [Finding] {
        let (garden, station) = (AssetIdentifier("garden"), AssetIdentifier("station"))
        let quarter = Duration.seconds(900)
        var site = SiteDescription(
            zone: .utc,
            meters: [
                MeterDescription(asset: garden, role: .irrigation, parent: nil, litresPerCount: 1, period: quarter)
            ], gates: [])
        site.irrigation = [
            IrrigationSchedule(
                meter: garden, weekdays: Set(1...7), startMinute: 240, longestMinutes: 60, skippedAfterRain: 1,
                rainWindow: .seconds(12 * 3600))
        ]
        site.sensors = [SensorDescription(asset: station)]
        for signal in [Signal.rain, .soilMoisture] {
            site.signals.append(SignalDescription(asset: station, signal: signal, period: quarter))
        }
        var replay = Replay(site)
        var litres = 0.0
        for row in rows where row.count >= 5 {
            let at = Int64(row[0])
            replay.take(1, .measure(row[3]), at: at)
            replay.take(2, .measure(row[4]), at: at)
            replay.take(0, .count(Int64(litres)), at: at)
            litres += row[2] * 250
        }
        return replay.raised
    }
}
