// SPDX-License-Identifier: Apache-2.0

public import Model
import Profiles

/// The line of the file that a problem is about, with its number, and carets under the word:
///
///        14 |       profile: grundfos-cim-boster
///           |                ^^^^^^^^^^^^^^^^^^^
///
/// - Parameter text: The lines of the whole file.
/// - Returns: Two lines without a final break; empty when the file has no such line, and for a line that holds a
///   secret.
public func caretExcerpt(of problem: FileProblem, in text: SourceLines) -> String {
    guard problem.code != ErrorCode.literalCredential.rawValue, problem.line >= 1, problem.column >= 1,
        let line = text[problem.line], problem.column <= line.count + 1
    else { return "" }
    let before = line[..<(problem.column - 1)]
    let word = line[(problem.column - 1)...]
    let number = String(problem.line)
    let margin = String(repeating: " ", count: max(0, 5 - number.count))
    // A tab stays a tab, so that the carets stand under the word whatever a tab is worth on the terminal.
    let indent = before.map { $0 == "\t" ? "\t" : String(repeating: " ", count: columns(of: $0)) }.joined()
    let carets = String(repeating: "^", count: max(1, word.prefix(wordLength(word)).reduce(0) { $0 + columns(of: $1) }))
    var shown = String.UnicodeScalarView()
    shown.append(contentsOf: line.map { $0.value < 0x20 && $0 != "\t" ? " " : $0 })
    return """
        \(margin)\(number) | \(String(shown))
        \(String(repeating: " ", count: margin.count + number.count)) | \(indent)\(carets)
        """
}

/// Characters of the key or value that `rest` begins with.
private func wordLength(_ rest: ArraySlice<Unicode.Scalar>) -> Int {
    guard let first = rest.first else { return 1 }
    if first == "\"" || first == "'" {
        guard let end = rest.dropFirst().firstIndex(of: first) else { return rest.count }
        return end - rest.startIndex + 1
    }
    let ends: Set<Unicode.Scalar> = [",", "]", "}", "#", "{", "["]
    var length = 0
    for (index, scalar) in zip(rest.indices, rest) {
        if length > 0 || first != "{" && first != "[" {
            let next = index + 1 < rest.endIndex ? rest[index + 1] : " "
            if ends.contains(scalar) || scalar == " " || scalar == "\t" || (scalar == ":" && next == " ") { break }
        }
        length += 1
        if first == "{" || first == "[" { break }
    }
    return max(1, length)
}

/// Columns that a character takes on a terminal: two for Chinese, Japanese and Korean and for full-width forms.
private func columns(of scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x0300...0x036F, 0x200B...0x200F, 0xFE00...0xFE0F: 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
        2
    default: 1
    }
}
