// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
public import Model

/// Reads a profile.
///
/// - Parameters:
///   - text: The whole file.
///   - path: Named in problems; where its last part is `profile.yaml`, the folder before it must bear the
///     profile's name.
///   - bases: The profiles that this one may extend.
/// - Returns: The profile, `nil` when there is an error, and every problem of the text with its place.
public func readProfile(
    _ text: String, path: String, bases: ProfileBases = .none
) -> (profile: DeviceProfile?, problems: [FileProblem]) {
    var reader = ProfileReader(path: path)
    let profile = reader.read(text, bases)
    return (reader.file.hasErrors ? nil : profile, reader.file.problems)
}

/// A point of the file and where its parts stand.
struct PlacedPoint {
    var point: ProfilePoint
    var key: FilePlace
    var address: FilePlace
    var reference: FilePlace
    var decimals: FilePlace
    /// Whether its unit could be read; what follows from the unit is not a mistake of its own otherwise.
    var isUnitKnown: Bool
}

/// A signal of the file and where its parts stand.
struct PlacedSignal {
    var signal: ProfileSignal
    var key: FilePlace
    var form: FilePlace
    /// With the place of its companion's name.
    var frozen: Located<FrozenRule>?
}

struct ProfileReader {
    var file: FileReader
    var sources: [ProfileSource] = []
    var parameters: [ProfileParameter] = []
    var sets: [ProfileSet] = []
    var order: Bound<WordOrder>?
    /// Whether the file's order is needed by no further point, being wrong or missing once and for all.
    var isOrderReported = false
    /// Parameters that no value can be bound to, already noted.
    var reportedParameters: Set<String> = []
    var limits = ReadLimits()
    var points: [PlacedPoint] = []
    /// Points of the file that could not be read; what refers to them is not a mistake of its own.
    var unreadablePoints: Set<String> = []
    /// The same for sets and parameters.
    var unreadableNames: Set<String> = []
    var signals: [PlacedSignal] = []
    var repetitions: [Repetition] = []
    /// Points of the repetition whose signals are being read, as the file names them.
    var repeatedNames: [String] = []

    init(path: String) { file = FileReader(path: path, document: .profile) }

    mutating func read(_ text: String, _ bases: ProfileBases) -> DeviceProfile? {
        guard let given = file.root(of: text, keys: ProfileKeys.profile.names), let root = extended(given, by: bases)
        else {
            return nil
        }
        file.require("profile", in: root, "Give the name of the profile, which is that of its folder.")
        file.require("kind", in: root, "Give the folder above it, such as water-meter.")
        file.require("name", in: root, "Give the device's name for people: name: {zh: ..., en: ...}.")
        if !root.has("repeat") { file.require("points", in: root, "Describe at least one register of the device.") }
        let identifier = topicWord("profile", in: root)
        if let identifier { checkFolder(identifier) }
        let kind = topicWord("kind", in: root)
        let name = file.bilingual("name", in: root)
        readSources(root)
        readParameters(root)
        let line = readLine(root)
        readLimits(root)
        readSets(root)
        order = bound("order", in: root, "order")?.value
        isOrderReported = root.has("order") && order == nil
        let startsWithin = file.number("starts_within_seconds", in: root, 0...3600)?.value ?? 0
        let litresPerCount = file.number("litres_per_count", in: root, 0.000_001...1_000_000)?.value
        let manners = readManners(root)
        let bench = readBench(root)
        readRepetitions(root)
        readPoints(root)
        readSignals(root)
        checkFrozen()
        checkPoints()
        checkNames()
        readSingleReads(root)
        let identity = readIdentity(root)
        let probe = readProbe(root)
        let examples = readExamples(root)
        guard let identifier, let kind, let name else { return nil }
        let profile = DeviceProfile(
            identifier: identifier.value, kind: kind.value, name: name, sources: sources, line: line, limits: limits,
            startsWithin: .milliseconds(Int64(startsWithin * 1000)), manners: manners, identity: identity,
            litresPerCount: litresPerCount, bench: bench, parameters: parameters, sets: sets,
            points: points.map(\.point), signals: signals.map(\.signal), probe: probe, examples: examples)
        if !file.hasErrors { checkExamples(of: profile) }
        return profile
    }

