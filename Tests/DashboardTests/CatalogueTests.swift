// SPDX-License-Identifier: Apache-2.0

import Foundation
import Pipeline
import Testing

@testable import Dashboard

@Suite struct CatalogueTests {
    private static let chinese = Result { try PageResources.catalogue(of: .chinese) }
    private static let english = Result { try PageResources.catalogue(of: .english) }

    /// Texts of all templates by name.
    private static func templates() throws -> [String: String] {
        let folder = PageResources.folder + "/templates"
        var templates: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            templates[name] = try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
        }
        return templates
    }

    private static func keysOfTemplates() throws -> Set<String> {
        Set(try templates().values.flatMap { $0.matches(of: /\{\{word\.([^}]+)\}\}/).map { String($0.output.1) } })
    }

    private static func keysOfCode() -> Set<String> {
        Set(Phrase.allCases.map(\.rawValue))
            .union(CountedPhrase.allCases.flatMap { [$0.rawValue + "_one", $0.rawValue + "_other"] })
            .union(WordFamily.allCases.flatMap { family in family.members.map(family.key) })
    }

    @Test func `both languages have every key and no other`() throws {
        let used = try Self.keysOfTemplates().union(Self.keysOfCode())
        for catalogue in [try Self.chinese.get(), try Self.english.get()] {
            #expect(used.subtracting(catalogue.keys).sorted() == [], "missing")
            #expect(Set(catalogue.keys).subtracting(used).sorted() == [], "unused")
            #expect(catalogue.filter { $0.value.allSatisfy(\.isWhitespace) }.keys.sorted() == [], "empty")
        }
    }

    @Test func `every phrase and family of the code is used by the code`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Shell/Dashboard").standardized.path
        var code = ""
        for name in try FileManager.default.contentsOfDirectory(atPath: folder)
        where name.hasSuffix(".swift") && name != "Phrases.swift" {
            code += try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
        }
        let names =
            Phrase.allCases.map { "\($0)" } + CountedPhrase.allCases.map { "\($0)" }
            + WordFamily.allCases.map { "\($0)" }
        let unused = names.filter { name in
            code.range(of: "\\.\(name)\\b", options: .regularExpression) == nil
        }
        #expect(unused == [])
    }

    @Test func `both languages have the same placeholders`() throws {
        let (chinese, english) = (try Self.chinese.get(), try Self.english.get())
        func placeholders(_ text: String?) -> Set<String> {
            Set((text ?? "").matches(of: /\{([a-z_]+)\}/).map { String($0.output.1) })
        }
        for key in chinese.keys {
            // A sentence about one thing may say `one` without the number.
            if key.hasPrefix("count_") { continue }
            #expect(placeholders(chinese[key]) == placeholders(english[key]), "\(key)")
        }
    }

    @Test func `a sentence with a placeholder is filled by code, never by a template alone`() throws {
        let english = try Self.english.get()
        // The texts of ages are handed to the script, which fills them.
        let bare = try Self.keysOfTemplates().filter { !$0.hasPrefix("age_") && english[$0]?.contains("{") == true }
        #expect(bare.sorted() == [])
    }

    @Test func `no template holds a word of its own`() throws {
        for (name, text) in try Self.templates() {
            let open = text.replacing(/\{\{[^}]*\}\}+/, with: "")
            let visible = open.replacing(/<[^>]*>/, with: " ")
            #expect(visible.filter(\.isLetter).isEmpty, "\(name): \(visible.split(separator: "\n").joined())")
            for attribute in open.matches(of: /(?:title|alt|aria-label|placeholder|label)="([^"]*)"/) {
                #expect(attribute.output.1.filter(\.isLetter).isEmpty, "\(name): \(attribute.output.0)")
            }
        }
    }

    @Test func `a word that is new to the page is shown as it is`() throws {
        let wording = Wording(language: .english, texts: try Self.english.get())
        #expect(wording.word(.state, "teleported") == "teleported")
        #expect(PointRow.reason("exception_11", wording) == "the device refused (exception 11)")
        #expect(PointRow.reason("gremlins", wording) == "gremlins")
    }

    @Test(arguments: [(0, "0 findings"), (1, "1 finding"), (2, "2 findings"), (1200, "1,200 findings")])
    func `numbers agree with their nouns`(count: Int, text: String) throws {
        #expect(Wording(language: .english, texts: try Self.english.get()).counted(.findings, count) == text)
    }

    @Test func `a value with braces is not filled again`() {
        let wording = Wording(language: .english, texts: ["title_ticket": "{number} of {number}"])
        #expect(wording.text(.titleTicket, ["number": "{number}"]) == "{number} of {number}")
    }
}
