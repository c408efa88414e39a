// SPDX-License-Identifier: Apache-2.0

public import Model
import Outbox

/// What a message says, in the words of the site.
public struct MessageText: Hashable, Sendable {
    public var title: String
    public var text: String
    /// Ticket and sequence, or what stands for a digest.
    public var ending: String
    public init(title: String, text: String, ending: String) {
        (self.title, self.text, self.ending) = (title, text, ending)
    }
}

/// Writes messages as each kind of channel takes them.
///
/// Limits are those of the vendors' guides for group robots: WeCom 2,048 bytes of text, DingTalk and Feishu 20 KB a
/// request.
public struct RequestWriter: Sendable {
    public static let wecomTextBytes = 2048
    static let robotTextBytes = 8000
    static let mailTextBytes = 100_000

    private let address: ChannelAddress
    private let channel: ChannelIdentifier

    public init(_ channel: ChannelIdentifier, _ address: ChannelAddress) {
        (self.channel, self.address) = (channel, address)
    }

    /// The request for a dispatch.
    ///
    /// - Parameter wall: When it is sent; signatures and letters carry it.
    public func request(for dispatch: Dispatch, saying message: MessageText, at wall: Timestamp) -> OutgoingRequest {
        let phones = dispatch.rows.flatMap(\.notice.phones).reduce(into: [String]()) { list, phone in
            if !list.contains(phone), list.count < 20 { list.append(phone) }
        }
        switch address {
        case .webhook(let hook): return webhook(hook, dispatch, message, at: wall)
        case .wecom(let url):
            return robot(url, wecom(text(message, limit: Self.wecomTextBytes), phones))
        case .dingtalk(let url, let secret, let keyword):
            var signed = url.revealed
            if let secret {
                let milliseconds = wall.milliseconds
                let sign = PercentText.encoded(Signature.dingtalk(secret: secret, milliseconds: milliseconds))
                signed += (signed.contains("?") ? "&" : "?") + "timestamp=\(milliseconds)&sign=\(sign)"
            }
            return robot(Secret(signed), dingtalk(text(message, keyword: keyword, limit: Self.robotTextBytes), phones))
        case .feishu(let url, let secret):
            return robot(url, feishu(text(message, limit: Self.robotTextBytes), secret, at: wall))
        case .email(let mailbox):
            return OutgoingRequest(
                way: .smtp(mailbox),
                body: MailWriter(mailbox: mailbox, channel: channel).letter(for: dispatch, saying: message, at: wall))
        }
    }

    private func text(_ message: MessageText, keyword: String? = nil, limit: Int) -> String {
        var text = message.text.isEmpty ? message.title : "\(message.title)\n\(message.text)"
        if let keyword, !text.contains(keyword) { text = "\(keyword) \(text)" }
        return BoundedText.fit(text, ending: message.ending, limit: limit)
    }

    private func robot(_ url: Secret, _ body: [UInt8]) -> OutgoingRequest {
        OutgoingRequest(
            way: .http(url: url, headers: [.init("Content-Type", "application/json; charset=utf-8")]), body: body)
    }

    // MARK: Bodies

    private func wecom(_ text: String, _ phones: [String]) -> [UInt8] {
        var json = JSONWriter(reserving: text.utf8.count + 200)
        json.beginObject()
        json.member("msgtype", "text")
        json.key("text")
        json.beginObject()
        json.member("content", text)
        if !phones.isEmpty { json.list("mentioned_mobile_list", phones) }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    private func dingtalk(_ text: String, _ phones: [String]) -> [UInt8] {
        var json = JSONWriter(reserving: text.utf8.count + 200)
        json.beginObject()
        json.member("msgtype", "text")
        json.key("text")
        json.beginObject()
        json.member("content", text)
        json.endObject()
        if !phones.isEmpty {
            json.key("at")
            json.beginObject()
            json.list("atMobiles", phones)
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }

    private func feishu(_ text: String, _ secret: Secret?, at wall: Timestamp) -> [UInt8] {
        var json = JSONWriter(reserving: text.utf8.count + 200)
        json.beginObject()
        if let secret {
            let seconds = wall.milliseconds / 1000
            json.member("timestamp", "\(seconds)")
            json.member("sign", Signature.feishu(secret: secret, seconds: seconds))
        }
        json.member("msg_type", "text")
        json.key("content")
        json.beginObject()
        json.member("text", text)
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// The envelope has the attributes of CloudEvents 1.0 in its JSON format. No phone number is in it.
    private func webhook(
        _ hook: ChannelAddress.Webhook, _ dispatch: Dispatch, _ message: MessageText, at wall: Timestamp
    ) -> OutgoingRequest {
        let notice = dispatch.rows[0].notice
        var json = JSONWriter(reserving: 1024)
        json.beginObject()
        json.member("specversion", "1.0")
        json.member("id", dispatch.key)
        json.member("source", "sluice/\(notice.site)")
        json.member("type", "sluice.ticket.\(notice.kind.rawValue)")
        json.member("subject", notice.ticket)
        json.key("time")
        json.timestamp(notice.at)
        json.member("datacontenttype", "application/json")
        json.key("data")
        json.beginObject()
        json.member("ticket", notice.ticket)
        json.key("sequence")
        json.integer(Int64(notice.sequence))
        json.member("severity", notice.severity.word)
        json.member("event", notice.kind.rawValue)
        if let clock = notice.clock { json.member("clock", clock) }
        json.member("asset", notice.asset.text)
        json.member("rule", notice.rule.text)
        json.list("audience", notice.audience.map(\.text))
        json.member("title", BoundedText.cut(message.title, 1000))
        json.member("text", BoundedText.fit(message.text, ending: message.ending, limit: 16_000))
        json.endObject()
        json.endObject()
        var headers: [OutgoingRequest.Header] = [
            .init("Content-Type", "application/cloudevents+json; charset=utf-8"),
            .init("Idempotency-Key", dispatch.key),
        ]
        if !hook.secrets.isEmpty {
            let signature = Signature.webhook(json.bytes, secrets: hook.secrets, seconds: wall.milliseconds / 1000)
            headers.append(.init("X-Sluice-Signature", signature))
        }
        return OutgoingRequest(way: .http(url: hook.url, headers: headers), body: json.bytes)
    }
}

extension JSONWriter {
    mutating func member(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    mutating func list(_ name: String, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }
}
