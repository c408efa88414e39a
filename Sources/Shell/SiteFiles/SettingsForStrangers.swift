// SPDX-License-Identifier: Apache-2.0

import Notices
public import Pipeline
import Profiles

/// A site's settings as a stranger may read them who looks for a mistake of the program: without secrets, without who the
/// persons are and how they are reached, and without what was written for people.
public struct SettingsForStrangers: Sendable {
    /// YAML with every default that holds, and the file and line of each value behind it.
    public let lines: [String]
    /// What else must not be read, wherever it stands.
    public let words: HiddenWords
    /// The state directory that the file names, or the usual one; a file with mistakes names one too.
    public let stateDirectory: String

    /// - Returns: `nil` unless the site was loaded with its record, which a file that is no YAML does not have: then it is
    ///   not known either who must not be named.
    public init?(_ site: LoadedSite) {
        guard let record = site.record, let path = site.siteFiles.first else { return nil }
        var words = HiddenWords()
        var persons: [String: String] = [:]
        for (path, text, hidden, _) in record.heldValues {
            if path.count > 1, path[0] == "persons", persons[path[1]] == nil {
                persons[path[1]] = "person-\(persons.count + 1)"
                words.hide(path[1], as: persons[path[1]] ?? HiddenWords.nothing)
            }
            guard hidden != nil || Self.isWithheld(path[...]) else { continue }
            words.hide(hidden ?? text, as: Self.shown(hidden ?? text, at: path[...]))
        }
        if let configuration = site.configuration {
            for secret in Self.secrets(of: configuration) { words.hide(secret) }
        }
        let settings = record.settings(isEffective: true)
        self.words = words
        lines = Self.withheld(settings, [], words, persons).lines { place in
            place.map { words.taken(outOf: "\(site.file(of: $0) ?? path):\($0.line)") } ?? "default"
        }
        let directory =
            site.configuration?.storage.directory
            ?? record.heldValues.last { $0.path == ["storage", "directory"] }?.text ?? SiteKeys.usualDirectory
        stateDirectory = directory.hasPrefix("/") ? directory : Self.folder(of: path) + directory
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    }

    /// Every word that proves who the gateway is; the loader has read them from files of their own.
    private static func secrets(of site: SiteConfiguration) -> [String] {
        var secrets: [Secret?] = []
        for channel in site.channels {
            switch channel.address {
            case .webhook(let webhook): secrets += [webhook.url] + webhook.secrets
            case .wecom(let url): secrets.append(url)
            case .dingtalk(let url, let secret, _), .feishu(let url, let secret): secrets += [url, secret]
            case .email(let mailbox): secrets.append(mailbox.password)
            }
        }
        let login = [site.mqtt.login?.userName, site.mqtt.login?.revealedPassword]
        return login.compactMap { $0 } + secrets.compactMap { $0?.revealed }
    }

    // MARK: Which settings

    /// What may be read of a person and of a channel; everything else there is withheld, a misspelt key too.
    private static let shownOfPerson = ["role", "channel"]
    private static let shownOfChannel = [
        "kind", "secret_file", "priorities", "posts", "fallback", "per_minute", "allow_private", "time_limit_seconds",
        "certificates", "keyword", "host", "port", "security",
    ]
    private static let shownOfBroker = SiteKeys.mqtt.map(\.name).filter { $0 != "user_name" }

    /// Whether the value at a path is secret or about a person.
    private static func isWithheld(_ path: ArraySlice<String>) -> Bool {
        guard let section = path.first, SiteKeys.site.contains(where: { $0.name == section }) else { return true }
        let key = path.dropFirst(section == "mqtt" ? 1 : 2).first ?? ""
        switch section {
        case "persons": return !shownOfPerson.contains(key)
        case "channels": return !shownOfChannel.contains(key)
        case "mqtt": return !shownOfBroker.contains(key)
        default: return false
        }
    }

    /// Whether the value at a path is what somebody wrote for people, or tells of those who live behind a meter.
    private static func isForPeople(_ path: [String]) -> Bool {
        switch path.first {
        case "guidance": true
        case "announcements": path.last == "note"
        case "devices":
            path.dropFirst(2).contains { ["place", "boundary", "occupants", "floor_area_square_metres"].contains($0) }
        default: false
        }
    }

    /// What stands in the place of a value that is withheld: of an address the machine that it leads to.
    private static func shown(_ text: String, at path: ArraySlice<String>) -> String {
        guard path.last == "url", let scheme = text.firstRange(of: "://") else { return HiddenWords.nothing }
        let rest = text[scheme.upperBound...].prefix { !"/?#".contains($0) }
        let host = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        return text[..<scheme.upperBound] + host + "/" + HiddenWords.nothing
    }

    private static func withheld(
        _ setting: ShownSetting, _ path: [String], _ words: HiddenWords, _ persons: [String: String]
    ) -> ShownSetting {
        switch setting {
        case .value(let text, let isQuoted, let place):
            guard isWithheld(path[...]) || isForPeople(path), text != "null" else {
                return .value(words.taken(outOf: text), isQuoted: isQuoted, place: place)
            }
            return .value(shown(text, at: path[...]), isQuoted: true, place: place)
        case .list(let items):
            return .list(items.enumerated().map { withheld($1, path + ["\($0)"], words, persons) })
        case .map(let entries):
            return .map(
                entries.map { key, value in
                    let name = path == ["persons"] ? persons[key] ?? HiddenWords.nothing : key
                    return (name, withheld(value, path + [key], words, persons))
                })
        }
    }
}
