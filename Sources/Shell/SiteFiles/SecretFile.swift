// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file that holds a secret, for its owner and group alone.
public enum SecretFile {
    /// 16 KiB.
    static let limit = 16_384

    /// Why it cannot be used.
    public enum Fault: Error, Hashable, Sendable {
        case unreadable
        case openToEverybody
        case notAlone

        /// What follows the file's name in a message, with the cure.
        public func sentence(_ path: String) -> String {
            switch self {
            case .unreadable: "cannot be read as text. Create it, and let the user that runs Sluice read it."
            case .openToEverybody: "can be read or changed by everybody. Run: chmod 640 \(path)."
            case .notAlone: "must hold the password alone, on its first line."
            }
        }
    }

    /// All of its text.
    static func text(at path: String) throws(Fault) -> String {
        guard let bytes = try? readBytes(at: path, limit: limit), let text = String(validating: bytes, as: UTF8.self)
        else { throw .unreadable }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & 0o007 != 0 { throw .openToEverybody }
        return text
    }

    /// The one line that it has.
    public static func password(at path: String) throws(Fault) -> String {
        let text = try text(at: path)
        // What follows the first line break was not meant; an editor ends a file with one.
        let password = text.prefix { !$0.isNewline }
        guard !password.isEmpty, text.dropFirst(password.count).allSatisfy(\.isNewline) else { throw .notAlone }
        return String(password)
    }
}
