// SPDX-License-Identifier: Apache-2.0

import Model
import Notices
import Testing

@Suite struct ResponseTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var kind: ChannelKind
        var status: Int
        var body: String
        var expected: DeliveryOutcome
        var testDescription: String { "\(kind) \(status) \(body)" }
    }

    private static let unreadable = "HTTP 200 with a body that cannot be read"

    @Test(arguments: [
        Case(kind: .wecom, status: 200, body: #"{"errcode":0,"errmsg":"ok"}"#, expected: .delivered),
        Case(kind: .wecom, status: 200, body: #"{"errcode":93000}"#, expected: .refused("errcode 93000")),
        Case(kind: .wecom, status: 200, body: #"{"errcode":45009}"#, expected: .limited(.seconds(60), "errcode 45009")),
        Case(kind: .wecom, status: 200, body: "", expected: .unreachable(unreadable)),
        Case(kind: .wecom, status: 200, body: "<html>", expected: .unreachable(unreadable)),
        Case(kind: .wecom, status: 200, body: #"{"errcode":0"#, expected: .unreachable(unreadable)),
        Case(kind: .wecom, status: 200, body: #"{"errcode":0}x"#, expected: .unreachable(unreadable)),
        Case(kind: .wecom, status: 200, body: #"{"errcode":"0"}"#, expected: .unreachable(unreadable)),
        Case(kind: .wecom, status: 200, body: #"{"a":{"errcode":0}}"#, expected: .unreachable(unreadable)),
        Case(kind: .wecom, status: 500, body: #"{"errcode":0}"#, expected: .unreachable("HTTP 500, errcode 0")),
        Case(
            kind: .dingtalk, status: 200, body: #"{"errcode":130101,"errmsg":"send too fast"}"#,
            expected: .limited(.seconds(600), "errcode 130101")),
        Case(
            kind: .dingtalk, status: 200, body: #"{"errmsg":"a\"b\u4e2d","x":[1,{"y":null}],"errcode":310000}"#,
            expected: .refused("errcode 310000")),
        Case(kind: .feishu, status: 200, body: #"{"code":0,"data":{}}"#, expected: .delivered),
        Case(kind: .feishu, status: 200, body: #"{"StatusCode":0,"StatusMessage":"success"}"#, expected: .delivered),
        Case(kind: .feishu, status: 200, body: #"{"code":19021}"#, expected: .refused("code 19021")),
        Case(kind: .webhook, status: 204, body: "", expected: .delivered),
        Case(kind: .webhook, status: 302, body: "", expected: .unreachable("HTTP 302")),
        Case(kind: .webhook, status: 410, body: "", expected: .refused("HTTP 410")),
        Case(kind: .webhook, status: 429, body: "", expected: .limited(.seconds(60), "HTTP 429")),
    ])
    func `the body decides`(_ c: Case) {
        #expect(
            ResponseReader.outcome(of: .http(status: c.status, body: Array(c.body.utf8)), from: c.kind) == c.expected)
    }

    @Test func `a mail server takes a letter with 250 and nothing else`() {
        #expect(ResponseReader.outcome(of: .smtp(code: 250), from: .email) == .delivered)
        #expect(ResponseReader.outcome(of: .smtp(code: 421), from: .email) == .unreachable("SMTP 421"))
        #expect(ResponseReader.outcome(of: .smtp(code: 554), from: .email) == .refused("SMTP 554"))
    }

    /// A deep or broken body must neither trap nor pass.
    @Test func `hostile bodies are failures`() {
        let deep = String(repeating: "[", count: 100_000)
        for body in [
            #"{"errcode":0,"a":\#(deep)"#, "\u{0}", #"{"errcode":99999999999999999999}"#, #"{"errcode":-"#,
            #"{"errcode":0,"#,
        ] {
            let outcome = ResponseReader.outcome(of: .http(status: 200, body: Array(body.utf8)), from: .wecom)
            #expect(outcome == .unreachable(Self.unreadable))
        }
        #expect(
            ResponseReader.outcome(of: .http(status: 200, body: [0x7B, 0x22, 0xFF, 0x22]), from: .wecom)
                == .unreachable(Self.unreadable))
    }

    @Test(arguments: [
        ("10.1.2.3", true), ("127.0.0.1", true), ("169.254.169.254", true), ("172.31.0.1", true), ("192.168.1.1", true),
        ("100.64.0.1", true), ("0.0.0.0", true), ("224.0.0.1", true), ("8.8.8.8", false), ("172.32.0.1", false),
        ("100.128.0.1", false),
    ])
    func `addresses inside are known`(text: String, isInside: Bool) {
        let bytes = text.split(separator: ".").compactMap { UInt8($0) }
        #expect(AddressRule.isInside(bytes) == isInside)
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + bytes
        #expect(AddressRule.isInside(mapped) == isInside)
    }

    @Test func `IPv6 addresses inside are known`() {
        func address(_ first: [UInt8]) -> [UInt8] { first + [UInt8](repeating: 0, count: 15 - first.count) + [1] }
        for first: [UInt8] in [[], [0xFC], [0xFD, 1], [0xFE, 0x80], [0xFE, 0xC0], [0xFF, 2]] {
            #expect(AddressRule.isInside(address(first)))
        }
        #expect(!AddressRule.isInside(address([0x24, 0x08])))
        #expect(AddressRule.isInside([1, 2, 3]))
    }
}
