// SPDX-License-Identifier: Apache-2.0

import Model

/// Points and signals that a device has several times, at addresses with one distance.
struct Repetition {
    /// Numbers of the copies, which end their names.
    var numbers: ClosedRange<Int>
    /// Addresses from one copy to the next.
    var step: Int
    /// The site's parameter that says how many there are.
    var parameter: String?
    var points: [YAMLEntry]
    var signals: [YAMLEntry]
    var stepPlace: FilePlace

    func presence(of number: Int) -> [Presence] {
        guard let parameter else { return [] }
        return [Presence(parameter: parameter, condition: .atLeast(Int64(number - numbers.lowerBound + 1)))]
    }

    /// The point of copy `number`, as if the file had written it out.
    func point(_ entry: YAMLEntry, _ number: Int) -> YAMLEntry {
        let distance = (number - numbers.lowerBound) * step
        return copy(entry, number) { key, value in
            switch key {
            case "address", "reference":
                guard case .scalar(let text, isQuoted: false) = value.content, let first = wholeNumber(text) else {
                    return value
                }
                return YAMLNode(content: .scalar(String(first + distance), isQuoted: false), place: value.place)
            case "decimals": return renamed(value, number, among: points)
            default: return value
            }
        }
    }

    /// The signal of copy `number`: what it refers to in the repetition is that of its own number.
    func signal(_ entry: YAMLEntry, _ number: Int) -> YAMLEntry {
        copy(entry, number) { key, value in
            if key == "frozen_after", case .map(let facts) = value.content {
                let changed = facts.map {
                    $0.key == "while"
                        ? YAMLEntry(
                            key: $0.key, keyPlace: $0.keyPlace, value: renamed($0.value, number, among: signals)) : $0
                }
                return YAMLNode(content: .map(changed), place: value.place)
            }
            guard ProfileKeys.combiners.contains(key) else { return value }
            guard case .list(let items) = value.content else { return renamed(value, number, among: points) }
            return YAMLNode(content: .list(items.map { renamed($0, number, among: points) }), place: value.place)
        }
    }

    private func renamed(_ node: YAMLNode, _ number: Int, among own: [YAMLEntry]) -> YAMLNode {
        guard case .scalar(let text, let isQuoted) = node.content, own.contains(where: { $0.key == text }) else {
            return node
        }
        return YAMLNode(content: .scalar("\(text)_\(number)", isQuoted: isQuoted), place: node.place)
    }

    private func copy(_ entry: YAMLEntry, _ number: Int, _ change: (String, YAMLNode) -> YAMLNode) -> YAMLEntry {
        var copy = entry
        copy.key = "\(entry.key)_\(number)"
        if case .map(let facts) = entry.value.content {
            let changed = facts.map { YAMLEntry(key: $0.key, keyPlace: $0.keyPlace, value: change($0.key, $0.value)) }
            copy.value = YAMLNode(content: .map(changed), place: entry.value.place)
        }
        return copy
    }
}

extension ProfileReader {
    /// The `repeat:` of the file.
    mutating func readRepetitions(_ root: Section) {
        for node in file.list("repeat", in: root) ?? [] {
            guard let section = file.section(node, "repeat", at: node.place, keys: ProfileKeys.repetition.names) else {
                continue
            }
            if let repetition = readRepetition(section) {
                repetitions.append(repetition)
            } else {
                // What was to be repeated is unknown, and so are the names that refer to it.
                noteUnreadable(section)
            }
        }
    }

