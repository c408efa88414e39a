// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

/// A register is judged by how often its own steps were multiples of ten.
@Suite struct RegisterGrainTests {
    /// A grain that has seen `steps`, of which a share are multiples of ten by nature.
    private func grain(coarseShare: Double, steps: Int, seed: UInt64) -> RegisterGrain {
        var random = SeededGenerator(seed: seed)
        var grain = RegisterGrain()
        for step in 0..<steps {
            let tens = Int64.random(in: 1...500, using: &random) * 10
            let isCoarse = Double.random(in: 0..<1, using: &random) < coarseShare
            grain.note(isCoarse ? tens : tens + Int64.random(in: 1...9, using: &random), at: monday + step)
        }
        return grain
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `a register that counts ten times too much is proved within a few steps`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var grain = grain(coarseShare: 0.1, steps: 300, seed: seed)
        var steps = 0
        while !grain.isProved, steps < 50 {
            grain.note(Int64.random(in: 1...500, using: &random) * 10, at: monday + 300 + steps)
            steps += 1
        }
        #expect((8...20).contains(steps))
        #expect(grain.factor == 10)
        grain.note(7, at: monday + 400)
        #expect(!grain.isOdd)
    }

    @Test(arguments: [0.5, 0.8, 0.9], 1...20 as ClosedRange<UInt64>)
    func `round flows are how a register is`(share: Double, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var grain = grain(coarseShare: share, steps: 300, seed: seed)
        var proved = 0
        for step in 0..<5000 {
            let tens = Int64.random(in: 1...500, using: &random) * 10
            let isCoarse = Double.random(in: 0..<1, using: &random) < share
            grain.note(isCoarse ? tens : tens + 1, at: monday + 300 + step)
            proved += grain.isProved ? 1 : 0
        }
        #expect(proved == 0)
    }

    @Test func `a register that never counted finer, or is new, accuses nobody`() {
        #expect(!grain(coarseShare: 1, steps: 1000, seed: 1).isOdd)
        #expect(!grain(coarseShare: 0, steps: 10, seed: 1).isOdd)
    }
}
