// SPDX-License-Identifier: Apache-2.0

import Glibc
import Outbox

/// What this machine says of the program and its disk.
enum MachineFacts {
    static func read(stateDirectory: String) -> HealthReport.Facts {
        var facts = HealthReport.Facts()
        var room = statvfs()
        if statvfs(stateDirectory, &room) == 0 {
            facts.diskFree = bytes(room.f_bavail, room.f_frsize)
            facts.diskSize = bytes(room.f_blocks, room.f_frsize)
        }
        let sizes = ["sluice.db", "sluice.db-wal"].compactMap { size(of: "\(stateDirectory)/\($0)") }
        if !sizes.isEmpty { facts.databaseSize = sizes.reduce(0, +) }
        facts.residentMemory = residentMemory()
        facts.diskWritten = diskWritten()
        return facts
    }

    /// Bytes of this process that are in memory; `nil` when the kernel does not say.
    static func residentMemory() -> Int64? {
        guard let words = lines(of: "/proc/self/statm").first?.split(separator: " "), words.count > 1,
            let pages = Int64(words[1])
        else { return nil }
        return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Bytes that this process has caused to be written to the storage layer (proc(5), `write_bytes`); `nil` when the
    /// kernel does not say.
    private static func diskWritten() -> Int64? {
        let name = "write_bytes: "
        return lines(of: "/proc/self/io").first { $0.hasPrefix(name) }.flatMap { Int64($0.dropFirst(name.count)) }
    }

    /// The first lines of a short file of the system; none when it cannot be read.
    static func lines(of path: String) -> [String] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var (lines, line) = ([String](), [CChar](repeating: 0, count: 128))
        while lines.count < 32, fgets(&line, Int32(line.count), file) != nil {
            lines.append(
                String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return lines
    }

    private static func bytes(_ blocks: UInt, _ size: UInt) -> Int64 {
        let (product, overflow) = blocks.multipliedReportingOverflow(by: size)
        return overflow ? .max : Int64(clamping: product)
    }

    private static func size(of path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }
}
