// SPDX-License-Identifier: Apache-2.0

import Glibc
import ModbusCodec
import ModbusTransport
import NIOCore
import Pipeline
import Testing

@Suite struct SerialTransportTests {
    private let unit = UnitIdentifier(1)
    private let patient = Duration.seconds(5)

    @Test func `every span of a sweep is read over libmodbus`() async throws {
        try await withLine({ [.send($0.rightSerialFrame)] }) { transport, line in
            let spans = [holding(0, 3), holding(100, 125), holding(65_535), RegisterSpan(.inputRegister, at: 9)]
            let answer = await transport.sweep(spans, of: unit, timeout: patient)
            #expect(answer.results == spans.map { .success(rightWords(at: $0.address, count: $0.count)) })
            #expect((answer.firstByteNanoseconds ?? .max) <= answer.finishedNanoseconds)
            #expect(line.requests.map(\.function) == [3, 3, 3, 4])
            #expect(transport.counters.strayBytes == 0)
        }
    }

    @Test func `bits come as words of 0 and 1`() async throws {
        try await withLine({ [.send($0.serialFrame([$0.function, 2, 0b0100_1101, 0b11]))] }) { transport, _ in
            let spans = [RegisterSpan(.coil, at: 0, count: 10), RegisterSpan(.discreteInput, at: 0, count: 10)]
            let answer = await transport.sweep(spans, of: unit, timeout: patient)
            #expect(
                answer.results == [
                    .success([1, 0, 1, 1, 0, 0, 1, 0, 1, 1]), .success([1, 0, 1, 1, 0, 0, 1, 0, 1, 1]),
                ])
        }
    }

    @Test(arguments: [(9600, 0, 4010), (19_200, 0, 2005), (115_200, 0, 1750), (115_200, 15, 16_750)])
    func `the line is silent before each request`(baud: Int, extra: Int, microseconds: Int) async throws {
        try await withLine(baud: baud, extraGap: .milliseconds(extra), { [.send($0.rightSerialFrame)] }) {
            transport, line in
            for place in 0..<10 as Range<UInt16> {
                let spans = (0..<5).map { holding(place + $0) }
                let answer = await transport.sweep(spans, of: unit, timeout: patient)
                #expect(answer.results == spans.map { .success(rightWords(at: $0.address)) })
            }
            #expect(line.gaps.count == 49)
            #expect((line.gaps.min() ?? .zero) >= .microseconds(microseconds))
        }
    }

    @Test func `the line is silent before each of two thousand requests`() async throws {
        try await withLine({ [.send($0.rightSerialFrame)] }) { transport, line in
            let spans = (0..<2000 as Range<UInt16>).map { holding($0) }
            let answer = await transport.sweep(spans, of: unit, timeout: patient)
            #expect(answer.results == spans.map { .success(rightWords(at: $0.address)) })
            #expect(line.gaps.count == 1999)
            #expect((line.gaps.min() ?? .zero) >= .microseconds(1750))
        }
    }

    @Test func `sweeps at once wait for each other`() async throws {
        try await withLine({ [.send($0.rightSerialFrame)] }) { transport, _ in
            await withTaskGroup { group in
                for place in 0..<20 as Range<UInt16> {
                    group.addTask { (place, await transport.sweep([holding(place)], of: unit, timeout: patient)) }
                }
                for await (place, answer) in group { #expect(answer.words == rightWords(at: place)) }
            }
        }
    }

    @Test(arguments: [UInt8](1...11) + [0, 255]) func `exceptions are kept and cost nothing else`(code: UInt8)
        async throws
    {
        try await withLine({ request in
            [.send(request.address == 5 ? request.serialFrame([0x83, code]) : request.rightSerialFrame)]
        }) { transport, line in
            let answer = await transport.sweep([holding(4), holding(5), holding(6)], of: unit, timeout: patient)
            #expect(
                answer.results == [
                    .success(rightWords(at: 4)), .failure(.exception(code)), .success(rightWords(at: 6)),
                ])
            #expect(line.requests.count == 3)
            #expect(transport.counters.exceptions == 1)
        }
    }

    @Test func `the turnaround of each answer is told, and of no other`() async throws {
        try await withLine({ request in
            switch request.address {
            case 0: [.pause(milliseconds: 60), .send(request.rightSerialFrame)]
            case 1: [.pause(milliseconds: 20), .send(request.serialFrame([0x83, 2]))]
            default: []
            }
        }) { transport, _ in
            let spans = [holding(0), holding(1), holding(2), holding(3)]
            let answer = await transport.sweep(spans, of: unit, timeout: .milliseconds(500))
            #expect(answer.failures == [nil, .exception(2), .timeout, .timeout])
            #expect(answer.turnarounds.count == 4)
            #expect(answer.turnarounds[0] ?? 0 >= 59_000_000)
            #expect(answer.turnarounds[1] ?? 0 >= 19_000_000)
            #expect(Array(answer.turnarounds[2...]) == [nil, nil])
        }
    }

    // MARK: Damage

    struct Damaged: Sendable, CustomTestStringConvertible {
        var name: String
        var retries: Int
        var steps: @Sendable (SeenRequest) -> [Step]
        var testDescription: String { name }
    }

    /// What happens to the first answer of a sweep; all others are right.
    static let damaged = [
        Damaged(name: "one bit of the checksum wrong", retries: 1) { request in
            [.send(request.rightSerialFrame.dropLast() + [(request.rightSerialFrame.last ?? 0) ^ 4])]
        },
        Damaged(name: "one bit of the unit wrong", retries: 1) {
            [.send([$0.unit ^ 2] + $0.rightSerialFrame.dropFirst())]
        },
        Damaged(name: "another table", retries: 1) { [.send($0.serialFrame([4] + $0.rightBody.dropFirst()))] },
        Damaged(name: "byte count short", retries: 1) { [.send($0.serialFrame([3, 2, 0, 1]))] },
        Damaged(name: "byte count long", retries: 1) { [.send($0.serialFrame([3, 6, 0, 1, 0, 2, 0, 3]))] },
        Damaged(name: "byte count beyond a frame", retries: 1) {
            [.send($0.serialFrame([3, 255] + [UInt8](repeating: 7, count: 60)))]
        },
        Damaged(name: "function 0x41 with eight bytes", retries: 1) {
            [.send($0.serialFrame([0x41, 1, 2, 3, 4, 5, 6, 7, 8]))]
        },
        Damaged(name: "300 bytes of noise", retries: 1) { _ in [.send([UInt8](repeating: 0xFF, count: 300))] },
        Damaged(name: "a byte of noise in front", retries: 0) { [.send([0] + $0.rightSerialFrame)] },
        Damaged(name: "four bytes of noise in front", retries: 0) {
            [.send([0xFF, 0xFF, 0xFF, 0xFF] + $0.rightSerialFrame)]
        },
        Damaged(name: "noise, then the answer", retries: 0) {
            [.send([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), .pause(milliseconds: 30), .send($0.rightSerialFrame)]
        },
        Damaged(name: "a foreign frame, then the answer", retries: 0) {
            [.send($0.serialFrame([3, 2, 0xAB, 0xCD], unit: 9)), .pause(milliseconds: 10), .send($0.rightSerialFrame)]
        },
        Damaged(name: "a foreign frame and the answer in one piece", retries: 0) {
            [.send($0.serialFrame($0.rightBody, unit: 9) + $0.rightSerialFrame)]
        },
    ]

    @Test(arguments: damaged) func `a damaged answer costs one request more, and no wrong value`(_ c: Damaged)
        async throws
    {
        try await withLine({ $0.number == 0 ? c.steps($0) : [.send($0.rightSerialFrame)] }) { transport, line in
            let first = await transport.sweep([holding(4, 2)], of: unit, timeout: .seconds(2))
            #expect(first.words == rightWords(at: 4, count: 2))
            #expect(line.requests.count == 1 + c.retries)
            #expect(transport.counters.retries == c.retries)
            for address in 0..<20 as Range<UInt16> {
                let answer = await transport.sweep([holding(address, 2)], of: unit, timeout: patient)
                #expect(answer.words == rightWords(at: address, count: 2))
            }
        }
    }

    @Test func `a unit that is always wrong is asked twice and no more`() async throws {
        try await withLine({ [.send($0.unit == 1 ? $0.serialFrame([3, 4, 0, 0, 0, 0]) : $0.rightSerialFrame)] }) {
            transport, line in
            let answer = await transport.sweep([holding(0)], of: unit, timeout: .seconds(2))
            #expect(answer.failures == [.refused(.byteCount(found: 4, expected: 2))])
            #expect(line.requests.count == 2)
            #expect(transport.counters.frameRefusals == 2)
            #expect(
                await transport.sweep([holding(0)], of: UnitIdentifier(2), timeout: patient).words == rightWords(at: 0))
        }
    }

    @Test func `noise alone is no answer and ends at the deadline`() async throws {
        try await withLine({ $0.number == 0 ? [.send([0xFF, 0xFF, 0xFF])] : [.send($0.rightSerialFrame)] }) {
            transport, line in
            let answer = await transport.sweep([holding(0), holding(1)], of: unit, timeout: .milliseconds(100))
            #expect(answer.failures[0] == .torn || answer.failures[0] == .badChecksum)
            #expect(answer.failures[1] == .timeout)
            #expect(line.requests.count == 1)
            #expect(
                await transport.sweep([holding(0, 2)], of: unit, timeout: patient).words == rightWords(at: 0, count: 2))
        }
    }

    @Test func `an answer to a request asked twice is never the value of the next`() async throws {
        try await withLine({ request in
            switch request.number {
            case 0:
                [
                    .send([UInt8](repeating: 0xFF, count: 20)), .pause(milliseconds: 300),
                    .send(request.rightSerialFrame),
                ]
            case 1: [.pause(milliseconds: 200), .send(request.rightSerialFrame)]
            default: [.send(request.rightSerialFrame)]
            }
        }) { transport, _ in
            // Noise, the request again, the answer to the first, and the answer to the second while nobody waits.
            let answer = await transport.sweep([holding(4), holding(9)], of: unit, timeout: .seconds(2))
            #expect(answer.results == [.success(rightWords(at: 4)), .success(rightWords(at: 9))])
        }
    }

    // MARK: Time

    struct Drip: Sendable { var count: UInt16, pause: Int }

    @Test(arguments: [Drip(count: 10, pause: 150), Drip(count: 1, pause: 400)])
    func `an answer that drips is cut at its deadline`(_ drip: Drip) async throws {
        try await withLine({ request in
            request.number > 0
                ? [.send(request.rightSerialFrame)]
                : request.rightSerialFrame.flatMap { [.send([$0]), .pause(milliseconds: drip.pause)] }
        }) { transport, _ in
            let start = NIODeadline.now()
            let answer = await transport.sweep([holding(0, drip.count)], of: unit, timeout: .milliseconds(600))
            #expect(answer.failures == [.torn])
            #expect(answer.duration(since: start) < .milliseconds(600 + 10 + 250))
            #expect(transport.counters.tornFrames == 1)
        }
    }

    @Test func `a byte count beyond its data ends at the deadline`() async throws {
        try await withLine({ [.send($0.unit == 1 ? $0.serialFrame([3, 200, 1, 2]) : $0.rightSerialFrame)] }) {
            transport, _ in
            let start = NIODeadline.now()
            let answer = await transport.sweep([holding(0, 100)], of: unit, timeout: .milliseconds(600))
            #expect(answer.failures == [.torn])
            #expect(answer.duration(since: start) < .milliseconds(600 + 30 + 250))
            #expect(
                await transport.sweep([holding(0)], of: UnitIdentifier(2), timeout: patient).words == rightWords(at: 0))
        }
    }

    @Test func `a silent unit costs one timeout and is left alone while it owes an answer`() async throws {
        try await withLine({ $0.unit >= 100 && $0.count == 1 ? [] : [.send($0.rightSerialFrame)] }) { transport, line in
            // The debt lasts 1 s; where the test was not resumed in time it says nothing and is made again.
            for dead in 100..<110 as Range<UInt8> {
                let before = (requests: line.requests.count, counters: transport.counters)
                let spans = [holding(0), holding(1), holding(2)]
                let first = await transport.sweep(spans, of: UnitIdentifier(dead), timeout: .milliseconds(500))
                let second = await transport.sweep(spans, of: UnitIdentifier(dead), timeout: .milliseconds(500))
                #expect(first.failures == [.timeout, .timeout, .timeout])
                #expect(second.failures == [.timeout, .timeout, .timeout])
                guard second.finishedNanoseconds - first.finishedNanoseconds < 900_000_000 else { continue }
                #expect(line.requests.count == before.requests + 1)
                #expect(transport.counters.timeouts == before.counters.timeouts + 1)
                #expect(transport.counters.quarantinedRequests == before.counters.quarantinedRequests + 1)

                let other = await transport.sweep([holding(0, 2)], of: UnitIdentifier(dead), timeout: patient)
                #expect(other.words == rightWords(at: 0, count: 2))
                #expect(await transport.sweep([holding(0)], of: unit, timeout: patient).words == rightWords(at: 0))
                return
            }
            Issue.record("the test was never resumed in time")
        }
    }

    @Test(arguments: [UInt8(1), 2]) func `a late answer never becomes the value of another request`(other: UInt8)
        async throws
    {
        let late = LateAnswers()
        try await withLine({ request in
            // The first answer is kept until the next request is there, and goes out before its answer.
            guard request.number > 0 else {
                late.keep(request.rightSerialFrame)
                return []
            }
            let kept = late.take()
            return kept.isEmpty
                ? [.send(request.rightSerialFrame)]
                : [.send(kept), .pause(milliseconds: 5), .send(request.rightSerialFrame)]
        }) { transport, line in
            #expect(await transport.sweep([holding(50)], of: unit, timeout: .milliseconds(100)).failures == [.timeout])
            // A request of another shape, or to another unit, may be sent meanwhile.
            let count: UInt16 = other == 1 ? 2 : 1
            let next = await transport.sweep([holding(0, count)], of: UnitIdentifier(other), timeout: patient)
            #expect(next.words == rightWords(at: 0, count: count))
            #expect(transport.counters.lateReplies == 1)
            for address in 10..<30 as Range<UInt16> {
                #expect(
                    await transport.sweep([holding(address)], of: unit, timeout: patient).words
                        == rightWords(at: address))
            }
        }
    }

    @Test func `an answer after its deadline is drained before the next request`() async throws {
        try await withLine({ request in
            request.number == 0
                ? [.pause(milliseconds: 600), .send(request.rightSerialFrame)] : [.send(request.rightSerialFrame)]
        }) { transport, line in
            #expect(await transport.sweep([holding(0)], of: unit, timeout: .milliseconds(300)).failures == [.timeout])
            let end = ContinuousClock.now + .seconds(60)
            var right = 0
            while right < 20, ContinuousClock.now < end {
                let answer = await transport.sweep([holding(UInt16(right) + 1)], of: unit, timeout: .seconds(2))
                if answer.failures == [.timeout] { continue }
                #expect(answer.words == rightWords(at: UInt16(right) + 1))
                right += 1
            }
            #expect(right == 20)
            #expect(line.requests.count == 21)
            #expect(transport.counters.lateReplies == 1)
        }
    }

    @Test func `a late answer that stands before a request lifts the quarantine`() async throws {
        let late = LateAnswers()
        try await withLine({ request in
            guard request.number > 0 else {
                late.keep(request.rightSerialFrame)
                return []
            }
            return [.send(request.rightSerialFrame + late.take())]
        }) { transport, line in
            let silent = await transport.sweep([holding(50)], of: unit, timeout: .milliseconds(500))
            #expect(silent.failures == [.timeout])
            let other = await transport.sweep([holding(3)], of: UnitIdentifier(2), timeout: patient)
            #expect(other.words == rightWords(at: 3))
            #expect(await transport.sweep([holding(60)], of: unit, timeout: patient).words == rightWords(at: 60))
            #expect(line.requests.count == 3)
            #expect(transport.counters.lateReplies == 1)
            #expect(transport.counters.strayBytes == 0)
        }
    }

    @Test func `a second copy of an answer is drained and counted`() async throws {
        try await withLine({ request in
            request.number == 0
                ? [.send(request.rightSerialFrame + request.rightSerialFrame)] : [.send(request.rightSerialFrame)]
        }) { transport, _ in
            for address in 0..<20 as Range<UInt16> {
                #expect(
                    await transport.sweep([holding(address)], of: unit, timeout: patient).words
                        == rightWords(at: address))
            }
            #expect(transport.counters.strayBytes == 7)
        }
    }

    // MARK: The line itself

    @Test func `an adapter that was pulled out is opened again by its name`() async throws {
        let name = "/tmp/sluice-line-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let first = try PseudoLine { [.send($0.rightSerialFrame)] }
        #expect(symlink(first.path, name) == 0)
        defer { unlink(name) }
        let transport = SerialTransport(
            line: SerialLine(path: name, baud: 115_200, parity: .none, stopBits: 1), logger: quiet,
            reopenDelay: ReopenDelay(seed: 1, first: .milliseconds(1), greatest: .milliseconds(20)))
        #expect(await transport.sweep([holding(1)], of: unit, timeout: patient).words == rightWords(at: 1))

        first.unplug()
        let gone = await transport.sweep([holding(2), holding(3)], of: unit, timeout: patient)
        #expect(gone.failures == [.busDown("\(name): the line is hung up"), .busDown("\(name): the line is hung up")])

        unlink(name)
        let missing = await transport.sweep([holding(2)], of: unit, timeout: patient)
        guard case .busDown? = missing.failures[0] else {
            Issue.record("a line that is not there was read")
            return
        }
        let second = try PseudoLine { [.send($0.rightSerialFrame)] }
        defer { second.unplug() }
        #expect(symlink(second.path, name) == 0)
        #expect(await sweepWhenUp(transport, [holding(4)]).words == rightWords(at: 4))
        #expect(transport.counters.reconnects == 1)
        await transport.close()
    }

    @Test func `a line that is not there is told, then the pause`() async throws {
        let transport = SerialTransport(
            line: SerialLine(path: "/dev/no-such-line", baud: 9600, parity: .even, stopBits: 1), logger: quiet,
            reopenDelay: ReopenDelay(seed: 3, first: .seconds(900), greatest: .seconds(900)))
        let first = await transport.sweep([holding(0)], of: unit, timeout: .seconds(1))
        #expect(first.failures == [.busDown("/dev/no-such-line: No such file or directory")])
        let second = await transport.sweep([holding(0)], of: unit, timeout: .seconds(1))
        guard case .busDown(let text)? = second.failures[0] else {
            Issue.record("a line that is not there was read")
            return
        }
        #expect(
            text.wholeMatch(of: /\/dev\/no-such-line: No such file or directory; opened again in \d+\.\d+ s/) != nil,
            "\(text)")
        await transport.close()
    }

    @Test(arguments: [SerialLine.Parity.none, .even, .odd]) func `a pseudo-terminal takes every parity`(
        parity: SerialLine.Parity
    ) async throws {
        let line = try PseudoLine { [.send($0.rightSerialFrame)] }
        defer { line.unplug() }
        let transport = SerialTransport(
            line: SerialLine(path: line.path, baud: 19_200, parity: parity, stopBits: 1), logger: quiet)
        #expect(await transport.sweep([holding(1)], of: unit, timeout: patient).words == rightWords(at: 1))
        await transport.close()
    }

    @Test func `a unit above 247 is refused unsent, and so is a span too long`() async throws {
        try await withLine({ [.send($0.rightSerialFrame)] }) { transport, line in
            #expect(
                await transport.sweep([holding(0)], of: UnitIdentifier(248), timeout: patient).failures == [
                    .refused(.unit(248))
                ])
            #expect(await transport.sweep([holding(0, 126)], of: unit, timeout: patient).failures == [.refused(.shape)])
            #expect(
                await transport.sweep([holding(0)], of: UnitIdentifier(247), timeout: patient).words
                    == rightWords(at: 0))
            #expect(line.requests.count == 1)
        }
    }

    @Test func `a closed line stays closed`() async throws {
        try await withLine({ [.send($0.rightSerialFrame)] }) { transport, line in
            await transport.close()
            let answer = await transport.sweep([holding(0), holding(1)], of: unit, timeout: patient)
            let closed = ReadFailure.busDown("\(line.path): closed by the gateway")
            #expect(answer.failures == [closed, closed])
        }
    }
}
