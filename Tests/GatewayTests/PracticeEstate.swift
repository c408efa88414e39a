// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `sluice simulate --serve` with the site's file it wrote, changed where a test needs it.
final class PracticeEstate {
    let folder: TestFolder
    let program: RunningProgram
    var siteFile: String { "\(folder.path)/site.yaml" }
    var stateDirectory: String { "\(folder.path)/state" }

    /// - Parameter replacing: Pieces of the site's file and what stands there instead.
    init(in folder: TestFolder, brokerPort: Int, options: [String] = [], replacing: [(String, String)] = []) throws {
        self.folder = folder
        let file = "\(folder.path)/site.yaml"
        program = try RunningProgram(
            try Programs.sluice,
            [
                "simulate", "--serve", "--site-file", file, "--state", "\(folder.path)/state", "--mqtt",
                "mqtt://127.0.0.1:\(brokerPort)",
            ] + options)
        try program.line(within: 30, "the simulated estate") { $0.hasPrefix("site's file") }
        var text = try String(contentsOfFile: file, encoding: .utf8)
        for (old, new) in [("port: 8420", "port: 0")] + replacing {
            try #require(text.contains(old), "the site's file has no '\(old)':\n\(text)")
            text = text.replacingOccurrences(of: old, with: new)
        }
        try text.write(toFile: file, atomically: true, encoding: .utf8)
    }

    func startGateway(logLevel: String = "info", environment: [String: String] = [:]) throws -> RunningProgram {
        try RunningProgram(
            try Programs.sluice, ["run", "--config", siteFile, "--log-level", logLevel], environment: environment)
    }

    /// Rows of a query that an independent sqlite3 shell gives. It waits for a gateway that is just
    /// starting after a kill: who recovers a write-ahead log locks out readers meanwhile.
    func query(_ statement: String) throws -> [[String]] {
        let shell = try RunningProgram(
            "/usr/bin/sqlite3",
            [
                "-readonly", "-cmd", ".timeout 10000", "-separator", "|", "\(stateDirectory)/sluice.db", statement,
            ])
        shell.closeInput()
        try shell.linesToEnd(within: 20)
        shell.process.waitUntilExit()
        try #require(shell.process.terminationStatus == 0, "sqlite3: \(shell.output)")
        return shell.output.map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
    }

    /// The reading tables, one a day.
    func readingTables() throws -> [String] {
        try query("SELECT name FROM sqlite_master WHERE name GLOB 'reading_[0-9]*' AND type = 'table' ORDER BY name")
            .map { $0[0] }
    }

    deinit { program.end() }
}
