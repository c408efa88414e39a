// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import ModbusTransport
import NIOCore
import NIOPosix
import Pipeline
import Testing

@Suite struct SocketTransportTests {
    private let unit = UnitIdentifier(1)

    @Test func `every span of a sweep is read, one request at a time`() async throws {
        try await withEndpoint({ [.send($0.rightFrame)] }) { transport, endpoint in
            let spans = [holding(0, 3), holding(100, 125), holding(65_535)]
            let answer = await transport.sweep(spans, of: unit, timeout: .seconds(5))
            #expect(answer.results == spans.map { .success(rightWords(at: $0.address, count: $0.count)) })
            #expect((answer.firstByteNanoseconds ?? .max) <= answer.finishedNanoseconds)
            #expect(endpoint.mostOpen == 1)
            #expect(endpoint.connections == 1)
            #expect(transport.counters.answers == 3)
        }
    }

    @Test func `sweeps at once wait for each other`() async throws {
        try await withEndpoint({ [.send($0.rightFrame)] }) { transport, endpoint in
            await withTaskGroup { group in
                for place in 0..<30 as Range<UInt16> {
                    group.addTask {
                        (
                            place,
                            await transport.sweep(
                                [holding(place), holding(place + 500)], of: unit, timeout: .seconds(5))
                        )
                    }
                }
                for await (place, answer) in group {
                    #expect(answer.results == [.success(rightWords(at: place)), .success(rightWords(at: place + 500))])
                }
            }
            #expect(endpoint.mostOpen == 1)
            #expect(endpoint.connections == 1)
        }
    }

    @Test func `a thousand requests carry distinct identifiers, none of them 0`() async throws {
        try await withEndpoint({ [.send($0.rightFrame)] }) { transport, endpoint in
            let spans = (0..<1000 as Range<UInt16>).map { holding($0) }
            let answer = await transport.sweep(spans, of: unit, timeout: .seconds(5))
            #expect(answer.results == spans.map { .success(rightWords(at: $0.address)) })
            let identifiers = endpoint.requests.map(\.transaction)
            #expect(Set(identifiers).count == 1000)
            #expect(!identifiers.contains(0))
        }
    }

    @Test func `an empty sweep asks nothing and a span too long is refused unsent`() async throws {
        try await withEndpoint({ [.send($0.rightFrame)] }) { transport, endpoint in
            #expect(await transport.sweep([], of: unit, timeout: .seconds(1)).results.isEmpty)
            let answer = await transport.sweep([holding(0, 126), holding(7)], of: unit, timeout: .seconds(5))
            #expect(answer.results == [.failure(.refused(.shape)), .success(rightWords(at: 7))])
            #expect(endpoint.requests.count == 1)
        }
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        var name: String
        var failure: ReadFailure
        var answer: @Sendable (SeenRequest) -> [UInt8]
        var testDescription: String { name }
    }

    static let hostile = [
        Hostile(name: "another unit", failure: .refused(.unit(77))) { $0.frame($0.rightBody, unit: 77) },
        Hostile(name: "protocol 99", failure: .refused(.protocolIdentifier(99))) {
            $0.frame($0.rightBody, protocolIdentifier: 99)
        },
        Hostile(name: "length 0", failure: .refused(.length(0))) { $0.frame($0.rightBody, length: 0) },
        Hostile(name: "length 1", failure: .refused(.length(1))) { $0.frame($0.rightBody, length: 1) },
        Hostile(name: "length 65535", failure: .refused(.length(65_535))) { $0.frame($0.rightBody, length: 65_535) },
        Hostile(name: "byte count short", failure: .refused(.byteCount(found: 2, expected: 4))) {
            $0.frame([3, 2, 0, 1])
        },
        Hostile(name: "byte count long", failure: .refused(.byteCount(found: 6, expected: 4))) {
            $0.frame([3, 6, 0, 1, 0, 2, 0, 3])
        },
        Hostile(name: "function 0x41 with eight bytes", failure: .refused(.function(0x41))) {
            $0.frame([0x41, 1, 2, 3, 4, 5, 6, 7, 8])
        },
        Hostile(name: "300 bytes of noise", failure: .refused(.protocolIdentifier(65_535))) { _ in
            [UInt8](repeating: 0xFF, count: 300)
        },
    ]