    /// A name that folders, topics and other files may carry.
    private mutating func topicWord(_ key: String, in section: Section) -> Located<String>? {
        guard let word = file.text(key, in: section) else { return nil }
        guard DeviceIdentifier.isValid(word.value) else {
            file.error(.profileName, at: word.place, section.says(nameRule("\(key) '\(shortened(word.value))'")))
            return nil
        }
        return word
    }

    /// `what` breaks the rule for names.
    func nameRule(_ what: String) -> String {
        "\(what) must be 1 to 64 characters of a-z, 0-9, '-' and '_', and begin with a letter or a digit."
    }

    private mutating func checkFolder(_ identifier: Located<String>) {
        let parts = file.path.split(separator: "/")
        guard parts.count >= 2, parts.last == "profile.yaml", parts[parts.count - 2] != identifier.value else { return }
        file.error(
            .profileName, at: identifier.place,
            "profile '\(identifier.value)' stands in a folder named '\(parts[parts.count - 2])'; give both one name.")
    }

    private mutating func readSources(_ root: Section) {
        for (name, section) in members("sources", in: root, "source", keys: ProfileKeys.source.names) {
            file.require("title", in: section, "Say which document the facts come from.")
            _ = file.text("seen", in: section)
            sources.append(
                ProfileSource(
                    identifier: name, title: file.text("title", in: section)?.value ?? "",
                    kind: file.text("kind", in: section)?.value ?? "",
                    edition: file.text("edition", in: section)?.value ?? ""))
        }
    }

    /// The maps in the map at `key`, each with its name; one that is no map is noted and left out.
    mutating func members(
        _ key: String, in root: Section, _ noun: String, keys: [String]
    ) -> [(name: String, section: Section)] {
        guard let all = file.section(key, in: root, key, keys: nil) else { return [] }
        var found: [(String, Section)] = []
        for entry in all.entries {
            let subject = "\(noun) '\(shortened(entry.key))'"
            if let section = file.section(entry.value, subject, at: entry.keyPlace, keys: keys) {
                found.append((entry.key, section))
            } else {
                unreadableNames.insert(entry.key)
            }
        }
        return found
    }

    private mutating func readLine(_ root: Section) -> LineFacts {
        guard let line = file.section("line", in: root, "line", keys: ProfileKeys.line.names) else {
            return LineFacts(factory: [:], supported: [:])
        }
        _ = file.text("note", in: line)
        return LineFacts(factory: facts("factory", in: line), supported: facts("supported", in: line))
    }

    private mutating func facts(_ key: String, in line: Section) -> [String: String] {
        guard let section = file.section(key, in: line, "line: \(key)", keys: nil) else { return [:] }
        var facts: [String: String] = [:]
        for entry in section.entries {
            switch entry.value.content {
            case .scalar(let text, _): facts[entry.key] = text
            case .list(let items):
                let words = items.compactMap { item -> String? in
                    guard case .scalar(let text, _) = item.content else { return nil }
                    return text
                }
                facts[entry.key] = words.joined(separator: ", ")
            case .map:
                file.error(
                    .shape, at: entry.value.place,
                    section.says("'\(shortened(entry.key))' must be a value or a list, not a map."))
            }
        }
        return facts
    }

    private mutating func readBench(_ root: Section) -> BenchTest? {
        guard let bench = file.section("bench", in: root, "bench", keys: ProfileKeys.bench.names) else { return nil }
        for key in ["firmware", "date", "by"] {
            file.require(key, in: bench, "A bench test names firmware, date and who made it.")
        }
        guard let firmware = file.text("firmware", in: bench)?.value, let date = file.text("date", in: bench)?.value,
            let by = file.text("by", in: bench)?.value
        else { return nil }
        return BenchTest(firmware: firmware, date: date, by: by)
    }

