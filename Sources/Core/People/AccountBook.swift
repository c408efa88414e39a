// SPDX-License-Identifier: Apache-2.0

public import Model

/// Why an account is not made or changed.
public enum AccountRefusal: Error, Hashable, Sendable {
    case badName(String)
    case taken(AccountName)
    case unknown(String)
    case unknownPerson(String)
    /// Somebody else's account is for that person already.
    case personTaken(PersonIdentifier, by: AccountName)
    case noRole
    /// Without it nobody could manage accounts any more.
    case lastAdministrator
    case tooMany(limit: Int)
    case badLabel
    case tooManyTokens(limit: Int)
}

/// The accounts of a site. What is asked of it is checked and given back as the account that is to be stored; the book
/// takes over what was stored.
public struct AccountBook: Sendable {
    /// Most accounts of a site.
    public static let capacity = 500

    private var accounts: [AccountName: Account]
    /// Names by the digests of their tokens.
    private var tokens: [String: AccountName] = [:]
    private let persons: Set<PersonIdentifier>

    /// - Parameter persons: Those of the site's file.
    public init(_ accounts: [Account], persons: Set<PersonIdentifier>) {
        self.accounts = Dictionary(accounts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.persons = persons
        for account in self.accounts.values { for token in account.tokens { tokens[token.digest] = account.name } }
    }

    public var all: [Account] { accounts.values.sorted { $0.name < $1.name } }
    public subscript(name: AccountName) -> Account? { accounts[name] }

    /// - Throws: `unknown`.
    public func account(_ name: String) throws(AccountRefusal) -> Account {
        guard let account = AccountName(name).flatMap({ accounts[$0] }) else { throw .unknown(name) }
        return account
    }

    /// Whether somebody can manage accounts.
    public var hasAdministrator: Bool {
        accounts.values.contains { $0.isEnabled && $0.roles.contains(.administrator) }
    }

    /// A new account, not in the book yet.
    ///
    /// - Parameter hash: Of a password that its owner must change, unless `isOwn`.
    public func made(
        _ name: String, person: PersonIdentifier?, roles: Set<Role>, hash: String, isOwn: Bool = false,
        at now: Timestamp
    ) throws(AccountRefusal) -> Account {
        guard let valid = AccountName(name) else { throw .badName(name) }
        guard accounts[valid] == nil else { throw .taken(valid) }
        guard accounts.count < Self.capacity else { throw .tooMany(limit: Self.capacity) }
        let account = Account(
            name: valid, person: person, roles: roles, hash: hash, mustChange: !isOwn, createdAt: now, changedAt: now)
        return try checked(account)
    }

    /// An account with other roles, for another person, disabled, or in use again.
    public func changed(
        _ name: String, _ change: (inout Account) -> Void
    ) throws(AccountRefusal) -> Account {
        var account = try account(name)
        change(&account)
        return try checked(account)
    }

    /// Takes over what was stored.
    public mutating func apply(_ account: Account) {
        for token in accounts[account.name]?.tokens ?? [] { tokens[token.digest] = nil }
        for token in account.tokens { tokens[token.digest] = account.name }
        accounts[account.name] = account
    }

    /// The account that a program's token lets in; `nil` when there is none, or it may not be used now.
    public func account(ofToken text: String) -> Account? {
        guard let name = tokens[Secret.digest(of: text)], let account = accounts[name], account.isEnabled,
            !account.mustChange
        else { return nil }
        return account
    }

    /// The account with one token more.
    ///
    /// - Parameter text: Random; only its digest is kept.
    public func withToken(
        _ label: String, text: String, of name: AccountName, at now: Timestamp
    ) throws(AccountRefusal) -> Account {
        let label = String(label.filter { !$0.isNewline }.drop { $0.isWhitespace })
        guard (1...60).contains(label.count), label.utf8.count <= 240 else { throw .badLabel }
        let held = try account(name.text).tokens
        guard !held.contains(where: { $0.label == label }) else { throw .badLabel }
        guard held.count < ProgramToken.mostOfAccount else { throw .tooManyTokens(limit: ProgramToken.mostOfAccount) }
        let token = ProgramToken(label: label, digest: Secret.digest(of: text), madeAt: now)
        return try changed(name.text) { $0.tokens.append(token) }
    }

    private func checked(_ account: Account) throws(AccountRefusal) -> Account {
        guard !account.roles.isEmpty else { throw .noRole }
        if let person = account.person {
            // An account whose person has left the file since can still be disabled.
            guard persons.contains(person) || accounts[account.name]?.person == person else {
                throw .unknownPerson(person.text)
            }
            if account.isEnabled,
                let other = accounts.values.first(where: {
                    $0.person == person && $0.isEnabled && $0.name != account.name
                })
            {
                throw .personTaken(person, by: other.name)
            }
        }
        var after = self
        after.apply(account)
        guard !hasAdministrator || after.hasAdministrator else { throw .lastAdministrator }
        return account
    }
}
