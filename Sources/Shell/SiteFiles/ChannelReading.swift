// SPDX-License-Identifier: Apache-2.0

import Glibc
import Model
import Notices
import Pipeline
import Profiles
import Tickets

extension SiteReader {
    /// The `channels:` of the file.
    mutating func readChannels(_ root: Section) -> [ChannelSettings] {
        guard let all = file.section("channels", in: root, "channels", keys: nil) else { return [] }
        var channels: [ChannelSettings] = []
        var (names, taken): ([String], CaseTwins) = ([], CaseTwins())
        if all.entries.count > 32 {
            file.error(.range, at: all.place, all.says("\(all.entries.count) channels are too many; allowed: 32."))
        }
        for entry in all.entries {
            let subject = "channel '\(entry.key)'"
            let isName = isIdentifier(entry.key, subject, at: entry.keyPlace, among: taken)
            names.append(entry.key)
            taken.insert(entry.key)
            // Which keys there are depends on the kind.
            guard let open = file.section(entry.value, subject, at: entry.keyPlace, keys: nil) else { continue }
            let kinds = ChannelKind.allCases.map(\.rawValue).joined(separator: ", ")
            file.require("kind", in: open, "Name \(kinds).")
            guard let kind: ChannelKind = file.word("kind", in: open, "kind") else { continue }
            if kind.isRobot, let url = open.entry("url") ?? open.entry("key") ?? open.entry("secret") {
                file.error(
                    .literalCredential, at: url.value.place,
                    open.says(
                        "the address of a robot holds its key (***), and this file is no place for secrets. Put the "
                            + "address into a file of its own and name that: secret_file: secrets/\(entry.key)."))
                continue
            }
            guard let section = file.section(entry.value, subject, at: entry.keyPlace, keys: SiteKeys.channel(of: kind))
            else { continue }
            if let channel = readChannel(entry.key, kind, section), isName { channels.append(channel) }
        }
        checkFallbacks(all, channels, names)
        return channels
    }

    private mutating func readChannel(_ name: String, _ kind: ChannelKind, _ section: Section) -> ChannelSettings? {
        let isInside: Bool = file.setting("allow_private", in: section)
        let address: ChannelAddress?
        switch kind {
        case .webhook:
            file.require("url", in: section, "Give the receiver's address: url: https://example.org/sluice.")
            let secrets = secretLines(in: section, atMost: 2) ?? []
            address = file.text("url", in: section).flatMap { url in
                receiver(url.value, isInside: isInside, at: url.place, in: section, isSecret: false)
            }.map { .webhook(.init(url: $0, secrets: secrets)) }
        case .wecom, .dingtalk, .feishu:
            file.require(
                "secret_file", in: section,
                "Name a file that holds the robot's address on its first line: secret_file: secrets/\(name).")
            address = robot(kind, section, isInside: isInside)
        case .email: address = mailbox(section).map { .email($0) }
        }
        var limits: [RateLimit]?
        if let count = file.integer("per_minute", in: section)?.value {
            limits = [RateLimit(count, in: .seconds(60))]
            if kind == .feishu { limits?.append(RateLimit(4, in: .seconds(1))) }
        }
        let priorities = words("priorities", in: section, Severity.allCases.map { ($0.word, $0) }, "a priority")
        let posts = words("posts", in: section, DutyPost.allCases.map { ($0.rawValue, $0) }, "a post")
        let limit = span("time_limit_seconds", in: section, unitMilliseconds: 1000)
        let certificates = file.text("certificates", in: section).map { besideFile($0.value) }
        guard let address else { return nil }
        return ChannelSettings(
            ChannelPlan(
                ChannelIdentifier(name), kind, limits: limits,
                fallback: file.text("fallback", in: section).map { ChannelIdentifier($0.value) }),
            address, priorities: Set(priorities ?? Severity.allCases), posts: Set(posts ?? []),
            allowsPrivateAddresses: isInside, timeLimit: limit, certificates: certificates)
    }

