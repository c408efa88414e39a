// SPDX-License-Identifier: Apache-2.0

import CZlib
import Glibc

/// The lines of a gzip file, unpacked piece by piece in fixed memory.
final class GzipLines {
    private let file: InputFile
    private let input: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    /// On the heap, for zlib remembers where it lives.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Longest line that is taken, in bytes.
    static let longestLine = 1 << 16

    init(path: String) throws(LeakbenchError) {
        file = try InputFile(path: path)
        input = .allocate(byteCount: 1 << 16, alignment: 16)
        output = .allocate(byteCount: 1 << 18, alignment: 16)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, and 16 for the gzip form.
        let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw LeakbenchError(path: path, "zlib did not start (status \(status)).") }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
        output.deallocate()
    }

    /// Hands every line to `body`, without its end, with its number from 1.
    func forEach(_ body: (UnsafeRawBufferPointer, Int) throws -> Void) throws {
        var line = 1
        // Bytes of an unfinished line at the start of the output buffer.
        var kept = 0
        var isInsideMember = true
        while true {
            let count = try file.read(into: input)
            if count == 0 { break }
            stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(count)
            repeat {
                if !isInsideMember {
                    guard stream.pointee.avail_in > 0 else { break }
                    inflateReset(stream)  // a gzip file may be several, one after the other
                    isInsideMember = true
                }
                stream.pointee.next_out = output.baseAddress?.advanced(by: kept).assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(output.count - kept)
                let status = inflate(stream, Z_NO_FLUSH)
                guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
                    let reason = stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
                    throw LeakbenchError(
                        path: file.path, line: line,
                        "the gzip data are damaged after this line: \(reason). Fetch the file again.")
                }
                if status == Z_STREAM_END { isInsideMember = false }
                let filled = output.count - Int(stream.pointee.avail_out)
                kept = try split(filled, &line, body)
            } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
        }
        guard !isInsideMember else {
            throw LeakbenchError(
                path: file.path, line: line, "the gzip data end too soon after this line. Fetch the file again.")
        }
        if kept > 0 { try body(UnsafeRawBufferPointer(rebasing: output[0..<kept]), line) }
    }

    /// Hands out the finished lines of the first `filled` bytes and moves the rest to the front; its length.
    private func split(
        _ filled: Int, _ line: inout Int, _ body: (UnsafeRawBufferPointer, Int) throws -> Void
    ) throws -> Int {
        let bytes = UnsafeRawBufferPointer(rebasing: output[0..<filled])
        var start = 0
        while start < filled, let base = bytes.baseAddress,
            let found = memchr(base + start, 0x0A, filled - start)
        {
            let end = UnsafeRawPointer(found) - base
            let length = end > start && bytes[end - 1] == 0x0D ? end - 1 - start : end - start
            try body(UnsafeRawBufferPointer(start: base + start, count: length), line)
            line += 1
            start = end + 1
        }
        let rest = filled - start
        guard rest <= Self.longestLine else {
            throw LeakbenchError(
                path: file.path, line: line, "is longer than \(Self.longestLine) bytes; that is no row of readings.")
        }
        if start > 0, rest > 0, let base = output.baseAddress { base.copyMemory(from: base + start, byteCount: rest) }
        return rest
    }
}
