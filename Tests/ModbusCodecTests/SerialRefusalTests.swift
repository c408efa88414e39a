// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Testing

/// What a frame on a serial line means, and what follows from a damaged one.
@Suite struct SerialRefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        /// Without its checksum.
        var frame: String
        var isDamaged = false
        var verdict: SerialConversation.Verdict
        var testDescription: String { name }
    }

    /// The request is for two holding registers of unit 7.
    static let cases = [
        Case(name: "right", frame: "07 03 04 00 0A 00 0B", verdict: .accepted([10, 11])),
        Case(name: "bad checksum", frame: "07 03 04 00 0A 00 0B", isDamaged: true, verdict: .garbled(.badChecksum)),
        Case(name: "another unit", frame: "08 03 04 00 0A 00 0B", verdict: .foreign),
        Case(name: "unit 0, no alias", frame: "00 03 04 00 0A 00 0B", verdict: .foreign),
        Case(name: "another unit, damaged", frame: "08 03 04 00", isDamaged: true, verdict: .garbled(.badChecksum)),
        Case(name: "another table", frame: "07 04 04 00 0A 00 0B", verdict: .garbled(.refused(.function(4)))),
        Case(name: "unknown function", frame: "07 41 00", verdict: .garbled(.refused(.function(0x41)))),
        Case(
            name: "byte count short", frame: "07 03 02 00 0A",
            verdict: .garbled(.refused(.byteCount(found: 2, expected: 4)))),
        Case(
            name: "byte count long", frame: "07 03 06 00 0A 00 0B 00 0C",
            verdict: .garbled(.refused(.byteCount(found: 6, expected: 4)))),
        Case(name: "frame short", frame: "07 03 04 00 0A 00", verdict: .garbled(.refused(.length(8)))),
        Case(name: "frame long", frame: "07 03 04 00 0A 00 0B 00", verdict: .garbled(.refused(.length(10)))),
        Case(name: "exception", frame: "07 83 02", verdict: .exception(2)),
        Case(name: "exception 0", frame: "07 83 00", verdict: .exception(0)),
        Case(name: "exception 255", frame: "07 83 FF", verdict: .exception(255)),
        Case(name: "exception long", frame: "07 83 02 00", verdict: .garbled(.refused(.length(6)))),
        Case(name: "nothing but a checksum", frame: "", verdict: .garbled(.badChecksum)),
    ]

    @Test(arguments: cases) func `each field is checked`(_ c: Case) throws {
        let request = try read(.holdingRegister, 100, 2, of: 7)
        var frame = hex(c.frame) + checksumByTheBook(hex(c.frame))
        if c.isDamaged { frame[frame.count - 1] ^= 0x10 }
        var conversation = SerialConversation()
        #expect(conversation.judge(frame, for: request, at: 0) == c.verdict)
    }

    @Test func `an answer behind noise is found`() throws {
        let request = try read(.holdingRegister, 0, 1)
        let answer = hex("01 03 02 00 01 79 84")
        let conversation = SerialConversation()
        for noise in [hex("00"), hex("FF"), hex("01"), hex("01 03"), hex("FF 01 03 02 00")] {
            #expect(conversation.recover(noise + answer, from: .badChecksum, for: request) == .settled(.success([1])))
        }
        let refusal = hex("01 83 02") + checksumByTheBook(hex("01 83 02"))
        #expect(
            conversation.recover([0] + refusal, from: .badChecksum, for: request)
                == .settled(.failure(.exception(2))))
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: String
        var recovery: SerialConversation.Recovery
        var testDescription: String { name }
    }

    static let damages = [
        Damage(name: "the answer, one bit wrong", bytes: "01 03 02 00 03 79 84", recovery: .askAgain(isCertain: true)),
        Damage(name: "an exception, one bit wrong", bytes: "01 83 02 C0 F0", recovery: .askAgain(isCertain: true)),
        Damage(name: "the unit wrong", bytes: "05 03 02 00 01 79 84", recovery: .askAgain(isCertain: false)),
        Damage(name: "noise", bytes: "FF FF FF", recovery: .waitOn),
        Damage(
            name: "noise longer than an answer", bytes: "FF FF FF FF FF FF FF FF", recovery: .askAgain(isCertain: false)
        ),
    ]

    @Test(arguments: damages) func `damage is told from noise`(_ c: Damage) throws {
        let request = try read(.holdingRegister, 0, 1)
        #expect(SerialConversation().recover(hex(c.bytes), from: .badChecksum, for: request) == c.recovery)
    }

    @Test func `a unit that owes an answer is not asked for one of the same shape`() throws {
        var conversation = SerialConversation()
        let owed = try read(.holdingRegister, 0, 2, of: 7)
        conversation.expectLateAnswer(to: owed, sent: -500, timeout: 500, at: 0)
        #expect(!conversation.isAskable(try read(.holdingRegister, 50, 2, of: 7), at: 999))
        #expect(conversation.isAskable(try read(.holdingRegister, 0, 3, of: 7), at: 999))
        #expect(conversation.isAskable(try read(.inputRegister, 0, 2, of: 7), at: 999))
        #expect(conversation.isAskable(try read(.holdingRegister, 0, 2, of: 8), at: 999))
        #expect(conversation.isAskable(owed, at: 1000))
    }

    @Test func `bits are of one shape when their bytes are`() throws {
        var conversation = SerialConversation()
        conversation.expectLateAnswer(to: try read(.coil, 0, 9, of: 7), sent: -500, timeout: 500, at: 0)
        #expect(!conversation.isAskable(try read(.coil, 0, 16, of: 7), at: 0))
        #expect(conversation.isAskable(try read(.coil, 0, 17, of: 7), at: 0))
    }

    @Test func `a late answer ends the quarantine and is never a value`() throws {
        var conversation = SerialConversation()
        let late = hex("07 03 02 00 63") + checksumByTheBook(hex("07 03 02 00 63"))
        let due = SerialConversation.LateAnswer(unit: UnitIdentifier(7), lateness: 30, turnaround: 130)
        let owed = try read(.holdingRegister, 0, 1, of: 7)
        let other = try read(.holdingRegister, 10, 2, of: 7)

        conversation.expectLateAnswer(to: owed, sent: 0, timeout: 100, at: 100)
        #expect(conversation.judge(late, for: other, at: 130) == .late(due))
        #expect(conversation.isAskable(owed, at: 0))
        #expect(conversation.judge(late, for: other, at: 130) == .garbled(.refused(.byteCount(found: 2, expected: 4))))

        conversation.expectLateAnswer(to: owed, sent: 0, timeout: 100, at: 100)
        #expect(conversation.judge(late, for: try read(.holdingRegister, 0, 1, of: 8), at: 130) == .late(due))
        #expect(conversation.judge(late, for: try read(.holdingRegister, 0, 1, of: 8), at: 130) == .foreign)

        conversation.expectLateAnswer(to: owed, sent: 0, timeout: 100, at: 100)
        #expect(conversation.settlesLateAnswer(late, at: 130) == due)
        #expect(conversation.settlesLateAnswer(late, at: 130) == nil)
    }

    @Test func `a request asked twice in doubt keeps its shape waiting once`() throws {
        var conversation = SerialConversation()
        conversation.expectSecondAnswer(to: try read(.holdingRegister, 0, 2), until: 500)
        #expect(conversation.earliest(for: try read(.holdingRegister, 0, 3)) == nil)
        #expect(conversation.earliest(for: try read(.holdingRegister, 9, 2)) == 500)
        #expect(conversation.earliest(for: try read(.holdingRegister, 9, 2)) == nil)
    }

    @Test(arguments: [
        ("01 03 FA", 255), ("01 00 01", 6), ("01 83 02", 5), ("01 06 00", 8), ("01 10 00", 8), ("01 16 00", 10),
        ("01 11 03", 8), ("01 17 02", 7), ("FF FF FF", 5),
    ]) func `frames are cut as libmodbus cuts them`(head: String, length: Int) {
        #expect(serialAnswerLength(hex(head)) == length)
        #expect(serialAnswerLength(hex(head).dropLast()) == nil)
    }
}
