// SPDX-License-Identifier: Apache-2.0

import CSystemd
import Glibc

/// What starts this program and restarts it: systemd, or whoever listens on the socket that `NOTIFY_SOCKET` names.
///
/// Without such a socket everything here does nothing.
public enum ServiceManager {
    /// The program serves; `status` is a line for `systemctl status`.
    public static func ready(status: String) { tell("READY=1\nSTATUS=\(status)") }

    /// The configuration is read again; ``ready(status:)`` ends it.
    public static func reloading() { tell("RELOADING=1\nMONOTONIC_USEC=\(microseconds())") }

    public static func stopping() { tell("STOPPING=1\nSTATUS=Stopping") }

    /// All critical tasks make progress. Without it for ``watchdogInterval`` the program is ended and started again.
    public static func alive() { tell("WATCHDOG=1") }

    public static func status(_ text: String) { tell("STATUS=\(text)") }

    /// Longest silence that the service manager allows; `nil` when it does not watch this process.
    public static var watchdogInterval: Duration? {
        var interval: UInt64 = 0
        guard sd_watchdog_enabled(0, &interval) > 0, interval > 0 else { return nil }
        return .microseconds(Int64(clamping: interval))
    }

    private static func tell(_ text: String) { _ = sd_notify(0, text) }

    private static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
