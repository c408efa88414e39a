// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
import Profiles
import Testing

/// Points and signals that a device has several times, and those that it has with some choices only.
@Suite struct RepetitionTests {
    static let good = """
        profile: acme-b6
        kind: pump
        name: Booster
        order: ABCD
        site:
          pumps: {type: integer, range: [1, 3], default: 2}
          variant: {type: text, allowed: [plain, wet], default: plain}
        repeat:
          - count: {parameter: pumps}
            step: 10
            points:
              speed: {table: holding, address: 400, reference: 401, type: uint16, decimals: places, unit: "/min"}
              places: {table: holding, address: 401, reference: 402, type: uint16}
              hours: {table: holding, address: 402, reference: 403, type: uint32, unit: h}
            signals:
              pump.speed: {from: speed}
              pump.run_hours: {from: hours}
          - count: 2
            step: 1
            first: 0
            points:
              contact: {table: discrete, address: 0, type: bool}
        points:
          code: {table: holding, address: 0, reference: 1, type: uint16}
          leak: {table: holding, address: 1, reference: 2, type: uint16, present_if: {parameter: variant, is: [wet]}}
        signals:
          x.code: {from: code, present_if: {parameter: variant, is: plain}}
          y.code: {from: leak}

        """

    private func device(_ parameters: [String: ParameterValue] = [:]) throws -> CompiledDevice {
        let (profile, problems) = readProfile(Self.good, path: "profile.yaml")
        #expect(problems.map(\.description) == [])
        return try #require(profile).compile(parameters: parameters)
    }

    @Test func `each copy has its number and its address`() throws {
        let device = try device(["pumps": .integer(3)])
        #expect(
            device.values.map(\.name) == [
                "code", "speed_1", "speed_2", "speed_3", "run_hours_1", "run_hours_2", "run_hours_3", "contact_0",
                "contact_1",
            ])
        var image = RegisterImage()
        image.store(
            .success([1450, 0, 0, 7, 0, 0, 0, 0, 0, 0, 1460, 1, 1, 0]),
            for: RegisterSpan(.holdingRegister, at: 400, count: 14))
        image.store(.success([0, 1]), for: RegisterSpan(.discreteInput, at: 0, count: 2))
        let decode = { (name: String) in
            device.values.firstIndex { $0.name == name }.map { device.decode($0, from: image) }
        }
        #expect(decode("speed_1") == .good(.number(1450), raw: 1450))
        #expect(decode("speed_2") == .good(.number(146), raw: 1460))
        #expect(decode("run_hours_1") == .good(.integer(7), raw: 7))
        #expect(decode("run_hours_2") == .good(.integer(65_536), raw: 65_536))
        #expect(decode("contact_0") == .good(.isOn(false), raw: 0))
        #expect(decode("contact_1") == .good(.isOn(true), raw: 1))
    }

    @Test(
        arguments: [
            ([:], ["code", "speed_1", "speed_2", "run_hours_1", "run_hours_2", "contact_0", "contact_1"]),
            (["pumps": .integer(1)], ["code", "speed_1", "run_hours_1", "contact_0", "contact_1"]),
            (
                ["pumps": .integer(1), "variant": .text("wet")],
                ["code", "speed_1", "run_hours_1", "contact_0", "contact_1"]
            ),
        ] as [([String: ParameterValue], [String])])
    func `the site says what exists`(parameters: [String: ParameterValue], names: [String]) throws {
        let device = try device(parameters)
        #expect(device.values.map(\.name) == names)
        #expect(device.offers("y.code") == (parameters["variant"] != nil))
        #expect(device.offers("x.code") == (parameters["variant"] == nil))
        #expect(device.values[0].needs == [RegisterSpan(.holdingRegister, at: parameters["variant"] == nil ? 0 : 1)])
    }

    @Test(arguments: cases)
    func `a mistake is told with place, cause and cure`(_ refusal: Refusal) throws {
        try refusal.check(in: Self.good)
    }

    static let cases = Refusal.table(
        """
        ## number of an unknown parameter
        - count: {parameter: pumps}
        + count: {parameter: pump}
        9:24: error: SL-1224: repeat: count: parameter 'pump' is not under 'site'. Did you mean 'pumps'?
        ## number of a text
        - count: {parameter: pumps}
        + count: {parameter: variant}
        9:24: error: SL-1224: repeat: count: parameter 'variant' must be an integer with a range within 0 to 256.
        ## no number
        - count: 2⏎    step: 1
        + step: 1
        18:5: error: SL-1205: repeat: key 'count' is missing. Give a number, or the site's parameter: count: \
        {parameter: pumps}.
        ## no step
        - step: 1⏎    first: 0
        + first: 0
        18:5: error: SL-1205: repeat: key 'step' is missing. Give the number of addresses from one to the next.
        ## too many
        - count: 2⏎
        + count: 257⏎
        18:12: error: SL-1209: repeat: count 257 is out of range; allowed: 1 to 256.
        ## steps that are too short
        - step: 10
        + step: 1
        10:11: error: SL-1234: repeat: step 1 is less than the 2 registers of point 'hours'.
        ## a mistake in a copy
        - type: uint16, decimals
        + typ: uint16, decimals
        12:7: error: SL-1205: point 'speed_1': key 'type' is missing. Name it, such as uint16 or float32.
        12:61: error: SL-1204: point 'speed_1': key 'typ' is not known. Did you mean 'type'?
        ## addresses that end
        - address: 0, type: bool
        + address: 65535, type: bool
        22:43: error: SL-1209: point 'contact_1': address 65536 is out of range; allowed: 0 to 65535.
        ## a name that is taken
        - code: {table
        + contact_1: {table: coil, address: 0, type: bool}⏎  code: {table
        22:7: error: SL-1234: repeat: point 'contact_1' stands in the file already. Choose another name.
        ## a signal of no point
        - {from: speed}
        + {from: sped}
        16:26: error: SL-1221: signal 'pump.speed_1': point 'sped' is not under 'points'. Did you mean 'speed'?
        ## unknown key
        - first: 0
        + frist: 0
        20:5: error: SL-1204: repeat: key 'frist' is not known. Did you mean 'first'?
        ## a condition on an unknown parameter
        - {parameter: variant, is: [wet]}
        + {parameter: varant, is: [wet]}
        25:90: error: SL-1224: point 'leak': present_if: parameter 'varant' is not under 'site'. Did you mean 'variant'?
        ## a condition that cannot be
        - is: [wet]
        + is: [wett]
        25:104: error: SL-1233: point 'leak': present_if: 'is': 'wett' is not possible. Did you mean 'wet'?
        ## a condition without values
        - is: [wet]
        + is: []
        25:103: error: SL-1233: point 'leak': present_if: 'is' lists at least one value.
        ## a condition without 'is'
        - {parameter: variant, is: [wet]}
        + {parameter: variant}
        25:66: error: SL-1205: point 'leak': present_if: key 'is' is missing. List the values with which it exists.
        ## one name twice at a time
        - x.code: {from: code, present_if: {parameter: variant, is: plain}}
        + x.code: {from: code, present_if: {parameter: variant, is: [plain, wet]}}
        28:3: error: SL-1219: signal 'y.code': its name on the wire is 'code', like that of signal 'x.code'.
        """)
}
