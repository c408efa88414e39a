// SPDX-License-Identifier: Apache-2.0

/// Which passwords are taken. There is no rule about kinds of characters: length is what counts.
///
/// Of the passwords that people use most nearly all are shorter than ``least``; longer ones are made of few parts that
/// everybody thinks of, and those are found by taking the password apart (``CommonParts``).
public enum PasswordRule {
    /// Characters as people count them (ASVS 6.2.1 asks for 8).
    public static let least = 12
    public static let most = 128
    /// A character may consist of many bytes; more of them than this are refused, never cut off.
    public static let mostBytes = 1024

    public enum Fault: String, Error, CaseIterable, Hashable, Sendable {
        case tooShort = "too_short"
        case tooLong = "too_long"
        /// Few different characters.
        case tooUniform = "too_uniform"
        /// One of the passwords, or made of the few parts, that are tried first.
        case tooCommon = "too_common"
    }

    /// - Parameter names: What is easily guessed here: the names of the site and of the user.
    /// - Returns: `nil` for a password that is taken.
    public static func fault(of password: String, names: [String]) -> Fault? {
        guard password.utf8.count <= mostBytes, password.count <= most else { return .tooLong }
        guard password.count >= least else { return .tooShort }
        guard Set(password.lowercased()).count >= 5 else { return .tooUniform }
        return CommonParts(names: names).makeUp(password) ? .tooCommon : nil
    }
}
