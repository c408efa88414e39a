// SPDX-License-Identifier: Apache-2.0

import Model

/// The grain of a register: of a meter whose readings are suddenly multiplied by ten every step is a multiple of ten.
///
/// How often steps are multiples of ten by chance is the register's own past: on one in ten where the last digit is
/// anything, on far more where flows are round figures of the smallest count.
struct RegisterGrain: Hashable, Codable, Sendable {
    // Steps of the past, up to `memory`: the run of coarse steps at the end is not among them.
    private var fineSteps: UInt16 = 0
    private var usualCoarseSteps: UInt16 = 0
    /// Steps on end that are multiples of ten, up to `memory`, and their powers of ten.
    private(set) var coarseSteps: UInt16 = 0
    private var power: UInt8 = 0
    private var newest: Int64 = 0
    /// When the coarse steps began.
    @MomentOrNone private(set) var coarseSince: Timestamp?

    /// Steps after which the past counts half.
    private static let memory: UInt16 = 500
    /// Least chance of a coarse step: that of a last digit that is anything.
    private static let leastChance = 0.1
    /// -ln of the chance at which a run is odd, suspect and proved: that of 2, 8 and 12 steps of one in ten each.
    private static let odd = 4.6
    private static let suspect = 18.4
    private static let proof = 27.6
    /// Fine steps that a register must have shown before.
    private static let requiredFineSteps = 20

    init() {}

    mutating func note(_ counts: Int64, at moment: Timestamp) {
        // A steady flow gives the same step again and again: that says nothing new.
        guard counts > 0, counts != newest else { return }
        newest = counts
        guard counts % 10 == 0 else {
            fineSteps += 1
            usualCoarseSteps += coarseSteps
            if fineSteps + usualCoarseSteps > Self.memory {
                (fineSteps, usualCoarseSteps) = (fineSteps / 2, usualCoarseSteps / 2)
            }
            (coarseSteps, power, coarseSince) = (0, 0, nil)
            return
        }
        let newPower: UInt8 = counts % 1000 == 0 ? 3 : counts % 100 == 0 ? 2 : 1
        if coarseSteps == 0 { (coarseSince, power) = (moment, newPower) }
        power = min(power, newPower)
        coarseSteps = min(coarseSteps + 1, Self.memory)
    }

    /// -ln of the chance that this register would show as many coarse steps on end; 0 while too little is known of it.
    private var surprise: Double {
        guard Int(fineSteps) >= Self.requiredFineSteps else { return 0 }
        let chance = Double(usualCoarseSteps + 1) / Double(usualCoarseSteps + fineSteps + 2)
        return -Double(coarseSteps) * (PortableLogarithm.ln(max(chance, Self.leastChance)) ?? 0)
    }

    /// Whether a few steps have been odd: no reason to tell anybody, but one to wait with haste.
    var isOdd: Bool { surprise >= Self.odd }
    /// Whether the register counts in steps that it did not use to.
    var isSuspect: Bool { surprise >= Self.suspect }
    var isProved: Bool { surprise >= Self.proof }
    /// By which its volumes are too large.
    var factor: Double { power >= 3 ? 1000 : power == 2 ? 100 : 10 }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        power <= 3 && [fineSteps, usualCoarseSteps, coarseSteps].allSatisfy { $0 <= 2 * Self.memory }
            && (coarseSince.map { DataClock.believable.contains($0) } ?? true)
    }
}
