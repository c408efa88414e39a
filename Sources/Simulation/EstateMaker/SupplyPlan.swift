// SPDX-License-Identifier: Apache-2.0

import Model

/// Tanks and pumps of an estate, sized for what its dwellings use.
struct SupplyPlan: Sendable {
    /// A vessel of constant section.
    struct Tank: Sendable {
        /// Litres up to the overflow edge.
        var volume: Double
        /// Height of that edge in metres.
        var edge: Double

        func level(_ litres: Double) -> Double { litres / volume * edge }
        func litres(_ level: Double) -> Double { level / edge * volume }
    }

    /// When another pump takes the lead.
    enum Rotation: Sendable { case never, daily, everyStart }

    var scheme: SupplyScheme
    /// Pressure of the main in bar, without flow.
    var mainPressure: Double
    var pumpCount: Int
    /// Flow of one pump at its duty point, in L/h.
    var pumpFlow: Double
    var ratedKilowatts: Double
    var setPressure: Double
    /// Litres that the pressure vessel gives between two starts.
    var vesselLitres: Double
    /// Flow below which a pump of variable speed goes to sleep, in L/h.
    var sleepFlow: Double
    var rotation: Rotation
    var tank: Tank?
    /// Metres in which a proportional float valve closes; `nil` for one that is open or shut.
    var floatBand: Double?
    var valveFlow: Double
    var roofTank: Tank?
    /// Levels of the roof tank at which a transfer pump starts and stops, in metres.
    var startLevel = 0.0
    var stopLevel = 0.0

    init(_ dice: inout Dice, scheme: SupplyScheme, usualFlow: Double) {
        self.scheme = scheme
        let peak = usualFlow * 3.5 + 3500
        mainPressure = dice.real(2.8...5)
        pumpCount = scheme == .mains ? 0 : dice.whole(1...3)
        pumpFlow = peak * 1.1 / Double(max(1, pumpCount - 1))
        setPressure = dice.real(3.4...6)
        // Hydraulic power at a usual efficiency; rounded up as a catalogue would.
        ratedKilowatts = ((pumpFlow / 1000 * setPressure / 36 / dice.real(0.42...0.55)) * 20).rounded(.up) / 20
        vesselLitres = scheme == .vessel ? dice.size(80...300) : dice.size(18...60)
        sleepFlow = dice.real(80...220)
        rotation = pumpCount < 2 ? .never : dice.pick([.daily, .daily, .everyStart, .never])
        let hasTank = scheme != .mains && scheme != .direct
        tank =
            hasTank
            ? Tank(volume: max(2500, usualFlow * dice.real(2.5...6)).rounded(), edge: dice.pick([1.5, 2, 2, 2.4, 3]))
            : nil
        floatBand = dice.chance(0.5) ? dice.real(0.1...0.3) : nil
        valveFlow = peak * 1.3 + 4500
        if scheme == .roofTank {
            let roof = Tank(
                volume: max(2000, usualFlow * dice.real(1.5...4)).rounded(), edge: dice.pick([1.5, 1.8, 2, 2.5]))
            roofTank = roof
            stopLevel = roof.edge * dice.real(0.78...0.86)
            startLevel = stopLevel - roof.edge * dice.real(0.15...0.3)
        }
    }

    /// Level at which the float valve is shut, in metres.
    var closedLevel: Double { (tank?.edge ?? 0) * 0.82 }
}

/// What goes wrong with tanks and pumps; spans in minutes.
struct SupplyTroubles: Sendable {
    struct Pump: Sendable {
        var number: Int
        var span: Range<Int>
        var mended: [Range<Int>] = []

        func isThere(at minute: Int) -> Bool { span.contains(minute) && !mended.contains { $0.contains(minute) } }
    }
    var dryRuns: [Pump] = []
    var nightRuns: [Pump] = []
    /// Share of the vessel's volume, or of the level difference, that is left.
    var shortCycling: [(pump: Pump, share: Double)] = []
    /// Share of the efficiency that is lost at the end of the span.
    var drifts: [(pump: Pump, loss: Double)] = []
    /// Flow in L/h that the float valve lets pass when it should be shut.
    var passingValves: [(span: Range<Int>, flow: Double)] = []

    /// The same with float valves that are shut where somebody has mended them.
    func closing(_ valves: [FaultDraft]) -> SupplyTroubles {
        var troubles = self
        troubles.passingValves = zip(valves, passingValves).flatMap { valve, passing in
            valve.livingSpan.map { ($0, passing.flow) }
        }
        return troubles
    }
}
