// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import ModbusTransport
import Pipeline
import Synchronization
import TestKit
import Testing

/// The seeded hostile frames of `Benchmarks/HostileFrames` in short, over a real socket and a real terminal.
@Suite struct HostileWireTests {
    private let unit = UnitIdentifier(1)

    @Test(arguments: [UInt64](1...2)) func `no hostile frame of a socket becomes a wrong value`(seed: UInt64)
        async throws
    {
        let random = Mutex(SeededGenerator(seed: seed))
        try await withEndpoint({ request in random.withLock { hostileSteps(request, using: &$0) } }) {
            transport, endpoint in try await poll(transport, seed)
        }
    }

    @Test(arguments: [UInt64](3...4)) func `no hostile frame of a terminal becomes a wrong value`(seed: UInt64)
        async throws
    {
        let random = Mutex(SeededGenerator(seed: seed))
        try await withLine({ request in random.withLock { hostileSerialSteps(request, using: &$0) } }) {
            transport, line in try await poll(transport, seed)
        }
    }

    @Test(arguments: [UInt64](5...6)) func `no hostile frame of a serial server becomes a wrong value`(seed: UInt64)
        async throws
    {
        let random = Mutex(SeededGenerator(seed: seed))
        try await withEndpoint(
            framing: .rtu, line: LineSettings(baud: 115_200),
            { request in random.withLock { hostileSerialSteps(request, using: &$0) } }
        ) { transport, endpoint in try await poll(transport, seed) }
    }

    /// Reads one shape at many addresses; addresses from 1000 on are always answered rightly and at once.
    private func poll(_ transport: some ModbusPort, _ seed: UInt64) async throws {
        let end = ContinuousClock.now + .seconds(60)
        // A request that is held back returns at once, so it is the values that are counted.
        var (values, place) = (0, UInt16(0))
        while values < 12, ContinuousClock.now < end {
            let answer = await sweepWhenUp(transport, [holding(place % 1000, 2)], timeout: .milliseconds(250))
            if let words = answer.words {
                #expect(words == rightWords(at: place % 1000, count: 2))
                values += 1
            }
            place &+= 1
        }
        #expect(values == 12)
        var right = 0
        while right < 10, ContinuousClock.now < end {
            let address = 1000 + UInt16(right)
            let answer = await transport.sweep([holding(address, 2)], of: unit, timeout: .seconds(2))
            guard let words = answer.words else { continue }
            #expect(words == rightWords(at: address, count: 2))
            right += 1
        }
        #expect(right == 10)
    }
}

/// What a hostile Modbus TCP server sends.
private func hostileSteps(_ request: SeenRequest, using random: inout SeededGenerator) -> [Step] {
    let right = request.rightFrame
    guard request.address < 1000 else { return [.send(right)] }
    let other: [UInt8] = [3, 4, 0xDE, 0xAD, 0xBE, 0xEF]
    let byte = UInt8.random(in: 1...255, using: &random)
    switch Int.random(in: 0..<24, using: &random) {
    case 0: return [.send(request.frame(other, transaction: request.transaction &+ UInt16(byte)))]
    case 1: return [.send(request.frame(other, protocolIdentifier: UInt16(byte)))]
    case 2: return [.send(request.frame(other, length: [0, 1, 2, 6, 8, 255, 65_535].randomElement(using: &random)))]
    case 3: return [.send(request.frame(other, unit: request.unit &+ byte))]
    case 4: return [.send(request.frame([4] + other.dropFirst()))]
    case 5: return [.send(request.frame([3, 2, 0xDE, 0xAD]))]
    case 6: return [.send(request.frame([3, 200, 0xDE, 0xAD, 0xBE, 0xEF]))]
    case 7: return [.send(Array(right.prefix(Int.random(in: 1..<right.count, using: &random))))]
    case 8: return [.send(right), .pause(milliseconds: Int(byte) / 8), .send(right)]
    case 9: return [.pause(milliseconds: 300), .send(right)]
    case 10: return [.send((0..<Int(byte)).map { _ in UInt8.random(in: 0 ... .max, using: &random) })]
    case 11: return [.send(request.frame([0x83, byte]))]
    case 12: return right.flatMap { [.send([$0]), .pause(milliseconds: 1)] }
    case 13: return [.hangUp]
    default: return [.send(right)]
    }
}

/// What comes from a hostile serial line.
private func hostileSerialSteps(_ request: SeenRequest, using random: inout SeededGenerator) -> [Step] {
    let right = request.rightSerialFrame
    guard request.address < 1000 else { return [.send(right)] }
    let other: [UInt8] = [3, 4, 0xDE, 0xAD, 0xBE, 0xEF]
    let byte = UInt8.random(in: 1...255, using: &random)
    let foreign = request.serialFrame(other, unit: request.unit + 1)
    switch Int.random(in: 0..<24, using: &random) {
    case 0: return [.send(foreign), .pause(milliseconds: 5), .send(right)]
    case 1: return [.send(foreign + right)]
    case 2: return [.send(request.echo + right)]
    case 3: return [.send(request.echo), .pause(milliseconds: 10), .send(right)]
    case 4: return [.send(request.serialFrame([4] + other.dropFirst()))]
    case 5: return [.send(request.serialFrame([3, 2, 0xDE, 0xAD]))]
    case 6: return [.send(request.serialFrame([3, 200, 0xDE, 0xAD, 0xBE, 0xEF]))]
    case 7: return [.send(Array(right.prefix(Int.random(in: 1..<right.count, using: &random))))]
    case 8: return [.send(right + right)]
    case 9: return [.pause(milliseconds: 300), .send(right)]
    case 10: return [.send((0..<Int(byte)).map { _ in UInt8.random(in: 0 ... .max, using: &random) })]
    case 11: return [.send(request.serialFrame([0x83, byte]))]
    case 12: return right.flatMap { [.send([$0]), .pause(milliseconds: 1)] }
    case 13:
        var broken = right
        broken[Int(byte) % broken.count] ^= byte
        return [.send(broken)]
    case 14: return [.send([byte] + right)]
    default: return [.send(right)]
    }
}
