// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import TestKit
import Testing

@Suite struct CommandTests {
    private static let now = Timestamp(milliseconds: 1_790_000_000_000)

    private static func command(_ text: String, verb: String = "ping") throws -> Command {
        try Command(verb: verb, payload: Array(text.utf8))
    }

    private static func text(expires: Timestamp?) -> String {
        #"{"id":"a1"\#(expires.map { #","expires":"\#($0.rfc3339)""# } ?? "")}"#
    }

    struct Verdict: Sendable, CustomTestStringConvertible {
        var name: String
        var verb = "ping"
        var expiresIn: Duration? = .seconds(30)
        var isSynced = true
        var outcome: CommandReply.Outcome
        var reason: CommandReply.Reason?
        var testDescription: String { name }
    }

    @Test(arguments: [
        Verdict(name: "ping", outcome: .accepted),
        Verdict(name: "the last moment", expiresIn: .zero, outcome: .accepted),
        Verdict(name: "too late", expiresIn: .milliseconds(-1), outcome: .expired),
        Verdict(name: "no expiry", expiresIn: nil, outcome: .refused, reason: .noExpiry),
        Verdict(name: "a day ahead", expiresIn: .seconds(86_400), outcome: .accepted),
        Verdict(name: "more than a day", expiresIn: .seconds(86_401), outcome: .refused, reason: .expiresTooLate),
        Verdict(name: "clock unknown", isSynced: false, outcome: .refused, reason: .clockUnsynced),
        Verdict(name: "a write", verb: "write", outcome: .refused, reason: .writesNotSupported),
        Verdict(name: "an unknown verb", verb: "reboot", outcome: .refused, reason: .unknownVerb),
    ])
    func `a command is answered by its verb, its expiry and the clock`(_ c: Verdict) throws {
        let command = try Self.command(Self.text(expires: c.expiresIn.map { Self.now + $0 }), verb: c.verb)
        let reply = command.verdict(at: Self.now, isSynced: c.isSynced)
        #expect((reply.outcome, reply.reason) == (c.outcome, c.reason))
        let tree = try JSONTree(reply.payload)
        #expect(tree["id"]?.text == "a1")
        #expect(tree["state"]?.text == c.outcome.rawValue)
        #expect(tree["reason"]?.text == c.reason?.rawValue)
    }

    @Test(arguments: [
        ("", "it is no JSON from byte 0 on"), ("{", "it is no JSON from byte 1 on"),
        ("{}", "it has no 'id' of 1 to 64 characters, so nobody could be answered"),
        (#"{"id":""}"#, "it has no 'id' of 1 to 64 characters, so nobody could be answered"),
        (#"{"id":7}"#, "it has no 'id' of 1 to 64 characters, so nobody could be answered"),
        (#"{"id":"a\u0000"}"#, "it has no 'id' of 1 to 64 characters, so nobody could be answered"),
        (
            #"{"id":"\#(String(repeating: "x", count: 65))"}"#,
            "it has no 'id' of 1 to 64 characters, so nobody could be answered"
        ),
        (#"{"id":"a","id":"b"}"#, "'id' stands in it twice"),
        (#"{"id":"a"} x"#, "it is no JSON from byte 11 on"),
        (#"{"id":"a","value":\#(String(repeating: "[", count: 10_000))"#, "it is nested more than 16 deep"),
        (
            #"{"id":"a","value":"\#(String(repeating: "x", count: 65_536))"}"#,
            "65557 bytes are more than the 65536 of a command"
        ),
    ])
    func `what is no command is not answered, with the reason`(text: String, reason: String) throws {
        do {
            _ = try Self.command(text)
            Issue.record("it was taken")
        } catch let fault as CommandFault {
            #expect(fault.description == reason)
        }
    }

    @Test func `bytes that are no UTF-8 are told`() {
        #expect(throws: CommandFault.unreadable(.notUTF8)) {
            try Command(verb: "ping", payload: Array(#"{"id":""#.utf8) + [0xC3, 0x28] + Array("\"}".utf8))
        }
    }

    @Test func `sixteen deep is read, seventeen is not`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        _ = try JSONTree(nested(16))
        #expect(throws: JSONFault.tooDeep(limit: 16)) { try JSONTree(nested(17)) }
    }

    @Test func `texts with escapes and pairs are read as they were meant`() throws {
        let tree = try JSONTree(Array(#"{"a":"\u6e56\n\"\/\ud83d\ude00","n":-12,"f":1.5e3,"t":[true,null]}"#.utf8))
        #expect(tree["a"]?.text == "湖\n\"/😀")
        #expect(tree["n"]?.integer == -12)
        #expect(tree["f"] == .number("1.5e3"))
        #expect(tree["t"] == .array([.boolean(true), .null]))
        for broken in [#""\ud83d""#, #""\udc00""#, #""\x""#, "01", "1.", "-", "[1,]", #"{"a" 1}"#, "\"\u{1}\"", "nul"] {
            #expect(throws: JSONFault.self, "\(broken)") { try JSONTree(Array(broken.utf8)) }
        }
    }

    /// What a writer of ours made is read; damaged, it is read or refused, and nothing traps.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `damage is refused or read, never a trap`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bytes = Array(
            #"{"id":"a1","expires":"2026-11-22T08:00:30Z","value":[1,2.5,{"x":"\u00e4"}],"by":"li"}"#.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: bytes.indices, using: &random)
            if Bool.random(using: &random) {
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            } else {
                bytes.remove(at: place)
            }
        }
        do { _ = try Command(verb: "ping", payload: bytes) } catch { #expect(!"\(error)".isEmpty) }
    }

    @Test func `a verb is one plain level below cmd`() {
        let topics = Topics(site: SiteIdentifier("lakeside"))
        #expect(topics.verb(of: "sluice/lakeside/cmd/ping") == "ping")
        for topic in [
            "sluice/lakeside/cmd/", "sluice/lakeside/cmd/ping/reply", "sluice/other/cmd/ping",
            "sluice/lakeside/cmd/a b",
            "sluice/lakeside/_ack",
        ] { #expect(topics.verb(of: topic) == nil, "\(topic)") }
    }
}
