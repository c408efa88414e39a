// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import Glibc

/// The pictures of tickets: files named by their hash in the folder `photos` beside a database.
///
/// A file is whole or not there, and never changes once it has its name. So a copy of a database has its photos in the
/// folder beside it, and several copies in one place share them.
public struct PhotoFolder: Sendable {
    /// Path of the folder; it need not be there.
    public let path: String

    /// - Parameter folder: The one that holds the database.
    public init(beside folder: String) { path = "\(folder)/photos" }

    /// SHA-256 as 64 small hexadecimal digits.
    public static func hash(of bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count < 2 ? "0" + digits : digits
        }.joined()
    }

    /// Whether a text is the name of a photo's file.
    static func isHash(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Writes bytes under their hash and waits until they and their name are on the disk.
    ///
    /// - Returns: The hash.
    /// - Throws: ``StoreError``; then no file has the name that had none before.
    public func write(_ bytes: [UInt8]) throws -> String {
        let name = Self.hash(of: bytes)
        if read(name) != nil { return name }
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw StateDirectory.failure(errno, at: path, in: path) }
        let fresh = "\(path)/\(name).new"
        let file = Glibc.open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StateDirectory.failure(errno, at: fresh, in: path) }
        var code: Int32 = 0
        var rest = bytes[...]
        while !rest.isEmpty, code == 0 {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                code = count == 0 ? EIO : errno
            }
        }
        if code == 0, fsync(file) != 0 { code = errno }
        if Glibc.close(file) != 0, code == 0 { code = errno }
        if code == 0, rename(fresh, "\(path)/\(name)") != 0 { code = errno }
        guard code == 0 else {
            unlink(fresh)
            throw StateDirectory.failure(code, at: fresh, in: path)
        }
        StateDirectory.synchronise("\(path)/\(name)")
        return name
    }

    /// The bytes of a photo; `nil` when its file is not there or is not what it was.
    public func read(_ hash: String) -> [UInt8]? {
        guard Self.isHash(hash), let data = FileManager.default.contents(atPath: "\(path)/\(hash)") else { return nil }
        let bytes = [UInt8](data)
        return Self.hash(of: bytes) == hash ? bytes : nil
    }

    /// Whether there is a file of this name, whatever it holds.
    func has(_ hash: String) -> Bool { FileIdentity("\(path)/\(hash)") != nil }

    /// All photos that are there, by hash.
    public func names() -> [String] { StateDirectory.names(in: path).filter(Self.isHash).sorted() }

    /// Bytes of all files of the folder.
    public var usedBytes: Int64 {
        StateDirectory.names(in: path).filter { !$0.hasPrefix(".") }
            .reduce(0) { $0 + StateDirectory.size(of: "\(path)/\($1)") }
    }

    /// Deletes the file of a photo; nothing happens when there is none.
    public func remove(_ hash: String) {
        guard Self.isHash(hash) else { return }
        unlink("\(path)/\(hash)")
    }

    /// Deletes what no line of a ticket speaks of: what a power cut left between a file and its line.
    ///
    /// - Parameters:
    ///   - kept: Hashes that stay.
    ///   - age: Only files that were not changed for so long, by the wall clock of the file system.
    /// - Returns: How many were deleted.
    public func sweep(keeping kept: Set<String>, olderThan age: Int = 3600) -> Int {
        var deleted = 0
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        for name in StateDirectory.names(in: path) where !name.hasPrefix(".") && !kept.contains(name) {
            var status = stat()
            guard stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                clock.tv_sec - status.st_mtim.tv_sec >= age
            else { continue }
            if unlink("\(path)/\(name)") == 0 { deleted += 1 }
        }
        return deleted
    }

    /// Copies the photos named into another folder, those that it has already left alone.
    ///
    /// - Returns: Those that are not here, or are not what they were.
    /// - Throws: ``StoreError``.
    func copy(_ hashes: [String], to other: PhotoFolder) throws -> [String] {
        var missing: [String] = []
        for hash in hashes where !other.has(hash) || other.read(hash) == nil {
            guard let bytes = read(hash) else {
                missing.append(hash)
                continue
            }
            _ = try other.write(bytes)
        }
        return missing
    }
}
