// SPDX-License-Identifier: Apache-2.0

/// What strangers must not read of a site, taken out of texts that were written for those who may.
///
/// Words that are known, such as the names of a site's persons, and what looks like a number to call, an address of mail,
/// a key or a password, wherever it stands.
public struct HiddenWords: Sendable {
    /// What stands where nothing better is said.
    public static let nothing = "***"

    /// Substitutes by the bytes of a word, its ASCII letters in lower case.
    private var substitutes: [[UInt8]: String] = [:]
    /// Words by their first byte, the longest first.
    private var byFirst: [UInt8: [[UInt8]]] = [:]
    private let hasDashesInWords: Bool

    /// - Parameter hasDashesInWords: Whether `wang-fang` is one word, so that it stays when `wang` is taken out.
    public init(hasDashesInWords: Bool = false) { self.hasDashesInWords = hasDashesInWords }

    /// Whether there is nothing to take out.
    public var isEmpty: Bool { substitutes.isEmpty }

    /// Takes out `word` from now on, in upper and lower case, but not within a longer word of ASCII. A single character,
    /// a number of less than five digits and the words that YAML itself has are no secret, and stay.
    public mutating func hide(_ word: String, as substitute: String = nothing) {
        let bytes = Self.lowered(word)
        guard word.count > 1, !["true", "false", "null"].contains(word), let first = bytes.first,
            word.count > 4 || !word.allSatisfy(\.isNumber), word.contains(where: { $0.isLetter || $0.isNumber }),
            substitutes[bytes] == nil
        else { return }
        substitutes[bytes] = substitute
        byFirst[first, default: []].append(bytes)
        byFirst[first]?.sort { $0.count > $1.count }
    }

    /// `text` without the known words, line for line without whatever looks like something that is to be hidden.
    public func taken(outOf text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            Self.withoutMarks(withoutWords(String(line)))
        }.joined(separator: "\n")
    }

    /// `text` without the known words alone; for figures, of which some look like numbers to call.
    public func withoutWords(_ text: String) -> String {
        guard !byFirst.isEmpty else { return text }
        let original = Array(text.utf8)
        let lowered = original.map(Self.lowered)
        var result: [UInt8] = []
        result.reserveCapacity(original.count)
        var place = 0
        while place < original.count {
            if let words = byFirst[lowered[place]],
                let word = words.first(where: { stands($0, in: lowered, at: place) })
            {
                result += Array((substitutes[word] ?? Self.nothing).utf8)
                place += word.count
            } else {
                result.append(original[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func stands(_ word: [UInt8], in text: [UInt8], at place: Int) -> Bool {
        let end = place + word.count
        guard end <= text.count, text[place..<end].elementsEqual(word) else { return false }
        // Chinese has no spaces between words, so only letters and digits of ASCII end one.
        if isOfWord(word[0]), place > 0, isOfWord(text[place - 1]) { return false }
        return !(isOfWord(word[word.count - 1]) && end < text.count && isOfWord(text[end]))
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 0x20 : byte }
    private static func lowered(_ text: String) -> [UInt8] { text.utf8.map(lowered) }
    private func isOfWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
            || hasDashesInWords && (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_"))
    }

    // MARK: What is known by its form

    /// One line without numbers to call, addresses of mail, keys, and what follows `password=` and its like.
    private static func withoutMarks(_ line: String) -> String {
        var line = line
        if line.contains("://") {
            line = line.replacing(/(:\/\/)([^\s\/?#"'@]*@)?([^\s?"'<>]*)(\?[^\s"'<>]*)?/) { match in
                "\(match.1)\(match.2 == nil ? "" : "\(nothing)@")\(match.3)\(match.4 == nil ? "" : "?\(nothing)")"
            }
        }
        if line.contains("@") { line.replace(/[\w.%+\-]+@[\w\-]+(\.[\w\-]+)+/, with: "\(nothing)@\(nothing)") }
        line.replace(/[0-9A-Fa-f]{32,}/, with: nothing)
        line = line.replacing(/(?i)(password|passphrase|secret|token|key)(["']?\s*[=:]\s*)([^\s,;]+)/) { match in
            "\(match.1)\(match.2)\(nothing)"
        }
        return withoutNumbers(line)
    }

    /// Addresses such as `192.168.10.100` have as many digits as a mobile number; they stay.
    private static func withoutNumbers(_ line: String) -> String {
        guard line.utf8.count(where: { (0x30...0x39).contains($0) }) >= 8 else { return line }
        var result = ""
        var start = line.startIndex
        for match in line.matches(of: /\b[0-9]{1,3}(\.[0-9]{1,3}){3}\b/) {
            result += MaskedPhone.inText(String(line[start..<match.range.lowerBound])) + match.output.0
            start = match.range.upperBound
        }
        return result + MaskedPhone.inText(String(line[start...]))
    }
}
