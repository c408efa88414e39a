// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
import Profiles
import Testing

/// Frames that a source printed, and the values that must follow from them.
@Suite struct ExampleTests {
    private static let good = """
        profile: acme-wm40
        kind: water-meter
        name: Meter
        order: ABCD
        points:
          total: {table: holding, address: 0, type: uint32, scale: 0.1, unit: m3}
          state: {table: holding, address: 2, type: uint16, sentinel: 0xFFFF}
        examples:
          - request: "01 03 00 00 00 03 05 CB"
            answer: "11 03 06 00 00 04 D2 FF FF 4C 0C"
            expected: {total: 123.4, state: {bad: sentinel}}
          - {request: "01 03 00 00 00 0A C5 CD"}

        """

    @Test func `frames give the values that the file expects`() throws {
        let (profile, problems) = readProfile(Self.good, path: "profile.yaml")
        #expect(problems.map(\.description) == [])
        let examples = try #require(profile).examples
        #expect(examples.map { $0.expected.map(\.name) } == [["total", "state"], []])
        let frames = try #require(readFrames(request: examples[0].request, answer: examples[0].answer))
        #expect(frames.span == RegisterSpan(.holdingRegister, at: 0, count: 3))
        #expect(frames.result == .success([0, 1234, 0xFFFF]))
    }

    @Test(arguments: cases)
    func `a mistake is told with place, cause and cure`(_ refusal: Refusal) throws {
        try refusal.check(in: Self.good)
    }

    static let cases = Refusal.table(
        """
        ## another value
        - total: 123.4
        + total: 12.34
        11:16: error: SL-1236: examples: 'total' is 123.4 good, expected 12.34 good.
        ## another quality
        - bad: sentinel
        + bad: range
        11:30: error: SL-1236: examples: 'state' is bad sentinel, expected bad range.
        ## no such value
        - total: 123.4
        + totl: 123.4
        11:16: error: SL-1236: examples: 'totl' is not a value of the device.
        ## damaged answer
        - 04 D2
        + 04 D3
        9:5: error: SL-1236: examples: request and answer are no whole frames that belong together; compare lengths \
        and checksums.
        ## damaged request
        - C5 CD
        + C5 CE
        12:5: error: SL-1236: examples: the request is no whole frame that reads; compare bytes and checksum.
        ## values without an answer
        - 0A C5 CD"}
        + 0A C5 CD", expected: {total: 1}}
        12:42: error: SL-1236: examples: values follow from an answer, and there is none. Give it, or remove 'expected'.
        """)
}
