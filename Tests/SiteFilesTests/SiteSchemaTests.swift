// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestKit
import Testing

@testable import Profiles
@testable import SiteFiles

/// What the schema of a site's file says and what the loader does are the same, key by key.
@Suite struct SiteSchemaTests {
    /// One change of the whole site's file.
    private struct Change {
        var what: String
        var text: String
        /// The line that is changed, from 1.
        var line: Int
    }

    /// What the loader and the validator say of changes.
    private struct Verdicts {
        /// Problems that stand at the changed line, by change.
        var atLine: [[(code: String, isError: Bool)]] = []
        var isLoaded: [Bool] = []
        var schema: [[String]] = []
    }

    private func judge(_ changes: [Change], _ folder: SiteFolder) throws -> Verdicts {
        var verdicts = Verdicts()
        let schema = "\(folder.path)/site.schema.json"
        try siteSchema().write(toFile: schema, atomically: true, encoding: .utf8)
        for change in changes {
            try folder.write(change.text, to: "site.yaml")
            let loaded = folder.load()
            verdicts.isLoaded.append(loaded.configuration != nil)
            verdicts.atLine.append(
                loaded.problems.filter { $0.path == folder.site && $0.line == change.line }
                    .map { ($0.code, $0.severity == .error) })
        }
        verdicts.schema = try SchemaValidator.mistakes(of: changes.map(\.text), schema: schema)
        #expect(verdicts.schema.count == changes.count)
        return verdicts
    }

    private static let root = SchemaShape.section(SiteKeys.site)
    private static let block = BlockText(WholeSite.text)
    private static let walk = SchemaWalk(root, composeYAML(WholeSite.text).root!)

    @Test func `a file with every key of the schema is sound to both`() throws {
        let folder = try WholeSite.folder()
        #expect(folder.lines(folder.load()) == [])
        let verdicts = try judge([Change(what: "nothing", text: WholeSite.text, line: 0)], folder)
        #expect(verdicts.schema == [[]])
        // One priority stands for all, and one calendar for both.
        func alike(_ patterns: some Sequence<String>) -> Set<String> {
            Set(
                patterns.map {
                    $0.replacing(/^\/service_levels\/p[1-4]/, with: "/service_levels/p")
                        .replacing(/^\/calendars\/\w+/, with: "/calendars/*")
                })
        }
        #expect(alike(Self.walk.patterns).subtracting(alike(Self.walk.keys.map(\.pattern))) == [])
    }

    @Test func `a key that is not in the schema is refused by both, in every section`() throws {
        let folder = try WholeSite.folder()
        let changes = Self.walk.sections.map { section in
            let added = Self.block.adding("nonesuch: 1", after: section.line, section.column)
            return Change(what: section.pattern, text: added.text, line: added.line)
        }
        #expect(changes.count > 50)
        let verdicts = try judge(changes, folder)
        for (index, change) in changes.enumerated() {
            #expect(verdicts.atLine[index].map(\.code) == ["SL-1104"], "\(change.what)")
            #expect(!verdicts.schema[index].isEmpty, "\(change.what)")
        }
    }

    @Test func `each key of the schema is read, so that a value of the wrong kind is refused by both`() throws {
        let folder = try WholeSite.folder()
        let changes = Self.walk.keys.map { found in
            Change(
                what: found.pattern, text: Self.block.replacing(found.line, found.column, with: "[[1]]"),
                line: found.line)
        }
        let verdicts = try judge(changes, folder)
        for (index, change) in changes.enumerated() {
            let codes = verdicts.atLine[index].filter(\.isError).map(\.code)
            #expect(!codes.isEmpty && !codes.contains("SL-1104"), "\(change.what): \(codes)")
            #expect(!verdicts.schema[index].isEmpty, "\(change.what)")
        }
    }

