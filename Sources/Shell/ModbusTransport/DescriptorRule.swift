// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// The rule of the whole process that no bus works on a descriptor of 1000 or more.
///
/// libmodbus 3.1.6 and libmosquitto watch their descriptors with `select`, whose sets end at 1023: one descriptor
/// past that end aborts the process. The rest is left to whoever cannot be asked first. Where the system gives the
/// process fewer, buses leave a quarter of them, 24 at most, to the store, the broker and the page: a bus without a
/// descriptor is told and tried again, a store without one loses readings.
public enum DescriptorRule {
    /// The first descriptor that is refused.
    public static let limit: Int32 = usable(ofSystem: systemLimit())

    static func usable(ofSystem count: Int) -> Int32 { Int32(clamping: min(1000, count - min(24, count / 4))) }

    /// Descriptors that the system gives this process; 7 is RLIMIT_NOFILE on Linux.
    private static func systemLimit() -> Int {
        var limits = rlimit()
        guard getrlimit(7, &limits) == 0 else { return 1024 }
        return Int(clamping: limits.rlim_cur)
    }

    private static let refused = Atomic<Int>(0)

    /// Descriptors refused since the process began, on all buses.
    public static var refusedCount: Int { refused.load(ordering: .relaxed) }

    /// - Throws: `DescriptorRefusal` when `descriptor` lies past the limit, which is counted; the caller closes it.
    public static func admit(_ descriptor: Int32) throws(DescriptorRefusal) {
        guard descriptor >= limit else { return }
        refused.add(1, ordering: .relaxed)
        throw DescriptorRefusal(descriptor: descriptor)
    }
}

/// A line or connection got a descriptor past the limit of ``DescriptorRule``.
public struct DescriptorRefusal: Error, Hashable, CustomStringConvertible {
    public let descriptor: Int32
    public var description: String {
        "descriptor \(descriptor) is past \(DescriptorRule.limit - 1), the last one used for a bus: "
            + "the process has too many files and connections open; set LimitNOFILE=1024 and look for what holds them"
    }
}
