// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Profiles

/// The keys that the schema allows are those that the reader reads.
@Suite struct SchemaKeysTests {
    /// One section of a profile, written so that it is sound.
    struct Place: Sendable, CustomTestStringConvertible {
        let name: String
        let keys: [SchemaKey]
        /// The lines that the section stands under, after those of a sound profile.
        let head: [String]
        /// What it needs, in its own indentation.
        let known: [String]
        /// Keys that do not stand together with some others.
        var excluded: [String: [String]] = [:]
        var testDescription: String { name.isEmpty ? "file" : name }

        private static let file = [
            "profile: acme-p1", "kind: pump", "name: Pump",
            "points: {a: {table: holding, address: 0, type: uint16}, b: {table: holding, address: 1, type: uint16}}",
        ]

        /// The file with `line` in the section in place of what it says of the same key.
        func text(with line: String) -> (text: String, line: Int) {
            let key = line.prefix { $0 != ":" }
            let left = (excluded[String(key)] ?? []) + [String(key)]
            let others = known.filter { !left.contains(String($0.prefix { $0 != ":" })) }
            let top = head.first.map { String($0.prefix { $0 != ":" }) } ?? String(key)
            let depth = head.last.map { $0.prefix { $0 == " " }.count + 2 } ?? 0
            let indent = String(repeating: " ", count: depth)
            let before =
                Self.file.filter { $0.prefix { $0 != ":" } != top && !others.contains($0) } + head
                + others.map { indent + $0 }
            return ((before + [indent + line, ""]).joined(separator: "\n"), before.count + 1)
        }
    }

    static let places = [
        Place(name: "", keys: ProfileKeys.profile, head: [], known: []),
        Place(name: "source", keys: ProfileKeys.source, head: ["sources:", "  S1:"], known: ["title: Manual"]),
        Place(name: "line", keys: ProfileKeys.line, head: ["line:"], known: []),
        Place(
            name: "order", keys: ProfileKeys.binding,
            head: ["site: {w: {type: text, allowed: [ABCD, CDAB]}}", "order:"], known: ["parameter: w"]),
        Place(name: "limits", keys: ProfileKeys.limits, head: ["limits:"], known: []),
        Place(
            name: "forbidden", keys: ProfileKeys.span, head: ["limits:", "  forbidden:", "    -"],
            known: ["table: holding", "address: 900"]),
        Place(
            name: "identity", keys: ProfileKeys.identity, head: ["identify:", "  -"],
            known: ["table: holding", "address: 0", "expect: 4"], excluded: ["expect_range": ["expect"]]),
        Place(
            name: "bench", keys: ProfileKeys.bench, head: ["bench:"],
            known: ["firmware: a", "date: 2026-01-01", "by: me"]),
        Place(name: "parameter", keys: ProfileKeys.parameter, head: ["site:", "  p:"], known: ["type: number"]),
        Place(
            name: "set", keys: ProfileKeys.set, head: ["sets:", "  s:"], known: ["values: {0: low}"],
            excluded: ["bits": ["values"]]),
        Place(
            name: "bit", keys: ProfileKeys.bit, head: ["sets:", "  s:", "    bits:", "      0:"], known: ["name: dry"]),
        Place(
            name: "point", keys: ProfileKeys.point, head: ["points:", "  a:"],
            known: ["table: holding", "address: 0", "type: uint16"]),
        Place(
            name: "presence", keys: ProfileKeys.presence,
            head: [
                "site: {p: {type: text, allowed: [k, l]}}", "signals:", "  a.speed:", "    from: a", "    present_if:",
            ],
            known: ["parameter: p", "is: k"]),
        Place(
            name: "signal", keys: ProfileKeys.signal, head: ["signals:", "  a.speed:"], known: ["from: a"],
            excluded: Dictionary(uniqueKeysWithValues: ProfileKeys.combiners.map { ($0, ["from"]) })),
        Place(
            name: "frozen", keys: ProfileKeys.frozen,
            head: ["signals:", "  a.on: {from: b}", "  a.speed:", "    from: a", "    frozen_after:"],
            known: ["seconds: 60", "while: a.on"]),
        Place(
            name: "repetition", keys: ProfileKeys.repetition, head: ["repeat:", "  -"],
            known: ["count: 2", "step: 4", "points: {c: {table: holding, address: 8, type: uint16}}"]),
        Place(
            name: "example", keys: ProfileKeys.example, head: ["examples:", "  -"],
            known: ["request: \"01 03 00 00 00 0A C5 CD\""]),
    ]

    @Test(arguments: places)
    func `each key of the schema is read, so that a value of the wrong kind is refused`(place: Place) {
        for key in place.keys {
            let (text, line) = place.text(with: "\(key.name): [[1]]")
            let found = readProfile(text, path: "profile.yaml").problems.filter { $0.line == line }
            #expect(
                found.contains { $0.severity == .error && $0.code != "SL-1204" }, "\(key.name) in:\n\(text)\(found)")
        }
    }

    @Test(arguments: places)
    func `a key that the schema does not have is refused`(place: Place) {
        let (text, line) = place.text(with: "nonesuch: 1")
        let problems = readProfile(text, path: "profile.yaml").problems
        #expect(problems.filter { $0.line == line }.map(\.code) == ["SL-1204"], "\(text)\(problems)")
        #expect(problems.allSatisfy { $0.line == line }, "the rest is sound: \(problems)")
    }

    @Test func `every section of the schema is among those tried`() {
        var names: Set<[String]> = []
        func collect(_ shape: SchemaShape) {
            switch shape {
            case .section(let keys, _):
                guard names.insert(keys.names).inserted else { return }
                for key in keys { collect(key.shape) }
            case .list(let item, _): collect(item)
            case .map(_, let value): collect(value)
            case .either(let shapes): shapes.forEach(collect)
            case .text, .form, .name, .word, .integer, .choice, .number, .quantity, .boolean, .nothing: break
            }
        }
        collect(.section(ProfileKeys.profile))
        // A name in both languages is read for sites as well, and has tests of its own.
        names.remove(["zh", "en"])
        #expect(names == Set(Self.places.map(\.keys.names)))
    }
}
