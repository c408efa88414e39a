// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
import Profiles
import Testing

/// Timing, limits and identity of a device: what a profile says beside its values.
@Suite struct MannersTests {
    static let good = """
        profile: acme-wm40
        kind: water-meter
        name: Meter
        sources: {S1: {title: Manual}}
        order: ABCD
        limits: {maximum_read: 20, single_read: [flow]}
        gap_milliseconds: 50
        response_milliseconds: 250
        keep_alive_seconds: 60
        answers_as: [0, 17]
        identify:
          - {table: holding, address: 600, expect: [42, 0x2B], source: S1}
          - {table: input, address: 4, count: 2, expect_range: [70000, 80000]}
        points:
          count: {table: holding, address: 0, type: uint16}
          flow: {table: holding, address: 1, type: float32, unit: m3/h}

        """

    @Test func `the file says how the device behaves`() throws {
        let (profile, problems) = readProfile(Self.good, path: "profile.yaml")
        #expect(problems.map(\.description) == [])
        let device = try #require(profile).compile(parameters: [:])
        #expect(
            device.manners
                == DeviceManners(
                    gap: .milliseconds(50), respondsWithin: .milliseconds(250), keepAlive: .seconds(60),
                    answersAs: [UnitIdentifier(0), UnitIdentifier(17)]))
        #expect(device.limits.singleReads == [RegisterSpan(.holdingRegister, at: 1, count: 2)])
    }

    @Test func `a file without them asks for nothing`() throws {
        let text = """
            profile: acme-wm40
            kind: water-meter
            name: Meter
            points: {count: {table: holding, address: 0, type: uint16}}

            """
        let profile = try #require(readProfile(text, path: "profile.yaml").profile)
        #expect(profile.manners == DeviceManners() && profile.identity.isEmpty)
    }

    @Test(arguments: cases)
    func `a mistake is told with place, cause and cure`(_ refusal: Refusal) throws {
        try refusal.check(in: Self.good)
    }

    static let cases = Refusal.table(
        """
        ## gap
        - gap_milliseconds: 50
        + gap_milliseconds: 10001
        7:19: error: SL-1209: gap_milliseconds 10001 is out of range; allowed: 0 to 10000.
        ## response
        - response_milliseconds: 250
        + response_milliseconds: 0
        8:24: error: SL-1209: response_milliseconds 0 is out of range; allowed: 1 to 60000.
        ## keep alive
        - keep_alive_seconds: 60
        + keep_alive_seconds: long
        9:21: error: SL-1208: keep_alive_seconds must be a whole number, not 'long'.
        ## unit that answers
        - [0, 17]
        + [0, 256]
        10:17: error: SL-1209: answers_as: unit 256 is out of range; allowed: 0 to 255.
        ## single read of no point
        - single_read: [flow]
        + single_read: [flwo]
        6:42: error: SL-1221: limits: single_read: point 'flwo' is not under 'points'. Did you mean 'flow'?
        ## top key
        - gap_milliseconds: 50
        + gap_miliseconds: 50
        7:1: error: SL-1204: key 'gap_miliseconds' is not known. Did you mean 'gap_milliseconds'?
        ## identity expects nothing
        - expect: [42, 0x2B], source: S1
        + source: S1
        12:5: error: SL-1232: identify: give either 'expect', a list of values, or 'expect_range', [lowest, highest].
        ## identity expects an empty list
        - expect: [42, 0x2B]
        + expect: []
        12:44: error: SL-1232: identify: 'expect' expects nothing.
        ## identity beyond its registers
        - 0x2B
        + 0x1002B
        12:49: error: SL-1232: identify: 'expect' takes whole numbers that the registers can hold, 0 to 65535, \
        not '0x1002B'.
        ## identity range upside down
        - [70000, 80000]
        + [80000, 70000]
        13:56: error: SL-1232: identify: 'expect_range' must be [lowest, highest].
        ## identity of many registers
        - count: 2
        + count: 5
        13:39: error: SL-1232: identify: a check compares at most 4 registers.
        ## identity of no source
        - source: S1}⏎
        + source: S2}⏎
        12:64: error: SL-1223: identify: source 'S2' is not under 'sources'. Did you mean 'S1'?
        """)

    private func grades(_ words: [UInt16], _ wide: Result<[UInt16], ReadFailure>) throws -> [ScanMatch.Grade] {
        let profile = try #require(readProfile(Self.good, path: "profile.yaml").profile)
        let identity = RegisterSpan(.holdingRegister, at: 600)
        let range = RegisterSpan(.inputRegister, at: 4, count: 2)
        #expect(scanReads(of: [profile]) == [RegisterSpan(.holdingRegister, at: 0), identity, range])
        var image = RegisterImage()
        image.store(.success([7]), for: RegisterSpan(.holdingRegister, at: 0))
        image.store(.success(words), for: identity)
        image.store(wide, for: range)
        return match(image, against: [profile]).map(\.grade)
    }

    @Test func `identity registers tell the model, rule it out, or say nothing`() throws {
        #expect(try grades([42], .success([1, 4464])) == [.identified])
        #expect(try grades([43], .success([1, 14_464])) == [.identified])
        #expect(try grades([41], .success([1, 4464])) == [])
        #expect(try grades([42], .success([1, 4463])) == [])
        #expect(try grades([42], .failure(.exception(2))) == [.possible])
    }
}
