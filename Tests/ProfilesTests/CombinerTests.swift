// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
import Profiles
import Testing

/// Signals of several points, of several bits and of raw values, and scales that the site gives.
@Suite struct CombinerTests {
    static let good = """
        profile: acme-wm40
        kind: water-meter
        name: Meter
        order: ABCD
        site:
          pulse_weight: {type: number, range: [0.001, 1000], default: 10}
          unit_word: {type: text, allowed: [L, m3], default: L}
        points:
          mantissa: {table: holding, address: 0, type: int32, unit: m3}
          exponent: {table: holding, address: 2, type: int16}
          high: {table: holding, address: 3, type: uint16}
          low: {table: holding, address: 4, type: uint16, scale: 0.1, unit: m3}
          count: {table: holding, address: 5, type: uint16, unit: L}
          turns: {table: holding, address: 6, type: uint16}
          code: {table: holding, address: 7, type: uint16}
          real: {table: holding, address: 8, type: float32}
          pulses: {table: holding, address: 10, type: uint32, scale: {parameter: pulse_weight}, unit: L}
        signals:
          a.power: {mantissa_exponent: [mantissa, exponent]}
          a.joined: {high_low_unit: [high, low], base: 10000}
          a.counted: {overflow_counter: [count, turns], modulus: 60000}
          a.state: {from: code, values: {2: open, 4: closed, 5: closed}}
          a.any: {from: code, bits: [1, 15]}
          a.volume: {from: pulses}

        """

    private func decode(
        _ words: [UInt16], _ parameters: [String: ParameterValue] = [:]
    ) throws -> [String: DecodedValue] {
        let (profile, problems) = readProfile(Self.good, path: "profile.yaml")
        #expect(problems.map(\.description) == [])
        let device = try #require(profile).compile(parameters: parameters)
        var image = RegisterImage()
        image.store(.success(words), for: RegisterSpan(.holdingRegister, at: 0, count: UInt16(words.count)))
        return Dictionary(
            uniqueKeysWithValues: device.values.indices.map { (device.values[$0].name, device.decode($0, from: image)) }
        )
    }

    @Test func `registers together make one value`() throws {
        let values = try decode([0, 12345, 0xFFFD, 12, 3456, 1234, 2, 4, 0, 0, 0, 125])
        #expect(values["power"] == .good(.number(12.345), raw: nil))
        #expect(values["joined"] == .good(.number(12_345.6), raw: nil))
        #expect(values["counted"] == .good(.integer(121_234), raw: nil))
        #expect(values["state"] == .good(.state(1), raw: 4))
        #expect(values["any"] == .good(.isOn(false), raw: 4))
        #expect(values["volume"] == .good(.number(1250), raw: 125))
    }

    @Test func `what the parts cannot mean is no value`() throws {
        let values = try decode([0xFFFF, 0xFFFF, 21, 0, 10_000, 60_000, 0, 3, 0, 0, 0, 0])
        #expect(values["power"] == .bad(.range, raw: nil))
        #expect(values["joined"] == .bad(.range, raw: nil))
        #expect(values["counted"] == .bad(.range, raw: nil))
        #expect(values["state"] == .bad(.range, raw: 3))
        #expect(values["any"] == .good(.isOn(true), raw: 3))
        #expect(try decode([0xFFFF, 0xFFFE, 3])["power"] == .good(.number(-2000), raw: nil))
        guard case .bad = try decode([0, 1, 0])["joined"] else { Issue.record("registers that were not read"); return }
        #expect(try decode([0, 0, 0, 0, 0, 0, 0, 0x8000])["any"] == .good(.isOn(true), raw: 0x8000))
    }

    @Test(arguments: [
        (ParameterValue.number(0.001), 0.125), (.number(2.5), 312.5), (.integer(1000), 125_000), (.number(1e-3), 0.125),
        (.number(0.000_123_456_789_012_345_6), 0.015_432_098_625),
    ])
    func `the site gives a scale`(weight: ParameterValue, volume: Double) throws {
        let values = try decode([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 125], ["pulse_weight": weight])
        #expect(values["volume"] == .good(.number(volume), raw: 125))
    }

