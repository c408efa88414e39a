// SPDX-License-Identifier: Apache-2.0

/// Texts as channels can take them.
public enum BoundedText {
    /// `text` and then `ending` on a line of its own, in at most `limit` bytes of UTF-8.
    ///
    /// The text is cut at a character and marked with `…`; the ending stays whole as long as it fits at all.
    public static func fit(_ text: String, ending: String, limit: Int) -> String {
        let tail = text.isEmpty ? ending : "\n" + ending
        if text.utf8.count + tail.utf8.count <= limit { return text + tail }
        let room = limit - tail.utf8.count - 3
        guard room > 0 else { return cut(ending, limit) }
        return cut(text, room) + "…" + tail
    }

    /// The longest beginning of `text` that has at most `limit` bytes of UTF-8 and splits no character.
    public static func cut(_ text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var count = 0
        var end = text.startIndex
        for index in text.indices {
            let size = text[index].utf8.count
            guard count + size <= limit else { break }
            count += size
            end = text.index(after: index)
        }
        return String(text[..<end])
    }

    /// `text` with every phone number in it masked: of each run of 7 digits or more, with spaces, dots or dashes
    /// between them, all but the first three and the last two become `*`.
    ///
    /// It is meant for what people write; numbers of tickets and times are put in afterwards.
    public static func maskingPhones(_ text: String) -> String {
        var characters = Array(text)
        var run: [Int] = []
        var last = -2
        func mask() {
            guard run.count >= 7 else { return }
            for place in run.dropFirst(3).dropLast(2) { characters[place] = "*" }
        }
        for (place, character) in Array(text).enumerated() {
            if character.isWholeNumber {
                run.append(place)
                last = place
            } else if !run.isEmpty, last == place - 1, " -.()".contains(character) {
                // One of these between two digits does not end a number.
                last = place
            } else {
                mask()
                run = []
            }
        }
        mask()
        return String(characters)
    }
}
