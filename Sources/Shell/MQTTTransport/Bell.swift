// SPDX-License-Identifier: Apache-2.0

import CMosquitto
import Glibc

/// Wakes the thread of a connection from its wait.
final class Bell: Sendable {
    /// Readable from a ring until ``silence()``.
    let descriptor: Int32

    /// - Returns: `nil` when the system gives no descriptor; `errno` says why.
    init?() {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    func ring() { eventfd_write(descriptor, 1) }

    func silence() {
        var rings: eventfd_t = 0
        eventfd_read(descriptor, &rings)
    }
}
