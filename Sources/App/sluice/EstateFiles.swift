// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import Pipeline
import SiteFiles

/// The site's files of several estates on one box.
enum EstateFiles {
    struct Estate: Sendable {
        var path: String
        var configuration: SiteConfiguration
        /// The text of every file it was read from.
        var texts: [String: String] = [:]
        /// `nil` when it was loaded without a record.
        var held: HeldSettings?

        init(_ loaded: LoadedSite, _ configuration: SiteConfiguration, at path: String) {
            (self.path, self.configuration, texts) = (path, configuration, loaded.texts)
            held = HeldSettings(of: loaded, at: path)
        }
    }

    /// Loads all of them; every problem of every file is printed.
    ///
    /// - Parameter all: Whether one that is not accepted stops everything: a sum must not lack an estate unseen.
    /// - Throws: exit 78 when no file was accepted, or two of them cannot stand beside each other.
    static func load(_ files: [String], profiles: [String], all: Bool) throws -> [Estate] {
        var estates: [Estate] = []
        for path in files {
            let loaded = loadSite(
                at: path, profileFolders: ProfileFolders.standard + profiles, keepsRecord: true)
            for problem in loaded.problems { say(problem.description) }
            if let configuration = loaded.configuration {
                estates.append(Estate(loaded, configuration, at: path))
            } else {
                say("\(path) was not accepted" + (all ? "." : "; the other estates go on without it."))
                if all { throw ExitStatus.configuration }
            }
        }
        let clashes = clashes(of: estates)
        for clash in clashes { say(clash) }
        guard !estates.isEmpty, clashes.isEmpty else { throw ExitStatus.configuration }
        return estates
    }

    /// What two estates share that each needs for itself: one line for each, with what to change.
    static func clashes(of estates: [Estate]) -> [String] {
        var lines: [String] = []
        for (place, later) in estates.enumerated() {
            for earlier in estates[..<place] {
                func clash(_ what: String, _ cure: String) {
                    lines.append("\(later.path): error: \(what) as in \(earlier.path). \(cure)")
                }
                let (a, b) = (earlier.configuration, later.configuration)
                if a.site.identifier == b.site.identifier {
                    clash(
                        "site: id '\(b.site.identifier)' is the same", "Give each estate a name of its own for topics.")
                }
                if a.storage.directory == b.storage.directory {
                    clash(
                        "storage: directory '\(b.storage.directory)' is the same",
                        "Give each estate a directory of its own.")
                }
                if a.dashboard.port == b.dashboard.port, b.dashboard.port != 0 {
                    clash("dashboard: port \(b.dashboard.port) is the same", "Give each estate a port of its own.")
                }
            }
        }
        return lines
    }
}

/// Tells nothing below a warning.
let quietLogger: Logger = {
    var logger = Logger(label: "sluice") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .warning
    return logger
}()
