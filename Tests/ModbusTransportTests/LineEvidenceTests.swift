// SPDX-License-Identifier: Apache-2.0

import Glibc
import ModbusCodec
import ModbusTransport
import Pipeline
import Testing

/// What a serial line tells beside values: echoes, other masters, lateness, and a plug that moves.
@Suite struct LineEvidenceTests {
    private let unit = UnitIdentifier(1)
    private let patient = Duration.seconds(5)

    // MARK: Echo

    /// Addresses whose high byte libmodbus takes for a byte count: none, one short of an own request, one that the
    /// answer fills, one that is never reached, and one that no frame has.
    @Test(arguments: [0x0000, 0x0200, 0x0300, 0x0400, 0x2000, 0x8000, 0xFF00] as [UInt16])
    func `an own request read back is counted and never a value`(address: UInt16) async throws {
        try await withLine({ [.send($0.echo + $0.rightSerialFrame)] }) { transport, line in
            var right = 0
            for place in 0..<20 as Range<UInt16> {
                let answer = await transport.sweep([holding(address + place, 3)], of: unit, timeout: .milliseconds(300))
                if let words = answer.words {
                    #expect(words == rightWords(at: address + place, count: 3))
                    right += 1
                }
            }
            // The first one may be torn before the echo is known, and is then owed for a while.
            let last = await sweepUntilAnswered(transport, holding(address + 30, 2))
            #expect(last.words == rightWords(at: address + 30, count: 2))
            #expect(right >= 19 || address == 0x2000 || address == 0x8000)
            #expect(transport.counters.echoes >= max(1, right))
            #expect(transport.lineStatistics?.echoes == transport.counters.echoes)
        }
    }

    @Test func `an own request of the form of an answer is no value`() async throws {
        // Coils from 0x0300, 17 to 24 of them: the request is an answer of three bytes.
        let span = RegisterSpan(.coil, at: 0x0312, count: 20)
        try await withLine({ request in
            [.send(request.echo)] + (request.number == 0 ? [] : [.send(request.serialFrame([1, 3, 0xFF, 0, 1]))])
        }) { transport, _ in
            let alone = await transport.sweep([span], of: unit, timeout: .milliseconds(100))
            #expect(alone.failures == [.timeout])
            let answer = await sweepUntilAnswered(transport, span)
            #expect(answer.words == [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0])
            #expect(transport.counters.echoes >= 2)
        }
    }

    @Test func `an adapter that no longer echoes costs nothing`() async throws {
        try await withLine({ $0.number < 3 ? [.send($0.echo + $0.rightSerialFrame)] : [.send($0.rightSerialFrame)] }) {
            transport, line in
            for address in 0..<10 as Range<UInt16> {
                let answer = await transport.sweep([holding(address, 2)], of: unit, timeout: patient)
                #expect(answer.words == rightWords(at: address, count: 2))
            }
            #expect(transport.counters.echoes == 3)
            #expect(line.requests.count == 10)
        }
    }

    // MARK: A second master

    @Test func `requests of another master are counted and their answers are no values`() async throws {
        let theirs = SeenRequest(number: 0, unit: 1, body: [3, 0, 40, 0, 2], seenAt: .now)
        try await withLine({ request in
            // Another master asks our unit, right behind our answer; its answer comes while we would ask again.
            request.number == 0
                ? [.send(request.rightSerialFrame), .pause(milliseconds: 20), .send(theirs.echo)]
                : [.send(request.rightSerialFrame)]
        }) { transport, line in
            let spans = [holding(0, 2)]
            #expect(await transport.sweep(spans, of: unit, timeout: patient).words == rightWords(at: 0, count: 2))
            // A reading of another shape, in time after the foreign request, drains it.
            let end = ContinuousClock.now + .seconds(60)
            while transport.counters.foreignFrames == 0, ContinuousClock.now < end {
                _ = await transport.sweep([holding(0, 3)], of: unit, timeout: patient)
            }
            #expect(transport.lineStatistics?.foreignRequests == 1)
            // Until that master's answer is past, ours is not known from it.
            let held = await transport.sweep(spans, of: unit, timeout: patient)
            #expect(held.failures == [.timeout] || held.words == rightWords(at: 0, count: 2))
            #expect(await sweepUntilAnswered(transport, holding(4, 2)).words == rightWords(at: 4, count: 2))
        }
    }

