// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Model
import Notices
import Testing

@Suite struct RequestTests {
    private let wall = Timestamp(milliseconds: 1_800_000_000_123)
    private let message = MessageText(title: "【P1】新工单", text: "1号楼立管 疑似漏水", ending: "lakeside-20261126-1 #0")

    private func dispatch(_ notices: [Notice] = [trialNotice(1, 0, .p1)]) -> Dispatch {
        let mark = ClockMark(
            wall: wall, instant: MonotonicInstant(nanoseconds: 0), boot: BootIdentifier("b"), isSynchronised: true)
        let rows = notices.enumerated().map { place, notice in
            NoticeRow(number: Int64(place), channel: ChannelIdentifier("c"), notice: notice, stored: mark)
        }
        return Dispatch(channel: ChannelIdentifier("c"), key: notices[0].key, rows: rows, severity: .p1)
    }

    private func http(_ request: OutgoingRequest) throws -> (
        url: String, headers: [String: String], json: [String: Any]
    ) {
        guard case .http(let url, let headers) = request.way else { throw CocoaError(.coderInvalidValue) }
        let json = try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
        return (url.revealed, Dictionary(uniqueKeysWithValues: headers.map { ($0.name, $0.value) }), json)
    }

    private func write(_ address: ChannelAddress, _ notices: [Notice] = [trialNotice(1, 0, .p1)]) -> OutgoingRequest {
        RequestWriter(ChannelIdentifier("c"), address).request(for: dispatch(notices), saying: message, at: wall)
    }

    @Test func `the webhook signs time and body with each secret`() throws {
        let secrets = [Secret("new"), Secret("old")]
        let request = write(.webhook(.init(url: Secret("https://example.org/hook"), secrets: secrets)))
        let (url, headers, json) = try http(request)
        #expect(url == "https://example.org/hook")
        #expect(headers["Idempotency-Key"] == "lakeside-20261126-1-0")
        let expected = secrets.map { secret in
            let code = HMAC<SHA256>.authenticationCode(
                for: Data("1800000000.".utf8) + Data(request.body),
                using: SymmetricKey(data: Data(secret.revealed.utf8)))
            return "v1=" + code.map { String(format: "%02x", $0) }.joined()
        }
        #expect(headers["X-Sluice-Signature"] == (["t=1800000000"] + expected).joined(separator: ","))
        #expect(json["specversion"] as? String == "1.0")
        #expect(json["id"] as? String == "lakeside-20261126-1-0")
        let data = try #require(json["data"] as? [String: Any])
        #expect((data["text"] as? String)?.hasSuffix("\nlakeside-20261126-1 #0") == true)
        #expect(data["sequence"] as? Int == 0)
    }

