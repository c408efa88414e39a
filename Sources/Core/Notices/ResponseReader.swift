// SPDX-License-Identifier: Apache-2.0

/// What came back from a channel.
public enum ChannelResponse: Hashable, Sendable {
    /// A whole HTTP answer.
    case http(status: Int, body: [UInt8])
    /// The mail server's last word; 250 after the letter means that it took it.
    case smtp(code: Int)
    /// No whole answer came; the text says why, without any secret.
    case failed(String)
}

/// Reads what answers mean. Robots answer HTTP 200 to everything: their body decides, and a body that cannot be read is
/// a failure.
public enum ResponseReader {
    /// WeCom's 45009: too many calls.
    static let wecomPause = Duration.seconds(60)
    /// DingTalk stops a robot for 10 minutes.
    static let dingtalkPause = Duration.seconds(600)
    static let feishuPause = Duration.seconds(60)

    public static func outcome(of response: ChannelResponse, from kind: ChannelKind) -> DeliveryOutcome {
        switch response {
        case .failed(let reason): return .unreachable(reason)
        case .smtp(let code):
            if code == 250 { return .delivered }
            return (500..<600).contains(code) ? .refused("SMTP \(code)") : .unreachable("SMTP \(code)")
        case .http(let status, let body):
            switch kind {
            case .webhook: return webhook(status)
            case .wecom, .dingtalk, .feishu: return robot(status, body, kind)
            case .email: return .unreachable("HTTP \(status) where a mail server was expected")
            }
        }
    }

    private static func webhook(_ status: Int) -> DeliveryOutcome {
        switch status {
        case 200..<300: .delivered
        case 429: .limited(.seconds(60), "HTTP 429")
        case 408, 425: .unreachable("HTTP \(status)")
        case 400..<500: .refused("HTTP \(status)")
        default: .unreachable("HTTP \(status)")
        }
    }

    private static func robot(_ status: Int, _ body: [UInt8], _ kind: ChannelKind) -> DeliveryOutcome {
        if status == 429 { return .limited(kind == .dingtalk ? dingtalkPause : wecomPause, "HTTP 429") }
        let name = kind == .feishu ? "code" : "errcode"
        guard let glance = JSONGlance(body), let code = glance.integer(name) ?? older(glance, kind) else {
            return .unreachable("HTTP \(status) with a body that cannot be read")
        }
        guard (200..<300).contains(status) else { return .unreachable("HTTP \(status), \(name) \(code)") }
        switch (kind, code) {
        case (_, 0): return .delivered
        case (.wecom, 45009): return .limited(wecomPause, "errcode 45009")
        // 130101: too many messages; 410100: the same by the newer numbers.
        case (.dingtalk, 130101), (.dingtalk, 410100): return .limited(dingtalkPause, "errcode \(code)")
        case (.feishu, 9499), (.feishu, 11232): return .limited(feishuPause, "code \(code)")
        default: return .refused("\(name) \(code)")
        }
    }

    /// Feishu also answers a success in its older form.
    private static func older(_ glance: JSONGlance, _ kind: ChannelKind) -> Int64? {
        kind == .feishu ? glance.integer("StatusCode") : nil
    }
}
