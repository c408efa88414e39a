// SPDX-License-Identifier: Apache-2.0

import Dashboard
public import Model

/// Files of one folder as a compressed archive in the ustar format (POSIX.1-1988), for the owner alone to read.
public enum TarArchive {
    private static let block = 512

    /// - Parameters:
    ///   - folder: What they are unpacked into, at most 80 characters of ASCII.
    ///   - files: Names of at most 19 characters of ASCII.
    /// - Returns: `nil` without memory for it.
    public static func packed(_ files: [(name: String, bytes: [UInt8])], in folder: String, at now: Timestamp)
        -> [UInt8]?
    {
        var archive: [UInt8] = []
        // A clock that is far off must not overflow the field of eleven octal digits.
        let seconds = min(max(0, now.milliseconds / 1000), 0o77_777_777_777)
        for (name, bytes) in files {
            archive += header(of: "\(folder)/\(name)", size: bytes.count, seconds: seconds)
            archive += bytes + [UInt8](repeating: 0, count: (block - bytes.count % block) % block)
        }
        // Two empty blocks end it.
        return Gzip.packed(archive + [UInt8](repeating: 0, count: 2 * block))
    }

    private static func header(of name: String, size: Int, seconds: Int64) -> [UInt8] {
        precondition(name.utf8.count < 100, "a longer name has no place in the header")
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: String, at place: Int) {
            header.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
        }
        /// An octal number that fills its field but for the zero behind it.
        func put(octal number: Int64, at place: Int, digits: Int) {
            let text = String(number, radix: 8)
            put(String(repeating: "0", count: digits - text.count) + text, at: place)
        }
        put(name, at: 0)
        put(octal: 0o600, at: 100, digits: 7)
        put(octal: 0, at: 108, digits: 7)
        put(octal: 0, at: 116, digits: 7)
        put(octal: Int64(size), at: 124, digits: 11)
        put(octal: seconds, at: 136, digits: 11)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        // The sum is taken with spaces in its own field.
        let spaces = 8 * Int64(UInt8(ascii: " "))
        put(octal: header.reduce(spaces) { $0 + Int64($1) }, at: 148, digits: 6)
        header[155] = UInt8(ascii: " ")
        return header
    }
}