    @Test(arguments: hostile) func `a refused answer closes the connection and the next reads are right`(_ c: Hostile)
        async throws
    {
        try await withEndpoint({ [.send($0.number == 0 ? c.answer($0) : $0.rightFrame)] }) { transport, endpoint in
            let answer = await transport.sweep([holding(4, 2), holding(9)], of: unit, timeout: .seconds(5))
            #expect(answer.results.first == .failure(c.failure))
            guard case .failure(.busDown(let text))? = answer.results.last, case .refused(let refusal) = c.failure
            else {
                Issue.record("the second span was asked")
                return
            }
            #expect(text == "127.0.0.1:\(endpoint.port): an answer was refused, \(refusal)")
            #expect(transport.counters.frameRefusals == 1)
            #expect(await sweepWhenUp(transport, [holding(4, 2)]).words == rightWords(at: 4, count: 2))
            for address in 0..<20 as Range<UInt16> {
                #expect(
                    await transport.sweep([holding(address)], of: unit, timeout: .seconds(5)).words
                        == rightWords(at: address))
            }
            #expect(endpoint.connections == 2)
            #expect(transport.counters.reconnects == 1)
        }
    }

    @Test func `a transaction of nobody closes the connection`() async throws {
        try await withEndpoint({ request in
            let wrong = request.frame(request.rightBody, transaction: request.transaction &+ 100)
            return [.send(request.number == 0 ? wrong : request.rightFrame)]
        }) { transport, endpoint in
            let answer = await transport.sweep([holding(0)], of: unit, timeout: .seconds(5))
            #expect(answer.failures == [.refused(.transactionIdentifier(endpoint.requests[0].transaction &+ 100))])
            #expect(await sweepWhenUp(transport, [holding(8)]).words == rightWords(at: 8))
        }
    }

    @Test func `a late answer never becomes the value of another request`() async throws {
        let late = LateAnswers()
        try await withEndpoint({ request in
            // The first answer is kept until the second request is there, and goes out before its answer.
            guard request.number > 0 else {
                late.keep(request.rightFrame)
                return []
            }
            return [.send(late.take() + request.rightFrame)]
        }) { transport, endpoint in
            let first = await transport.sweep([holding(0), holding(1)], of: unit, timeout: .milliseconds(500))
            #expect(first.failures == [.timeout, .timeout])
            for address in 10..<30 as Range<UInt16> {
                #expect(
                    await transport.sweep([holding(address)], of: unit, timeout: .seconds(5)).words
                        == rightWords(at: address))
            }
            #expect(endpoint.connections == 1)
            #expect(transport.counters.lateReplies == 1)
        }
    }

    @Test func `a duplicate answer never becomes the value of another request`() async throws {
        try await withEndpoint({ [.send($0.rightFrame + $0.rightFrame)] }) { transport, endpoint in
            for address in 0..<20 as Range<UInt16> {
                #expect(
                    await transport.sweep([holding(address)], of: unit, timeout: .seconds(5)).words
                        == rightWords(at: address))
            }
            #expect(endpoint.connections == 1)
            #expect(transport.counters.lateReplies >= 19)
        }
    }

    @Test func `half a late answer before a send closes the connection`() async throws {
        try await withEndpoint({ request in
            switch request.number {
            case 0: [.send(request.rightFrame + request.rightFrame.prefix(8))]
            default: [.send(request.rightFrame)]
            }
        }) { transport, endpoint in
            let answer = await transport.sweep([holding(0), holding(1)], of: unit, timeout: .seconds(5))
            #expect(answer.results.first == .success(rightWords(at: 0)))
            #expect(await sweepWhenUp(transport, [holding(1)]).words == rightWords(at: 1))
            #expect(endpoint.connections == 2)
            #expect(transport.counters.tornFrames == 1)
        }
    }

    @Test func `an answer that drips is cut at its deadline`() async throws {
        try await withEndpoint({ request in
            request.number > 0
                ? [.send(request.rightFrame)]
                : request.rightFrame.flatMap { [.send([$0]), .pause(milliseconds: 40)] }
        }) { transport, endpoint in
            let start = NIODeadline.now()
            let answer = await transport.sweep([holding(0, 40)], of: unit, timeout: .milliseconds(600))
            #expect(answer.failures == [.torn])
            #expect(answer.duration(since: start) < .milliseconds(600 + 50 + 250))
            #expect(await sweepWhenUp(transport, [holding(3)]).words == rightWords(at: 3))
            #expect(endpoint.connections == 2)
        }
    }

    @Test func `an answer in single bytes within the deadline is taken`() async throws {
        try await withEndpoint({ $0.rightFrame.flatMap { [.send([$0]), .pause(milliseconds: 1)] } }) { transport, _ in
            #expect(
                await transport.sweep([holding(0, 4)], of: unit, timeout: .seconds(10)).words
                    == rightWords(at: 0, count: 4))
        }
    }

    @Test func `a torn answer and a closed connection are told apart`() async throws {
        try await withEndpoint({ request in
            switch request.number {
            case 0: [.send(Array(request.rightFrame.prefix(9))), .hangUp]
            case 1: [.hangUp]
            default: [.send(request.rightFrame)]
            }
        }) { transport, endpoint in
            let closed = ReadFailure.busDown("127.0.0.1:\(endpoint.port): the endpoint closed the connection")
            let torn = await transport.sweep([holding(0), holding(1)], of: unit, timeout: .seconds(5))
            #expect(torn.failures == [.torn, closed])
            var second = closed
            repeat {
                let answer = await transport.sweep([holding(0)], of: unit, timeout: .seconds(5))
                second = answer.failures[0] ?? .timeout
            } while "\(second)".contains("opened again in")
            #expect(second == closed)
            #expect(await sweepWhenUp(transport, [holding(2)]).words == rightWords(at: 2))
        }
    }

    @Test(arguments: [UInt8](1...11) + [0, 255]) func `exceptions are kept and cost nothing else`(code: UInt8)
        async throws
    {
        try await withEndpoint({ request in
            [.send(request.address == 5 ? request.frame([0x83, code]) : request.rightFrame)]
        }) { transport, endpoint in
            let answer = await transport.sweep([holding(4), holding(5), holding(6)], of: unit, timeout: .seconds(5))
            #expect(
                answer.results == [
                    .success(rightWords(at: 4)), .failure(.exception(code)), .success(rightWords(at: 6)),
                ])
            #expect(endpoint.connections == 1)
            #expect(transport.counters.exceptions == 1)
        }
    }

    @Test func `one silent unit does not cost its neighbours the connection`() async throws {
        try await withEndpoint({ $0.unit == 9 ? [] : [.send($0.rightFrame)] }) { transport, endpoint in
            #expect(await transport.sweep([holding(0)], of: unit, timeout: .seconds(5)).words == rightWords(at: 0))
            for address in 0..<5 as Range<UInt16> {
                let silent = await transport.sweep(
                    [holding(0), holding(1)], of: UnitIdentifier(9), timeout: .milliseconds(20))
                #expect(silent.failures == [.timeout, .timeout])
                #expect(
                    await transport.sweep([holding(address)], of: unit, timeout: .seconds(5)).words
                        == rightWords(at: address))
            }
            #expect(endpoint.connections == 1)
            #expect(transport.counters.timeouts == 5)
        }
    }

    @Test func `an endpoint silent for 3 s and two sweeps is closed`() async throws {
        try await withEndpoint({ $0.connection == 1 ? [] : [.send($0.rightFrame)] }) { transport, endpoint in
            for _ in 0..<2 {
                let answer = await transport.sweep([holding(0)], of: unit, timeout: .milliseconds(1550))
                #expect(answer.failures == [.timeout])
            }
            #expect(await sweepWhenUp(transport, [holding(0)]).words == rightWords(at: 0))
            #expect(endpoint.connections == 2)
        }
    }

    @Test func `the turnaround of each answer is told, and of no other`() async throws {
        try await withEndpoint({ request in
            switch request.address {
            case 0: [.pause(milliseconds: 60), .send(request.rightFrame)]
            case 1: [.pause(milliseconds: 20), .send(request.frame([0x83, 2]))]
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

    @Test func `a connection that is reset is opened again`() async throws {
        let endpoint = try await ScriptedEndpoint(resetsOnHangUp: true) {
            $0.number == 1 ? [.hangUp] : [.send($0.rightFrame)]
        }
        let transport = SocketTransport(
            host: "127.0.0.1", port: endpoint.port, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: quiet, reopenDelay: ReopenDelay(seed: 1, first: .milliseconds(1), greatest: .milliseconds(20)))
        let answer = await transport.sweep([holding(0), holding(1), holding(2)], of: unit, timeout: .seconds(5))
        #expect(answer.words == rightWords(at: 0))
        let text = "127.0.0.1:\(endpoint.port): Connection reset by peer"
        #expect(answer.failures == [nil, .busDown(text), .busDown(text)])
        #expect(await sweepWhenUp(transport, [holding(3)]).words == rightWords(at: 3))
        #expect(endpoint.connections == 2)
        await transport.close()
        await endpoint.stop()
    }

    @Test(arguments: [1.1, 2, 3.9]) func `an answer at a multiple of the timeout leaves the next hundred right`(
        multiple: Double
    ) async throws {
        let late = Int(100 * multiple)
        try await withEndpoint({ request in
            request.number == 0
                ? [.pause(milliseconds: late), .send(request.rightFrame)] : [.send(request.rightFrame)]
        }) { transport, endpoint in
            #expect(await transport.sweep([holding(500)], of: unit, timeout: .milliseconds(100)).failures == [.timeout])
            for address in 0..<100 as Range<UInt16> {
                let answer = await transport.sweep([holding(address)], of: unit, timeout: .seconds(5))
                #expect(answer.words == rightWords(at: address))
            }
            #expect(endpoint.connections == 1)
            #expect(transport.counters.lateReplies == 1)
            #expect(transport.lineStatistics?.units[unit]?.lateReplies == 1)
        }
    }

    @Test func `a connection that the server finds idle is opened again at once`() async throws {
        try await withEndpoint({ [.send($0.rightFrame), .hangUp] }) { transport, endpoint in
            #expect(await transport.sweep([holding(0)], of: unit, timeout: .seconds(5)).words == rightWords(at: 0))
            #expect(await sweepWhenUp(transport, [holding(1)]).words == rightWords(at: 1))
        }
    }

    @Test func `a refused connection is reported, then the pause`() async throws {
        // Nobody listens there. A port that a test has just given back may live on in a child process.
        let port = 1
        let transport = SocketTransport(
            host: "127.0.0.1", port: port, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: quiet, reopenDelay: ReopenDelay(seed: 3, first: .seconds(900), greatest: .seconds(900)))
        let first = await transport.sweep([holding(0), holding(1)], of: unit, timeout: .seconds(5))
        let text = "127.0.0.1:\(port): Connection refused"
        #expect(first.failures == [.busDown(text), .busDown(text)])
        let second = await transport.sweep([holding(0)], of: unit, timeout: .seconds(5))
        guard case .busDown(let pause)? = second.failures[0] else {
            Issue.record("the second sweep was answered")
            return
        }
        #expect(
            pause.dropFirst(text.count).wholeMatch(of: /; opened again in \d+\.\d+ s/) != nil, "\(pause)"
        )
        await transport.close()
    }

    @Test func `a port out of range is told`() async throws {
        for port in [0, -1, 65_536, .max] {
            let transport = SocketTransport(
                host: "127.0.0.1", port: port, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet,
                reopenJitterSeed: 3)
            let answer = await transport.sweep([holding(0)], of: unit, timeout: .seconds(5))
            #expect(answer.failures == [.busDown("127.0.0.1:\(port): a port lies in 1...65535")])
            await transport.close()
        }
    }

    @Test func `a host may be a name`() async throws {
        try await withEndpoint({ [.send($0.rightFrame)] }) { _, endpoint in
            let transport = SocketTransport(
                host: "localhost", port: endpoint.port, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
                logger: quiet, reopenJitterSeed: 3)
            #expect(await transport.sweep([holding(0)], of: unit, timeout: .seconds(5)).words == rightWords(at: 0))
            await transport.close()
        }
    }

    @Test func `closing answers every sweep, and so does a full queue`() async throws {
        try await withEndpoint({ _ in [] }) { transport, endpoint in
            let answers = await withTaskGroup(of: ReadFailure?.self) { group in
                for _ in 0..<80 {
                    group.addTask { await transport.sweep([holding(0)], of: unit, timeout: .seconds(60)).failures[0] }
                }
                var answers: [ReadFailure?] = []
                for await failure in group {
                    answers.append(failure)
                    // One is asked and 64 wait; what is past them comes back at once.
                    if answers.count == 15 { await transport.close() }
                }
                return answers
            }
            let name = "127.0.0.1:\(endpoint.port)"
            #expect(answers.prefix(15).allSatisfy { $0 == .busDown("\(name): 64 sweeps are waiting already") })
            #expect(answers.dropFirst(15).allSatisfy { $0 == .busDown("\(name): closed by the gateway") })
            let later = await transport.sweep([holding(0)], of: unit, timeout: .seconds(5))
            #expect(later.failures == [.busDown("\(name): closed by the gateway")])
        }
    }
}
