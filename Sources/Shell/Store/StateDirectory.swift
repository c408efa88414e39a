// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// The directory that holds everything an instance keeps, claimed by a lock for as long as it runs.
final class StateDirectory: Sendable {
    let path: String
    /// Descriptor of the lock file; negative once it was released.
    private let lock: Mutex<Int32>

    var databasePath: String { "\(path)/sluice.db" }

    private init(path: String, lock: Int32) {
        self.path = path
        self.lock = Mutex(lock)
    }

    deinit { release() }

    /// Creates the directory when it is missing (0700; parents as the mask of the process says) and locks it.
    ///
    /// The kernel lets go of the lock when the process ends, however it ends.
    static func claim(_ path: String) throws(StoreError) -> StateDirectory {
        try create(path)
        let lockPath = "\(path)/lock"
        let descriptor = Glibc.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(errno, at: lockPath, in: path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = readHolder(descriptor)
            Glibc.close(descriptor)
            if code == EWOULDBLOCK { throw .locked(holder: holder, directory: path) }
            throw failure(code, at: lockPath, in: path)
        }
        writeHolder(descriptor)
        return StateDirectory(path: path, lock: descriptor)
    }

    /// Lets another instance in; does nothing the second time.
    func release() {
        lock.withLock { descriptor in
            guard descriptor >= 0 else { return }
            Glibc.close(descriptor)
            descriptor = -1
        }
    }

    private static func create(_ path: String) throws(StoreError) {
        var end = path.startIndex
        while end < path.endIndex {
            end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            let part = String(path[..<end])
            guard mkdir(part, end == path.endIndex ? 0o700 : 0o777) != 0 else { continue }
            let code = errno
            var status = stat()
            let isDirectory = stat(part, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            // Whatever mkdir says of one that is there (a read-only file system, no permission) does not matter here.
            if !isDirectory { throw failure(code == EEXIST ? ENOTDIR : code, at: part, in: part) }
        }
    }

    /// The process that wrote its number into the lock file.
    private static func readHolder(_ descriptor: Int32) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int(String(decoding: bytes[..<count].prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self))
    }

    /// The lock is what counts; the number in it is a courtesy, and a full disk must not keep anybody out.
    private static func writeHolder(_ descriptor: Int32) {
        let text = Array("\(getpid())\n".utf8)
        _ = pwrite(descriptor, text, text.count, 0)
        _ = ftruncate(descriptor, off_t(text.count))
    }

    /// What a system call's error code means to the one who must mend it.
    static func failure(_ code: Int32, at path: String, in directory: String) -> StoreError {
        switch code {
        case EACCES, EPERM: .noPermission(path: path)
        case EROFS: .readOnlyFileSystem(path: path)
        case ENOSPC where hasNoInodes(at: directory): .noInodes(path: path)
        case ENOSPC, EDQUOT: .diskFull(path: path, freeBytes: freeBytes(at: directory) ?? 0)
        default: .unusable(path: path, detail: String(cString: strerror(code)))
        }
    }

    /// Room for this user on the file system of `path`; `nil` when it cannot be asked.
    static func freeBytes(at path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }

    /// Whether the file system counts its files and has none left for a new one.
    static func hasNoInodes(at path: String) -> Bool {
        var status = statvfs()
        return statvfs(path, &status) == 0 && status.f_files > 0 && status.f_favail == 0
    }

    /// Size of the file system of `path`, or of the nearest folder above it that is there.
    static func totalBytes(at path: String) -> Int64? {
        var (status, place) = (statvfs(), path)
        while statvfs(place, &status) != 0 {
            guard let slash = place.lastIndex(of: "/"), slash > place.startIndex else { return nil }
            place = String(place[..<slash])
        }
        let (bytes, overflow) = UInt64(status.f_blocks).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }

    /// Names in a directory; none when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }

    /// Waits until the file and its name are on the disk.
    static func synchronise(_ path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        for part in [path, folder] {
            let descriptor = Glibc.open(part, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            fsync(descriptor)
            Glibc.close(descriptor)
        }
    }

    /// Size of a file in bytes; zero when there is none.
    static func size(of path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// The number of the system's error when not even the first bytes of a file can be read; `nil` when they can, or
    /// when there is no such file.
    static func failureToRead(_ path: String) -> Int32? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 512)
        while pread(descriptor, &bytes, bytes.count, 0) < 0 {
            if errno != EINTR { return errno }
        }
        return nil
    }
}
