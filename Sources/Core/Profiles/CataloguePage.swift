// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// A profile as loaded, with its text and its captures, for a page of the catalogue.
public struct CataloguedDevice: Sendable {
    public var profile: DeviceProfile
    /// The profile's file; what is for people only, such as which pages of a manual were seen, is taken from it.
    public var text: String
    /// The captures that could be read, each with the name of its file.
    public var captures: [(file: String, capture: Capture)]

    public init(profile: DeviceProfile, text: String, captures: [(file: String, capture: Capture)]) {
        self.profile = profile
        self.text = text
        self.captures = captures
    }
}

/// What a page says of a profile that nobody tried on a real device.
public let notBenchTested = "not bench-tested"

/// The catalogue as one page of Markdown: kinds and devices in the order of their names.
///
/// - Parameter command: How the page is made again; its first lines say so.
public func cataloguePage(of devices: [CataloguedDevice], madeBy command: String) -> String {
    let sorted = devices.sorted { ($0.profile.kind, $0.profile.identifier) < ($1.profile.kind, $1.profile.identifier) }
    let tested = sorted.filter(\.profile.isBenchTested).count
    var lines = [
        "<!-- SPDX-License-Identifier: Apache-2.0 -->",
        "# Devices",
        "",
        "Made by `\(command)`; change the profiles, not this page.",
        "",
        "\(sorted.count) device profiles; \(tested) of them tried on a real device. All others are \(notBenchTested): "
            + "they rest on the sources they name.",
        "Addresses are those on the wire, from 0; a reference is the number that the manual prints.",
        "Confidence: A the maker's manual was read, A2 a template of the maker, B a third party's map or "
            + "integration, C secondary text only.",
        "A capture's registers come from a `device`, are `printed` by a source, or were `constructed` from the map.",
        "",
    ]
    lines += table(
        ["kind", "profile", "device", "bench", "points", "signals", "captures"],
        sorted.map { device in
            let profile = device.profile
            return [
                profile.kind, "[\(profile.identifier)](#\(profile.identifier))", profile.name.en,
                profile.isBenchTested ? "tested" : notBenchTested, "\(profile.points.count)",
                "\(profile.signals.count)", "\(device.captures.count)",
            ]
        })
    var kind = ""
    for device in sorted {
        if device.profile.kind != kind {
            kind = device.profile.kind
            lines += ["", "## \(kind)"]
        }
        lines += [""] + section(of: device)
    }
    return lines.joined(separator: "\n") + "\n"
}

private func section(of device: CataloguedDevice) -> [String] {
    let profile = device.profile
    let root = composeYAML(device.text).root
    var lines = ["### \(profile.identifier)", "", "\(profile.name.en) / \(profile.name.zh)", ""]
    if let bench = profile.bench {
        lines.append("- Bench-tested: firmware \(bench.firmware), \(bench.date), \(bench.by).")
    } else {
        lines.append("- \(notBenchTested.prefix(1).uppercased())\(notBenchTested.dropFirst()).")
    }
    lines += facts(profile, root)
    if !profile.sources.isEmpty {
        lines.append("")
        lines += table(
            ["source", "title", "kind", "edition", "seen"],
            profile.sources.map { source in
                let seen = root?["sources"]?[source.identifier]?["seen"]?.flowText ?? ""
                return [source.identifier, source.title, source.kind, source.edition, seen]
            })
    }
    lines.append("")
    lines += table(
        ["point", "table", "address", "reference", "type", "order", "unit", "poll", "source", "confidence"],
        profile.points.map(pointRow))
    if !profile.signals.isEmpty {
        lines.append("")
        lines += table(["signal", "from", "unit"], profile.signals.map { signalRow($0, of: profile, root) })
    }
    if !device.captures.isEmpty {
        lines.append("")
        lines += table(
            ["capture", "origin", "readings"],
            device.captures.map { [$0.file, $0.capture.origin.rawValue, "\($0.capture.expected.count)"] })
    }
    return lines
}

