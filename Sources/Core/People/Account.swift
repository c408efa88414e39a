// SPDX-License-Identifier: Apache-2.0

public import Model

/// Who somebody signs in as: `[a-z0-9][a-z0-9._-]{1,31}`.
public struct AccountName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Returns: `nil` when the text has another shape.
    public init?(_ text: String) {
        func isWord(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        let bytes = text.utf8
        guard (2...32).contains(bytes.count), let first = bytes.first, isWord(first),
            bytes.allSatisfy({ isWord($0) || ".-_".utf8.contains($0) })
        else { return nil }
        self.text = text
    }

    public var description: String { text }
    public static func < (a: AccountName, b: AccountName) -> Bool { a.text < b.text }
}

/// Lets a program in as an account; the program has the text, the account its digest.
public struct ProgramToken: Hashable, Codable, Sendable {
    /// Most tokens of an account.
    public static let mostOfAccount = 10
    /// What its owner calls it, 1 to 60 characters.
    public var label: String
    public var digest: String
    public var madeAt: Timestamp

    public init(label: String, digest: String, madeAt: Timestamp) {
        (self.label, self.digest, self.madeAt) = (label, digest, madeAt)
    }
}

/// A named user, as it is stored.
public struct Account: Hashable, Sendable {
    public var name: AccountName
    /// Whose it is in the site's list of persons; `nil` for somebody who acts on nothing there.
    public var person: PersonIdentifier?
    public var roles: Set<Role>
    /// As ``PasswordHash`` writes it.
    public var hash: String
    /// The password was given by somebody else: it holds for ``oneTimeLife`` and must be changed first.
    public var mustChange: Bool
    public var createdAt: Timestamp
    /// When the password was last set.
    public var changedAt: Timestamp
    /// `nil` while it may sign in.
    public var disabledAt: Timestamp?
    public var tokens: [ProgramToken] = []

    /// How long a password that somebody else gave may be used to sign in (72 h).
    public static let oneTimeLife: Duration = .seconds(72 * 3600)

    public init(
        name: AccountName, person: PersonIdentifier?, roles: Set<Role>, hash: String, mustChange: Bool,
        createdAt: Timestamp, changedAt: Timestamp, disabledAt: Timestamp? = nil
    ) {
        (self.name, self.person, self.roles, self.hash) = (name, person, roles, hash)
        (self.mustChange, self.createdAt, self.changedAt) = (mustChange, createdAt, changedAt)
        self.disabledAt = disabledAt
    }

    public var isEnabled: Bool { disabledAt == nil }

    /// Whether its password, if it is right, opens a session at `now`.
    public func maySignIn(at now: Timestamp) -> Bool {
        isEnabled && (!mustChange || now < changedAt + Self.oneTimeLife)
    }
}
