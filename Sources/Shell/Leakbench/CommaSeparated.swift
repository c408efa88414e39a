// SPDX-License-Identifier: Apache-2.0

/// Fields of a line of comma-separated values, where a field in double quotes may hold commas and doubled quotes.
public func commaSeparatedFields(_ line: Substring) -> [String] {
    var fields = [""]
    var isQuoted = false
    var last: Character?
    for character in line {
        switch character {
        case "\"":
            if !isQuoted, last == "\"" { fields[fields.count - 1].append("\"") }
            isQuoted.toggle()
        case "," where !isQuoted: fields.append("")
        default: fields[fields.count - 1].append(character)
        }
        last = character
    }
    return fields
}
