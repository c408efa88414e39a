// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

extension ProfileReader {
    /// Timing of the device and the units that answer for it.
    mutating func readManners(_ root: Section) -> DeviceManners {
        var manners = DeviceManners()
        if let gap = file.integer("gap_milliseconds", in: root, 0...10_000) {
            manners.gap = .milliseconds(gap.value)
        }
        if let response = file.integer("response_milliseconds", in: root, 1...60_000) {
            manners.respondsWithin = .milliseconds(response.value)
        }
        if let idle = file.integer("keep_alive_seconds", in: root, 1...86_400) {
            manners.keepAlive = .seconds(idle.value)
        }
        for node in file.list("answers_as", in: root) ?? [] {
            guard let unit = file.integer(node, "answers_as: unit", in: root, 0...255) else { continue }
            manners.answersAs.append(UnitIdentifier(UInt8(clamping: unit.value)))
        }
        return manners
    }

    /// Points that are read by a request of their own, which the limits name.
    mutating func readSingleReads(_ root: Section) {
        // The keys of the limits were judged when they were read.
        guard let entry = root.entry("limits"), case .map(let entries) = entry.value.content else { return }
        let section = Section(subject: "limits", place: entry.keyPlace, entries: entries)
        for node in file.list("single_read", in: section) ?? [] {
            guard let name = file.text(node, "a point of single_read", in: section),
                let span = point(named: name.value, at: name.place, "limits: single_read")?.point.span,
                !limits.singleReads.contains(span)
            else { continue }
            limits.singleReads.append(span)
        }
    }

    /// The `identify:` of the file: registers that tell the model.
    mutating func readIdentity(_ root: Section) -> [IdentityCheck] {
        (file.list("identify", in: root) ?? []).compactMap { readIdentityCheck($0) }
    }

    private mutating func readIdentityCheck(_ node: YAMLNode) -> IdentityCheck? {
        guard let section = file.section(node, "identify", at: node.place, keys: ProfileKeys.identity.names) else {
            return nil
        }
        _ = file.text("note", in: section)
        let source = checkedSource(in: section)
        let ofSpan = section.entries.filter { ProfileKeys.span.names.contains($0.key) }
        guard
            let span = span(
                YAMLNode(content: .map(ofSpan), place: node.place), section.subject, at: section.place)
        else { return nil }
        guard section.has("expect") != section.has("expect_range") else {
            file.error(
                .identityCheck, at: section.place,
                section.says("give either 'expect', a list of values, or 'expect_range', [lowest, highest]."))
            return nil
        }
        let most = span.table.isBits ? 1 : 4
        guard span.count <= most else {
            file.error(
                .identityCheck, at: section.entry("count")?.value.place ?? section.place,
                section.says("a check compares at most \(span.table.isBits ? "one bit" : "4 registers")."))
            return nil
        }
        let key = section.has("expect") ? "expect" : "expect_range"
        guard let values = expectedValues(key, of: span, in: section) else { return nil }
        if key == "expect" { return IdentityCheck(span: span, expectation: .oneOf(values), source: source) }
        guard values.count == 2, values[0] <= values[1] else {
            let place = section.entry(key)?.value.place ?? section.place
            file.error(.identityCheck, at: place, section.says("'expect_range' must be [lowest, highest]."))
            return nil
        }
        return IdentityCheck(span: span, expectation: .within(values[0]...values[1]), source: source)
    }

    /// A number or a list of numbers that the registers of `span` can hold.
    private mutating func expectedValues(_ key: String, of span: RegisterSpan, in section: Section) -> [UInt64]? {
        guard let entry = section.entry(key) else { return nil }
        let width = span.table.isBits ? 1 : UInt64(span.count) * 16
        let most = width == 64 ? UInt64.max : 1 << width - 1
        var nodes = [entry.value]
        if case .list(let items) = entry.value.content { nodes = items }
        var values: [UInt64] = []
        for node in nodes {
            guard case .scalar(let text, isQuoted: false) = node.content, let (value, _) = unsignedNumber(text),
                value <= most
            else {
                file.error(
                    .identityCheck, at: node.place,
                    section.says(
                        "'\(key)' takes whole numbers that the registers can hold, 0 to \(most), "
                            + "not \(node.description)."
                    ))
                return nil
            }
            values.append(value)
        }
        guard !values.isEmpty else {
            file.error(.identityCheck, at: entry.value.place, section.says("'\(key)' expects nothing."))
            return nil
        }
        return values
    }
}
