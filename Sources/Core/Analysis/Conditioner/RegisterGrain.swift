// SPDX-License-Identifier: Apache-2.0

import Model

/// The grain of a register: of a meter whose readings are suddenly multiplied by ten every step is a multiple of ten.
struct RegisterGrain: Hashable, Codable, Sendable {
    /// Steps so far that were no multiple of ten, up to 255.
    private var fineSteps: UInt8 = 0
    /// Steps on end that are multiples of ten, up to 255, and their powers of ten.
    private(set) var coarseSteps: UInt8 = 0
    private var power: UInt8 = 0
    private var newest: Int64 = 0
    /// When the coarse steps began.
    private(set) var coarseSince: Timestamp?

    /// One step in ten is a multiple by chance: eight on end come once in a hundred million.
    static let suspectedSteps = 8
    static let provedSteps = 12
    /// Fine steps that a register must have shown before.
    private static let requiredFineSteps = 20

    init() {}

    mutating func note(_ counts: Int64, at moment: Timestamp) {
        // A steady flow gives the same step again and again: that says nothing new.
        guard counts > 0, counts != newest else { return }
        newest = counts
        guard counts % 10 == 0 else {
            fineSteps = UInt8(min(Int(fineSteps) + 1, 255))
            (coarseSteps, power, coarseSince) = (0, 0, nil)
            return
        }
        let newPower: UInt8 = counts % 1000 == 0 ? 3 : counts % 100 == 0 ? 2 : 1
        if coarseSteps == 0 { (coarseSince, power) = (moment, newPower) }
        power = min(power, newPower)
        coarseSteps = UInt8(min(Int(coarseSteps) + 1, 255))
    }

    /// Whether a few steps have been odd: no reason to tell anybody, but one to wait with haste.
    var isOdd: Bool { Int(fineSteps) >= Self.requiredFineSteps && coarseSteps >= 2 }
    /// Whether the register counts in steps that it did not use to.
    var isSuspect: Bool { Int(fineSteps) >= Self.requiredFineSteps && Int(coarseSteps) >= Self.suspectedSteps }
    var isProved: Bool { isSuspect && Int(coarseSteps) >= Self.provedSteps }
    /// By which its volumes are too large.
    var factor: Double { power >= 3 ? 1000 : power == 2 ? 100 : 10 }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool { power <= 3 && (coarseSince.map { DataClock.believable.contains($0) } ?? true) }
}