    private mutating func robot(_ kind: ChannelKind, _ section: Section, isInside: Bool) -> ChannelAddress? {
        guard let place = section.entry("secret_file")?.value.place,
            let lines = secretLines(in: section, atMost: kind == .wecom ? 1 : 2), let first = lines.first,
            let url = receiver(first.revealed, isInside: isInside, at: place, in: section, isSecret: true)
        else { return nil }
        let secret = lines.count > 1 ? lines[1] : nil
        switch kind {
        case .wecom: return .wecom(url: url)
        case .dingtalk: return .dingtalk(url: url, secret: secret, keyword: file.text("keyword", in: section)?.value)
        case .feishu: return .feishu(url: url, secret: secret)
        case .webhook, .email: return nil
        }
    }

    private mutating func mailbox(_ section: Section) -> ChannelAddress.Mailbox? {
        file.require("host", in: section, "Name the mail server.")
        file.require("from", in: section, "Give the sender's address: from: sluice@example.org.")
        file.require("to", in: section, "List who gets the letters: to: [duty@example.org].")
        let security: ChannelAddress.Mailbox.Security? =
            section.has("security") ? file.word("security", in: section, "security") : SiteKeys.usualSecurity
        let usual = security == .tls ? 465 : security == .plain ? 25 : 587
        file.noteUsual("security", in: section)
        let port = file.integer("port", in: section, default: usual)
        let from = file.text("from", in: section).flatMap { mailAddress($0, in: section) }
        let to = (file.list("to", in: section) ?? []).compactMap { node in
            file.text(node, "an address", in: section).flatMap { mailAddress($0, in: section) }
        }
        let user = file.text("user", in: section)
        let password = secretLines(in: section, atMost: 1)?.first
        if let user, password == nil, !section.has("secret_file") {
            file.error(
                .missingKey, at: user.place, section.says("a user needs a password. Name its file: secret_file."))
        }
        if security == .plain, let user {
            file.error(
                .value, at: user.place,
                section.says("a password must not go over a connection without TLS. Use security: starttls or tls."))
        }
        guard let security, let host = file.text("host", in: section), let from, !to.isEmpty else { return nil }
        let isHost = host.value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/@?#\"'\\[]".utf8.contains($0) }
        guard isHost, host.value.utf8.count <= 253 else {
            file.error(.channelAddress, at: host.place, section.says("host '\(host.value)' is no name of a machine."))
            return nil
        }
        return .init(
            host: host.value, port: port, security: security, user: user?.value, password: password, from: from, to: to)
    }

