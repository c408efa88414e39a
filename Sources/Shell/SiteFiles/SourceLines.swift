// SPDX-License-Identifier: Apache-2.0

/// A text by its lines, which end as YAML counts them; found in the same time however long the text is.
public struct SourceLines: Sendable {
    private let lines: [Substring.UnicodeScalarView]

    public init(_ text: String) {
        let scalars = text.unicodeScalars
        var (lines, start): ([Substring.UnicodeScalarView], String.Index) = ([], scalars.startIndex)
        var (place, last): (String.Index, Unicode.Scalar?) = (start, nil)
        while place < scalars.endIndex {
            let scalar = scalars[place]
            let next = scalars.index(after: place)
            switch scalar.value {
            case 0x0A where last == "\r": start = next
            case 0x0A, 0x0D, 0x85, 0x2028, 0x2029:
                lines.append(Substring.UnicodeScalarView(scalars[start..<place]))
                start = next
            default: break
            }
            (place, last) = (next, scalar)
        }
        lines.append(Substring.UnicodeScalarView(scalars[start...]))
        self.lines = lines
    }

    /// A line by number from 1; `nil` when there is none.
    subscript(number: Int) -> [Unicode.Scalar]? {
        lines.indices.contains(number - 1) ? Array(lines[number - 1]) : nil
    }
}