    @Test func `parts are read by one request, and unit and states follow from them`() throws {
        let device = try #require(readProfile(Self.good, path: "profile.yaml").profile).compile(parameters: [:])
        let value = { (name: String) in device.values.first { $0.name == name } }
        #expect(value("power")?.needs == [RegisterSpan(.holdingRegister, at: 0, count: 3)])
        #expect(value("joined")?.needs == [RegisterSpan(.holdingRegister, at: 3, count: 2)])
        #expect(value("counted")?.needs == [RegisterSpan(.holdingRegister, at: 5, count: 2)])
        #expect(
            ["power", "joined", "counted", "state"].map { value($0)?.unit }
                == [UnitOfMeasure.cubicMetre, .cubicMetre, .litre, UnitOfMeasure.none])
        #expect(value("state")?.stateLabels == ["open", "closed"])
    }

    @Test(arguments: cases)
    func `a mistake is told with place, cause and cure`(_ refusal: Refusal) throws {
        try refusal.check(in: Self.good)
    }

    static let cases = Refusal.table(
        """
        ## scale of an unknown parameter
        - {parameter: pulse_weight}
        + {parameter: puls_weight}
        17:74: error: SL-1224: point 'pulses': scale: parameter 'puls_weight' is not under 'site'. Did you mean \
        'pulse_weight'?
        ## scale of a text
        - {parameter: pulse_weight}
        + {parameter: unit_word}
        17:74: error: SL-1224: point 'pulses': scale: parameter 'unit_word' must be a number or an integer with a \
        range within 0.000001 to 1000000.
        ## scale of a parameter that may be zero
        - range: [0.001, 1000]
        + range: [0, 1000]
        17:74: error: SL-1224: point 'pulses': scale: parameter 'pulse_weight' must be a number or an integer with a \
        range within 0.000001 to 1000000.
        ## default outside its range
        - default: 10}
        + default: 1001}
        6:63: error: SL-1208: parameter 'pulse_weight': default 1001 is out of range; allowed: 0.001 to 1000.
        ## offset beside a bound scale
        - {parameter: pulse_weight}, unit: L}
        + {parameter: pulse_weight}, offset: 1}
        17:89: error: SL-1208: point 'pulses': 'offset' goes with a fixed scale, not with a parameter's.
        ## exponent that is no whole number
        - [mantissa, exponent]
        + [mantissa, real]
        19:32: error: SL-1226: signal 'a.power': mantissa_exponent takes two points: a number, and a whole number \
        without scale.
        ## unknown part
        - [mantissa, exponent]
        + [mantisa, exponent]
        19:33: error: SL-1221: signal 'a.power': point 'mantisa' is not under 'points'. Did you mean 'mantissa'?
        ## low part that is a real number
        - [high, low]
        + [high, real]
        20:29: error: SL-1226: signal 'a.joined': high_low_unit takes two points, both whole numbers without offset \
        and decimals.
        ## parts of two units
        - [count, turns]
        + [count, low]
        21:33: error: SL-1226: signal 'a.counted': point 'low' must have the scale and unit of point 'count', or none.
        ## base of one
        - base: 10000
        + base: 1
        20:48: error: SL-1209: signal 'a.joined': base 1 is out of range; allowed: 2 to 4294967296.
        ## modulus of another combiner
        - base: 10000
        + modulus: 10000
        20:42: error: SL-1207: signal 'a.joined': 'modulus' goes with 'overflow_counter'.
        ## a state with a poor name
        - 4: closed
        + 4: Closed
        22:46: error: SL-1212: signal 'a.state': 'Closed' must be 1 to 64 characters of a-z, 0-9, '-' and '_', and \
        begin with a letter or a digit.
        ## a raw value that is none
        - {2: open
        + {two: open
        22:34: error: SL-1208: signal 'a.state': raw value must be a whole number, not 'two'.
        ## no states
        - {2: open, 4: closed, 5: closed}
        + {}
        22:33: error: SL-1226: signal 'a.state': 'values' names at least one state.
        ## states of a real number
        - {from: code, values
        + {from: real, values
        22:25: error: SL-1226: signal 'a.state': 'values' works on unsigned values of one register, not on point 'real'.
        ## no bits
        - [1, 15]
        + []
        23:29: error: SL-1226: signal 'a.any': 'bits' names at least one bit.
        ## bit beyond the point
        - [1, 15]
        + [1, 16]
        23:33: error: SL-1209: signal 'a.any': bit 16 is out of range; allowed: 0 to 15.
        ## bits of a real number
        - {from: code, bits
        + {from: real, bits
        23:23: error: SL-1225: signal 'a.any': 'bits' works on unsigned values and bit fields, not on point 'real'.
        ## two views of a point
        - bits: [1, 15]
        + bits: [1], any: fault
        23:34: error: SL-1207: signal 'a.any': give either 'any' or 'bits'.
        ## two combiners
        - base: 10000
        + sum_parts: [high, low]
        20:3: error: SL-1207: signal 'a.joined': give one of 'from', 'sum_parts', 'pair_to_state', \
        'mantissa_exponent', 'high_low_unit' and 'overflow_counter'.
        """)
}
