// SPDX-License-Identifier: Apache-2.0

import Model

extension ProfileReader {
    /// The `sets:` of the file: names for raw values or for bits.
    mutating func readSets(_ root: Section) {
        for (name, section) in members("sets", in: root, "set", keys: ProfileKeys.set.names) {
            guard section.has("values") != section.has("bits") else {
                file.error(.shape, at: section.place, section.says("give either 'values' or 'bits'."))
                unreadableNames.insert(name)
                continue
            }
            let content = section.has("values") ? values(in: section) : bits(in: section)
            sets.append(ProfileSet(name: name, content: content))
        }
    }

    private mutating func values(in section: Section) -> ProfileSet.Content {
        var labels: [ProfileSet.Label] = []
        guard let values = file.section("values", in: section, section.subject, keys: nil) else { return .values([]) }
        for entry in values.entries {
            guard let raw = key(entry, "raw value", 0...65_535, in: section),
                let name = label(entry.value, "raw value \(raw)", in: section)
            else { continue }
            let value = UInt16(clamping: raw)
            if labels.contains(where: { $0.raw == value }) {
                duplicate(entry.keyPlace, section, "raw value \(raw) stands twice.")
            } else if labels.contains(where: { $0.name == name.value }) {
                duplicate(name.place, section, "name '\(name.value)' stands twice.")
            } else {
                labels.append(ProfileSet.Label(raw: value, name: name.value))
            }
        }
        return .values(labels)
    }

    private mutating func bits(in section: Section) -> ProfileSet.Content {
        var bits: [ProfileSet.Bit] = []
        guard let map = file.section("bits", in: section, section.subject, keys: nil) else { return .bits([]) }
        for entry in map.entries {
            guard let number = key(entry, "bit", 0...31, in: section) else { continue }
            var severity = BitSeverity.info
            let name: Located<String>?
            if case .map = entry.value.content {
                let subject = "\(section.subject): bit \(number)"
                guard let bit = file.section(entry.value, subject, at: entry.keyPlace, keys: ProfileKeys.bit.names)
                else {
                    continue
                }
                file.require("name", in: bit, "Give the bit a short name.")
                severity = file.word("severity", in: bit, "severity") ?? .info
                name = bit.entry("name").flatMap { label($0.value, "name", in: bit) }
            } else {
                name = label(entry.value, "bit \(number)", in: section)
            }
            guard let name else { continue }
            if bits.contains(where: { $0.number == number }) {
                duplicate(entry.keyPlace, section, "bit \(number) stands twice.")
            } else if bits.contains(where: { $0.name == name.value }) {
                duplicate(name.place, section, "name '\(name.value)' stands twice.")
            } else {
                bits.append(ProfileSet.Bit(number: number, name: name.value, severity: severity))
            }
        }
        return .bits(bits)
    }

    private mutating func duplicate(_ place: FilePlace, _ section: Section, _ message: String) {
        file.error(.duplicateSetEntry, at: place, section.says(message))
    }

    private mutating func key(
        _ entry: YAMLEntry, _ what: String, _ range: ClosedRange<Int>, in section: Section
    ) -> Int? {
        let node = YAMLNode(content: .scalar(entry.key, isQuoted: false), place: entry.keyPlace)
        return file.integer(node, what, in: section, range)?.value
    }

    /// A word that pages and consumers see.
    mutating func label(_ node: YAMLNode, _ what: String, in section: Section) -> Located<String>? {
        guard let name = file.text(node, what, in: section) else { return nil }
        guard DeviceIdentifier.isValid(name.value) else {
            file.error(.profileName, at: name.place, section.says(nameRule("'\(shortened(name.value))'")))
            return nil
        }
        return name
    }
}
