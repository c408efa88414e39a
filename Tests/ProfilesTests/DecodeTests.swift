// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Profiles
import TestKit
import Testing

/// A device with the point `value` at holding register 0, described by `facts`, and whatever else `rest` says.
private func device(_ facts: String, rest: String = "", parameters: [String: ParameterValue] = [:]) throws
    -> CompiledDevice
{
    let (profile, problems) = readProfile(
        """
        profile: test
        kind: test
        name: test
        order: ABCD
        \(rest)
        points:
          value: {table: holding, address: 0, \(facts)}

        """, path: "profile.yaml")
    #expect(problems.map(\.description) == [])
    return try #require(profile).compile(parameters: parameters)
}

private func image(_ words: [UInt16], at address: UInt16 = 0) -> RegisterImage {
    var image = RegisterImage()
    image.store(.success(words), for: RegisterSpan(.holdingRegister, at: address, count: UInt16(words.count)))
    return image
}

struct DecodeCase: Sendable, CustomTestStringConvertible {
    let facts: String
    let words: [UInt16]
    let expected: DecodedValue
    var testDescription: String { "\(facts) \(words)" }

    init(_ facts: String, _ words: [UInt16], _ expected: DecodedValue) {
        (self.facts, self.words, self.expected) = (facts, words, expected)
    }
}

@Suite struct DecodeTests {
    @Test(arguments: [
        DecodeCase("type: uint16", [0xFFFF], .good(.integer(65_535), raw: 0xFFFF)),
        DecodeCase("type: int16", [0xFFFE], .good(.integer(-2), raw: 0xFFFE)),
        DecodeCase("type: bool", [1], .good(.isOn(true), raw: 1)),
        DecodeCase("type: bool", [0], .good(.isOn(false), raw: 0)),
        DecodeCase("type: bool", [2], .bad(.range, raw: 2)),
        DecodeCase("type: bcd16", [0x1234], .good(.integer(1234), raw: 0x1234)),
        DecodeCase("type: bcd16", [0x12A4], .bad(.range, raw: 0x12A4)),
        DecodeCase("type: bitfield16", [0x8001], .good(.integer(0x8001), raw: 0x8001)),
        DecodeCase("type: uint16, bit: 15", [0x8000], .good(.isOn(true), raw: 0x8000)),
        DecodeCase("type: uint16, bit: 0", [0x8000], .good(.isOn(false), raw: 0x8000)),
        DecodeCase("type: uint16, mask: 0xFF00, shift: 8", [0x2AFF], .good(.integer(0x2A), raw: 0x2AFF)),
        DecodeCase("type: uint64", [0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF], .good(.integer(.max), raw: .max >> 1)),
        // A count beyond Int64 cannot be kept exactly.
        DecodeCase("type: uint64", [0x8000, 0, 0, 0], .bad(.range, raw: 1 << 63)),
        DecodeCase("type: int64", [0x8000, 0, 0, 0], .good(.integer(.min), raw: 1 << 63)),
        DecodeCase("type: float64", [0x3FF8, 0, 0, 0], .good(.number(1.5), raw: 0x3FF8_0000_0000_0000)),
        DecodeCase("type: float32", [0x7FC0, 0], .bad(.notFinite, raw: 0x7FC0_0000)),
        DecodeCase("type: float32", [0xFF80, 0], .bad(.notFinite, raw: 0xFF80_0000)),
        DecodeCase("type: float64", [0x7FF0, 0, 0, 1], .bad(.notFinite, raw: 0x7FF0_0000_0000_0001)),
        DecodeCase("type: float64, scale: 1e10", [0x7FE0, 0, 0, 0], .bad(.notFinite, raw: 0x7FE0_0000_0000_0000)),
    ])
    func `each type is read as it is written`(_ c: DecodeCase) throws {
        #expect(try device(c.facts).decode(0, from: image(c.words)) == c.expected)
    }

