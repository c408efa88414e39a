// SPDX-License-Identifier: Apache-2.0

import Model

extension ProfileReader {
    /// The `site:` layer: what the installation may choose.
    mutating func readParameters(_ root: Section) {
        for (name, section) in members("site", in: root, "parameter", keys: ProfileKeys.parameter.names) {
            guard DeviceIdentifier.isValid(name) else {
                file.error(.profileName, at: section.place, nameRule("parameter '\(shortened(name))'"))
                unreadableNames.insert(name)
                continue
            }
            file.require("type", in: section, "Name integer, number, text or boolean.")
            guard let kind: ProfileParameter.Kind = file.word("type", in: section, "type") else {
                unreadableNames.insert(name)
                continue
            }
            var parameter = ProfileParameter(name: name, kind: kind, allowed: [])
            parameter.unit = file.word("unit", in: section, "unit", code: .unknownUnit)
            for node in file.list("allowed", in: section) ?? [] {
                if let word = file.text(node, "an allowed word", in: section) { parameter.allowed.append(word.value) }
            }
            if let entry = section.entry("allowed"), kind != .text {
                file.error(
                    .value, at: entry.keyPlace,
                    section.says("'allowed' lists words of a text; give a \(kind.rawValue) a 'range'."))
            }
            parameter.range = range("range", in: section)
            if let entry = section.entry("range"), kind != .integer, kind != .number {
                file.error(
                    .value, at: entry.keyPlace,
                    section.says("'range' bounds numbers; give a \(kind.rawValue) none."))
            }
            if let entry = section.entry("default") {
                parameter.defaultValue = file.parameterValue(
                    entry.value, "default", of: parameter, in: section, code: .profileValue)
            }
            parameters.append(parameter)
        }
    }

    /// `[lowest, highest]`.
    mutating func range(_ key: String, in section: Section) -> ClosedRange<Double>? {
        guard let items = file.list(key, in: section) else { return nil }
        let everything = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
        let bounds = items.compactMap { file.number($0, key, in: section, everything)?.value }
        guard bounds.count == items.count else { return nil }
        guard bounds.count == 2, bounds[0] <= bounds[1] else {
            let place = section.entry(key)?.value.place ?? section.place
            file.error(.value, at: place, section.says("'\(key)' must be [lowest, highest]."))
            return nil
        }
        return bounds[0]...bounds[1]
    }

    /// A word fixed in the file, or `{parameter: NAME}` whose allowed words are all of this kind.
    mutating func bound<Word>(
        _ key: String, in section: Section, _ noun: String, code: ErrorCode? = nil
    ) -> Located<Bound<Word>>? where Word: RawRepresentable<String> & CaseIterable & Hashable & Sendable {
        guard let entry = section.entry(key) else { return nil }
        guard case .map = entry.value.content else {
            return file.word(entry.value, in: section, noun, code: code).map { Located(.fixed($0), entry.value.place) }
        }
        guard let (binding, name, parameter) = boundParameter(entry, key, in: section) else { return nil }
        let strangers = parameter.allowed.filter { Word(rawValue: $0) == nil }
        guard parameter.kind == .text, !parameter.allowed.isEmpty, strangers.isEmpty else {
            reportedParameters.insert(name.value)
            let reason = strangers.isEmpty ? "lists no allowed words" : "allows '\(strangers[0])', which is no \(noun)"
            file.error(.unboundParameter, at: name.place, binding.says("parameter '\(name.value)' \(reason)."))
            return nil
        }
        return Located(.parameter(name.value), entry.value.place)
    }

    /// The scale of a point: fixed, or a number that the site gives.
    mutating func readScale(_ section: Section) -> Bound<DecimalNumber> {
        guard let entry = section.entry("scale"), case .map = entry.value.content else {
            return .fixed(decimal("scale", in: section) ?? .one)
        }
        guard let (binding, name, parameter) = boundParameter(entry, "scale", in: section) else { return .fixed(.one) }
        guard parameter.kind == .number || parameter.kind == .integer, let range = parameter.range,
            range.lowerBound >= 1e-6, range.upperBound <= 1e6
        else {
            reportedParameters.insert(name.value)
            file.error(
                .unboundParameter, at: name.place,
                binding.says(
                    "parameter '\(name.value)' must be a number or an integer with a range within 0.000001 to 1000000."
                ))
            return .fixed(.one)
        }
        return .parameter(name.value)
    }

    /// The parameter that `{parameter: NAME}` at `entry` names; `nil` with a problem where there is none.
    mutating func boundParameter(
        _ entry: YAMLEntry, _ key: String, in section: Section, keys: [String] = ProfileKeys.binding.names
    ) -> (binding: Section, name: Located<String>, parameter: ProfileParameter)? {
        let subject = section.subject.isEmpty ? key : "\(section.subject): \(key)"
        guard let binding = file.section(entry.value, subject, at: entry.keyPlace, keys: keys) else { return nil }
        file.require("parameter", in: binding, "Name the parameter that decides it.")
        guard let name = file.text("parameter", in: binding), !unreadableNames.contains(name.value),
            !reportedParameters.contains(name.value)
        else { return nil }
        guard let parameter = parameters.first(where: { $0.name == name.value }) else {
            let known = parameters.map(\.name)
            reportedParameters.insert(name.value)
            file.error(
                .unboundParameter, at: name.place,
                binding.says(
                    "parameter '\(shortened(name.value))' is not under 'site'.\(suggestion(for: name.value, in: known))"
                ))
            return nil
        }
        return (binding, name, parameter)
    }
}

extension FileReader {
    /// What a file gives for `parameter`, checked against its declaration.
    ///
    /// - Parameters:
    ///   - what: What messages call the value, such as `parameter 'level_unit'`.
    ///   - code: The code of a value that does not fit.
    public mutating func parameterValue(
        _ node: YAMLNode, _ what: String, of parameter: ProfileParameter, in section: Section, code: ErrorCode
    ) -> ParameterValue? {
        guard case .scalar(let text, let isQuoted) = node.content else {
            error(
                code, at: node.place,
                section.says("\(what) must be a \(parameter.kind.rawValue), not \(node.description)."))
            return nil
        }
        let value: ParameterValue?
        switch parameter.kind {
        case .integer: value = isQuoted ? nil : wholeNumber(text).map { .integer(Int64($0)) }
        case .number: value = isQuoted ? nil : realNumber(text).map { .number($0) }
        case .boolean: value = isQuoted ? nil : ["true": ParameterValue.isOn(true), "false": .isOn(false)][text]
        case .text: value = text.isEmpty ? nil : .text(text)
        }
        guard let value else {
            error(
                code, at: node.place,
                section.says("\(what) must be a \(parameter.kind.rawValue), not \(node.description)."))
            return nil
        }
        if parameter.kind == .text, !parameter.allowed.isEmpty, !parameter.allowed.contains(text) {
            error(
                code, at: node.place,
                section.says(
                    "\(what): '\(shortened(text))' is not possible.\(suggestion(for: text, in: parameter.allowed))"))
            return nil
        }
        let number: Double? =
            switch value {
            case .integer(let whole): Double(whole)
            case .number(let real): real
            case .text, .isOn: nil
            }
        if let number, let range = parameter.range, !range.contains(number) {
            error(
                code, at: node.place,
                section.says(
                    "\(what) \(text) is out of range; "
                        + "allowed: \(plain(range.lowerBound)) to \(plain(range.upperBound))."
                ))
            return nil
        }
        return value
    }
}
