// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The pages of a SQLite file as its write-ahead log leaves them, read without SQLite and without changing a byte.
///
/// SQLite gives a whole table up when one page of its tree cannot be read; here each page stands for itself. Formats
/// are those of "Database File Format" (sqlite.org/fileformat2.html).
final class DatabasePages {
    let pageSize: Int
    /// Pages of the file; page numbers begin with 1.
    let count: Int
    /// `user_version` of the header; `nil` when the header cannot be believed.
    let schemaVersion: Int?
    /// Whether the header is that of a database of this program.
    let hasHeader: Bool

    private let database: FileBytes
    private let log: FileBytes?
    /// Where the log keeps the newest committed content of a page.
    private let logged: [Int: Int]

    /// - Parameters:
    ///   - path: The database; its log is looked for beside it.
    ///   - known: The latest version of the tables that this program knows.
    /// - Returns: `nil` when there is no such file.
    init?(_ path: String, known: Int) {
        guard let database = FileBytes(path) else { return nil }
        self.database = database
        let log = FileBytes(path + "-wal")
        self.log = log
        let header = log.flatMap { LogHeader($0) }
        let size = header?.pageSize ?? Self.statedSize(database) ?? Self.likelySize(database)
        pageSize = size
        let (pages, total) = header.map { Self.committed(in: $0.file, header: $0) } ?? ([:], 0)
        logged = pages
        count = max(total, min(database.size / size, Int(Int32.max)))
        let first = pages[1].flatMap { log?.read(at: $0, count: 100) } ?? database.read(at: 0, count: 100)
        hasHeader = first.map { $0.starts(with: Array("SQLite format 3\0".utf8)) } ?? false
        let version = first.map { Int($0.unsigned32(at: 60)) } ?? 0
        schemaVersion = hasHeader && (1...known).contains(version) ? version : nil
    }

    /// What the header of the file says; `nil` when that can be no size of pages.
    private static func statedSize(_ file: FileBytes) -> Int? {
        guard let first = file.read(at: 16, count: 2) else { return nil }
        let stated = Int(first[0]) << 8 | Int(first[1])
        if stated == 1 { return 65_536 }
        return stated >= 512 && stated & (stated - 1) == 0 ? stated : nil
    }

    /// Which of the two sizes that this program has ever given a database it is, by where pages begin.
    ///
    /// Inside a page of 4096 bytes hardly anything looks like the head of one; of pages of 1024 bytes every one with rows
    /// does.
    private static func likelySize(_ file: FileBytes) -> Int {
        let small = Int(SluiceStore.newPageSize)
        var (looked, heads) = (0, 0)
        for place in stride(from: small, to: min(file.size, 16 << 20), by: small) where place % 4096 != 0 {
            guard let start = file.read(at: place, count: 7) else { continue }
            looked += 1
            let (cells, content) = (Int(start[3]) << 8 | Int(start[4]), Int(start[5]) << 8 | Int(start[6]))
            guard [2, 5, 10, 13].contains(start[0]), (1...small / 4).contains(cells) else { continue }
            if (8...small).contains(content) { heads += 1 }
        }
        return heads * 50 > looked ? small : 4096
    }

    /// The content of a page; `nil` when the disk does not give it.
    func page(_ number: Int) -> [UInt8]? {
        guard number >= 1, number <= count else { return nil }
        if let place = logged[number], let bytes = log?.read(at: place, count: pageSize) { return bytes }
        return database.read(at: (number - 1) * pageSize, count: pageSize)
    }

    /// Pages that are on the free list: what they hold was deleted. None when the list contradicts itself, for then it
    /// may name pages that are in use.
    func freePages() -> Set<Int> {
        var free: Set<Int> = []
        guard hasHeader, let first = page(1) else { return free }
        var trunk = Int(first.unsigned32(at: 32))
        while trunk > 0 {
            guard trunk <= count, free.insert(trunk).inserted, let bytes = page(trunk) else { return [] }
            let leaves = Int(bytes.unsigned32(at: 4))
            guard leaves <= pageSize / 4 - 2 else { return [] }
            for place in 0..<leaves { free.insert(Int(bytes.unsigned32(at: 8 + 4 * place))) }
            trunk = Int(bytes.unsigned32(at: 0))
        }
        return free.count == Int(first.unsigned32(at: 36)) ? free : []
    }

