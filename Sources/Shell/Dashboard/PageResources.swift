// SPDX-License-Identifier: Apache-2.0

import Foundation
import Mustache
import NIOCore
import Pipeline

/// The files of the page, read once when the server starts.
struct PageResources: Sendable {
    /// A file as it is sent.
    struct StaticFile: Sendable {
        var mediaType: String
        var body: ByteBuffer
        /// The same for browsers that take gzip; packed once.
        var packed: ByteBuffer?
        /// Changes with the content.
        private var hash: String

        init(mediaType: String, bytes: some Collection<UInt8>) {
            self.mediaType = mediaType
            body = ByteBuffer(bytes: bytes)
            packed = Gzip.packed(body)
            hash = ContentHash.text(of: bytes)
        }

        /// Of the file as it is, or packed: they are not the same bytes.
        func entityTag(isPacked: Bool) -> String { "\"\(hash)\(isPacked ? "-gzip" : "")\"" }
    }

    /// Chart library of the system: its script and its style sheet.
    struct ChartLibrary: Sendable {
        static let scriptName = "dygraph.min.js"
        static let styleName = "dygraph.min.css"
        var script: StaticFile
        var style: StaticFile
    }

    let templates: MustacheLibrary
    /// By name of the file.
    let files: [String: StaticFile]
    /// `nil` when the library is not installed.
    let chartLibrary: ChartLibrary?
    private let wordings: [Language: Wording]
    let help: HelpShelf

    /// - Throws: ``DashboardError/resourceNotUsable(path:reason:)``.
    init(chartLibraryFolder: String) async throws {
        let folder = Self.folder
        do {
            templates = try await MustacheLibrary(directory: folder + "/templates")
        } catch {
            throw DashboardError.resourceNotUsable(path: folder + "/templates", reason: "\(error)")
        }
        var wordings: [Language: Wording] = [:]
        for language in Language.allCases {
            wordings[language] = Wording(language: language, texts: try Self.catalogue(of: language))
        }
        self.wordings = wordings
        var files: [String: StaticFile] = [:]
        for (name, mediaType) in Self.staticFiles {
            files[name] = StaticFile(mediaType: mediaType, bytes: try Self.bytes(of: folder + "/static/" + name))
        }
        self.files = files
        help = HelpShelf(folder: HelpShelf.standardFolder)
        chartLibrary = Self.chartLibrary(in: chartLibraryFolder)
    }

    func wording(_ language: Language) -> Wording {
        wordings[language] ?? Wording(language: language, texts: [:])
    }

    /// The folder of templates, styles and catalogues: `../share/sluice/pages` of an installed program, as the package
    /// for Debian has it, else the resources of this module as they were built.
    static let folder: String = {
        let pages = installed("pages")
        return FileManager.default.fileExists(atPath: pages) ? pages : Bundle.module.bundlePath + "/Resources"
    }()

    /// The folder of the running program.
    static let programFolder: URL = {
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: program ?? "/").deletingLastPathComponent()
    }()

    /// Where an installed program has what it brings.
    static func installed(_ name: String) -> String {
        programFolder.deletingLastPathComponent().appending(path: "share/sluice/\(name)").path
    }

    /// Sentences and words of one language, by key.
    static func catalogue(of language: Language) throws -> [String: String] {
        let path = folder + "/catalogue/\(language.rawValue).json"
        do {
            return try JSONDecoder().decode([String: String].self, from: Data(try bytes(of: path)))
        } catch let error as DecodingError {
            throw DashboardError.resourceNotUsable(path: path, reason: "\(error)")
        }
    }

    private static let staticFiles = [
        "sluice.css": "text/css; charset=utf-8",
        "sheet.css": "text/css; charset=utf-8",
        "live.js": "text/javascript; charset=utf-8",
        "chart.js": "text/javascript; charset=utf-8",
        "history.js": "text/javascript; charset=utf-8",
        "icon.svg": "image/svg+xml",
    ]

    private static func bytes(of path: String) throws -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw DashboardError.resourceNotUsable(path: path, reason: "it cannot be read")
        }
    }

    private static func chartLibrary(in folder: String) -> ChartLibrary? {
        guard let script = try? bytes(of: folder + "/" + ChartLibrary.scriptName),
            let style = try? bytes(of: folder + "/" + ChartLibrary.styleName)
        else { return nil }
        return ChartLibrary(
            script: StaticFile(mediaType: "text/javascript; charset=utf-8", bytes: script),
            style: StaticFile(mediaType: "text/css; charset=utf-8", bytes: style))
    }
}
