// SPDX-License-Identifier: Apache-2.0

public import Model

/// Who is signed in. It lives in memory: a restart signs everybody out, and a reload nobody (``Attendance``).
///
/// A session ends by itself ``idleLife`` after the last request that a person made, and ``longestLife`` after it began; by
/// signing out; and with all others of its account when the password, the roles or the account change.
public struct SessionBook: Sendable {
    /// 30 minutes; that there is a lock asks IEC 62443-4-2, CR 2.5.
    public static let idleLife: Duration = .seconds(30 * 60)
    /// 12 hours: one shift.
    public static let longestLife: Duration = .seconds(12 * 3600)
    /// Most sessions of one account; a further one ends the oldest.
    public static let mostOfAccount = 8
    /// Most sessions at all; a further one ends the one that is idle longest.
    public static let capacity = 1000

    public struct Session: Hashable, Sendable {
        public var account: AccountName
        /// Stands in the address of each form of its pages.
        public var formToken: String
        var began: MonotonicInstant
        var lastSeen: MonotonicInstant

        func isOver(at now: MonotonicInstant) -> Bool {
            now - lastSeen >= SessionBook.idleLife || now - began >= SessionBook.longestLife
        }
    }

    /// By the digest of the text that the browser has.
    private var sessions: [String: Session] = [:]

    public init() {}

    public var count: Int { sessions.count }

    /// - Parameters:
    ///   - text: The random text that the browser gets; only its digest is kept.
    ///   - formToken: Another random text.
    public mutating func begin(
        _ account: AccountName, text: String, formToken: String, at now: MonotonicInstant
    ) {
        sessions = sessions.filter { !$0.value.isOver(at: now) }
        let own = sessions.filter { $0.value.account == account }
        if own.count >= Self.mostOfAccount, let oldest = own.min(by: { $0.value.began < $1.value.began }) {
            sessions[oldest.key] = nil
        }
        if sessions.count >= Self.capacity, let idle = sessions.min(by: { $0.value.lastSeen < $1.value.lastSeen }) {
            sessions[idle.key] = nil
        }
        sessions[Secret.digest(of: text)] = Session(account: account, formToken: formToken, began: now, lastSeen: now)
    }

    /// The session of a browser's text; `nil` when there is none, or it is over.
    ///
    /// - Parameter isDeed: Whether a person asked. What an open page fetches by itself does not keep a session.
    public mutating func session(_ text: String, isDeed: Bool, at now: MonotonicInstant) -> Session? {
        let key = Secret.digest(of: text)
        guard var session = sessions[key] else { return nil }
        guard !session.isOver(at: now) else {
            sessions[key] = nil
            return nil
        }
        if isDeed {
            session.lastSeen = now
            sessions[key] = session
        }
        return session
    }

    /// - Returns: What was ended; `nil` when there was nothing.
    public mutating func end(_ text: String) -> Session? { sessions.removeValue(forKey: Secret.digest(of: text)) }

    /// Ends all sessions of an account.
    public mutating func endAll(of account: AccountName) { sessions = sessions.filter { $0.value.account != account } }
}
