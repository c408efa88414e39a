// SPDX-License-Identifier: Apache-2.0

/// What is known of people in memory only, as one gateway leaves it to the next of the same process: who is signed in,
/// whose passwords were wrong, and the token for the first administrator.
///
/// Its instants are those of one boot.
public struct Attendance: Sendable {
    public var failures: FailureLedger
    public var firstRun: FirstRunToken?
    private let sessions: SessionBook
    /// The accounts that the sessions were begun with, as they were last.
    private let accounts: [AccountName: Account]

    public init(
        sessions: SessionBook, failures: FailureLedger, firstRun: FirstRunToken?, accounts: [Account]
    ) {
        (self.sessions, self.failures, self.firstRun) = (sessions, failures, firstRun)
        self.accounts = Dictionary(accounts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The sessions that go on: those whose account is in the book as it was. Its programs' tokens do not count, since
    /// sessions are no matter of theirs.
    public func sessions(at book: AccountBook) -> SessionBook {
        var going = sessions
        for (name, account) in accounts {
            var now = book[name]
            now?.tokens = account.tokens
            if now != account { going.endAll(of: name) }
        }
        return going
    }
}
