// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Testing

@Suite struct TimingTests {
    @Test func `a character takes its bits`() {
        #expect(characterTime(baud: 9600, bitsPerCharacter: 10) == .nanoseconds(1_000_000_000) / 960)
        #expect(characterTime(baud: 2400, bitsPerCharacter: 11) == .nanoseconds(1_000_000_000) * 11 / 2400)
    }

    @Test(arguments: [(1200, 32_083), (2400, 16_041), (9600, 4010), (19_200, 2005), (19_201, 1750), (115_200, 1750)])
    func `silence is three and a half characters, or 1.75 ms above 19,200 baud`(baud: Int, microseconds: Int) {
        let silence = silentInterval(baud: baud)
        #expect(silence >= .microseconds(microseconds) && silence < .microseconds(microseconds + 1))
    }

    @Test func `a baud rate out of a file never traps`() {
        for baud in [Int.min, -1, 0, 1, .max] {
            #expect(characterTime(baud: baud, bitsPerCharacter: .max) >= .zero)
            #expect(silentInterval(baud: baud) > .zero)
        }
    }

    @Test func `requests and answers are predicted by their characters`() {
        let timing = LineTiming(baud: 9600, bitsPerCharacter: 11, extraGap: .milliseconds(10))
        let character = Duration.nanoseconds(1_000_000_000) * 11 / 9600
        #expect(timing.request == character * 8)
        #expect(timing.answer(to: RegisterSpan(.holdingRegister, at: 0, count: 125)) == character * 255)
        #expect(timing.answer(to: RegisterSpan(.coil, at: 0, count: 9)) == character * 7)
        #expect(timing.gap == silentInterval(baud: 9600) + .milliseconds(10))
        for (asked, kept) in [(Duration.seconds(-1), Duration.zero), (.seconds(Int64.max), .seconds(60))] {
            let timing = LineTiming(baud: 9600, bitsPerCharacter: 10, extraGap: asked)
            #expect(timing.gap == timing.silence + kept)
        }
    }

    @Test(arguments: [UInt64](0..<20)) func `pauses double up to 30 s, a fifth more or less`(seed: UInt64) {
        var delay = ReopenDelay(seed: seed)
        for expected in [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30] {
            let pause = delay.next() / .seconds(1)
            #expect(pause >= expected * 0.799 && pause <= expected * 1.201)
        }
        delay.reset()
        #expect(delay.next() < .milliseconds(241))
    }

    @Test func `pauses differ between endpoints`() {
        let pauses = (0..<20 as Range<UInt64>).map { seed in
            var delay = ReopenDelay(seed: seed)
            return delay.next()
        }
        #expect(Set(pauses).count == 20)
    }

    @Test func `an endpoint is gone after 3 s and two sweeps, both`() {
        let second: Int64 = 1_000_000_000
        let unit = UnitIdentifier(1)
        var silence = EndpointSilence(since: 0)
        let first = silence.sweepWasSilent(of: unit, at: 10 * second)
        let second3 = silence.sweepWasSilent(of: unit, at: 10 * second)
        #expect(!first && second3)

        silence.answered(unit, at: 10 * second)
        let early = (0..<5).map { _ in silence.sweepWasSilent(of: unit, at: 13 * second - 1) }
        #expect(early.allSatisfy { !$0 })
        let late = silence.sweepWasSilent(of: unit, at: 13 * second)
        #expect(late)
    }

    @Test func `a silent unit does not end the connection of one that is asked seldom`() {
        let second: Int64 = 1_000_000_000
        let (seldom, dead) = (UnitIdentifier(1), UnitIdentifier(2))
        var silence = EndpointSilence(since: 0)
        silence.answered(seldom, at: 0)
        let alone = (4..<60).map { silence.sweepWasSilent(of: dead, at: $0 * second) }
        #expect(alone.allSatisfy { !$0 })
        let both = silence.sweepWasSilent(of: seldom, at: 59 * second)
        #expect(both)

        silence.reopened(at: 60 * second)
        let again = silence.sweepWasSilent(of: dead, at: 70 * second)
        let later = silence.sweepWasSilent(of: dead, at: 120 * second)
        #expect(!again && later)
    }

    @Test func `exception codes have the words of the standard`() {
        #expect("\(ExceptionCode(2))" == "illegal data address")
        #expect("\(ExceptionCode(11))" == "gateway target device failed to respond")
        #expect("\(ExceptionCode(200))" == "unknown code 200")
    }
}
