// SPDX-License-Identifier: Apache-2.0

import Foundation
import Pipeline

/// The documents that stand beside the program, by name and language.
struct HelpShelf: Sendable {
    /// A document in one language.
    struct Document: Sendable {
        var language: Language
        var path: String
    }

    /// What a name such as `tutorials/demo` stands for; English stands for a language that has none.
    private let documents: [String: [Language: String]]

    /// - Parameter folder: Holds English documents, and a folder for each other language by its tag; `nil` holds none.
    init(folder: String?) {
        var documents: [String: [Language: String]] = [:]
        let folder = folder.map { URL(filePath: $0).resolvingSymlinksInPath().path }
        let files = folder.flatMap { FileManager.default.enumerator(atPath: $0) }
        while let file = files?.nextObject() as? String {
            guard let folder, file.hasSuffix(".md") else { continue }
            let (name, language) = Self.name(of: file)
            documents[name, default: [:]][language] = folder + "/" + file
        }
        self.documents = documents
    }

    /// Every name, in alphabetical order.
    var names: [String] { documents.keys.sorted() }

    func document(_ name: String, in language: Language) -> Document? {
        guard let found = documents[name] else { return nil }
        return found[language].map { Document(language: language, path: $0) }
            ?? found[.english].map { Document(language: .english, path: $0) }
    }

    /// `zh-Hans/tutorials/demo.md` is `tutorials/demo` in Chinese.
    private static func name(of file: String) -> (name: String, language: Language) {
        let name = String(file.dropLast(3))
        for language in Language.allCases where name.hasPrefix(language.rawValue + "/") {
            return (String(name.dropFirst(language.rawValue.count + 1)), language)
        }
        return (name, .english)
    }

    /// Where a link in a document leads: to the page of another document, or out of the shelf.
    ///
    /// - Parameters:
    ///   - name: Of the document that the link stands in.
    ///   - language: The one it is written in.
    /// - Returns: `nil` for a file that is no document.
    func target(of link: String, in name: String, _ language: Language) -> String? {
        if link.hasPrefix("https://") || link.hasPrefix("#") { return link }
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, path.hasSuffix(".md"), !path.contains(":") else { return nil }
        var place = name.split(separator: "/").dropLast().map(String.init)
        if language != .english { place.insert(language.rawValue, at: 0) }
        for step in path.split(separator: "/") where step != "." {
            guard step == ".." else {
                place.append(String(step))
                continue
            }
            if place.popLast() == nil { return nil }
        }
        let found = Self.name(of: place.joined(separator: "/")).name
        guard documents[found] != nil else { return nil }
        return HelpPages.path(of: found) + (parts.count > 1 ? "#" + parts[1] : "")
    }

    /// `../share/sluice/help` of an installed program, else the `docs` in a folder above the program, as in a source tree.
    static let standardFolder: String? = {
        let files = FileManager.default
        let installed = PageResources.installed("help")
        if files.fileExists(atPath: installed + "/help.md") { return installed }
        var folder = PageResources.programFolder
        while true {
            let candidate = folder.appending(path: "docs").path
            if files.fileExists(atPath: candidate + "/help.md") { return candidate }
            if folder.path == "/" { return nil }
            folder.deleteLastPathComponent()
        }
    }()
}