    private mutating func readLimits(_ root: Section) {
        guard let section = file.section("limits", in: root, "limits", keys: ProfileKeys.limits.names) else { return }
        if let most = file.integer("maximum_read", in: section, 1...125) {
            limits.maximumRegisters = UInt16(clamping: most.value)
        }
        if let most = file.integer("maximum_bits", in: section, 1...2000) {
            limits.maximumBits = UInt16(clamping: most.value)
        }
        if let gap = file.integer("maximum_gap", in: section, 0...2000) {
            limits.maximumGap = UInt16(clamping: gap.value)
        }
        limits.needsEvenAddress = file.boolean("even_address", in: section) ?? false
        limits.needsEvenCount = file.boolean("even_count", in: section) ?? false
        for node in file.list("boundaries", in: section) ?? [] {
            guard let address = file.integer(node, "boundary", in: section, 0...65_535) else { continue }
            limits.boundaries.append(UInt16(clamping: address.value))
        }
        for node in file.list("forbidden", in: section) ?? [] {
            if let span = span(node, "limits: forbidden", at: node.place) { limits.forbidden.append(span) }
        }
    }

    /// `{table, address, count}`; count 1 unless it is given.
    mutating func span(_ node: YAMLNode, _ subject: String, at place: FilePlace) -> RegisterSpan? {
        guard let section = file.section(node, subject, at: place, keys: ProfileKeys.span.names) else {
            return nil
        }
        file.require("table", in: section, "Name coil, discrete, input or holding.")
        file.require("address", in: section, "Give the zero-based address on the wire.")
        let table: RegisterTable? = file.word("table", in: section, "register table", code: .unknownTable)
        let address = file.integer("address", in: section, 0...65_535)
        let most = table.map { Int($0.maximumRead) } ?? 2000
        let isCountGiven = section.has("count")
        let count = file.integer("count", in: section, 1...most)
        guard let table, let address, count != nil || !isCountGiven else { return nil }
        guard address.value + (count?.value ?? 1) <= 65_536 else {
            file.error(.beyondTable, at: address.place, section.says("the addresses end beyond 65535."))
            return nil
        }
        return RegisterSpan(
            table, at: UInt16(clamping: address.value), count: UInt16(clamping: count?.value ?? 1))
    }

    private mutating func readProbe(_ root: Section) -> RegisterSpan? {
        guard let entry = root.entry("probe") else { return nil }
        if case .map = entry.value.content { return span(entry.value, "probe", at: entry.keyPlace) }
        guard let name = file.text("probe", in: root) else { return nil }
        return point(named: name.value, at: name.place, "probe")?.point.span
    }

    /// The source that a point or an example names.
    mutating func checkedSource(in section: Section) -> String? {
        guard let name = file.text("source", in: section) else { return nil }
        let known = sources.map(\.identifier)
        if !known.contains(name.value), !unreadableNames.contains(name.value) {
            file.error(
                .unknownSource, at: name.place,
                section.says(
                    "source '\(shortened(name.value))' is not under 'sources'.\(suggestion(for: name.value, in: known))"
                ))
        }
        return name.value
    }

    /// The point of this name; a problem is noted when the file has none.
    mutating func point(named name: String, at place: FilePlace, _ subject: String) -> PlacedPoint? {
        if let found = points.first(where: { $0.point.name == name }) { return found }
        guard !unreadablePoints.contains(name) else { return nil }
        let known = repeatedNames + points.map(\.point.name)
        file.error(
            .unknownPoint, at: place,
            "\(subject): point '\(shortened(name))' is not under 'points'.\(suggestion(for: name, in: known))")
        return nil
    }
}
