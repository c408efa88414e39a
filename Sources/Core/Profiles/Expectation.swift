// SPDX-License-Identifier: Apache-2.0

import Model

extension Capture.Expectation {
    var summary: String {
        ([value, quality.word, reason?.word ?? ""].filter { !$0.isEmpty }).joined(separator: " ")
    }

    func isMet(by decoded: DecodedValue, labels: [String], isSinglePrecision: Bool) -> Bool {
        switch decoded {
        case .good(let quantity, _): quality == .good && isEqual(quantity, labels, isSinglePrecision)
        case .uncertain(let quantity, let why, _):
            quality == .uncertain && reason == why && isEqual(quantity, labels, isSinglePrecision)
        case .bad(let why, _): quality == .bad && reason == why
        }
    }

    private func isEqual(_ quantity: Quantity, _ labels: [String], _ isSinglePrecision: Bool) -> Bool {
        switch quantity {
        case .integer(let whole): wholeNumber(value).map { Int64($0) == whole } ?? false
        case .isOn(let isOn): value == (isOn ? "true" : "false")
        case .state(let index): labels.indices.contains(Int(index)) && labels[Int(index)] == value
        case .number(let number):
            // A decimal fraction that a 32-bit float cannot hold is off by half of its last place at most.
            realNumber(value).map { abs($0 - number) <= (isSinglePrecision ? abs($0) / 16_777_216 : 0) } ?? false
        }
    }
}

extension DecodedValue {
    /// As a file writes an expectation: `12.5 good`, `open uncertain soft_range` or `bad timeout`.
    func summary(_ labels: [String]) -> String {
        switch self {
        case .good(let quantity, _): "\(quantity.word(labels)) good"
        case .uncertain(let quantity, let reason, _): "\(quantity.word(labels)) uncertain \(reason.word)"
        case .bad(let reason, _): "bad \(reason.word)"
        }
    }
}

extension Quantity {
    fileprivate func word(_ labels: [String]) -> String {
        switch self {
        case .number(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .isOn(let isOn): isOn ? "true" : "false"
        case .state(let index): labels.indices.contains(Int(index)) ? labels[Int(index)] : "state \(index)"
        }
    }
}

extension FileReader {
    /// What a file expects of one value: the value itself, or a map with the quality and its reason.
    mutating func expectation(_ entry: YAMLEntry, in all: Section) -> Capture.Expectation? {
        if case .map = entry.value.content { return doubtfulExpectation(entry) }
        guard case .scalar(let text, _) = entry.value.content, !text.isEmpty else {
            error(.captureContent, at: entry.value.place, all.says("'\(entry.key)' has no value."))
            return nil
        }
        return Capture.Expectation(name: entry.key, value: text, quality: .good, reason: nil, place: entry.keyPlace)
    }

    private mutating func doubtfulExpectation(_ entry: YAMLEntry) -> Capture.Expectation? {
        let subject = "expected '\(entry.key)'"
        guard let section = section(entry.value, subject, at: entry.keyPlace, keys: ["value", "uncertain", "bad"])
        else { return nil }
        let quality: Quality = section.has("bad") ? .bad : section.has("uncertain") ? .uncertain : .good
        var reason: QualityReason?
        if let word = text(quality == .bad ? "bad" : "uncertain", in: section) {
            reason = QualityReason(word: word.value)
            if reason == nil {
                error(
                    .captureContent, at: word.place, section.says("reason '\(shortened(word.value))' is not known."))
                return nil
            }
        }
        var value = ""
        if let given = section.entry("value"), case .scalar(let text, _) = given.value.content { value = text }
        guard quality == .bad ? value.isEmpty : !value.isEmpty else {
            error(
                .captureContent, at: entry.keyPlace,
                section.says("a bad reading has no value, and every other has one."))
            return nil
        }
        return Capture.Expectation(
            name: entry.key, value: value, quality: quality, reason: reason, place: entry.keyPlace)
    }
}

extension QualityReason {
    /// The reason with this ``word``.
    init?(word: String) {
        let codes = (1...99).map { UInt16($0) } + (256...511).map { UInt16($0) }
        guard let reason = codes.lazy.compactMap(QualityReason.init(code:)).first(where: { $0.word == word }) else {
            return nil
        }
        self = reason
    }
}
