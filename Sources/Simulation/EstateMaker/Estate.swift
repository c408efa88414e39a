// SPDX-License-Identifier: Apache-2.0

import Model

/// A made-up estate: what its devices would have sent, what was announced, and what was really wrong.
///
/// It comes from a seed alone; the same seed gives the same estate, byte for byte.
public struct Estate: Sendable {
    public let name: String
    public let labels: [FaultLabel]
    /// Harmless things that look odd.
    public let context: [HarmlessEvent]
    /// What the estate's manager announced.
    public let calendar: [HarmlessEvent]
    public let topology: String
    /// Country, supply and size in a line.
    public let summary: String
    let plan: EstatePlan
    let innocents: Innocents
    let signals: [Signal]
    /// The faults with what the simulation made of them.
    let drafts: [FaultDraft]
    /// As ``Mendings`` keeps them.
    let valveFlows: [Int: Double]
    private let seed: UInt64

    /// - Parameters:
    ///   - days: Length of the record, at least 1.
    ///   - dwellings: Number of dwellings, at least 1; `nil` lets the seed choose 10 to 200.
    ///   - isHealthy: Leaves all faults out, so that every finding is a false alarm.
    public init(seed: UInt64, days: Int, dwellings: Int? = nil, isHealthy: Bool = false) {
        precondition(days >= 1 && dwellings ?? 1 >= 1, "an estate has a day and a dwelling at least")
        let plan = EstatePlan(seed: seed, days: days, dwellingCount: dwellings)
        let innocents = Innocents.draw(plan, seed: seed)
        let faults = isHealthy ? [] : FaultDrawing.draw(plan, seed: seed, vacant: innocents.absences)
        self.init(plan, innocents, faults: faults, Mendings(), seed: seed)
    }

    /// - Parameter faults: As they were drawn.
    init(_ plan: EstatePlan, _ innocents: Innocents, faults: [FaultDraft], _ mendings: Mendings, seed: UInt64) {
        let faults = mendings.applied(to: faults)
        var weather = Weather(plan, seed: seed)
        var garden = Array(repeating: Float(0), count: plan.period.minutes)
        let isGarden = { (draft: FaultDraft) in draft.target == .irrigation }
        var drafts = faults.filter { !isGarden($0) }
        if let irrigation = plan.irrigation {
            let record = IrrigationRecord(
                plan, irrigation, faults: faults.filter(isGarden), manual: innocents.manualIrrigation,
                weather: &weather,
                seed: seed)
            garden = record.litres
            drafts += record.drafts
        }
        let water = WaterRun(
            plan, innocents, faults: drafts, garden: garden, valveFlows: mendings.valveFlows, seed: seed)
        valveFlows = water.valveFlows
        var signals = water.signals + Signal.plant(plan, water.supply, seed: seed) + Signal.weather(plan, weather)
        if plan.hasSump { signals += Signal.sump(plan, weather, seed: seed) }
        for lift in plan.liftNames.indices {
            signals += Signal.lift(
                plan, number: lift, faults: drafts.filter { $0.target == .lift(lift) },
                service: innocents.liftService.filter { $0.lift == lift }.map(\.span), seed: seed)
        }
        for gate in plan.gateNames.indices {
            signals += Signal.gate(
                plan, number: gate, faults: drafts.filter { $0.target == .gate(gate) },
                keptOpen: innocents.keptOpen.filter { $0.gate == gate }.map(\.span), seed: seed)
        }
        self.plan = plan
        self.innocents = innocents
        self.seed = seed
        // The plant room is asked first, then the dwellings, as their concentrators hand them over.
        self.signals = signals.filter { $0.dwelling == nil } + signals.filter { $0.dwelling != nil }
        self.drafts = water.drafts
        name = plan.name
        topology = TopologyText.text(plan)
        context = innocents.context.sorted { ($0.start, $0.device) < ($1.start, $1.device) }
        calendar = innocents.calendar.sorted { ($0.start, $0.device) < ($1.start, $1.device) }
        labels = water.drafts.sorted { ($0.span.lowerBound, $0.device) < ($1.span.lowerBound, $1.device) }
            .enumerated().map { number, draft in
                FaultLabel(
                    identifier: "\(plan.name)-\(number < 9 ? "0" : "")\(number + 1)", type: draft.type,
                    device: draft.device, start: plan.period.timestamp(minute: draft.span.lowerBound),
                    end: plan.period.timestamp(minute: draft.span.upperBound), magnitude: draft.size,
                    unit: draft.unit, note: draft.note, litres: draft.litres)
            }
        summary =
            "\(plan.dwellings.count) dwellings, \(plan.risers.count) risers, \(plan.scheme), "
            + "\(plan.country.zone) from \(TopologyText.short(plan.period.start).prefix(10))"
    }

    /// Hands out `readings.csv` in the order of arrival, its header first.
    ///
    /// - Returns: The number of rows.
    func readings(_ body: ([UInt8]) throws -> Void) rethrows -> Int {
        try body(Array(ReadingLines.header.utf8))
        var lines = ReadingLines(plan, innocents, signals: signals, seed: seed)
        return try lines.forEachMinute(body)
    }
}
