// SPDX-License-Identifier: Apache-2.0

import Model
import People
import Pipeline
import Prevention
import Testing
import Tickets

@testable import Dashboard

/// Whoever is refused something reads why, in the language of the page.
@Suite struct RefusalWordTests {
    private static let reasons: [RefusalReason] = {
        let (person, owner) = (PersonIdentifier("wang-fang"), PersonIdentifier("li-wei"))
        let date = CivilDate(year: 2026, month: 11, day: 27)
        let moment = Timestamp(milliseconds: 1_795_000_000_000)
        let works: [WorkRefusal] = [
            .unknownWork(WorkIdentifier("tank-1")), .witnessesMissing(needed: 2, named: 1), .waterTestMissing,
            .residentsNotTold(before: .seconds(86_400), toldAt: nil),
            .residentsNotTold(before: .seconds(86_400), toldAt: moment), .notYet(date), .beforeLast(date),
            .nothingToCorrect("7"),
        ]
        let notices: [ResidentRefusal] = [
            .unknownTicket("lakeside-20261127-001"), .ended(ticket: "lakeside-20261127-001"),
            .notOwner(person, owner: owner, ticket: "lakeside-20261127-001"), .missing([.cause, .phone]),
            .endsBeforeStart(start: moment, end: moment),
        ]
        let accounts: [AccountRefusal] =
            [
                .badName("A B"), .unknown("nobody"), .unknownPerson("nobody"), .noRole, .lastAdministrator,
                .tooMany(limit: 200), .badLabel, .tooManyTokens(limit: 20),
            ]
            + (AccountName("boss").map { [.taken($0), .personTaken(person, by: $0)] } ?? [])
        return works.map { RefusalReason($0) } + notices.map { RefusalReason($0) } + accounts.map { RefusalReason($0) }
    }()

    @Test(arguments: Language.allCases)
    func `every reason has its sentence`(language: Language) throws {
        let wording = Wording(language: language, texts: try PageResources.catalogue(of: language))
        #expect(Self.reasons.count == 23)
        for reason in Self.reasons {
            #expect(RefusalReason.words.contains(reason.word), "\(reason.word)")
            let found = wording.refusal(reason)
            let sentence = try #require(found, "\(reason.word) has no sentence")
            #expect(!sentence.contains("{"), "\(sentence)")
            let isChinese = sentence.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
            #expect(isChinese == (language == .chinese), "\(sentence)")
        }
    }
}
