// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import ModbusCodec
import Model
import SimulatorServer
import Testing

/// An estate that stands still at 18:00, served while `body` runs.
private func serving(
    _ faults: ScriptedFault.Kind..., body: (SimulatorServer, [String: BusAddress]) throws -> Void
) async throws {
    let moment = monday + hours(18)
    var estate = EstateSimulator(seed: 31, start: monday, zone: shanghai)
    estate.advance(to: moment)
    for fault in faults { estate.add(ScriptedFault(fault, from: moment)) }
    let server = SimulatorServer(estate: estate, clock: { moment })
    let addresses = try await server.start()
    let result = Result { try body(server, addresses) }
    try await server.stop()
    try result.get()
}

@Suite struct SocketServerTests {
    @Test func `a raw client reads what the estate says`() async throws {
        try await serving { server, addresses in
            let client = try RawClient(addresses["meters"])
            for (unit, meter) in [(UInt8(2), "riser-1"), (11, "u101"), (16, "u203")] {
                try client.send(RawClient.tcp(0xBEEF, unit, request(3, 0x0204, 4)))
                let answer = try client.receive(17)
                #expect(Array(answer.prefix(9)) == [0xBE, 0xEF, 0, 0, 0, 11, unit, 3, 8])
                let total = server.withEstate { $0.millilitres(through: meter) }
                #expect(abcd(words(answer.dropFirst(9))) == total.map { UInt64($0) })
            }
        }
    }

    @Test func `bits are packed from the lowest on`() async throws {
        try await serving(.gateHeldOpen(gate: "gate-1")) { _, addresses in
            let client = try RawClient(addresses["gate"])
            try client.send(RawClient.tcp(1, 1, request(2, 0, 10)))
            #expect(try client.receive(11) == [0, 1, 0, 0, 0, 5, 1, 2, 2, 0b1, 0])
        }
    }

    @Test(
        arguments: [
            ([5, 0, 0, 0xFF, 0], 1), ([0x2B, 14, 1, 0], 1), ([3, 0, 0], 1), ([4, 2, 4, 0, 4], 1),
            ([3, 0x10, 0, 0, 1], 2), ([3, 0xFF, 0xFF, 0, 2], 2), ([3, 2, 4, 0, 0], 3), ([3, 2, 0, 0, 126], 3),
        ] as [([UInt8], UInt8)])
    func `what cannot be read is an exception`(body: [UInt8], code: UInt8) async throws {
        try await serving { _, addresses in
            let client = try RawClient(addresses["meters"])
            try client.send(RawClient.tcp(7, 11, body))
            #expect(try client.receive(9) == [0, 7, 0, 0, 0, 3, 11, body[0] | 0x80, code])
        }
    }

    @Test func `requests may come torn and several at once`() async throws {
        try await serving { _, addresses in
            let client = try RawClient(addresses["pumps"])
            let frames = (1...3).flatMap { RawClient.tcp(UInt16($0), 1, request(4, 200, 1)) }
            try client.send(Array(frames.prefix(5)))
            try client.send(Array(frames.dropFirst(5).prefix(20)))
            try client.send(Array(frames.dropFirst(25)))
            let answers = try client.receive(33)
            #expect([answers[1], answers[12], answers[23]] == [1, 2, 3])
        }
    }

    @Test(
        arguments: [[0, 1, 0, 9, 0, 6, 11, 3, 2, 4, 0, 4], [0, 1, 0, 0, 0, 1, 11, 3], [0, 1, 0, 0, 1, 44, 11, 3]]
            as [[UInt8]])
    func `a header that is none closes the connection`(frame: [UInt8]) async throws {
        try await serving { _, addresses in
            let client = try RawClient(addresses["meters"])
            try client.send(frame)
            #expect(try client.receive(1) == [])
        }
    }

    @Test func `dead and unknown units are silent, and their neighbours are not kept waiting`() async throws {
        try await serving(.dead(device: "u101")) { _, addresses in
            let client = try RawClient(addresses["meters"])
            for (transaction, unit) in [(UInt16(1), UInt8(11)), (2, 99), (3, 12)] {
                try client.send(RawClient.tcp(transaction, unit, request(3, 0x0204, 4)))
            }
            #expect(try client.receive(17).prefix(2) == [0, 3])
        }
    }

