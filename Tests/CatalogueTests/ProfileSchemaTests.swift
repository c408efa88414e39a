// SPDX-License-Identifier: Apache-2.0

import Foundation
import Profiles
import SiteFiles
import TestKit
import Testing

/// The schema as a validator that is not ours understands it.
@Suite struct ProfileSchemaTests {
    private static let command = "sluice profiles schema > docs/profile.schema.json"

    private static let schema = Tree.root.appendingPathComponent("docs/profile.schema.json").path

    /// What the validator says of one text, without the file's name.
    private func mistakes(of text: String) throws -> [String] {
        try SchemaValidator.mistakes(of: [text], schema: Self.schema)[0]
    }

    @Test func `the committed schema is the one that the keys make`() throws {
        #expect(
            try Tree.text("docs/profile.schema.json") == profileSchema(),
            "docs/profile.schema.json is out of date; run: \(Self.command)")
    }

    @Test func `every bundled profile is valid`() throws {
        let paths = Tree.bundles.map(\.path)
        #expect(!paths.isEmpty)
        #expect(try SchemaValidator.mistakes(in: paths, schema: Self.schema) == [])
    }

    private static let sound = """
        profile: acme-p1
        kind: pump
        name: {zh: 泵, en: Pump}
        sources: {S1: {title: Manual, edition: 3}}
        order: {parameter: word_order}
        limits: {maximum_read: 20, single_read: [power]}
        gap_milliseconds: 50
        answers_as: [0, 17]
        bench: null
        identify:
          - {table: holding, address: 2, expect: [8, 9, 0x0A], source: S1}
          - {table: input, address: 0, count: 2, expect_range: [0, 100]}
        site:
          word_order: {type: text, allowed: [ABCD, CDAB], default: ABCD}
          weight: {type: number, range: [0.001, 1000], unit: L, default: 10}
        sets: {faults: {bits: {0: dry, 1: {name: hot, severity: fault}}}}
        points:
          power: {table: input, address: 4, type: uint32, unit: W, present_if: {parameter: word_order, is: [ABCD]}}
          total: {table: holding, address: 8, type: uint16, scale: {parameter: weight}, unit: L}
          over: {table: holding, address: 9, type: uint16, sentinel: 0xFFFF}
          state: {table: holding, address: 10, type: bitfield16, set: faults}
        repeat:
          - count: 6
            step: 20
            points: {speed: {table: holding, address: 100, type: uint16, unit: "/min"}}
            signals: {pump.speed: {from: speed}}
        signals:
          water.total: {overflow_counter: [total, over], modulus: 65536}
          pump.fault: {from: state, any: fault}
          pump.alarm: {from: state, bits: [0, 1]}
          pump.mode: {from: over, values: {2: open, 4: closed}}
        probe: power
        examples: [{request: "01 03 00 00 00 0A C5 CD", answer: "01 03", expected: {total: 12.3}, source: S1}]
        """

    @Test func `a profile with every new key is valid`() throws { #expect(try mistakes(of: Self.sound) == []) }

    @Test(
        arguments: [
            ("gap_milliseconds:", "gap_miliseconds:", ": Additional properties are not allowed ('gap_miliseconds'"),
            ("unit: W", "units: W", "points/power: Additional properties are not allowed ('units'"),
            ("title: Manual", "titel: Manual", "sources/S1: Additional properties are not allowed ('titel'"),
            ("single_read:", "single_reads:", "limits: Additional properties are not allowed ('single_reads'"),
            ("address: 4,", "address: four,", "points/power/address: 'four' is not of type 'integer'"),
            ("address: 4,", "address: 65536,", "points/power/address: 65536 is greater than the maximum"),
            ("type: uint32", "type: uint31", "points/power/type: 'uint31' is not one of"),
            ("table: input, address: 4", "table: inputs, address: 4", "points/power/table: 'inputs' is not one of"),
            ("maximum_read: 20", "maximum_read: [20]", "limits/maximum_read: [20] is not of type 'integer'"),
            ("step: 20", "stop: 20", "repeat/0: 'step' is a required property"),
            (
                "{from: state, any: fault}", "{any: fault}",
                "signals/pump.fault: {'any': 'fault'} is not valid under any"
            ),
            ("from: state, any", "sum_parts: [a], from: state, any", "is valid under each of"),
            ("profile: acme-p1", "profile: Acme P1", "profile: 'Acme P1' does not match"),
            ("kind: pump", "bench: null", ": 'kind' is a required property"),
        ])
    func `a profile with a mistake is refused at its place`(sound: String, wrong: String, says: String) throws {
        let text = Self.sound.replacing(sound, with: wrong, maxReplacements: 1)
        #expect(text != Self.sound)
        let found = try mistakes(of: text)
        #expect(found.contains { $0.contains(says) }, "\(found)")
    }
}