    private mutating func readRepetition(_ section: Section) -> Repetition? {
        file.require("count", in: section, "Give a number, or the site's parameter: count: {parameter: pumps}.")
        file.require("step", in: section, "Give the number of addresses from one to the next.")
        file.require("points", in: section, "Describe the points of the first one.")
        _ = file.text("note", in: section)
        let step = file.integer("step", in: section, 1...65_535)
        let first = file.integer("first", in: section, 0...1000)
        let points = file.section("points", in: section, "repeat: points", keys: nil)
        let signals = file.section("signals", in: section, "repeat: signals", keys: nil)
        guard let count = section.entry("count") else { return nil }
        var most = 0
        var parameter: String?
        if case .map = count.value.content {
            guard let (binding, name, found) = boundParameter(count, "count", in: section) else { return nil }
            guard found.kind == .integer, let range = found.range, range.lowerBound >= 0, range.upperBound >= 1,
                range.upperBound <= 256
            else {
                file.error(
                    .unboundParameter, at: name.place,
                    binding.says("parameter '\(name.value)' must be an integer with a range within 0 to 256."))
                return nil
            }
            (most, parameter) = (Int(range.upperBound), name.value)
        } else {
            guard let number = file.integer("count", in: section, 1...256) else { return nil }
            most = number.value
        }
        guard let step, let points, first != nil || !section.has("first") else { return nil }
        let start = first?.value ?? 1
        return Repetition(
            numbers: start...start + most - 1, step: step.value, parameter: parameter, points: points.entries,
            signals: signals?.entries ?? [], stepPlace: step.place)
    }

    private mutating func noteUnreadable(_ section: Section) {
        guard case .map(let points) = section.entry("points")?.value.content else { return }
        for point in points { for number in 0...256 { unreadablePoints.insert("\(point.key)_\(number)") } }
    }

    /// A mistake in what is repeated is told once, for the first copy that has it.
    mutating func readPoints(of repetition: Repetition) {
        for entry in repetition.points {
            var isGood = true
            for number in repetition.numbers {
                let copy = repetition.point(entry, number)
                let count = file.errorCount
                guard isGood, isFree(copy, at: entry.keyPlace), var placed = readPoint(copy),
                    file.errorCount == count
                else {
                    isGood = false
                    unreadablePoints.insert(copy.key)
                    continue
                }
                guard Int(placed.point.type.width) <= repetition.step || repetition.numbers.count == 1 else {
                    file.error(
                        .repetition, at: repetition.stepPlace,
                        "repeat: step \(repetition.step) is less than the "
                            + "\(placed.point.type.width) registers of point '\(entry.key)'.")
                    isGood = false
                    unreadablePoints.insert(copy.key)
                    continue
                }
                placed.point.presence += repetition.presence(of: number)
                points.append(placed)
            }
        }
    }

    private mutating func isFree(_ copy: YAMLEntry, at place: FilePlace) -> Bool {
        guard points.contains(where: { $0.point.name == copy.key }) else { return true }
        file.error(
            .repetition, at: place, "repeat: point '\(copy.key)' stands in the file already. Choose another name.")
        return false
    }

    mutating func readSignals(of repetition: Repetition) {
        repeatedNames = repetition.points.map(\.key)
        defer { repeatedNames = [] }
        for entry in repetition.signals {
            for number in repetition.numbers {
                let copy = repetition.signal(entry, number)
                let count = file.errorCount
                let subject = "signal '\(shortened(copy.key))'"
                if let section = file.section(copy.value, subject, at: copy.keyPlace, keys: ProfileKeys.signal.names) {
                    readSignal(copy.key, section, presence: repetition.presence(of: number))
                }
                guard file.errorCount == count else { break }
            }
        }
    }

    /// `{parameter: NAME, is: [a, b]}`: the values with which a point or a signal exists.
    mutating func readPresence(_ section: Section) -> [Presence] {
        guard let entry = section.entry("present_if") else { return [] }
        let never = [Presence(parameter: "", condition: .oneOf([]))]
        guard
            let (binding, name, parameter) = boundParameter(
                entry, "present_if", in: section, keys: ProfileKeys.presence.names)
        else { return never }
        file.require("is", in: binding, "List the values with which it exists.")
        guard let given = binding.entry("is")?.value else { return never }
        var nodes = [given]
        if case .list(let items) = given.content { nodes = items }
        guard !nodes.isEmpty else {
            file.error(.presence, at: given.place, binding.says("'is' lists at least one value."))
            return never
        }
        let values = nodes.compactMap {
            file.parameterValue($0, "'is'", of: parameter, in: binding, code: .presence)
        }
        return [Presence(parameter: name.value, condition: .oneOf(values))]
    }
}
