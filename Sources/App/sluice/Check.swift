// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Model
import SiteFiles

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Report every mistake of site files and of the profiles they use.",
        discussion: """
            Examples:
              sluice check site.yaml
              sluice check --profiles my-profiles site.yaml

            Touches no device and no network. Exits 1 if there was an error.
            """)

    @Option(help: "A folder of device profiles that wins over the standard ones; may be given more than once.")
    var profiles: [String] = []

    @Argument(help: "The files to check.")
    var files: [String]

    func run() throws {
        var problems: [FileProblem] = []
        var fileCount = 0
        for file in files {
            let loaded = loadSite(at: file, profileFolders: ProfileFolders.standard + profiles)
            fileCount += loaded.fileCount
            problems += loaded.problems
        }
        var texts: [String: SourceLines] = [:]
        for problem in problems {
            tell(problem.description)
            let lines = texts[problem.path] ?? SourceLines(text(of: problem.path))
            texts[problem.path] = lines
            let excerpt = caretExcerpt(of: problem, in: lines)
            if !excerpt.isEmpty { tell(excerpt) }
        }
        let errors = problems.count { $0.severity == .error }
        let warnings = problems.count - errors
        say("\(counted(errors, "error")), \(counted(warnings, "warning")) in \(counted(fileCount, "file"))")
        if errors > 0 { throw ExitStatus.problemsFound }
    }
}

/// The whole file; empty when it cannot be read.
private func text(of path: String) -> String {
    (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
}

/// `1 file`, `2 files`.
func counted(_ count: some BinaryInteger, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
