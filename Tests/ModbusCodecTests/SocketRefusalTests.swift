// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Testing

/// Every field of an answer on TCP, one case for each way in which it is wrong.
@Suite struct SocketRefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var answer: String
        var event: SocketConversation.Event?
        var testDescription: String { name }
    }

    /// The request is transaction 1, two holding registers of unit 7: the right answer is
    /// `00 01 00 00 00 07 07 03 04 ...`.
    static let cases = [
        Case(name: "right", answer: "00 01 00 00 00 07 07 03 04 00 0A 00 0B", event: .accepted([10, 11])),
        Case(
            name: "transaction of nobody", answer: "00 02 00 00 00 07 07 03 04 00 0A 00 0B",
            event: .refused(.transactionIdentifier(2))),
        Case(
            name: "transaction 0", answer: "00 00 00 00 00 07 07 03 04 00 0A 00 0B",
            event: .refused(.transactionIdentifier(0))),
        Case(
            name: "protocol 99", answer: "00 01 00 63 00 07 07 03 04 00 0A 00 0B",
            event: .refused(.protocolIdentifier(99))),
        Case(name: "protocol 256", answer: "00 01 01 00 00 07", event: .refused(.protocolIdentifier(256))),
        Case(name: "length 0", answer: "00 01 00 00 00 00", event: .refused(.length(0))),
        Case(name: "length 1", answer: "00 01 00 00 00 01", event: .refused(.length(1))),
        Case(name: "length 2", answer: "00 01 00 00 00 02 07 03", event: .refused(.length(2))),
        Case(name: "length 255", answer: "00 01 00 00 00 FF", event: .refused(.length(255))),
        Case(name: "length 65535", answer: "00 01 00 00 FF FF", event: .refused(.length(65_535))),
        Case(
            name: "length one short", answer: "00 01 00 00 00 06 07 03 04 00 0A 00 0B", event: .refused(.length(6))),
        Case(
            name: "length one long", answer: "00 01 00 00 00 08 07 03 04 00 0A 00 0B 00", event: .refused(.length(8))),
        Case(name: "length one long, no more bytes", answer: "00 01 00 00 00 08 07 03 04 00 0A 00 0B", event: nil),
        Case(name: "another unit", answer: "00 01 00 00 00 07 4D 03 04 00 0A 00 0B", event: .refused(.unit(77))),
        Case(name: "unit 0, no alias", answer: "00 01 00 00 00 07 00 03 04 00 0A 00 0B", event: .refused(.unit(0))),
        Case(name: "another table", answer: "00 01 00 00 00 07 07 04 04 00 0A 00 0B", event: .refused(.function(4))),
        Case(
            name: "unknown function with eight bytes", answer: "00 01 00 00 00 0A 07 41 01 02 03 04 05 06 07 08",
            event: .refused(.function(0x41))),
        Case(
            name: "exception of another function", answer: "00 01 00 00 00 03 07 84 02",
            event: .refused(.function(0x84))),
        Case(
            name: "byte count short", answer: "00 01 00 00 00 05 07 03 02 00 0A",
            event: .refused(.byteCount(found: 2, expected: 4))),
        Case(
            name: "byte count long", answer: "00 01 00 00 00 09 07 03 06 00 0A 00 0B 00 0C",
            event: .refused(.byteCount(found: 6, expected: 4))),
        Case(
            name: "byte count odd", answer: "00 01 00 00 00 06 07 03 03 00 0A 00",
            event: .refused(.byteCount(found: 3, expected: 4))),
        Case(
            name: "byte count above its data", answer: "00 01 00 00 00 05 07 03 04 00 0A", event: .refused(.length(5))),
        Case(name: "exception", answer: "00 01 00 00 00 03 07 83 02", event: .exception(2)),
        Case(name: "exception with a tail", answer: "00 01 00 00 00 04 07 83 02 00", event: .refused(.length(4))),
    ]

    @Test(arguments: cases) func `each field is checked`(_ c: Case) throws {
        let request = try read(.holdingRegister, 100, 2, of: 7)
        var whole = SocketConversation(identifiersAfter: 0)
        _ = whole.begin(request)
        var bytes = ArraySlice(hex(c.answer))
        #expect(whole.next(from: &bytes) == c.event)

        // The same, one byte at a time.
        var dripped = SocketConversation(identifiersAfter: 0)
        _ = dripped.begin(request)
        var event: SocketConversation.Event?
        for byte in hex(c.answer) where event == nil {
            var one = [byte][...]
            event = dripped.next(from: &one)
        }
        #expect(event == c.event)
    }

    @Test(arguments: [UInt8](0...255)) func `every exception code is kept`(code: UInt8) throws {
        let request = try read(.coil, 0, 9)
        var conversation = SocketConversation(identifiersAfter: 0)
        _ = conversation.begin(request)
        var bytes = ArraySlice(hex("00 01 00 00 00 03 01 81") + [code])
        #expect(conversation.next(from: &bytes) == .exception(code))
        if case .unknown(let kept) = ExceptionCode(code) {
            #expect(kept == code && !(1...11 ~= code))
        } else {
            #expect(1...11 ~= code)
        }
    }

    @Test(arguments: [UInt8(0), 255]) func `a unit that a profile allows answers for the one asked`(alias: UInt8) throws
    {
        let request = try read(.holdingRegister, 0, 1, of: 7, aliases: [alias])
        var conversation = SocketConversation(identifiersAfter: 0)
        _ = conversation.begin(request)
        var bytes = ArraySlice(hex("00 01 00 00 00 05") + [alias] + hex("03 02 00 2A"))
        #expect(conversation.next(from: &bytes) == .accepted([42]))
    }

    @Test func `a late answer is discarded and the own one taken`() throws {
        var conversation = SocketConversation(identifiersAfter: 65_534)
        _ = conversation.begin(try read(.holdingRegister, 0, 1))
        conversation.abandon()
        #expect(conversation.begin(try read(.holdingRegister, 9, 1))?.prefix(2) == [0, 1])
        var bytes = ArraySlice(hex("FF FF 00 00 00 05 01 03 02 00 63 00 01 00 00 00 05 01 03 02 00 2A"))
        #expect(conversation.next(from: &bytes) == .discarded(transaction: 65_535))
        #expect(conversation.next(from: &bytes) == .accepted([42]))
        #expect(conversation.next(from: &bytes) == nil)
    }

    @Test func `a duplicate is discarded whether a request is open or not`() throws {
        var conversation = SocketConversation(identifiersAfter: 0)
        let answer = hex("00 01 00 00 00 05 01 03 02 00 2A")
        _ = conversation.begin(try read(.holdingRegister, 0, 1))
        var bytes = ArraySlice(answer + answer)
        #expect(conversation.next(from: &bytes) == .accepted([42]))
        #expect(conversation.next(from: &bytes) == .discarded(transaction: 1))
        _ = conversation.begin(try read(.holdingRegister, 1, 1))
        bytes = ArraySlice(answer)
        #expect(conversation.next(from: &bytes) == .discarded(transaction: 1))
    }

    @Test func `only the last sixteen identifiers are known`() throws {
        for (age, isKnown) in [(15, true), (16, false)] {
            var conversation = SocketConversation(identifiersAfter: 0)
            for _ in 0...age { _ = conversation.begin(try read(.holdingRegister, 0, 1)) }
            conversation.abandon()
            var bytes = ArraySlice(hex("00 01 00 00 00 05 01 03 02 00 2A"))
            #expect(
                conversation.next(from: &bytes)
                    == (isKnown ? .discarded(transaction: 1) : .refused(.transactionIdentifier(1))))
        }
    }

    @Test func `a peer that repeats itself without end is refused`() throws {
        var conversation = SocketConversation(identifiersAfter: 0)
        _ = conversation.begin(try read(.holdingRegister, 0, 1))
        conversation.abandon()
        let frame = hex("00 01 00 00 00 05 01 03 02 00 2A")
        var events: [SocketConversation.Event?] = []
        for _ in 0..<33 {
            var bytes = ArraySlice(frame)
            events.append(conversation.next(from: &bytes))
        }
        #expect(events.dropLast().allSatisfy { $0 == .discarded(transaction: 1) })
        #expect(events.last == .refused(.transactionIdentifier(1)))
    }

    @Test func `no request is built behind a torn frame`() throws {
        var conversation = SocketConversation(identifiersAfter: 0)
        _ = conversation.begin(try read(.holdingRegister, 0, 1))
        conversation.abandon()
        var bytes = ArraySlice(hex("00 01 00 00 00 05 01"))
        #expect(conversation.next(from: &bytes) == nil)
        #expect(conversation.isMidFrame)
        #expect(conversation.begin(try read(.holdingRegister, 0, 1)) == nil)
    }

    @Test func `a thousand identifiers are distinct and never 0`() {
        var identifiers = TransactionIdentifiers(after: 65_000)
        let taken = (0..<1000).map { _ in identifiers.next() }
        #expect(Set(taken).count == 1000)
        #expect(!taken.contains(0))
        #expect(taken.first == 65_001 && taken[535] == 1)
    }
}
