// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file that is read from its beginning to its end.
struct InputFile: ~Copyable {
    let path: String
    private let descriptor: Int32

    init(path: String) throws(LeakbenchError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LeakbenchError(path: path, "cannot be opened: \(String(cString: strerror(errno))).")
        }
    }

    deinit { close(descriptor) }

    /// Fills `buffer` as far as the file goes; the number of bytes, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LeakbenchError) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else {
                throw LeakbenchError(path: path, "cannot be read: \(String(cString: strerror(errno))).")
            }
        }
    }

    /// The whole file.
    ///
    /// - Parameter limit: Bytes beyond which it is refused.
    static func contents(of path: String, limit: Int = 16 << 20) throws(LeakbenchError) -> [UInt8] {
        let file = try InputFile(path: path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var bytes: [UInt8] = []
        while true {
            let count = try file.read(into: buffer)
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer[0..<count])
            guard bytes.count <= limit else {
                throw LeakbenchError(path: path, "is larger than \(limit >> 20) MiB; that is no such file.")
            }
        }
    }
}