    private struct LogHeader {
        let file: FileBytes
        let pageSize: Int
        let isBigEndian: Bool
        let salts: [UInt8]
        let sum: (UInt32, UInt32)

        init?(_ file: FileBytes) {
            guard let bytes = file.read(at: 0, count: 32) else { return nil }
            let magic = bytes.unsigned32(at: 0)
            guard magic & ~1 == 0x377F_0682 else { return nil }
            self.file = file
            isBigEndian = magic & 1 == 1
            pageSize = Int(bytes.unsigned32(at: 8))
            guard pageSize >= 512, pageSize <= 65_536, pageSize & (pageSize - 1) == 0 else { return nil }
            salts = Array(bytes[16..<24])
            sum = DatabasePages.sum(bytes[0..<24], isBigEndian, from: (0, 0))
            guard sum == (bytes.unsigned32(at: 24), bytes.unsigned32(at: 28)) else { return nil }
        }
    }

    /// Places of the pages of whole commits, up to the first frame that does not fit, and the size after the last.
    private static func committed(in file: FileBytes, header: LogHeader) -> (pages: [Int: Int], total: Int) {
        var (committed, pending): ([Int: Int], [Int: Int]) = ([:], [:])
        var (sum, place, total) = (header.sum, 32, 0)
        while let frame = file.read(at: place, count: 24 + header.pageSize) {
            guard Array(frame[8..<16]) == header.salts else { break }
            sum = Self.sum(frame[0..<8], header.isBigEndian, from: sum)
            sum = Self.sum(frame[24...], header.isBigEndian, from: sum)
            guard sum == (frame.unsigned32(at: 16), frame.unsigned32(at: 20)) else { break }
            pending[Int(frame.unsigned32(at: 0))] = place + 24
            let size = Int(frame.unsigned32(at: 4))
            if size > 0 {
                committed.merge(pending) { $1 }
                (pending, total) = ([:], size)
            }
            place += 24 + header.pageSize
        }
        return (committed, total)
    }

    private static func sum(
        _ bytes: ArraySlice<UInt8>, _ isBigEndian: Bool, from start: (UInt32, UInt32)
    ) -> (UInt32, UInt32) {
        var (first, second) = start
        bytes.withUnsafeBytes { raw in
            for place in stride(from: 0, to: raw.count & ~7, by: 8) {
                let (one, two) = (
                    raw.loadUnaligned(fromByteOffset: place, as: UInt32.self),
                    raw.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self)
                )
                first = first &+ (isBigEndian ? UInt32(bigEndian: one) : UInt32(littleEndian: one)) &+ second
                second = second &+ (isBigEndian ? UInt32(bigEndian: two) : UInt32(littleEndian: two)) &+ first
            }
        }
        return (first, second)
    }
}

/// A file that is read at places.
final class FileBytes {
    private let descriptor: Int32
    let size: Int

    init?(_ path: String) {
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        size = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// `nil` when fewer bytes are there or the disk refuses.
    func read(at place: Int, count: Int) -> [UInt8]? {
        guard place >= 0, count >= 0, place <= size - count else { return nil }
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                guard let base = buffer.baseAddress else { return }
                let got = pread(descriptor, base + filled, count - filled, off_t(place + filled))
                if got < 0 && errno == EINTR { continue }
                if got <= 0 { return }
                filled += got
            }
        }
        return bytes.count == count ? bytes : nil
    }
}

extension Array where Element == UInt8 {
    /// The four bytes at `place`, the most significant first; 0 beyond the end.
    func unsigned32(at place: Int) -> UInt32 {
        guard place >= 0, place <= count - 4 else { return 0 }
        return self[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    func unsigned16(at place: Int) -> Int {
        guard place >= 0, place <= count - 2 else { return 0 }
        return Int(self[place]) << 8 | Int(self[place + 1])
    }

    /// SQLite's number of one to nine bytes, and the place behind it.
    func variable(at place: Int) -> (value: Int64, end: Int)? {
        var value: UInt64 = 0
        for offset in 0..<9 {
            guard place >= 0, place + offset < count else { return nil }
            let byte = self[place + offset]
            if offset == 8 { return (Int64(bitPattern: value << 8 | UInt64(byte)), place + 9) }
            value = value << 7 | UInt64(byte & 0x7F)
            if byte & 0x80 == 0 { return (Int64(bitPattern: value), place + offset + 1) }
        }
        return nil
    }
}
