// SPDX-License-Identifier: Apache-2.0

public import Model

/// Wrong passwords, by the name that was given: after some of them the next try has to wait.
///
/// A name that no account has is treated like one that has, so that the answer does not tell which there are.
public struct FailureLedger: Sendable {
    /// Tries without a wait; that there is a bound asks IEC 62443-4-2, CR 1.11.
    public static let freeTries = 5
    /// The first wait, doubled with every further failure.
    public static let firstWait: Duration = .seconds(30)
    /// No wait is longer, so that nobody can keep a person out for good by guessing.
    public static let longestWait: Duration = .seconds(900)
    /// Failures are forgotten after this time without another.
    public static let memory: Duration = .seconds(24 * 3600)
    /// Most names; a further one drops the one that failed longest ago. Names of accounts stay, of which there are fewer:
    /// nobody can make a wait forgotten by trying other names.
    public static let capacity = 2000
    /// Failures that get a line of their own in the audit in ``auditWindow``; others are counted in the last of them.
    public static let mostAudited = 100
    public static let auditWindow: Duration = .seconds(3600)

    private struct Entry {
        var count: Int
        var last: MonotonicInstant
        var isOfAccount: Bool
    }
    private var entries: [String: Entry] = [:]
    private var window: (began: MonotonicInstant, lines: Int)?

    public init() {}

    /// How long the name has to wait; `nil` when it may try now.
    public func wait(of name: String, at now: MonotonicInstant) -> Duration? {
        guard let entry = entries[name], entry.count >= Self.freeTries else { return nil }
        let rest = entry.last + Self.wait(after: entry.count) - now
        return rest > .zero ? rest : nil
    }

    private static func wait(after failures: Int) -> Duration {
        let doublings = min(failures - freeTries, 10)
        return min(firstWait * (1 << doublings), longestWait)
    }

    /// Notes a try before its password is looked at, so that tries at the same time count as well.
    ///
    /// - Parameter isOfAccount: Whether there is an account of the name.
    /// - Returns: How often it has failed now, unless the password turns out to be right.
    public mutating func began(_ name: String, isOfAccount: Bool, at now: MonotonicInstant) -> Int {
        var entry = entries[name] ?? Entry(count: 0, last: now, isOfAccount: isOfAccount)
        if now - entry.last >= Self.memory { entry.count = 0 }
        entry.count += 1
        entry.last = now
        if entries[name] == nil, entries.count >= Self.capacity,
            let oldest = entries.filter({ !$0.value.isOfAccount }).min(by: { $0.value.last < $1.value.last })
        {
            entries[oldest.key] = nil
        }
        entries[name] = entry
        return entry.count
    }

    public mutating func succeeded(_ name: String) { entries[name] = nil }

    /// A try that could not be made, for the gateway was too busy to look at the password.
    public mutating func tookBack(_ name: String) {
        guard let count = entries[name]?.count else { return }
        entries[name]?.count = count - 1
        if count <= 1 { entries[name] = nil }
    }

    /// Whether this failure gets a line in the audit, which is kept for ever and must not be filled by a stranger.
    ///
    /// - Returns: `.last` for the line that says that further ones of the hour have none.
    public mutating func audit(at now: MonotonicInstant) -> Audit {
        if window.map({ now - $0.began >= Self.auditWindow }) ?? true { window = (now, 0) }
        let lines = (window?.lines ?? 0) + 1
        window?.lines = lines
        return lines < Self.mostAudited ? .line : lines == Self.mostAudited ? .last : .none
    }

    public enum Audit: Hashable, Sendable { case line, last, none }
}
