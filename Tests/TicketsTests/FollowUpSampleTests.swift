// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing
import Tickets

/// The draw of tickets whose reporters are asked.
@Suite struct FollowUpSampleTests {
    private typealias Candidate = FollowUpSample.Candidate

    private func candidates(seed: UInt64) -> [Candidate] {
        var random = SeededGenerator(seed: seed)
        return (0..<Int.random(in: 0...120, using: &random)).map { place in
            Candidate(
                ticket: "lakeside-202611\(10 + place % 20)-\(100 + place)",
                trade: ["water", "lifts", "gates"].randomElement(using: &random) ?? "",
                building: "b\(Int.random(in: 1...8, using: &random))",
                isMajor: Int.random(in: 0..<5, using: &random) == 0)
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `all major tickets and at least half of each trade and building are in`(seed: UInt64) {
        let all = candidates(seed: seed)
        let grounds = FollowUpSample(of: all, seed: seed, isMonthOver: true).grounds
        #expect(all.filter(\.isMajor).allSatisfy { grounds[$0.ticket] == .major })
        #expect(!all.contains { !$0.isMajor && grounds[$0.ticket] == .major })
        let rest = all.filter { !$0.isMajor }
        for group in [Dictionary(grouping: rest, by: \.trade), Dictionary(grouping: rest, by: \.building)] {
            for (name, members) in group {
                let count = members.count { grounds[$0.ticket] != nil }
                #expect(2 * count >= members.count, "\(name): \(count) of \(members.count)")
            }
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `a second draw from the seed is equal, in whatever order the tickets come`(seed: UInt64) {
        let all = candidates(seed: seed)
        var random = SeededGenerator(seed: seed &+ 1)
        let first = FollowUpSample(of: all, seed: seed, isMonthOver: true)
        #expect(FollowUpSample(of: all.shuffled(using: &random), seed: seed, isMonthOver: true) == first)
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `what was drawn at closing stays drawn, and nothing is topped up before the month is over`(seed: UInt64) {
        let all = candidates(seed: seed)
        var random = SeededGenerator(seed: seed &+ 2)
        let some = all.filter { _ in Bool.random(using: &random) }
        let early = FollowUpSample(of: some, seed: seed, isMonthOver: false).grounds
        let late = FollowUpSample(of: all, seed: seed, isMonthOver: true).grounds
        #expect(early.allSatisfy { late[$0.key] == $0.value })
        #expect(!early.values.contains(.toppedUp))
    }

    @Test func `nobody is drawn more often by name or place than half of the time`() {
        // 10,000 numbers of one site and a fair coin: five standard deviations are 250.
        let drawn = (0..<10_000).count { FollowUpSample.place(of: "lakeside-20261101-\($0)", seed: 7) < 1 << 63 }
        #expect((4750...5250).contains(drawn))
        let same = (0..<10_000).count {
            let number = "lakeside-20261101-\($0)"
            return (FollowUpSample.place(of: number, seed: 7) < 1 << 63)
                == (FollowUpSample.place(of: number, seed: 8) < 1 << 63)
        }
        #expect((4750...5250).contains(same), "another seed is another draw")
    }

    @Test func `the place in the draw is the one of the handbook`() {
        // Recomputed with python3 from docs/reports.md.
        #expect(FollowUpSample.place(of: "lakeside-20261122-001", seed: 0) == 0xD31F_7A63_7F96_7D68)
        #expect(FollowUpSample.place(of: "lakeside-20261122-001", seed: 0x0123_4567_89AB_CDEF) == 0xA8F2_8E73_FAE1_7D5E)
    }
}