    @Test func `an answer behind another master's request for it is asked for again`() async throws {
        try await withLine({ request in
            guard request.number == 0 else { return [.send(request.rightSerialFrame)] }
            let theirs = SeenRequest(number: 0, unit: 1, body: [3, 0, 40, 0, 2], seenAt: .now)
            return [.send(theirs.echo + theirs.rightSerialFrame)]
        }) { transport, line in
            let answer = await transport.sweep([holding(0, 2)], of: unit, timeout: .seconds(1))
            #expect(answer.words == rightWords(at: 0, count: 2))
            #expect(transport.lineStatistics?.foreignRequests == 1)
            #expect(line.requests.count == 2)
        }
    }

    // MARK: Statistics

    @Test func `what each unit did is kept apart`() async throws {
        try await withLine({ request in
            switch request.unit {
            case 1: [.pause(milliseconds: 10), .send(request.rightSerialFrame)]
            case 2: []
            case 3: [.send(request.serialFrame([0x83, 2]))]
            default: [.send(request.rightSerialFrame.dropLast() + [(request.rightSerialFrame.last ?? 0) ^ 1])]
            }
        }) { transport, _ in
            for _ in 0..<5 { _ = await transport.sweep([holding(0)], of: unit, timeout: patient) }
            for other in 2...4 as ClosedRange<UInt8> {
                _ = await transport.sweep([holding(0)], of: UnitIdentifier(other), timeout: .milliseconds(100))
            }
            let units = try #require(transport.lineStatistics?.units)
            let first = try #require(units[unit])
            #expect(first.requests == 5 && first.answers == 5 && first.turnarounds.total == 5)
            #expect(first.turnarounds.quantile(0.5) ?? .zero >= .milliseconds(9))
            #expect(first.timeouts + first.checksumErrors == 0)
            #expect(units[UnitIdentifier(2)]?.timeouts == 1)
            #expect(units[UnitIdentifier(3)]?.exceptions == 1)
            #expect(units[UnitIdentifier(4)]?.checksumErrors == 2)
            #expect(units[UnitIdentifier(4)]?.requests == 2)
        }
    }

    // MARK: The plug

    @Test func `an adapter that comes back elsewhere is read again, and other lines never notice`() async throws {
        let name = "/tmp/sluice-by-id-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let delay = ReopenDelay(seed: 1, first: .milliseconds(1), greatest: .milliseconds(20))
        let first = try PseudoLine { [.send($0.rightSerialFrame)] }
        let second = try PseudoLine { [.send($0.rightSerialFrame)] }
        defer { second.unplug() }
        try await withLine({ [.send($0.rightSerialFrame)] }) { neighbour, _ in
            #expect(symlink(first.path, name) == 0)
            defer { unlink(name) }
            let moved = SerialTransport(
                line: SerialLine(path: name, baud: 115_200, parity: .none, stopBits: 1), logger: quiet,
                reopenDelay: delay)
            for address in 0..<20 as Range<UInt16> {
                if address == 5 {
                    first.unplug()
                    unlink(name)
                }
                if address == 10 { #expect(symlink(second.path, name) == 0) }
                async let other = neighbour.sweep([holding(address)], of: unit, timeout: patient)
                let answer =
                    address < 10
                    ? await moved.sweep([holding(address)], of: unit, timeout: patient)
                    : await sweepWhenUp(moved, [holding(address)])
                if 5..<10 ~= address {
                    guard case .busDown? = answer.failures[0] else {
                        Issue.record("a line that is not there was read")
                        return
                    }
                } else {
                    #expect(answer.words == rightWords(at: address))
                }
                #expect(await other.words == rightWords(at: address))
            }
            #expect(moved.counters.reconnects == 1)
            #expect(neighbour.counters.reconnects == 0)
            await moved.close()
        }
    }

    @Test(arguments: [UInt64](0..<20)) func `a line that was away for long is looked for within five seconds`(
        seed: UInt64
    ) {
        var delay = ReopenDelay(seed: seed, greatest: SerialTransport.longestPause)
        let pauses = (0..<100).map { _ in delay.next() }
        #expect(pauses.allSatisfy { $0 < .seconds(5) })
        #expect(pauses.dropFirst(10).allSatisfy { $0 > .seconds(3) })
    }

    private func sweepUntilAnswered(_ transport: SerialTransport, _ span: RegisterSpan) async -> SweepAnswer {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            let answer = await transport.sweep([span], of: unit, timeout: .milliseconds(300))
            guard answer.words == nil, ContinuousClock.now < end else { return answer }
        }
    }
}

extension SeenRequest {
    /// The bytes of this request.
    var echo: [UInt8] {
        serialFrame([
            function, UInt8(address >> 8), UInt8(address & 0xFF), UInt8(count >> 8), UInt8(count & 0xFF),
        ])
    }
}
