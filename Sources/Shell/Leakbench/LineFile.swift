// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// A file of JSON objects, one a line; an old one is replaced.
struct LineFile: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private let encoder = JSONEncoder()

    init(path: String) throws(LeakbenchError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw LeakbenchError(path: path, "cannot be written: \(String(cString: strerror(errno))).")
        }
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    deinit { close(descriptor) }

    func write(_ line: some Encodable) throws {
        var bytes = [UInt8](try encoder.encode(line))
        bytes.append(0x0A)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw LeakbenchError(path: path, "cannot be written: \(String(cString: strerror(errno))).")
            }
            written += count
        }
    }
}
