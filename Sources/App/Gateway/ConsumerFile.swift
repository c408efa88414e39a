// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Outbox

/// The file that a consumer writes, and beside it what it knows of the rows in it.
///
/// Lines are made durable first, then the ledger: after a crash the lines behind the ledger's last word are cut off.
/// They were not acknowledged, so they come again.
struct ConsumerFile {
    struct Failure: Error, CustomStringConvertible { var description: String }

    private struct Saved: Codable {
        var length: Int64
        var ledger: ConsumerLedger
    }

    private let path: String
    private var statePath: String { path + ".ledger" }
    private let descriptor: Int32
    private var length: Int64
    var ledger: ConsumerLedger

    /// Opens or creates the file.
    init(path: String) throws {
        self.path = path
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
        if let data = try? Data(contentsOf: URL(filePath: path + ".ledger")) {
            let saved: Saved
            do { saved = try JSONDecoder().decode(Saved.self, from: data) } catch {
                throw Failure(
                    description: "\(path).ledger cannot be read: \(error). Move both files away to begin anew.")
            }
            (length, ledger) = (saved.length, saved.ledger)
            var status = stat()
            guard fstat(descriptor, &status) == 0, Int64(status.st_size) >= length else {
                throw Failure(
                    description: "\(path) is shorter than its ledger says. Move both files away to begin anew.")
            }
            guard ftruncate(descriptor, off_t(length)) == 0 else { throw Self.failure(path) }
        } else {
            (length, ledger) = (0, ConsumerLedger())
            guard ftruncate(descriptor, 0) == 0 else { throw Self.failure(path) }
            try append(ConsumedRow.csvHeader + "\n")
            try save()
        }
    }

    func close() { Glibc.close(descriptor) }

    /// Writes lines; they are durable after ``save()``.
    mutating func append(_ lines: String) throws {
        var rest = Array(lines.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(length)) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Self.failure(path) }
            length += Int64(written)
            rest = rest.dropFirst(written)
        }
    }

    /// Makes the lines durable, then the ledger. Nothing may be acknowledged before this returns.
    func save() throws {
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
        let data = try JSONEncoder().encode(Saved(length: length, ledger: ledger))
        let new = statePath + ".new"
        let file = Glibc.open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure(new) }
        defer { Glibc.close(file) }
        let written = data.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        guard written == data.count, fsync(file) == 0, rename(new, statePath) == 0 else { throw Self.failure(new) }
        let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let folder = Glibc.open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Self.failure(parent) }
        defer { Glibc.close(folder) }
        guard fsync(folder) == 0 else { throw Self.failure(parent) }
    }

    private static func failure(_ path: String) -> Failure {
        Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
}