    /// The value 0x0102030405060708 and its first four bytes, in the order in which each device sends them.
    @Test(
        arguments: [
            ("ABCD", [0x0102, 0x0304], [0x0102, 0x0304, 0x0506, 0x0708]),
            ("CDAB", [0x0304, 0x0102], [0x0708, 0x0506, 0x0304, 0x0102]),
            ("BADC", [0x0201, 0x0403], [0x0201, 0x0403, 0x0605, 0x0807]),
            ("DCBA", [0x0403, 0x0201], [0x0807, 0x0605, 0x0403, 0x0201]),
        ] as [(String, [UInt16], [UInt16])])
    func `wide values come in four orders`(order: String, narrow: [UInt16], wide: [UInt16]) throws {
        let short = try device("type: uint32, order: \(order)").decode(0, from: image(narrow))
        let long = try device("type: uint64, order: \(order)").decode(0, from: image(wide))
        // The raw value is what came over the wire, in the order of the wire.
        #expect(short == .good(.integer(0x0102_0304), raw: narrow.reduce(0) { $0 << 16 | UInt64($1) }))
        #expect(long == .good(.integer(0x0102_0304_0506_0708), raw: wide.reduce(0) { $0 << 16 | UInt64($1) }))
    }

    @Test(
        arguments: [
            ("type: uint16, scale: 0.001", 32_445, 32.445),
            ("type: uint16, scale: 0.1", 3, 0.3),
            ("type: uint16, scale: 0.1", 7, 0.7),
            ("type: uint16, scale: 0.01", 1999, 19.99),
            ("type: uint16, scale: 0.05", 3, 0.15),
            ("type: uint16, scale: 2.5", 3, 7.5),
            ("type: uint16, scale: 1e-3", 32_445, 32.445),
            ("type: uint16, scale: 100", 3, 300),
            ("type: uint16, scale: 0.01, offset: -273.15", 29_315, 20),
            ("type: int16, scale: -0.1", 0xFFF6, 1),
            ("type: uint16, offset: 0.5", 2, 2.5),
        ] as [(String, UInt16, Double)])
    func `a decimal scale gives the number that a person would write`(
        facts: String, word: UInt16, expected: Double
    ) throws {
        #expect(try device(facts).decode(0, from: image([word])) == .good(.number(expected), raw: UInt64(word)))
    }

    @Test func `every raw value over a power of ten is the double nearest to its decimal`() throws {
        for decimals in 1...4 {
            let scale = "0." + String(repeating: "0", count: decimals - 1) + "1"
            let device = try device("type: uint16, scale: \(scale)")
            for word in stride(from: 0, through: 65_535, by: 97) {
                let digits = String(word)
                let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
                let expected = try #require(Double(padded.dropLast(decimals) + "." + padded.suffix(decimals)))
                let decoded = device.decode(0, from: image([UInt16(word)]))
                #expect(decoded == .good(.number(expected), raw: UInt64(word)))
            }
        }
    }

    @Test func `an integer without scale stays exact beyond what a double holds`() throws {
        let decoded = try device("type: uint64").decode(0, from: image([0x0020, 0, 0, 1]))
        #expect(decoded == .good(.integer(9_007_199_254_740_993), raw: 9_007_199_254_740_993))
    }

    @Test(arguments: [
        DecodeCase("type: uint16, sentinel: 0xFFFF", [0xFFFF], .bad(.sentinel, raw: 0xFFFF)),
        DecodeCase("type: uint16, sentinels: [255, 0xFFFF]", [255], .bad(.sentinel, raw: 255)),
        DecodeCase("type: uint16, sentinels: [255, 0xFFFF]", [254], .good(.integer(254), raw: 254)),
        DecodeCase("type: int16, sentinel: -32768", [0x8000], .bad(.sentinel, raw: 0x8000)),
        DecodeCase("type: int32, sentinel: -1", [0xFFFF, 0xFFFF], .bad(.sentinel, raw: 0xFFFF_FFFF)),
        DecodeCase("type: float32, sentinel: -9999", [0xC61C, 0x3C00], .bad(.sentinel, raw: 0xC61C_3C00)),
        DecodeCase("type: float32, sentinel: 0x7F7FFFFF", [0x7F7F, 0xFFFF], .bad(.sentinel, raw: 0x7F7F_FFFF)),
        // After mask and shift, before scale.
        DecodeCase("type: uint16, mask: 0xFF, scale: 0.1, sentinel: 255", [0x01FF], .bad(.sentinel, raw: 0x01FF)),
        DecodeCase(
            "type: uint64, sentinel: 0xFFFFFFFFFFFFFFFF", [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF], .bad(.sentinel, raw: .max)),
    ])
    func `a sentinel never becomes a number`(_ c: DecodeCase) throws {
        #expect(try device(c.facts).decode(0, from: image(c.words)) == c.expected)
    }

