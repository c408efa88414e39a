// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import TestKit
import Testing

/// Requests and answers printed in manuals of devices, their checksums verified, and the examples of the standard.
@Suite struct GoldenFrameTests {
    struct Serial: Sendable, CustomTestStringConvertible {
        var name: String
        var unit: UInt8
        var answersAs: [UInt8] = []
        var span: RegisterSpan
        var request: String
        var answer: String?
        var words: [UInt16] = []
        var testDescription: String { name }
    }

    static let serial = [
        Serial(
            name: "USW ultrasonic meter: reverse and forward volume", unit: 0, answersAs: [17],
            span: RegisterSpan(.holdingRegister, at: 0x0200, count: 8), request: "00 03 02 00 00 08 44 65",
            answer: "11 03 10 00 00 00 00 00 00 7E BD 00 00 00 00 00 01 F0 89 FA 75",
            words: [0, 0, 0, 0x7EBD, 0, 0, 1, 0xF089]),
        Serial(
            name: "USW ultrasonic meter: short volume and status", unit: 0, answersAs: [17],
            span: RegisterSpan(.holdingRegister, at: 0x0802, count: 3), request: "00 03 08 02 00 03 A7 BA",
            answer: "11 03 06 00 00 04 F7 00 40 5D 87", words: [0, 0x04F7, 0x0040]),
        Serial(
            name: "QDY30A level transmitter: unit identifier", unit: 1,
            span: RegisterSpan(.holdingRegister, at: 0), request: "01 03 00 00 00 01 84 0A",
            answer: "01 03 02 00 01 79 84", words: [1]),
        Serial(
            name: "QDY30A level transmitter: level", unit: 1,
            span: RegisterSpan(.holdingRegister, at: 4), request: "01 03 00 04 00 01 C5 CB"),
        Serial(
            name: "TUF-2000 flow meter: first ten registers", unit: 1,
            span: RegisterSpan(.holdingRegister, at: 0, count: 10), request: "01 03 00 00 00 0A C5 CD"),
        Serial(
            name: "SEN0601 soil sensor: moisture, -10.1 degrees, conductivity", unit: 1,
            span: RegisterSpan(.holdingRegister, at: 0, count: 3), request: "01 03 00 00 00 03 05 CB",
            answer: "01 03 06 02 92 FF 9B 03 E8 D8 0F", words: [658, 0xFF9B, 1000]),
    ]

    @Test(arguments: serial) func `serial frames match the manual`(_ c: Serial) throws {
        let request = try read(c.span.table, c.span.address, c.span.count, of: c.unit, aliases: c.answersAs)
        #expect(request.serialFrame == hex(c.request))
        #expect(request.rawForm == hex(c.request).dropLast(2))
        guard let answer = c.answer else { return }
        var conversation = SerialConversation()
        #expect(conversation.judge(hex(answer), for: request, at: 0) == .accepted(c.words))
        #expect(serialAnswerLength(hex(answer)) == hex(answer).count)
    }

    struct Standard: Sendable, CustomTestStringConvertible {
        var span: RegisterSpan
        var request: String
        var answer: String
        var words: [UInt16]
        var testDescription: String { span.table.rawValue }
    }

    /// Modbus Application Protocol V1.1b3, sections 6.1 to 6.4.
    static let standard = [
        Standard(
            span: RegisterSpan(.coil, at: 0x13, count: 19), request: "01 00 13 00 13", answer: "01 03 CD 6B 05",
            words: [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1]),
        Standard(
            span: RegisterSpan(.discreteInput, at: 0xC4, count: 22), request: "02 00 C4 00 16",
            answer: "02 03 AC DB 35", words: [0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1]),
        Standard(
            span: RegisterSpan(.holdingRegister, at: 0x6B, count: 3), request: "03 00 6B 00 03",
            answer: "03 06 02 2B 00 00 00 64", words: [0x022B, 0, 0x0064]),
        Standard(
            span: RegisterSpan(.inputRegister, at: 8), request: "04 00 08 00 01", answer: "04 02 00 0A", words: [10]),
    ]

    @Test(arguments: standard) func `socket frames match the standard`(_ c: Standard) throws {
        let request = try read(c.span.table, c.span.address, c.span.count, of: 200)
        var conversation = SocketConversation(identifiersAfter: 0x1233)
        let header = hex("12 34 00 00 00 06 C8")
        #expect(conversation.begin(request) == header + hex(c.request))
        let body = hex(c.answer)
        var bytes = ArraySlice(hex("12 34 00 00 00") + [UInt8(body.count + 1), 200] + body)
        #expect(conversation.next(from: &bytes) == .accepted(c.words))
        #expect(bytes.isEmpty)
    }

    @Test func `the widest answers fill their frames`() throws {
        let registers = try read(.holdingRegister, 0, 125)
        let bits = try read(.coil, 0, 2000)
        for (request, bytes) in [(registers, 250), (bits, 250)] {
            var conversation = SocketConversation(identifiersAfter: 0)
            _ = conversation.begin(request)
            let function = request.span.table.readFunction
            var answer = ArraySlice(
                [0, 1, 0, 0, 0, UInt8(bytes + 3), 1, function, UInt8(bytes)] + [UInt8](repeating: 0xFF, count: bytes))
            let one: UInt16 = request.span.table.isBits ? 1 : 0xFFFF
            #expect(
                conversation.next(from: &answer)
                    == .accepted([UInt16](repeating: one, count: Int(request.span.count))))
        }
    }

    @Test func `a span longer than one request is not built`() {
        #expect(ReadRequest(RegisterSpan(.holdingRegister, at: 0, count: 126), of: UnitIdentifier(1)) == nil)
        #expect(ReadRequest(RegisterSpan(.inputRegister, at: 0, count: 126), of: UnitIdentifier(1)) == nil)
        #expect(ReadRequest(RegisterSpan(.coil, at: 0, count: 2001), of: UnitIdentifier(1)) == nil)
        #expect(ReadRequest(RegisterSpan(.discreteInput, at: 0, count: 2001), of: UnitIdentifier(1)) == nil)
    }

    @Test(arguments: [UInt64](0..<50)) func `the checksum is that of the standard`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bytes = (0..<Int.random(in: 0...256, using: &random)).map { _ in
            UInt8.random(in: 0 ... .max, using: &random)
        }
        let sum = crc16(bytes)
        #expect([UInt8(sum % 256), UInt8(sum / 256)] == checksumByTheBook(bytes))
        #expect(crc16(bytes + checksumByTheBook(bytes)) == 0)
    }
}
