// SPDX-License-Identifier: Apache-2.0

/// Numbers to call as people see them who need not call: first three and last two digits.
public enum MaskedPhone {
    /// - Returns: `138******21` of `13812345621`; of fewer than eight characters only asterisks.
    public static func text(_ phone: String) -> String {
        let characters = Array(phone)
        guard characters.count >= 8 else { return String(repeating: "*", count: characters.count) }
        return String(characters.prefix(3)) + String(repeating: "*", count: characters.count - 5)
            + String(characters.suffix(2))
    }

    /// What a person wrote, with the numbers to call in it masked: mobile numbers of China (11 digits from 13 on), land
    /// lines with their area code (10 to 12 digits with a leading 0) and anything after a `+` of 8 to 15 digits, with a
    /// space, a dot, a dash or a bracket between digits or without.
    ///
    /// Readings of meters, litres, times and numbers of tickets and calls stay: they begin otherwise, are of other lengths,
    /// or go on with letters. Messages to groups, which strangers may read, mask more: any seven digits
    /// (``Notices/BoundedText/maskingPhones(_:)``).
    public static func inText(_ text: String) -> String {
        var characters = Array(text)
        var place = 0
        while place < characters.count {
            guard let number = Number(in: characters, from: place) else {
                place += 1
                continue
            }
            if number.isToCall {
                for digit in number.digits.dropFirst(3).dropLast(2) { characters[digit] = "*" }
            }
            place = number.end
        }
        return String(characters)
    }

    /// A run of digits with at most two separators between any two of them.
    private struct Number {
        /// Places of the digits.
        var digits: [Int] = []
        var end: Int
        private var hasPlus = false
        private var start: [Character] = []
        private var isWhole = true

        init?(in text: [Character], from first: Int) {
            let starts = text[first] == "+" || Self.isDigit(text[first])
            guard starts else { return nil }
            if first > 0 {
                let before = text[first - 1]
                // Within a word or another number: no number to call begins here.
                isWhole = !before.isASCII || !(before.isLetter || before.isNumber || before == "-" || before == "_")
            }
            hasPlus = text[first] == "+"
            end = first + 1
            if !hasPlus { digits.append(first) }
            var gap = 0
            var place = first + 1
            while place < text.count, gap <= 2 {
                if Self.isDigit(text[place]) {
                    digits.append(place)
                    (gap, end) = (0, place + 1)
                } else if " -.()".contains(text[place]) {
                    gap += 1
                } else {
                    break
                }
                place += 1
            }
            guard !digits.isEmpty else { return nil }
            start = digits.prefix(2).map { text[$0] }
            if end < text.count, text[end].isASCII, text[end].isLetter || text[end] == "_" { isWhole = false }
        }

        private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

        var isToCall: Bool {
            guard isWhole, let first = start.first else { return false }
            if hasPlus { return (8...15).contains(digits.count) }
            if first == "1" { return digits.count == 11 && start.count == 2 && start[1] >= "3" }
            return first == "0" && (10...12).contains(digits.count)
        }
    }
}
