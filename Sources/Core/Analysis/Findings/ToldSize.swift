// SPDX-License-Identifier: Apache-2.0

/// When a size that grows while a condition lasts is worth telling again.
///
/// It is told whenever it has grown by a quarter, so what people see is never more than a fifth too small, and a
/// condition of a week is told a few dozen times and not ten thousand.
struct ToldSize: Hashable, Codable, Sendable {
    private static let growth = 1.25

    private var told = 0.0

    init() {}

    /// Notes that `size` is told now.
    mutating func tell(_ size: Double) { told = size }

    /// Whether `size` is to be told again; it counts as told then.
    mutating func grows(to size: Double) -> Bool {
        guard size.isFinite, size >= told * Self.growth, size > told else { return false }
        told = size
        return true
    }
}