    @Test func `a value outside the plausible range is kept and doubted`() throws {
        let device = try device("type: uint16, scale: 0.1, plausible: [0, 10]")
        #expect(device.decode(0, from: image([100])) == .good(.number(10), raw: 100))
        #expect(device.decode(0, from: image([101])) == .uncertain(.number(10.1), .softRange, raw: 101))
    }

    @Test func `an enum gives the place of its label, and a raw value without one is bad`() throws {
        let device = try device(
            "type: enum16, set: modes", rest: "sets: {modes: {values: {85: empty, 170: full}}}")
        #expect(device.values[0].stateLabels == ["empty", "full"])
        #expect(device.decode(0, from: image([170])) == .good(.state(1), raw: 170))
        #expect(device.decode(0, from: image([86])) == .bad(.range, raw: 86))
    }

    @Test(
        arguments: [
            (0, DecodedValue.good(.number(18_765), raw: 18_765)), (2, .good(.number(187.65), raw: 18_765)),
            (9, .good(.number(0.000_018_765), raw: 18_765)), (10, .bad(.range, raw: nil)),
            (0xFFFF, .bad(.range, raw: nil)),
        ] as [(UInt16, DecodedValue)])
    func `another register may hold the number of decimals`(decimals: UInt16, expected: DecodedValue) throws {
        let device = try device(
            "type: int16, decimals: places, unit: cm}\n  places: {table: holding, address: 1, type: uint16",
            rest: "signals: {tank.level: {from: value}}")
        #expect(device.values.map(\.name) == ["level"])
        #expect(device.values[0].needs == [RegisterSpan(.holdingRegister, at: 0, count: 2)])
        #expect(device.decode(0, from: image([18_765, decimals])) == expected)
    }

    @Test(arguments: [
        (ReadFailure.timeout, "timeout"), (.torn, "frame"), (.badChecksum, "crc"), (.refused(.unit(9)), "frame"),
        (.exception(2), "exception_2"), (.exception(255), "exception_255"), (.busDown("no route"), "bus_down"),
    ])
    func `a failed read gives a bad reading with its reason`(failure: ReadFailure, word: String) throws {
        var image = RegisterImage()
        image.store(.failure(failure), for: RegisterSpan(.holdingRegister, at: 0, count: 4))
        #expect(failure.qualityReason.word == word)
        #expect(try device("type: uint32").decode(0, from: image) == .bad(failure.qualityReason, raw: nil))
    }

    @Test func `what nobody read, and what is no value, is bad`() throws {
        let device = try device("type: uint32")
        #expect(device.decode(0, from: image([1])) == .bad(.frame, raw: nil))
        #expect(device.decode(0, from: RegisterImage()) == .bad(.frame, raw: nil))
        #expect(device.decode(1, from: image([1, 2])) == .bad(.address, raw: nil))
        #expect(device.decode(-1, from: image([1, 2])) == .bad(.address, raw: nil))
    }

    @Test func `units and orders follow the site's choice`() throws {
        let facts = "type: uint32, order: {parameter: words}, unit: {parameter: unit}"
        let site = """
            site:
              words: {type: text, allowed: [ABCD, CDAB], default: ABCD}
              unit: {type: text, allowed: [m3, L], default: m3}
            """
        let plain = try device(facts, rest: site)
        #expect(plain.values[0].unit == .cubicMetre)
        #expect(plain.decode(0, from: image([1, 0])) == .good(.integer(65_536), raw: 65_536))
        let chosen = try device(facts, rest: site, parameters: ["words": .text("CDAB"), "unit": .text("L")])
        #expect(chosen.values[0].unit == .litre)
        #expect(chosen.decode(0, from: image([1, 0])) == .good(.integer(1), raw: 65_536))
    }

