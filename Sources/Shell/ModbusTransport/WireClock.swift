// SPDX-License-Identifier: Apache-2.0

import CModbus
import Glibc
import ModbusCodec
import NIOCore

/// The clock of all deadlines and of the times in a `SweepAnswer`: `CLOCK_MONOTONIC`, read
/// by way of NIO.
enum WireClock {
    /// Nanoseconds since the kernel started, time asleep left out.
    static func now() -> Int64 {
        Int64(clamping: NIODeadline.now().uptimeNanoseconds)
    }

    /// `timeout` in nanoseconds, held between 1 ms and 1 h so that sums of deadlines stay in range.
    static func bounded(_ timeout: Duration) -> Int64 {
        max(.milliseconds(1), min(timeout, .seconds(3600))).wholeNanoseconds
    }
}

/// The text of a system error, such as `Input/output error`.
func systemText(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
}
