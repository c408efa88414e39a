// SPDX-License-Identifier: Apache-2.0

import Model
public import Pipeline
import Profiles
import Synchronization

/// The settings of one site's file and of the page's file beside its state.
public final class PageSettingsDesk: SettingsDesk {
    private let path: String
    private let stateDirectory: String
    private let profileFolders: [String]
    private let zoneinfo: String
    private let reload: @Sendable () -> Void
    /// One writes at a time.
    private let writing = Mutex(())

    /// - Parameters:
    ///   - path: The site's file.
    ///   - stateDirectory: Of the running gateway.
    ///   - reload: Lets the gateway read its files again.
    public init(
        path: String, stateDirectory: String, profileFolders: [String], zoneinfo: String = "/usr/share/zoneinfo",
        reload: @escaping @Sendable () -> Void
    ) {
        (self.path, self.stateDirectory, self.profileFolders) = (path, stateDirectory, profileFolders)
        (self.zoneinfo, self.reload) = (zoneinfo, reload)
    }

    private func load(_ pageText: String?) -> LoadedSite {
        loadSite(
            at: path, profileFolders: profileFolders, zoneinfo: zoneinfo, keepsRecord: true, pageText: pageText)
    }

    /// What stands in the page's file.
    private var stored: String? {
        (try? readBytes(at: PageSettings.path(in: stateDirectory), limit: 1_048_576)).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    public func settings() -> [SiteSetting] { settings(of: load(nil)) }

    private func settings(of loaded: LoadedSite) -> [SiteSetting] {
        guard let record = loaded.record else { return [] }
        var held: [[String]: (text: String, place: FilePlace?)] = [:]
        for (path, text, place) in record.settings(isEffective: true).values where text != "null" {
            held[path] = (text, place)
        }
        return SiteKeys.site.flatMap { key in
            SiteSetting.all(key, at: [key.name]) { path in
                guard let value = held[path] ?? (["zh", "en"].contains(path.last) ? held[path.dropLast()] : nil) else {
                    return nil
                }
                guard let place = value.place else { return (value.text, .usual) }
                let origin = "\(loaded.file(of: place) ?? self.path):\(place.line)"
                return (value.text, loaded.isOfPage(place) ? .page(origin) : .file(origin))
            }
        }
    }

    public func trial(of values: [[String]: String?]) -> SettingsTrial {
        let before = stored
        let loaded = load(before)
        let present = Dictionary(settings(of: loaded).map { ($0.path, $0) }) { first, _ in first }
        var own: [[String]: String] = [:]
        for (path, text, hidden, place) in loaded.record?.heldValues ?? [] {
            guard let place, loaded.isOfPage(place) else { continue }
            own[path] = hidden ?? text
        }
        var changes: [SettingsTrial.Change] = []
        for path in PageSettings.offered {
            guard let wanted = values[path], let setting = present[path], setting.isOffered else { continue }
            let new = wanted.map { String($0.drop(while: \.isWhitespace).trimmingEnd) }
            // An empty field says nothing.
            if let new {
                guard !new.isEmpty, new != setting.value else { continue }
            } else {
                guard own[path] != nil else { continue }
            }
            own[path] = new
            changes.append(SettingsTrial.Change(path: path, old: setting.value, new: new))
        }
        let text = PageSettings.text(own) { present[$0]?.input == .text }
        let tried = load(text)
        var settingOfLine: [Int: [String]] = [:]
        for (path, _, place) in tried.record?.settings(isEffective: false).values ?? [] {
            if let place, tried.isOfPage(place) { settingOfLine[place.line] = path }
        }
        let problems = tried.problems.filter { $0.severity == .error }.map { problem in
            let setting = problem.path == tried.pageFile ? settingOfLine[problem.line] : nil
            return (path: setting, text: setting == nil ? problem.description : "\(problem.code): \(problem.message)")
        }
        return SettingsTrial(changes: changes, problems: problems, before: before, text: text)
    }

    public func keep(_ trial: SettingsTrial) throws {
        try writing.withLock { _ in
            guard stored == trial.before else { throw PageSettings.WriteError.changedMeanwhile }
            try PageSettings.write(trial.text, in: stateDirectory)
        }
        reload()
    }
}

extension Substring {
    fileprivate var trimmingEnd: Substring {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

extension SiteSetting {
    /// The scalars at a key and below it; lists and maps by names of the site's own are no settings of the page.
    fileprivate static func all(
        _ key: SchemaKey, at path: [String], value: ([String]) -> (text: String, origin: Origin)?
    ) -> [SiteSetting] {
        func one(_ input: Input) -> [SiteSetting] {
            let held = value(path)
            let isOffered = PageSettings.offered.contains(path)
            guard held != nil || isOffered || key.usual != nil else { return [] }
            return [
                SiteSetting(
                    path: path, meaning: key.meaning, value: held?.text, usual: key.usual?.text,
                    origin: held?.origin ?? .nowhere, input: input, isOffered: isOffered)
            ]
        }
        switch key.shape {
        case .section(let keys, _):
            return keys.flatMap { all($0, at: path + [$0.name], value: value) }
        case .either(let shapes):
            for case .section(let keys, _) in shapes where keys.names == ["zh", "en"] {
                return keys.flatMap { part in
                    var part = part
                    part.meaning = key.meaning
                    return all(part, at: path + [part.name], value: value)
                }
            }
            return []
        case .integer(let range):
            return one(.number(Double(range.lowerBound)...Double(range.upperBound), isWhole: true))
        case .quantity(let range): return one(.number(range, isWhole: false))
        case .word(let words): return one(.words(words))
        case .choice(let numbers): return one(.words(numbers.map(String.init)))
        case .boolean: return one(.flag)
        case .text, .form, .name, .number: return one(.text)
        case .list, .map, .nothing: return []
        }
    }
}
