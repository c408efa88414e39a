// SPDX-License-Identifier: Apache-2.0

public import Model
public import Pipeline
public import Profiles

/// What loading a site's file brought.
public struct LoadedSite: Sendable {
    /// `nil` when there is any error.
    public var configuration: SiteConfiguration?
    /// All problems of the site's file, in its order, then those of each profile that it uses.
    public var problems: [FileProblem]
    /// The site's file and the profiles that were read.
    public var fileCount: Int
    /// Text of each file that was read, by path, for excerpts.
    public var texts: [String: String]
    /// What the site's file sets and which defaults hold beside it; `nil` unless it was asked for.
    public var record: SettingsRecord?
    /// The site's file, those of its `conf.d` and what was set at the page, in the order in which they are read.
    public var siteFiles: [String] = []
    /// Where what was set at the page stands; `nil` where nothing was.
    public var pageFile: String?

    /// The file that a value of the record was read from.
    public func file(of place: FilePlace) -> String? {
        siteFiles.indices.contains(place.file) ? siteFiles[place.file] : nil
    }

    /// Whether a value of the record was set at the page.
    func isOfPage(_ place: FilePlace) -> Bool { pageFile != nil && file(of: place) == pageFile }

    public var errorCount: Int { problems.count { $0.severity == .error } }
    public var warningCount: Int { problems.count { $0.severity == .warning } }

    /// `2 errors, 1 warning in 4 files`.
    public var summary: String {
        func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
        let total = "\(counted(errorCount, "error")), \(counted(warningCount, "warning"))"
        return "\(total) in \(counted(fileCount, "file"))"
    }
}

/// Reads a site's file, those of the folder `conf.d` beside it, what was set at the page, and every profile that they use.
/// Touches no device and no network and writes nothing.
///
/// - Parameters:
///   - path: The site's file. Relative folders in it are relative to its own folder.
///   - profileFolders: Looked through in this order; a later one wins.
///   - zoneinfo: Folder of the tz database.
///   - keepsRecord: Whether the settings are kept with their places and defaults.
///   - pageText: What to take for the settings of the page in place of those that are stored.
public func loadSite(
    at path: String, profileFolders: [String], zoneinfo: String = "/usr/share/zoneinfo", keepsRecord: Bool = false,
    pageText: String? = nil
) -> LoadedSite {
    let text: String
    do {
        text = try readTextFile(
            at: path, .site,
            hint:
                "Name the site's file; /usr/share/doc/sluice/examples/lakeside.yaml is one to start from, in the sources "
                + "deploy/examples/lakeside.yaml.")
    } catch {
        return LoadedSite(configuration: nil, problems: [error], fileCount: 1, texts: [:])
    }
    var reader = SiteReader(
        path: path, profiles: loadProfiles(in: profileFolders), zoneinfo: zoneinfo, keepsRecord: keepsRecord)
    let (later, unread) = readLaterFiles(of: path)
    var overlay: Overlay?
    var refusal: FileProblem?
    let configuration = reader.read(text, and: later) { directory in
        if let pageText {
            overlay = Overlay(
                path: PageSettings.path(in: directory), text: pageText, offered: Set(PageSettings.offered))
        } else {
            do throws(FileProblem) { overlay = try PageSettings.read(in: directory) } catch { refusal = error }
        }
        return overlay
    }
    var problems = reader.file.problems + unread
    if let refusal { problems.append(refusal) }
    var texts = [path: text]
    for file in later { texts[file.path] = file.text }
    if let overlay { texts[overlay.path] = overlay.text }
    for used in reader.usedProfiles.values.sorted(by: { $0.path < $1.path }) {
        problems += used.problems
        texts[used.path] = used.text
    }
    let hasErrors = problems.contains { $0.severity == .error }
    return LoadedSite(
        configuration: hasErrors ? nil : configuration, problems: problems,
        fileCount: texts.count + unread.count, texts: texts, record: reader.file.record,
        siteFiles: [path] + later.map(\.path) + [overlay?.path].compactMap { $0 }, pageFile: overlay?.path)
}
