// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
import Profiles
import Testing

/// Which profiles fit what a unit answers to a scan.
@Suite struct ScanMatchTests {
    private func profile(_ name: String, _ rest: String) throws -> DeviceProfile {
        let text = """
            profile: \(name)
            kind: water-meter
            name: {zh: 表, en: Meter}
            sources: {S1: {title: Test}}
            order: ABCD
            \(rest)
            """
        let (profile, problems) = readProfile(text, path: "\(name)/profile.yaml")
        return try #require(profile, "\(problems)")
    }

    private func meters() throws -> [DeviceProfile] {
        [
            try profile(
                "state-meter",
                """
                sets: {states: {values: {1: open, 2: closed}}}
                points:
                  state: {table: holding, address: 0, type: enum16, set: states, poll: fast, source: S1, confidence: A}
                signals: {}
                """),
            try profile(
                "count-meter",
                """
                points:
                  count: {table: holding, address: 0, type: uint16, unit: "1", poll: fast, source: S1, confidence: A}
                signals: {}
                """),
            try profile(
                "input-meter",
                """
                points:
                  flow: {table: input, address: 8, type: float32, unit: m3/h, poll: fast, source: S1, confidence: A}
                signals: {}
                """),
        ]
    }

    @Test func `each read is made once, that of most profiles first`() throws {
        #expect(
            scanReads(of: try meters())
                == [RegisterSpan(.holdingRegister, at: 0), RegisterSpan(.inputRegister, at: 8, count: 2)])
    }

    @Test func `what a profile cannot have written rules it out`() throws {
        var image = RegisterImage()
        image.store(.success([7]), for: RegisterSpan(.holdingRegister, at: 0))
        image.store(.failure(.exception(2)), for: RegisterSpan(.inputRegister, at: 8, count: 2))
        #expect(match(image, against: try meters()).map(\.profile) == ["count-meter"])
        image.store(.success([2]), for: RegisterSpan(.holdingRegister, at: 0))
        #expect(match(image, against: try meters()).map(\.profile) == ["count-meter", "state-meter"])
        image.store(.success([0x7FC0, 0]), for: RegisterSpan(.inputRegister, at: 8, count: 2))
        #expect(!match(image, against: try meters()).contains { $0.profile == "input-meter" })
    }

    @Test func `a unit that answers with exceptions only fits nothing`() throws {
        var image = RegisterImage()
        image.store(.failure(.exception(1)), for: RegisterSpan(.holdingRegister, at: 0))
        #expect(match(image, against: try meters()).isEmpty)
    }
}
