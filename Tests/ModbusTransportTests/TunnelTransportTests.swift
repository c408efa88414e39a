// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import ModbusTransport
import NIOCore
import NIOPosix
import Pipeline
import Testing

/// RTU over TCP: frames of a serial line through a serial server.
@Suite struct TunnelTransportTests {
    private let unit = UnitIdentifier(1)
    private let patient = Duration.seconds(5)
    private let fast = LineSettings(baud: 115_200)

    @Test func `every span of a sweep is read, one request at a time`() async throws {
        try await withEndpoint(framing: .rtu, { [.send($0.rightSerialFrame)] }) { transport, endpoint in
            let spans = [holding(0, 3), holding(100, 125), holding(65_535), RegisterSpan(.inputRegister, at: 9)]
            let answer = await transport.sweep(spans, of: unit, timeout: patient)
            #expect(answer.results == spans.map { .success(rightWords(at: $0.address, count: $0.count)) })
            #expect(answer.turnarounds.count == 4 && answer.turnarounds.allSatisfy { $0 != nil })
            #expect(endpoint.requests.map(\.function) == [3, 3, 3, 4])
            #expect(endpoint.mostOpen == 1)
            #expect(transport.counters.strayBytes == 0)
        }
    }

    @Test func `forty stray bytes before a request are drained and counted`() async throws {
        let noise = [UInt8](repeating: 0x55, count: 40)
        try await withEndpoint(framing: .rtu, line: fast, { [.send($0.rightSerialFrame + noise)] }) {
            transport, endpoint in
            for address in 0..<20 as Range<UInt16> {
                let answer = await transport.sweep([holding(address, 2)], of: unit, timeout: patient)
                #expect(answer.words == rightWords(at: address, count: 2))
            }
            #expect(transport.counters.strayBytes == 19 * 40)
            #expect(endpoint.connections == 1)
            #expect(endpoint.requests.count == 20)
        }
    }

    struct Damaged: Sendable, CustomTestStringConvertible {
        var name: String
        var retries: Int
        var steps: @Sendable (SeenRequest) -> [Step]
        var testDescription: String { name }
    }

    static let damaged = [
        Damaged(name: "forty stray bytes, then the answer", retries: 1) {
            [.send([UInt8](repeating: 0x55, count: 40)), .pause(milliseconds: 100), .send($0.rightSerialFrame)]
        },
        Damaged(name: "forty stray bytes and the answer in one piece", retries: 0) {
            [.send([UInt8](repeating: 0x55, count: 40) + $0.rightSerialFrame)]
        },
        Damaged(name: "noise that names a long frame, then the answer", retries: 0) {
            [.send([1, 3, 200] + $0.rightSerialFrame)]
        },
        Damaged(name: "the answer in single bytes", retries: 0) { request in
            request.rightSerialFrame.flatMap { [.send([$0]), .pause(milliseconds: 2)] }
        },
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
        Damaged(name: "a foreign frame, then the answer", retries: 0) {
            [.send($0.serialFrame([3, 2, 0xAB, 0xCD], unit: 9)), .pause(milliseconds: 10), .send($0.rightSerialFrame)]
        },
        Damaged(name: "a foreign frame and the answer in one piece", retries: 0) {
            [.send($0.serialFrame($0.rightBody, unit: 9) + $0.rightSerialFrame)]
        },
        Damaged(name: "the answer twice", retries: 0) { [.send($0.rightSerialFrame + $0.rightSerialFrame)] },
    ]

    @Test(arguments: damaged) func `damage never becomes a value and never closes the connection`(_ c: Damaged)
        async throws
    {
        try await withEndpoint(
            framing: .rtu, line: fast, { $0.number == 0 ? c.steps($0) : [.send($0.rightSerialFrame)] }
        ) {
            transport, endpoint in
            let first = await transport.sweep([holding(4, 2)], of: unit, timeout: .seconds(2))
            #expect(first.words == rightWords(at: 4, count: 2))
            #expect(transport.counters.retries == c.retries)
            for address in 0..<20 as Range<UInt16> {
                let answer = await transport.sweep([holding(address, 2)], of: unit, timeout: patient)
                #expect(answer.words == rightWords(at: address, count: 2))
            }
            #expect(endpoint.requests.count == 21 + c.retries)
            #expect(endpoint.connections == 1)
        }
    }

