// SPDX-License-Identifier: Apache-2.0

public import Model

/// A way to reach people, such as `duty-robot`.
public struct ChannelIdentifier: TopicIdentifier {
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// What stands at the other end of a channel.
public enum ChannelKind: String, Hashable, Codable, Sendable, CaseIterable {
    case webhook
    /// 企业微信.
    case wecom
    /// 钉钉.
    case dingtalk
    /// 飞书.
    case feishu
    case email

    /// A robot speaks in a group: it cannot know a repeat, and many messages at once are noise.
    public var isRobot: Bool {
        switch self {
        case .wecom, .dingtalk, .feishu: true
        case .webhook, .email: false
        }
    }

    /// What a channel of this kind may send unless its file says otherwise.
    ///
    /// WeCom and DingTalk allow a robot 20 messages a minute, Feishu 100 a minute and 5 a second: some room is left for
    /// tests by hand.
    public var usualLimits: [RateLimit] {
        switch self {
        case .wecom, .dingtalk: [RateLimit(18, in: .seconds(60))]
        case .feishu: [RateLimit(90, in: .seconds(60)), RateLimit(4, in: .seconds(1))]
        case .webhook: [RateLimit(300, in: .seconds(60))]
        case .email: [RateLimit(60, in: .seconds(60))]
        }
    }
}

/// At most so many messages in any span of this length.
public struct RateLimit: Hashable, Codable, Sendable {
    /// At least 1.
    public var count: Int
    public var span: Duration

    public init(_ count: Int, in span: Duration) { (self.count, self.span) = (max(1, count), span) }

    /// How much of it messages of an urgency may use up; the rest is kept for more urgent ones, which otherwise had to
    /// wait until the span is over.
    public func share(of severity: Severity) -> Int {
        switch severity {
        case .p1: count
        case .p2: max(1, count - count / 9)
        case .p3, .p4: max(1, count - count * 4 / 9)
        }
    }
}

/// What the queue must know of a channel.
public struct ChannelPlan: Hashable, Sendable {
    public var identifier: ChannelIdentifier
    public var kind: ChannelKind
    public var limits: [RateLimit]
    /// Where its rows go when it fails for 10 minutes; `nil` for nowhere.
    public var fallback: ChannelIdentifier?

    public init(
        _ identifier: ChannelIdentifier, _ kind: ChannelKind, limits: [RateLimit]? = nil,
        fallback: ChannelIdentifier? = nil
    ) {
        (self.identifier, self.kind, self.fallback) = (identifier, kind, fallback)
        self.limits = limits ?? kind.usualLimits
    }
}
