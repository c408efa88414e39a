// SPDX-License-Identifier: Apache-2.0

/// Values that a file may leave out, each with the default that stands for it then. A default that is always the same
/// stands with its key (``KeyReading``), one that depends on something where it is read, and a ``SettingsRecord`` shows
/// both from there.
extension FileReader {
    /// Records what holds while `key` is not given.
    public mutating func noteDefault(_ key: String, in section: Section, _ text: @autoclosure () -> String) {
        guard keepsRecord, !section.has(key) else { return }
        record?.note(section.path + [key], text())
    }

    public mutating func word<Word>(_ key: String, in section: Section, _ noun: String, default usual: Word) -> Word
    where Word: RawRepresentable<String> & CaseIterable {
        noteDefault(key, in: section, usual.rawValue)
        return section.has(key) ? word(key, in: section, noun) ?? usual : usual
    }

    public mutating func integer(_ key: String, in section: Section, default usual: Int) -> Int {
        noteDefault(key, in: section, "\(usual)")
        return integer(key, in: section)?.value ?? usual
    }

    public mutating func number(_ key: String, in section: Section, default usual: Double) -> Double {
        noteDefault(key, in: section, plain(usual))
        return number(key, in: section)?.value ?? usual
    }

    public mutating func boolean(_ key: String, in section: Section, default usual: Bool) -> Bool {
        noteDefault(key, in: section, "\(usual)")
        return boolean(key, in: section) ?? usual
    }

    public mutating func text(_ key: String, in section: Section, default usual: String) -> String {
        noteDefault(key, in: section, usual)
        return text(key, in: section)?.value ?? usual
    }
}
