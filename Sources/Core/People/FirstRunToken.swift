// SPDX-License-Identifier: Apache-2.0

public import Model

/// What lets the first administrator in: made at a start while there is none, shown once in the log.
public struct FirstRunToken: Sendable {
    /// 24 hours: an initial secret expires (OWASP ASVS 5.0, 6.4.1).
    public static let life: Duration = .seconds(24 * 3600)

    private let digest: String
    private let end: MonotonicInstant
    private var isUsed = false

    /// - Parameter text: Random; only its digest is kept.
    public init(_ text: String, at now: MonotonicInstant) {
        (digest, end) = (Secret.digest(of: text), now + Self.life)
    }

    public func isOver(at now: MonotonicInstant) -> Bool { isUsed || now >= end }

    public func fits(_ text: String, at now: MonotonicInstant) -> Bool {
        !isOver(at: now) && Secret.isSame(Array(Secret.digest(of: text).utf8), Array(digest.utf8))
    }

    public mutating func use() { isUsed = true }
}