    @Test func `a key that the schema requires is missed by both, and another one may be empty`() throws {
        // One of the two is enough, and neither has the other beside it.
        let alternatives = ["/buses/*/tcp", "/buses/*/serial"]
        let folder = try WholeSite.folder()
        var (changes, isNeeded) = ([Change](), [Bool]())
        for found in Self.walk.keys {
            let needed = found.key.isRequired || alternatives.contains(found.pattern)
            for value in needed ? [nil, ""] : [""] {
                // An empty key is there for a rule of the schema that only asks whether it is.
                if value == "", alternatives.contains(found.pattern) { continue }
                changes.append(
                    Change(
                        what: "\(found.pattern) \(value == nil ? "away" : "empty")",
                        text: Self.block.replacing(found.line, found.column, with: value), line: found.line))
                isNeeded.append(needed)
            }
        }
        let verdicts = try judge(changes, folder)
        for (index, change) in changes.enumerated() {
            #expect(verdicts.schema[index].isEmpty != isNeeded[index], "\(change.what) \(verdicts.schema[index])")
            if isNeeded[index] { #expect(!verdicts.isLoaded[index], "\(change.what)") }
        }
    }

    /// Without an exponent, which the validator's reader takes for a text.
    private static func decimal(_ number: Double) -> String { String(format: "%.9f", number) }

    @Test func `ranges end for both at the same numbers`() throws {
        let folder = try WholeSite.folder()
        var changes: [Change] = []
        var isInside: [Bool] = []
        for found in Self.walk.keys {
            func add(_ number: String, _ inside: Bool, _ form: (String) -> String) {
                changes.append(
                    Change(
                        what: "\(found.pattern): \(number)",
                        text: Self.block.replacing(found.line, found.column, with: form(number)), line: found.line))
                isInside.append(inside)
            }
            func addEnds(_ shape: SchemaShape, _ form: (String) -> String) {
                switch shape {
                case .integer(let range):
                    add("\(range.lowerBound)", true, form)
                    add("\(range.lowerBound - 1)", false, form)
                    guard range.upperBound < .max else { return }
                    add("\(range.upperBound)", true, form)
                    add("\(range.upperBound + 1)", false, form)
                case .quantity(let range):
                    add(Self.decimal(range.lowerBound), true, form)
                    add(Self.decimal(range.lowerBound - max(0.000_000_1, abs(range.lowerBound) / 100)), false, form)
                    add(Self.decimal(range.upperBound), true, form)
                    add(Self.decimal(range.upperBound * 1.01), false, form)
                default: break
                }
            }
            addEnds(found.key.shape) { $0 }
            if case .list(let item, let count) = found.key.shape {
                addEnds(item) { number in
                    // Of two numbers the other one is between the ends.
                    count == nil
                        ? "[\(number)]"
                        : number.hasPrefix("-") || number.hasPrefix("0.") ? "[\(number), 1]" : "[1, \(number)]"
                }
            }
        }
        #expect(changes.count > 200)
        let verdicts = try judge(changes, folder)
        for (index, change) in changes.enumerated() {
            let codes = verdicts.atLine[index].map(\.code)
            #expect(codes.contains("SL-1109") != isInside[index], "\(change.what): \(codes)")
            #expect(verdicts.schema[index].isEmpty == isInside[index], "\(change.what): \(verdicts.schema[index])")
        }
    }

    @Test func `words are those that the loader knows`() throws {
        let folder = try WholeSite.folder()
        var changes: [Change] = []
        var isKnown: [Bool] = []
        for found in Self.walk.keys {
            let isList = if case .list = found.key.shape { true } else { false }
            let words: [String]
            switch found.key.shape {
            case .word(let list), .list(.word(let list), _): words = list
            case .choice(let list): words = list.map { "\($0)" }
            default: continue
            }
            // The kind of a channel decides which section it is.
            let isDeciding = found.pattern == "/channels/*/kind"
            for word in (isDeciding ? [] : words) + ["1234567"] {
                let value = isList ? "[\(word)]" : word
                changes.append(
                    Change(
                        what: "\(found.pattern): \(word)",
                        text: Self.block.replacing(found.line, found.column, with: value), line: found.line))
                isKnown.append(words.contains(word))
            }
        }
        #expect(changes.count > 100)
        let verdicts = try judge(changes, folder)
        for (index, change) in changes.enumerated() {
            let codes = verdicts.atLine[index].filter(\.isError).map(\.code)
            let isRefused = codes.contains { ["SL-1108", "SL-1117"].contains($0) }
            #expect(isRefused != isKnown[index], "\(change.what): \(codes)")
            #expect(verdicts.schema[index].isEmpty == isKnown[index], "\(change.what): \(verdicts.schema[index])")
        }
    }

    @Test func `the default of the schema is the one that holds when the key is not given`() throws {
        let folder = try WholeSite.folder()
        var tried = 0
        for found in Self.walk.keys {
            guard let usual = found.key.usual else { continue }
            try folder.write(Self.block.replacing(found.line, found.column, with: ""), to: "site.yaml")
            let loaded = loadSite(at: folder.site, profileFolders: [folder.profiles], keepsRecord: true)
            let values = try #require(loaded.record).settings(isEffective: true).values
            let shown = values.first { $0.path == found.path }
            #expect(shown?.place == nil && shown?.text == usual.text, "\(found.pattern): \(String(describing: shown))")
            tried += 1
        }
        #expect(tried > 40)
    }

    /// The record has no default that the schema does not have, but for those that depend on something.
    @Test func `a default that the loader uses is in the schema`() throws {
        let depending = [
            "/site/name", "/devices/*/name", "/devices/*/meter/litres_per_count", "/dashboard/sign_in",
            "/buses/*/turnaround_milliseconds", "/channels/*/port", "/preventive/#/lead_days",
            "/preventive/#/notice_before_hours", "/preventive/#/witnesses", "/preventive/#/water_test",
            "/preventive/#/retention_years",
        ]
        let folder = try WholeSite.folder()
        for found in Self.walk.keys where found.key.usual == nil && !depending.contains(found.pattern) {
            try folder.write(Self.block.replacing(found.line, found.column, with: ""), to: "site.yaml")
            let loaded = loadSite(at: folder.site, profileFolders: [folder.profiles], keepsRecord: true)
            let values = try #require(loaded.record).settings(isEffective: true).values
            #expect(
                values.first { $0.path == found.path && $0.text != "null" && $0.place == nil } == nil,
                "\(found.pattern)")
        }
    }

    /// Slips of the keyboard: many break the file for both, and what the loader takes all the same the schema takes too.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func `what the loader accepts is valid`(batch: UInt64) throws {
        let folder = try WholeSite.folder()
        var changes = (0..<100).map { turn in
            var random = SeededGenerator(seed: batch &* 1000 &+ UInt64(turn))
            return Change(what: "seed \(batch) \(turn)", text: mutated(WholeSite.text, using: &random), line: 0)
        }
        if batch == 0 {
            changes += SiteRefusalTests.cases.compactMap { refusal in
                refusal.applied(to: SiteRefusalTests.good).map { Change(what: refusal.name, text: $0, line: 0) }
            }
        }
        let verdicts = try judge(changes, folder)
        #expect(verdicts.isLoaded.contains(true))
        for (index, change) in changes.enumerated() where verdicts.isLoaded[index] {
            // The two read YAML by different versions of its rules.
            let found = verdicts.schema[index].filter { !$0.hasPrefix("YAML: ") }
            #expect(found == [], "\(change.what)\n\(change.text)")
        }
    }
}