    @Test func `a late answer comes after those of its neighbours`() async throws {
        try await serving(.lateAnswer(device: "u101", by: .milliseconds(150))) { _, addresses in
            let client = try RawClient(addresses["meters"])
            let clock = ContinuousClock()
            let sent = clock.now
            let all = [(UInt16(1), UInt8(11)), (2, 12), (3, 13)]
            // In one write, so that nothing but the server decides the order.
            try client.send(all.flatMap { RawClient.tcp($0, $1, request(3, 0x0204, 4)) })
            let order = try (0..<3).map { _ in try client.receive(17)[1] }
            #expect(order == [2, 3, 1])
            #expect(clock.now - sent >= .milliseconds(150))
        }
    }

    @Test func `a spoilt frame has a wrong byte count, an ordered exception its code`() async throws {
        try await serving(.badChecksum(device: "u102"), .exception(device: "u103", code: 6)) { server, addresses in
            let client = try RawClient(addresses["meters"])
            try client.send(RawClient.tcp(1, 12, request(3, 0x0204, 4)))
            #expect(try client.receive(17).prefix(9) == [0, 1, 0, 0, 0, 11, 12, 3, 9])
            try client.send(RawClient.tcp(2, 13, request(3, 0x0204, 4)))
            #expect(try client.receive(9) == [0, 2, 0, 0, 0, 3, 13, 0x83, 6])
            // Faults may be added while it is served.
            server.withEstate { $0.add(ScriptedFault(.exception(device: "u101", code: 4), from: $0.now)) }
            try client.send(RawClient.tcp(3, 11, request(3, 0x0204, 4)))
            #expect(try client.receive(9).suffix(2) == [0x83, 4])
        }
    }

    @Test func `a server that runs refuses a second start and stops for good`() async throws {
        let server = SimulatorServer(estate: EstateSimulator(seed: 1, start: monday, zone: shanghai), clock: { monday })
        let addresses = try await server.start()
        let client = try RawClient(addresses["meters"])
        await #expect(throws: SimulatorError.alreadyStarted) { try await server.start() }
        try await server.stop()
        try await server.stop()
        #expect(try client.receive(1) == [])
        #expect(
            SimulatorError.alreadyStarted.description
                == "the simulator is being served already. Stop it before it is started again.")
    }

    @Test func `a port that is taken leaves nothing open`() async throws {
        let estate = EstateSimulator(seed: 1, start: monday, zone: shanghai)
        let first = SimulatorServer(estate: estate, clock: { monday })
        let addresses = try await first.start()
        guard case .tcp(_, let port) = addresses["gate"] else { Issue.record("the gate is on a socket"); return }
        let second = SimulatorServer(estate: estate, clock: { monday }, ports: ["gate": port])
        await #expect(throws: (any Error).self) { try await second.start() }
        try await first.stop()
        _ = try await second.start()
        try await second.stop()
    }
}