    @Test func `DingTalk gets time and signature in the address, and the keyword in the text`() throws {
        let (url, _, json) = try http(
            write(
                .dingtalk(
                    url: Secret("https://oapi.dingtalk.com/robot/send?access_token=T"), secret: Secret("SECabc"),
                    keyword: "报修")))
        // Worked out with Python's hmac.
        #expect(
            url
                == "https://oapi.dingtalk.com/robot/send?access_token=T&timestamp=1800000000123&sign=\(Self.dingtalkSign)"
        )
        let text = try #require((json["text"] as? [String: Any])?["content"] as? String)
        #expect(text == "报修 【P1】新工单\n1号楼立管 疑似漏水\nlakeside-20261126-1 #0")
    }

    @Test func `Feishu gets time and signature in the body`() throws {
        let (_, _, json) = try http(
            write(.feishu(url: Secret("https://open.feishu.cn/open-apis/bot/v2/hook/X"), secret: Secret("SECabc"))))
        #expect(json["timestamp"] as? String == "1800000000")
        #expect(json["sign"] as? String == Self.feishuSign)
        #expect(
            (json["content"] as? [String: Any])?["text"] as? String == "【P1】新工单\n1号楼立管 疑似漏水\nlakeside-20261126-1 #0")
    }

    @Test func `WeCom calls people by their phones, and no text holds one`() throws {
        var notice = trialNotice(1, 0, .p1)
        notice.phones = ["13812345678"]
        let (_, _, json) = try http(write(.wecom(url: Secret("https://qyapi.weixin.qq.com/x?key=K")), [notice]))
        let text = try #require(json["text"] as? [String: Any])
        #expect(text["mentioned_mobile_list"] as? [String] == ["13812345678"])
        #expect((text["content"] as? String)?.contains("138") == false)
    }

    @Test(arguments: 20...120)
    func `a text is cut at a character within its bytes, its ending whole`(limit: Int) throws {
        let text = String(repeating: "漏水👨‍👩‍👧é", count: 20)
        let fitted = BoundedText.fit(text, ending: "A-1 #0", limit: limit)
        #expect(fitted.utf8.count <= limit)
        #expect(fitted.hasSuffix("…\nA-1 #0"))
        #expect(text.hasPrefix(fitted.dropLast(8)))
    }

    @Test func `WeCom gets 2048 bytes at most`() throws {
        let long = MessageText(title: "标题", text: String(repeating: "水", count: 3000), ending: "A-1 #0")
        let request = RequestWriter(ChannelIdentifier("c"), .wecom(url: Secret("u"))).request(
            for: dispatch(), saying: long, at: wall)
        let (_, _, json) = try http(request)
        let text = try #require((json["text"] as? [String: Any])?["content"] as? String)
        #expect((2040...2048).contains(text.utf8.count))
        #expect(text.hasSuffix("水…\nA-1 #0"))
    }

    @Test func `phones that people write are masked, times and short numbers are not`() {
        #expect(BoundedText.maskingPhones("电话13812345678，2号楼") == "电话138******78，2号楼")
        #expect(BoundedText.maskingPhones("call +86 138-1234-5678 at 12:30") == "call +86 1**-****-**78 at 12:30")
        #expect(BoundedText.maskingPhones("tel. 021-5555 1234") == "tel. 021-**** **34")
        #expect(BoundedText.maskingPhones("room 301, 12 L") == "room 301, 12 L")
    }

    @Test func `a letter belongs to the thread of its ticket and says that a machine wrote it`() throws {
        let mailbox = ChannelAddress.Mailbox(
            host: "mail.example.org", port: 587, security: .starttls, from: "sluice@example.org",
            to: ["duty@example.org", "a@example.org\r\nBcc: x@example.org"])
        let request = write(.email(mailbox), [trialNotice(1, 3, .p2, .escalated)])
        let letter = String(decoding: request.body, as: UTF8.self)
        let lines = letter.components(separatedBy: "\r\n")
        #expect(lines.contains("Message-ID: <lakeside-20261126-1-3@c.lakeside.sluice.invalid>"))
        #expect(lines.contains("In-Reply-To: <lakeside-20261126-1-0@c.lakeside.sluice.invalid>"))
        #expect(lines.contains("Auto-Submitted: auto-generated"))
        #expect(lines.contains("X-Sluice-Ticket: lakeside-20261126-1"))
        #expect(lines.contains("Date: Fri, 15 Jan 2027 08:00:00 +0000"))
        #expect(!lines.contains { $0.hasPrefix("Bcc") })
        #expect(lines.allSatisfy { $0.utf8.count <= 998 })
        let body = try #require(letter.components(separatedBy: "\r\n\r\n").last)
        let text = try #require(Data(base64Encoded: body, options: .ignoreUnknownCharacters))
        #expect(String(decoding: text, as: UTF8.self) == "【P1】新工单\n1号楼立管 疑似漏水\nlakeside-20261126-1 #0")
    }

    @Test func `secrets print as stars, wherever they are`() {
        let request = write(.wecom(url: Secret("https://qyapi.weixin.qq.com/x?key=TOPSECRET")))
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] { #expect(!text.contains("TOPSECRET")) }
        #expect("\(Secret("x"))" == "***")
    }

    private static let dingtalkSign = "hVBTPWhGR5nW2Y9O5BjUT%2F%2FHc68%2Fd4U7vG%2BKr7G4364%3D"
    private static let feishuSign = "C9CS4U/7ctJ0Ea5EnmeM3Y1YFHOLBBtiJqM0dqsRJpU="
}
