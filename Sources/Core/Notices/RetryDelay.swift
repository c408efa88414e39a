// SPDX-License-Identifier: Apache-2.0

public import Model

/// How long to wait before what failed is tried again: 1 s doubling to 1 h, the second half of each left to chance.
public enum RetryDelay {
    public static let first = Duration.seconds(1)
    public static let longest = Duration.seconds(3600)
    /// The urgent ones knock often, so that they are through soon after the receiver is back.
    public static let longestUrgent = Duration.seconds(10)

    /// - Parameters:
    ///   - failures: In a row, at least 1.
    ///   - random: 0 ..< 1, drawn when the last failure was noted.
    public static func after(failures: Int, severity: Severity, random: Double) -> Duration {
        let doubled = first * (1 << min(max(failures - 1, 0), 12))
        let ceiling = min(doubled, severity == .p1 ? longestUrgent : longest)
        return ceiling * (0.5 + 0.5 * min(max(random, 0), 1))
    }
}