@Suite struct LineServerTests {
    @Test func `a raw master reads the tank and the lift over the line`() async throws {
        try await serving { server, addresses in
            let master = try RawClient(addresses["line-1"])
            try master.send(RawClient.rtu(5, request(3, 2, 3)))
            let level = server.withEstate { $0.words(.holdingRegister, 4, 1, of: "tank")[0] }
            #expect(
                try master.receive(11)
                    == RawClient.rtu(5, [3, 6, 0, 1, 0, 1, UInt8(level >> 8), UInt8(level & 0xFF)]))
            try master.send(RawClient.rtu(6, request(2, 4, 3)))
            #expect(try master.receive(6) == RawClient.rtu(6, [2, 1, 0b101]))
        }
    }

    @Test func `the line stays open when a master leaves`() async throws {
        try await serving { _, addresses in
            for _ in 0..<3 {
                let master = try RawClient(addresses["line-1"])
                try master.send(RawClient.rtu(5, request(3, 0, 1)))
                #expect(try master.receive(7) == RawClient.rtu(5, [3, 2, 0, 5]))
            }
        }
    }

    @Test func `noise, bad CRCs and other units are passed over in silence`() async throws {
        try await serving { _, addresses in
            let master = try RawClient(addresses["line-1"])
            var spoilt = RawClient.rtu(5, request(3, 0, 1))
            spoilt[7] ^= 1
            try master.send([0xFF, 0x00, 5] + spoilt + RawClient.rtu(9, request(3, 0, 1)))
            try master.send(RawClient.rtu(5, request(3, 0, 1)))
            #expect(try master.receive(7) == RawClient.rtu(5, [3, 2, 0, 5]))
        }
    }

    @Test(
        arguments: [
            ([6, 0, 0, 0, 2], 1), ([16, 0, 0, 0, 1, 2, 0, 7], 1), ([0x2B, 14, 1, 0], 1), ([8, 0, 0, 0xA5, 0x37], 1),
            ([4, 0, 0, 0, 1], 1), ([3, 0, 9, 0, 1], 2), ([3, 0, 0, 0, 0], 3),
        ] as [([UInt8], UInt8)])
    func `what cannot be read is an exception`(body: [UInt8], code: UInt8) async throws {
        try await serving { _, addresses in
            let master = try RawClient(addresses["line-1"])
            try master.send(RawClient.rtu(5, body))
            #expect(try master.receive(5) == RawClient.rtu(5, [body[0] | 0x80, code]))
        }
    }

    @Test func `a spoilt answer has a wrong CRC, a late one comes after its neighbour's`() async throws {
        try await serving(.badChecksum(device: "tank"), .lateAnswer(device: "lift-1", by: .milliseconds(120))) {
            _, addresses in
            let master = try RawClient(addresses["line-1"])
            try master.send(RawClient.rtu(6, request(2, 4, 3)) + RawClient.rtu(5, request(3, 0, 1)))
            let good = RawClient.rtu(5, [3, 2, 0, 5])
            let answer = try master.receive(7)
            #expect(Array(answer.prefix(5)) == Array(good.prefix(5)))
            #expect(Array(answer.suffix(2)) != Array(good.suffix(2)))
            #expect(try master.receive(6) == RawClient.rtu(6, [2, 1, 0b101]))
        }
    }
}

@Suite struct LoadEstateTests {
    @Test func `many units behind one port answer with values that change`() async throws {
        let load = LoadEstate(devices: 50, registers: 40, hasPortPerDevice: false)
        let addresses = try await load.start()
        let result = Result {
            #expect(addresses.count == 1)
            let client = try RawClient(addresses[0])
            var last: [UInt16] = []
            for transaction in 1...20 {
                try client.send(RawClient.tcp(UInt16(transaction), 50, request(transaction % 2 == 0 ? 3 : 4, 2, 38)))
                let answer = try client.receive(9 + 76)
                #expect(
                    Array(answer.prefix(9)) == [
                        0, UInt8(transaction), 0, 0, 0, 79, 50, transaction % 2 == 0 ? 3 : 4, 76,
                    ])
                let values = words(answer.dropFirst(9))
                #expect(zip(values, last).allSatisfy { $0 != $1 })
                last = values
            }
            try client.send(RawClient.tcp(1, 51, request(3, 0, 1)) + RawClient.tcp(2, 1, request(3, 40, 1)))
            #expect(try client.receive(9) == [0, 2, 0, 0, 0, 3, 1, 0x83, 2])
            try client.send(RawClient.tcp(3, 1, request(3, 0, 126)) + RawClient.tcp(4, 1, request(1, 0, 1)))
            #expect(try client.receive(18) == [0, 3, 0, 0, 0, 3, 1, 0x83, 3, 0, 4, 0, 0, 0, 3, 1, 0x81, 1])
        }
        try await load.stop()
        try result.get()
    }

    @Test func `each device can have a port of its own`() async throws {
        let load = LoadEstate(devices: 3, registers: 4, hasPortPerDevice: true)
        let addresses = try await load.start()
        let result = Result {
            #expect(Set(addresses).count == 3)
            for address in addresses {
                let client = try RawClient(address)
                try client.send(RawClient.tcp(9, 1, request(3, 0, 4)))
                #expect(try client.receive(17).prefix(9) == [0, 9, 0, 0, 0, 11, 1, 3, 8])
            }
        }
        try await load.stop()
        try result.get()
    }
}
