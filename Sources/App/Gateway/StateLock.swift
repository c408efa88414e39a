// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Who works in a state directory, asked without disturbing it.
public enum StateLock {
    /// The process that holds the directory's lock; `nil` when nobody does or the directory is not there.
    public static func holder(of directory: String) -> Int? {
        let descriptor = open("\(directory)/lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        var text = [UInt8](repeating: 0, count: 32)
        let length = read(descriptor, &text, text.count)
        let digits = text.prefix(max(0, length)).prefix { (0x30...0x39).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self)) ?? 0
    }
}