    @Test(arguments: [0, 1, 2, 3] as [UInt16])
    func `a pair of contacts is a state, and both closed is a fault of wiring`(contacts: UInt16) throws {
        let device = try device(
            "type: uint16, bit: 0}\n  other: {table: holding, address: 0, type: uint16, bit: 1",
            rest: "signals: {lift.door: {pair_to_state: [value, other], states: [open, closed, moving]}}")
        let states: [DecodedValue] = [
            .good(.state(2), raw: nil), .good(.state(0), raw: nil), .good(.state(1), raw: nil),
            .bad(.contactPair, raw: nil),
        ]
        #expect(device.values[0].stateLabels == ["open", "closed", "moving"])
        #expect(device.decode(0, from: image([contacts])) == states[Int(contacts)])
    }

    @Test func `any bit of a severity raises the signal, and no other bit does`() throws {
        let device = try device(
            "type: bitfield16, set: alarms, poll: fast",
            rest: """
                sets: {alarms: {bits: {0: {name: leak, severity: fault}, 4: {name: stuck, severity: fault}, 7: low}}}
                signals: {pump.fault: {from: value, any: fault}}
                """)
        #expect(device.values[0].pollClass == .fast)
        #expect(device.decode(0, from: image([0b1000_0000])) == .good(.isOn(false), raw: 0x80))
        #expect(device.decode(0, from: image([0b1001_0000])) == .good(.isOn(true), raw: 0x90))
    }

    @Test func `a sum of whole numbers stays whole, and one bad part makes it bad`() throws {
        let device = try device(
            "type: uint32, unit: L}\n  more: {table: holding, address: 40, type: uint32, unit: L",
            rest: "signals: {water.total: {sum_parts: [value, more]}}")
        // A hole of 38 registers is not bridged, for nobody knows whether it can be read.
        #expect(
            device.values[0].needs == [
                RegisterSpan(.holdingRegister, at: 0, count: 2), RegisterSpan(.holdingRegister, at: 40, count: 2),
            ])
        var both = image([0, 5])
        #expect(device.decode(0, from: both) == .bad(.frame, raw: nil))
        both.store(.success([1, 0]), for: RegisterSpan(.holdingRegister, at: 40, count: 2))
        #expect(device.decode(0, from: both) == .good(.integer(65_541), raw: nil))
    }

    @Test func `digits that only the conversion from 32 bits has made are left out`() throws {
        let single = try device("type: float32, unit: m3")
        #expect(single.meaningful(Double(Float(512.3)), at: 0) == 512.3)
        let sum = try device(
            "type: uint32, unit: m3}\n  more: {table: holding, address: 40, type: float32, unit: m3",
            rest: "signals: {water.total: {sum_parts: [value, more]}}")
        #expect(sum.meaningful(3733 + Double(Float(0.299191)), at: 0) == 3733.299191)
        let double = try device("type: float64, unit: m3")
        #expect(double.meaningful(3733.2991909980774, at: 0) == 3733.2991909980774)
        #expect(double.meaningful(1.5, at: 7) == 1.5)
    }

    private static let catalogue = CatalogueEntry.all.compactMap {
        try? $0.read().profile?.compile(parameters: [:])
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `no registers make a decoder trap`(seed: UInt64) throws {
        #expect(Self.catalogue.count == CatalogueEntry.all.count)
        var random = SeededGenerator(seed: seed)
        for device in Self.catalogue {
            var image = RegisterImage()
            for span in device.values.flatMap(\.needs) {
                // Half of the words are extremes, where overflow would be.
                let words = (0..<span.count).map { _ -> UInt16 in
                    let word = UInt16.random(in: 0...0xFFFF, using: &random)
                    if span.table.isBits { return word & 1 }
                    return Bool.random(using: &random) ? word : [0, 1, 0x7FFF, 0x8000, 0xFFFF][Int(word % 5)]
                }
                image.store(.success(words), for: span)
            }
            for place in device.values.indices {
                if case .good(.number(let number), _) = device.decode(place, from: image) { #expect(number.isFinite) }
            }
        }
    }
}
