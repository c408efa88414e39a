// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import ModbusCodec
import SimulatorServer
import Testing

@Suite struct RegisterMapTests {
    private func map() -> RegisterMap {
        var map = RegisterMap()
        map.put([1, 2, 3, 4], at: RegisterSpan(.holdingRegister, at: 10, count: 4))
        map.put([9], at: RegisterSpan(.holdingRegister, at: 11))
        map.put(SimulatedReply(.silence), at: RegisterSpan(.holdingRegister, at: 13))
        map.put(SimulatedReply(.exception(4)), at: RegisterSpan(.inputRegister, at: 65_535))
        return map
    }

    @Test func `what was put last is held`() {
        #expect(map().read(RegisterSpan(.holdingRegister, at: 10, count: 3)) == SimulatedReply(.words([1, 9, 3])))
    }

    @Test func `one address that was never given refuses the whole read`() {
        #expect(map().read(RegisterSpan(.holdingRegister, at: 9, count: 3)) == SimulatedReply(.exception(2)))
        #expect(map().read(RegisterSpan(.discreteInput, at: 10)) == SimulatedReply(.exception(1)))
    }

    @Test func `a reply of its own answers every read that touches it`() {
        #expect(map().read(RegisterSpan(.holdingRegister, at: 12, count: 5)) == SimulatedReply(.silence))
        #expect(map().read(RegisterSpan(.inputRegister, at: 65_535)) == SimulatedReply(.exception(4)))
    }

    @Test func `a server of a map refuses a second start and stops for good`() async throws {
        let server = MapServer(map())
        let port = try await server.start()
        #expect((1...65_535).contains(port))
        await #expect(throws: SimulatorError.alreadyStarted) { try await server.start() }
        try await server.stop()
        try await server.stop()
    }
}
