// SPDX-License-Identifier: Apache-2.0

public import Model
public import People

/// Where accounts and the audit are kept.
public protocol AccountStore: Sendable {
    func accounts() async throws -> [Account]
    /// Stores an account and lines of the audit in one transaction.
    ///
    /// - Parameter account: `nil` stores the lines alone.
    func save(_ account: Account?, audit: [AuditRecord]) async throws
    /// The newest lines of the audit, newest first.
    func newestAudit(limit: Int) async throws -> [AuditRecord]
}

/// Works out what is kept of passwords: slowly, on a thread of its own, a few at a time.
///
/// A password is taken in Unicode's form NFC and otherwise as it is.
public protocol PasswordWork: Sendable {
    /// - Parameter salt: 16 random bytes.
    /// - Throws: ``PasswordBusy`` when as many wait as may.
    func hash(_ password: String, salt: [UInt8]) async throws(PasswordBusy) -> String
    /// Whether a password is that of a hash; false for a hash that cannot be read.
    func fits(_ password: String, _ hash: String) async throws(PasswordBusy) -> Bool
}

/// Too many passwords are being looked at.
public struct PasswordBusy: Error, Hashable, Sendable {
    public init() {}
}

/// Why somebody is not let in, or an account not changed.
public enum PeopleRefusal: Error, Hashable, Sendable {
    /// Name or password is wrong, or the account may not sign in: which of them is not told.
    case wrong
    case mustWait(seconds: Int)
    case busy
    /// The first-run token is wrong or over, or not needed any more.
    case tokenInvalid
    case password(PasswordRule.Fault)
    case account(AccountRefusal)
    case notStored(String)
}

/// Who asks.
public struct Visitor: Hashable, Sendable {
    public var name: AccountName
    public var person: PersonIdentifier?
    public var roles: Set<Role>
    public var permissions: Set<Permission>
    /// The password was given by somebody else and must be changed first.
    public var mustChange: Bool
    /// Of the forms of its pages; `nil` for a program with a token.
    public var formToken: String?

    public init(_ account: Account, formToken: String?) {
        (name, person, roles) = (account.name, account.person, account.roles)
        (permissions, mustChange) = (account.roles.permissions, account.mustChange)
        self.formToken = formToken
    }
}
