// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Subprocess
import SystemPackage

/// The newest warnings and errors that the service has logged, out of systemd's journal.
public enum ServiceJournal {
    public struct Missing: Error, CustomStringConvertible {
        public let description: String
    }

    /// At most this much is kept, the newest.
    public static let mostLines = 500
    public static let mostBytes = 256 << 10

    /// Asks `journalctl` for the unit's newest 5,000 lines.
    ///
    /// - Returns: The troubles, and before them what `journalctl` itself has to say, such as that there is no journal or
    ///   that the user sees only a part of it.
    /// - Throws: ``Missing`` where it cannot be asked, or takes more than ten seconds.
    public static func troubles(of unit: String = "sluice") async throws -> [String] {
        let arguments = [
            "--unit", unit, "--lines", "5000", "--output", "short-iso", "--no-hostname", "--no-pager",
        ]
        let told = try await withThrowingTaskGroup(of: (log: String, remarks: [String])?.self) { group in
            group.addTask {
                do {
                    let ended = try await Subprocess.run(
                        .name("journalctl"), arguments: .init(arguments), output: .bytes(limit: 16 << 20),
                        error: .string(limit: 4096))
                    let remarks = ended.standardError.split(separator: "\n").map(String.init)
                    guard ended.terminationStatus.isSuccess else {
                        let said = remarks.first ?? "it gave no reason"
                        throw Missing(description: "journalctl ended with \(ended.terminationStatus): \(said)")
                    }
                    return (String(decoding: ended.standardOutput, as: UTF8.self), remarks)
                } catch let error as SubprocessError {
                    throw Missing(description: "journalctl cannot be asked: \(error)")
                }
            }
            group.addTask {
                try await Task.sleep(for: .seconds(10))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let told else { throw Missing(description: "journalctl had not answered after 10 s") }
        return told.remarks + troubles(in: told.log)
    }

    /// The warnings and errors of a log, and what the program or systemd says of its start and end; the newest of them.
    ///
    /// Whatever is less important is left out, with the lines that go on with it: the first administrator's token is.
    public static func troubles(in log: String) -> [String] {
        var kept: [String] = []
        var isKept = false
        for line in log.split(separator: "\n") where !line.hasPrefix("-- ") {
            if line.contains(/\s(trace|debug|info|notice) [\w.\-]+:/) {
                isKept = false
            } else if line.contains(/\s(warning|error|critical) [\w.\-]+:/) || line.contains(/: sluice[\s:]/)
                || ["systemd[", "Fatal error", "*** "].contains(where: { line.contains($0) })
            {
                isKept = true
            }
            if isKept { kept.append(String(line)) }
        }
        var (lines, bytes): ([String], Int) = ([], 0)
        for line in kept.suffix(mostLines).reversed() {
            bytes += line.utf8.count + 1
            if bytes > mostBytes { break }
            lines.append(line)
        }
        return lines.reversed()
    }
}