    @Test func `a late answer is known by the debt of its unit`() async throws {
        try await withEndpoint(
            framing: .rtu, line: fast,
            { request in
                request.number == 0
                    ? [.pause(milliseconds: 500), .send(request.rightSerialFrame)] : [.send(request.rightSerialFrame)]
            }
        ) { transport, endpoint in
            #expect(await transport.sweep([holding(0)], of: unit, timeout: .milliseconds(250)).failures == [.timeout])
            let other = await transport.sweep([holding(7)], of: UnitIdentifier(2), timeout: patient)
            #expect(other.words == rightWords(at: 7))
            let end = ContinuousClock.now + .seconds(60)
            var right = 0
            while right < 100, ContinuousClock.now < end {
                let answer = await transport.sweep([holding(UInt16(right) + 1)], of: unit, timeout: .seconds(2))
                if answer.failures == [.timeout] { continue }
                #expect(answer.words == rightWords(at: UInt16(right) + 1))
                right += 1
            }
            #expect(right == 100)
            #expect(transport.counters.lateReplies == 1)
            #expect(endpoint.connections == 1)
        }
    }

    @Test func `an answer that drips is cut at its deadline`() async throws {
        try await withEndpoint(
            framing: .rtu, line: fast,
            { request in
                request.number > 0
                    ? [.send(request.rightSerialFrame)]
                    : request.rightSerialFrame.flatMap { [.send([$0]), .pause(milliseconds: 200)] }
            }
        ) { transport, _ in
            let start = NIODeadline.now()
            let answer = await transport.sweep([holding(0, 10)], of: unit, timeout: .milliseconds(500))
            #expect(answer.failures == [.torn])
            #expect(answer.duration(since: start) < .milliseconds(500 + 50 + 10 + 250))
            #expect(transport.counters.tornFrames == 1)
        }
    }

    @Test func `one silent unit does not cost its neighbours the connection`() async throws {
        try await withEndpoint(framing: .rtu, line: fast, { $0.unit == 9 ? [] : [.send($0.rightSerialFrame)] }) {
            transport, endpoint in
            for address in 0..<5 as Range<UInt16> {
                let dead = await transport.sweep(
                    [holding(address, address + 1)], of: UnitIdentifier(9), timeout: .milliseconds(50))
                #expect(dead.failures == [.timeout])
                #expect(
                    await transport.sweep([holding(address)], of: unit, timeout: patient).words
                        == rightWords(at: address))
            }
            #expect(endpoint.connections == 1)
        }
    }

    @Test func `a server that closes in the middle of an answer is opened again`() async throws {
        try await withEndpoint(
            framing: .rtu, line: fast,
            { request in
                request.number == 0
                    ? [.send(Array(request.rightSerialFrame.prefix(5))), .hangUp] : [.send(request.rightSerialFrame)]
            }
        ) { transport, endpoint in
            let first = await transport.sweep([holding(0, 4)], of: unit, timeout: patient)
            #expect(first.failures == [.torn])
            #expect(await sweepWhenUp(transport, [holding(5)]).words == rightWords(at: 5))
            #expect(endpoint.connections == 2)
        }
    }

    @Test func `a unit above 247 is refused unsent`() async throws {
        try await withEndpoint(framing: .rtu, { [.send($0.rightSerialFrame)] }) { transport, endpoint in
            let answer = await transport.sweep([holding(0)], of: UnitIdentifier(248), timeout: patient)
            #expect(answer.failures == [.refused(.unit(248))])
            #expect(endpoint.requests.isEmpty)
        }
    }

    @Test func `a unit may answer by another number that is allowed`() async throws {
        try await withEndpoint(framing: .rtu, { [.send($0.serialFrame($0.rightBody, unit: 17))] }) { transport, _ in
            let allowed = await transport.sweep(
                [holding(3)], of: UnitIdentifier(0), answeringAs: [UnitIdentifier(17)], timeout: patient)
            #expect(allowed.words == rightWords(at: 3))
            let other = await transport.sweep([holding(3)], of: UnitIdentifier(4), timeout: .milliseconds(100))
            #expect(other.failures == [.timeout])
        }
    }

    @Test func `the line behind a gateway is waited for and is no turnaround`() async throws {
        // 125 registers take 0.27 s at 9600 baud, and the gateway sends them on when it has them all.
        try await withEndpoint(line: .usual, { [.pause(milliseconds: 290), .send($0.rightFrame)] }) {
            transport, endpoint in
            let answer = await transport.sweep([holding(0, 125)], of: unit, timeout: .milliseconds(200))
            #expect(answer.words == rightWords(at: 0, count: 125))
            #expect(answer.turnarounds[0] ?? .max < 150_000_000)
            let short = await transport.sweep([holding(0)], of: unit, timeout: .milliseconds(200))
            #expect(short.failures == [.timeout])
        }
    }
}