    private mutating func mailAddress(_ text: Located<String>, in section: Section) -> String? {
        let parts = text.value.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = text.value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>,;:\"\\()[]".utf8.contains($0) }
        if parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isPlain, text.value.utf8.count <= 254 {
            return text.value
        }
        file.error(
            .channelAddress, at: text.place,
            section.says("'\(text.value)' is no mail address such as duty@example.org."))
        return nil
    }

    /// An address that messages may go to.
    ///
    /// - Parameter isSecret: It holds a key and is not repeated.
    private mutating func receiver(
        _ url: String, isInside: Bool, at place: FilePlace, in section: Section, isSecret: Bool
    ) -> Secret? {
        let shown = isSecret ? "the address in secret_file" : "url '\(url.contains("@") ? "***" : url)'"
        let scheme = ["https://", "http://"].first { url.hasPrefix($0) }
        let rest = scheme.map { url.dropFirst($0.count) } ?? ""
        let authority = rest.prefix { !"/?#".contains($0) }
        let isText = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"'\\<>^`{|}".utf8.contains($0) }
        guard scheme != nil, isText, !authority.isEmpty, !authority.hasPrefix(":"), !authority.contains("@") else {
            file.error(
                .channelAddress, at: place,
                section.says("\(shown) is not of the form https://HOST/PATH without a name or password."))
            return nil
        }
        guard scheme == "https://" || isInside else {
            file.error(
                .channelAddress, at: place,
                section.says(
                    "\(shown) is without TLS, so that everybody on the way could read it. Use https, or allow_private: true "
                        + "for a receiver in the house."))
            return nil
        }
        return Secret(url)
    }

    /// The lines of the file that `secret_file` names; `nil` when it is not given or cannot be used.
    private mutating func secretLines(in section: Section, atMost limit: Int) -> [Secret]? {
        guard let name = file.text("secret_file", in: section) else { return nil }
        guard let text = secret(at: name, in: section, "secret file", SecretFile.text) else { return nil }
        let lines = text.split(whereSeparator: \.isNewline).map { Self.trimmed($0) }.filter { !$0.isEmpty }
        guard (1...limit).contains(lines.count) else {
            file.error(
                .secretFile, at: name.place,
                section.says(
                    "the secret file '\(besideFile(name.value))' must hold \(limit == 1 ? "one line" : "one or two lines"), "
                        + "and has \(lines.count)."))
            return nil
        }
        return lines.map { Secret($0) }
    }

    /// What a file with a secret holds; `nil`, and told, when it cannot be used.
    ///
    /// - Parameter what: What it is called in a message, such as `secret file`.
    mutating func secret(
        at name: Located<String>, in section: Section, _ what: String,
        _ read: (String) throws(SecretFile.Fault) -> String
    ) -> String? {
        let path = besideFile(name.value)
        do {
            return try read(path)
        } catch {
            file.error(.secretFile, at: name.place, section.says("the \(what) '\(path)' \(error.sentence(path))"))
            return nil
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        let end = start.lastIndex { !$0.isWhitespace }
        return end.map { String(start[...$0]) } ?? ""
    }

    private mutating func words<Word>(
        _ key: String, in section: Section, _ known: [(String, Word)], _ what: String
    ) -> [Word]? {
        guard let items = file.list(key, in: section) else { return nil }
        return items.compactMap { node in
            guard let text = file.text(node, what, in: section) else { return nil }
            if let word = known.first(where: { $0.0 == text.value }) { return word.1 }
            file.error(
                .value, at: text.place,
                section.says("\(what) '\(text.value)' is not known.\(suggestion(for: text.value, in: known.map(\.0)))"))
            return nil
        }
    }

    // MARK: What must fit together

    private mutating func checkFallbacks(_ all: Section, _ channels: [ChannelSettings], _ names: [String]) {
        let next = Dictionary(
            channels.compactMap { channel in channel.plan.fallback.map { (channel.plan.identifier.text, $0.text) } },
            uniquingKeysWith: { first, _ in first })
        for entry in all.entries {
            guard let fallback = next[entry.key], case .map(let entries) = entry.value.content,
                let place = entries.first(where: { $0.key == "fallback" })?.value.place
            else { continue }
            guard names.contains(fallback) else {
                file.error(
                    .unknownChannel, at: place,
                    "channel '\(entry.key)': fallback '\(fallback)' is not a channel.\(suggestion(for: fallback, in: names))"
                )
                continue
            }
            var seen = [entry.key]
            while let last = seen.last, let following = next[last] {
                if following == entry.key {
                    file.error(
                        .unknownChannel, at: place,
                        "channel '\(entry.key)': fallbacks lead in a ring: \((seen + [following]).joined(separator: ", "))."
                    )
                    break
                }
                if seen.contains(following) { break }
                seen.append(following)
            }
        }
    }

    /// A person's channel must be one of them, where there are any.
    mutating func checkChannels(of people: [Person], _ root: Section, _ channels: [ChannelSettings]) {
        guard let all = root.entry("channels"), case .map(let known) = all.value.content,
            let persons = root.entry("persons"), case .map(let entries) = persons.value.content
        else { return }
        let names = known.map(\.key)
        for person in people {
            guard let channel = person.channel, !names.contains(channel),
                let entry = entries.first(where: { $0.key == person.identifier.text }),
                case .map(let members) = entry.value.content,
                let place = members.first(where: { $0.key == "channel" })?.value.place
            else { continue }
            file.error(
                .unknownChannel, at: place,
                "person '\(person.identifier)': channel '\(channel)' is not under 'channels'."
                    + suggestion(for: channel, in: names))
        }
    }
}