/// Line, limits, times and the site's choices, as far as the profile has them.
private func facts(_ profile: DeviceProfile, _ root: YAMLNode?) -> [String] {
    var lines: [String] = []
    for (label, facts) in [("Line as delivered", profile.line.factory), ("Line settings", profile.line.supported)]
    where !facts.isEmpty {
        let words = facts.sorted { $0.key < $1.key }.map { "\(spaced($0.key)) \($0.value)" }
        lines.append("- \(label): \(words.joined(separator: "; ")).")
    }
    if let note = root?["line"]?["note"]?.flowText { lines.append("- Line: \(note)") }
    if let limits = root?["limits"], case .map(let entries) = limits.content, !entries.isEmpty {
        let words = entries.map { "\(spaced($0.key)) \($0.value.flowText)" }
        lines.append("- Limits: \(words.joined(separator: "; ")).")
    }
    let single = [
        "extends", "gap_milliseconds", "response_milliseconds", "keep_alive_seconds", "starts_within_seconds",
        "litres_per_count", "answers_as",
    ]
    let words = single.compactMap { key in root?[key].map { "\(spaced(key)) \($0.flowText)" } }
    if !words.isEmpty { lines.append("- Also: \(words.joined(separator: "; ")).") }
    for parameter in profile.parameters {
        let facts = root?["site"]?[parameter.name]?.flowText ?? parameter.kind.rawValue
        lines.append("- The site chooses `\(parameter.name)`: `\(facts)`")
    }
    return lines
}

private func spaced(_ key: String) -> String { String(key.map { $0 == "_" ? " " : $0 }) }

private func pointRow(_ point: ProfilePoint) -> [String] {
    [
        point.name, point.table.rawValue, "\(point.address)", point.reference.map { "\($0)" } ?? "",
        point.bit.map { "bit \($0) of \(point.type.rawValue)" } ?? point.type.rawValue,
        point.type.width > 1 ? point.order.pageText : "", point.hasUnit ? point.unit.pageText : "",
        point.poll.rawValue, point.source ?? "", point.confidence?.rawValue ?? "",
    ]
}

private func signalRow(_ signal: ProfileSignal, of profile: DeviceProfile, _ root: YAMLNode?) -> [String] {
    let names = signal.form.points
    let from: String
    switch signal.form {
    case .point(let name): from = name
    case .sumParts: from = names.joined(separator: " + ")
    default: from = root?["signals"]?[signal.name.text]?.combination ?? names.joined(separator: ", ")
    }
    let first = profile.points.first { $0.name == names.first }
    let unit = signal.unit?.pageText ?? (first?.hasUnit == true ? first?.unit.pageText : nil)
    return [signal.name.text, from, unit ?? ""]
}

extension Bound where Value: RawRepresentable<String> {
    fileprivate var pageText: String {
        switch self {
        case .fixed(let value): value.rawValue
        case .parameter(let name): "by `\(name)`"
        }
    }
}

/// A table of Markdown; bars and breaks inside a cell are made harmless.
private func table(_ head: [String], _ rows: [[String]]) -> [String] {
    func line(_ cells: [String]) -> String { "| " + cells.map(cell).joined(separator: " | ") + " |" }
    return [line(head), "|" + String(repeating: " --- |", count: head.count)] + rows.map(line)
}

private func cell(_ text: String) -> String {
    text.map { $0 == "|" ? "\\|" : $0.isNewline ? " " : String($0) }.joined()
}

extension YAMLNode {
    /// The value at this key of a map; `nil` on anything else and for a value that says nothing.
    fileprivate subscript(key: String) -> YAMLNode? {
        guard case .map(let entries) = content else { return nil }
        return entries.first { $0.key == key && !$0.value.isNothing }?.value
    }

    /// How a signal follows from its points, as the file writes it; `nil` on anything but a map.
    fileprivate var combination: String? {
        guard case .map(let entries) = content else { return nil }
        return entries.filter { $0.key != "unit" }.map { "\(spaced($0.key)) \($0.value.flowText)" }
            .joined(separator: "; ")
    }

    /// The value in one line, much as the file writes it.
    fileprivate var flowText: String {
        switch content {
        case .scalar(let text, _): text
        case .list(let items): "[" + items.map(\.flowText).joined(separator: ", ") + "]"
        case .map(let entries): "{" + entries.map { "\($0.key): \($0.value.flowText)" }.joined(separator: ", ") + "}"
        }
    }
}
