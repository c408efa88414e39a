// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Bytes compressed with zlib, and how many they were.
struct Deflated {
    var length: Int
    var bytes: [UInt8]

    /// Longest plain text that is unpacked: a damaged length must not take the memory of the box.
    static let longest = 256 << 20

    init(_ plain: [UInt8]) {
        length = plain.count
        var size = compressBound(uLong(plain.count))
        bytes = [UInt8](repeating: 0, count: Int(size))
        // The buffer is as long as zlib asked for, so the only failure left is a lack of memory, which ends the program.
        let status = compress2(&bytes, &size, plain, uLong(plain.count), Z_DEFAULT_COMPRESSION)
        bytes.removeLast(bytes.count - (status == Z_OK ? Int(size) : 0))
    }

    init(length: Int, bytes: [UInt8]) { (self.length, self.bytes) = (length, bytes) }

    /// The bytes before; `nil` when they are damaged.
    var plain: [UInt8]? {
        guard (0...Self.longest).contains(length) else { return nil }
        var size = uLong(length)
        var plain = [UInt8](repeating: 0, count: length)
        guard uncompress(&plain, &size, bytes, uLong(bytes.count)) == Z_OK, size == uLong(length) else { return nil }
        return plain
    }
}
