// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Testing

@Suite struct PersonWordsTests {
    private let persons = [
        Person(
            identifier: PersonIdentifier("wang-fang"), name: BilingualText(zh: "王芳", en: "Wang Fang"), role: .receiver,
            phone: "13812345678"),
        Person(
            identifier: PersonIdentifier("wang-fang-2"), name: BilingualText(zh: "王方", en: "Wang Fang jr"),
            role: .technician),
    ]

    private func taken(_ given: [String], known: Set<String> = [], outOf text: String) throws -> String {
        try PersonWords(given, persons: persons, known: known, mark: "purged-3").taken(outOf: text)
    }

    @Test func `an identifier of the site's file goes with names and number, and stays one person`() throws {
        #expect(
            try taken(
                ["wang-fang"], outOf: #"{"actor":"person:wang-fang","note":"王芳 (Wang Fang, 138 1234 5678) came"}"#)
                == #"{"actor":"person:purged-3","note":"*** (***, ***) came"}"#)
    }

    @Test func `another whose words begin with the same stays`() throws {
        let text = #"{"to":["wang-fang-2","hwang-fang"],"note":"王方"}"#
        #expect(try taken(["wang-fang"], outOf: text) == text)
    }

    @Test func `two identifiers of one person are told apart`() throws {
        #expect(
            try taken(["li-wei", "old-li"], known: ["li-wei", "old-li"], outOf: "old-li, then li-wei")
                == "purged-3-2, then purged-3-1")
    }

    @Test(arguments: [
        ("138-1234-5678", "call 13812345678, 138 1234 5678 or 138-1234-5678"),
        ("13812345678", "call 13812345678, 138 1234 5678 or 138-1234-5678"),
    ])
    func `a number is found however it is grouped`(word: String, text: String) throws {
        #expect(try taken([word], outOf: text) == "call ***, *** or ***")
        #expect(try taken([word], outOf: "138123456789") == "138123456789")
    }

    @Test(arguments: ["x", "李", "12345", "138 12", "note", "engine", "Smith"])
    func `a word that would take out more than a person is refused`(word: String) {
        #expect(throws: PersonWords.Refusal.self) { try taken([word], outOf: "") }
        if word == "Smith" { #expect(throws: Never.self) { try taken([word], known: ["Smith"], outOf: "") } }
        if word == "engine" {
            #expect(throws: PersonWords.Refusal.self) { try taken([word], known: [word], outOf: "") }
        }
    }
}
