// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import Testing

/// A wire of 1 ms a character: 3.5 characters of 11 bits are 3.85 ms.
private func millisecondWire() -> PacedWire { PacedWire(baud: 10_000, bitsPerCharacter: 10) }

private let millisecond: Int64 = 1_000_000

@Suite struct PacedWireTests {
    @Test func `a request takes its characters, an answer the silence, the turnaround and its own`() {
        var wire = millisecondWire()
        let end = wire.request(to: 1, characters: 8, at: 100 * millisecond)
        #expect(end == 108 * millisecond)
        let portions = wire.answer(characters: 7, after: end, turnaround: .milliseconds(2))
        #expect(portions.map(\.characters) == (0..<7).map { $0..<$0 + 1 })
        #expect(portions.map(\.due) == (1...7).map { 113_850_000 + $0 * millisecond })
        #expect(portions.map(\.isLast) == [false, false, false, false, false, false, true])
    }

    @Test func `quick characters are gathered, the first and the last are exact`() {
        var wire = PacedWire(baud: 115_200, bitsPerCharacter: 10)
        let end = wire.request(to: 1, characters: 8, at: 0)
        let portions = wire.answer(characters: 255, after: end, turnaround: .zero)
        #expect(portions.flatMap(\.characters) == Array(0..<255))
        #expect(portions.first?.characters == 0..<1)
        let answer: Int64 = 255 * 10_000_000_000 / 115_200
        #expect(portions.last?.due == end + 1_750_000 + answer)
        #expect(portions.count < 30)
        #expect(zip(portions, portions.dropFirst()).allSatisfy { $1.due - $0.due <= millisecond })
    }

    struct Silence: Sendable, CustomTestStringConvertible {
        var name: String
        /// From the write of the last character on.
        var nanoseconds: Int64
        var violations: Int
        var testDescription: String { name }
    }

    @Test(arguments: [
        Silence(name: "exactly 3.5 characters", nanoseconds: 3_850_000, violations: 0),
        Silence(name: "one nanosecond less", nanoseconds: 3_849_999, violations: 1),
        Silence(name: "before the last character was written", nanoseconds: -1, violations: 1),
    ])
    func `the silence before a request is counted from the last character`(silence: Silence) throws {
        var wire = millisecondWire()
        let end = wire.request(to: 1, characters: 8, at: 0)
        let portions = wire.answer(characters: 7, after: end, turnaround: .zero)
        let last = try #require(portions.last)
        // Written late, so the line was in use until then.
        let written = last.due + 300_000
        for portion in portions { wire.write(portion, at: portion.due + 300_000) }
        _ = wire.request(to: 1, characters: 8, at: written + silence.nanoseconds)
        #expect(wire.statistics.violations == silence.violations)
        #expect(wire.statistics.shortestSilence == .nanoseconds(silence.nanoseconds))
        #expect(wire.statistics.longestLateness == .microseconds(300))
    }

    @Test func `an unanswered request holds the line for its own characters only`() {
        var wire = millisecondWire()
        _ = wire.request(to: 9, characters: 8, at: 0)
        _ = wire.request(to: 9, characters: 8, at: 11_849_999)
        #expect(wire.statistics.violations == 1)
        #expect(wire.statistics.requestsByUnit[9] == 2)
        #expect(wire.statistics.answers == 0)
    }

    @Test(arguments: [Int.min, 0, Int.max])
    func `no settings trap`(value: Int) {
        var wire = PacedWire(baud: value, bitsPerCharacter: value)
        let end = wire.request(to: 255, characters: 256, at: 1)
        #expect(
            wire.answer(characters: value == .max ? 256 : value, after: end, turnaround: .seconds(Int64.max)).count
                <= 256)
        #expect(wire.statistics.description.contains("1 requests"))
    }
}
