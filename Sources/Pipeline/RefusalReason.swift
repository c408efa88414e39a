// SPDX-License-Identifier: Apache-2.0

import Model
public import People
public import Prevention
public import Tickets

/// Why something was not done, as a word for which the catalogue has a sentence in each language.
public struct RefusalReason: Hashable, Codable, Sendable {
    /// One of ``words``.
    public var word: String
    /// Values of the sentence; moments are RFC 3339.
    public var values: [String: String]
    /// What a notice to residents lacks; empty for every other reason.
    public var slots: [ResidentSlot]

    public init(_ word: String, _ values: [String: String] = [:], slots: [ResidentSlot] = []) {
        (self.word, self.values, self.slots) = (word, values, slots)
    }

    public init(_ refusal: WorkRefusal) {
        switch refusal {
        case .unknownWork(let work): self.init("work-unknown", ["work": work.text])
        case .witnessesMissing(let needed, let named):
            self.init("witnesses-missing", ["needed": "\(needed)", "named": "\(named)"])
        case .waterTestMissing: self.init("water-test-missing")
        case .residentsNotTold(let before, let toldAt):
            let hours = "\(before.wholeMilliseconds / 3_600_000)"
            if let toldAt {
                self.init("residents-told-late", ["hours": hours, "moment": toldAt.rfc3339])
            } else {
                self.init("residents-not-told", ["hours": hours])
            }
        case .notYet(let date): self.init("not-yet", ["day": date.text])
        case .beforeLast(let date): self.init("before-last", ["day": date.text])
        case .nothingToCorrect(let name): self.init("nothing-to-correct", ["record": name])
        }
    }

    public init(_ refusal: ResidentRefusal) {
        switch refusal {
        case .unknownTicket(let number): self.init("ticket-unknown", ["number": number])
        case .ended(let number): self.init("ticket-ended", ["number": number])
        case .notOwner(let person, let owner, let number):
            self.init("not-owner", ["person": person.text, "owner": owner.text, "number": number])
        case .missing(let slots): self.init("slots-missing", slots: slots)
        case .endsBeforeStart(let start, let end):
            self.init("ends-before-start", ["start": start.rfc3339, "end": end.rfc3339])
        }
    }

    public init(_ refusal: AccountRefusal) {
        switch refusal {
        case .badName(let name): self.init("account-name", ["name": name])
        case .taken(let name): self.init("account-taken", ["name": name.text])
        case .unknown(let name): self.init("account-unknown", ["name": name])
        case .unknownPerson(let person): self.init("account-person", ["person": person])
        case .personTaken(let person, let name):
            self.init("account-person-taken", ["person": person.text, "name": name.text])
        case .noRole: self.init("account-no-role")
        case .lastAdministrator: self.init("account-last-administrator")
        case .tooMany(let limit): self.init("account-too-many", ["limit": "\(limit)"])
        case .badLabel: self.init("account-label")
        case .tooManyTokens(let limit): self.init("account-tokens", ["limit": "\(limit)"])
        }
    }

    /// For whatever was thrown where planned work or a notice was taken in; `nil` when it is none of their refusals.
    public init?(of error: any Error) {
        switch error {
        case let refusal as WorkRefusal: self.init(refusal)
        case let refusal as ResidentRefusal: self.init(refusal)
        default: return nil
        }
    }

    /// Every word that it may have.
    public static let words =
        [
            "work-unknown", "witnesses-missing", "water-test-missing", "residents-told-late", "residents-not-told",
            "not-yet", "before-last", "nothing-to-correct", "ticket-unknown", "ticket-ended", "not-owner",
            "slots-missing", "ends-before-start", "person-unknown", "starting", "account-name", "account-taken",
            "account-unknown", "account-person", "account-person-taken", "account-no-role",
            "account-last-administrator", "account-too-many", "account-label", "account-tokens",
        ] + PasswordRule.Fault.allCases.map { "password-" + $0.rawValue }
        + PhotoDefect.allCases.map { "photo-" + $0.rawValue }
}
