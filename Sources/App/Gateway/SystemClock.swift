// SPDX-License-Identifier: Apache-2.0

import CKernel
import Glibc
public import Model
public import Pipeline
import Synchronization

/// The machine's clocks, and what the kernel says about their synchronisation.
public struct SystemClock: ClockSource {
    public let boot: BootIdentifier

    /// A wall clock that shows less than this cannot be right: the program did not exist then.
    private static let earliestBelievable = Timestamp(
        CivilTime(date: CivilDate(year: 2026, month: 1, day: 1), hour: 0, minute: 0))

    public init() { boot = BootIdentifier(Self.readBootIdentifier()) }

    public func now() -> ClockReading {
        let instant = Self.instant()
        let stamp = Timestamp(milliseconds: kernel_nanoseconds(CLOCK_REALTIME) / 1_000_000)
        return ClockReading(instant: instant, wall: stamp, timeQuality: Self.quality(of: stamp, at: instant))
    }

    /// Nanoseconds of the monotonic clock.
    public static func instant() -> MonotonicInstant {
        MonotonicInstant(nanoseconds: kernel_nanoseconds(CLOCK_MONOTONIC))
    }

    /// Synchronised is what the kernel's discipline says, and never a year before the program was made.
    ///
    /// The kernel is asked once a second at most: each call costs it a microsecond and stirs its random numbers.
    private static func quality(of wall: Timestamp, at instant: MonotonicInstant) -> TimeQuality {
        guard wall >= earliestBelievable else { return .unsynced }
        let due = nextQuestion.load(ordering: .relaxed)
        if instant.nanoseconds >= due {
            var state = timex()
            let answer = adjtimex(&state)
            let isUnsynced = answer < 0 || answer == TIME_ERROR || state.status & STA_UNSYNC != 0
            isDisciplined.store(!isUnsynced, ordering: .relaxed)
            nextQuestion.store(instant.nanoseconds + 1_000_000_000, ordering: .relaxed)
        }
        return isDisciplined.load(ordering: .relaxed) ? .synced : .unsynced
    }

    /// What the kernel has yet to correct of the wall clock, in seconds (`adjtimex(2)`: microseconds, or nanoseconds
    /// with `STA_NANO`); `nil` while nothing disciplines it.
    static func offset() -> Double? {
        var state = timex()
        let answer = adjtimex(&state)
        guard answer >= 0, answer != TIME_ERROR, state.status & STA_UNSYNC == 0 else { return nil }
        return Double(state.offset) / (state.status & STA_NANO != 0 ? 1e9 : 1e6)
    }

    private static let nextQuestion = Atomic<Int64>(.min)
    private static let isDisciplined = Atomic<Bool>(false)

    private static func readBootIdentifier() -> String {
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "r") else {
            // A hardened service sees nothing of /proc but processes; its unit tells it.
            return getenv("SLUICE_BOOT_ID").map { String(cString: $0) } ?? "unknown"
        }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, Int32(line.count), file) != nil else { return "unknown" }
        let text = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        return String(decoding: text, as: UTF8.self)
    }
}
