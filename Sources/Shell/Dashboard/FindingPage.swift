// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import Pipeline

/// One finding with what may be said of it now.
struct FindingPage: Sendable {
    /// One verdict as a form.
    struct Form: Sendable {
        var verdictValue: String
        var verdictName: String
        /// What follows from it.
        var verdictHint: String
        var hasUntil: Bool
        var isUntilRequired: Bool
        var untilText: String
        var isReasonRequired: Bool
        var reasonText: String
        var reasonDraft: String
        var persons: [TicketPage.PersonOption]
    }

    var frame: PageFrame
    var word: [String: String]
    var parts: FindingParts
    var forms: [Form]
    var hasForms: Bool
    var actionHref: String
    var problemTitle: String?
    var problemDetail: String?

    /// - Parameters:
    ///   - actor: Person to be chosen beforehand: the one who acted last from this browser.
    ///   - reason: What was typed before the server refused it.
    init(
        frame: PageFrame, moment: EstateMoment, snapshot: FindingSnapshot, actor: String?, reason: String,
        problem: Problem?
    ) {
        let wording = moment.wording
        self.frame = frame
        word = wording.texts
        parts = FindingParts(moment: moment, snapshot: snapshot)
        actionHref = FindingPath.page(of: snapshot.finding.identifier)
        let persons = TicketPage.PersonOption.all(in: moment, selected: actor)
        let verbs = snapshot.allowed.compactMap { FindingVerdict.Verb(rawValue: $0) }
        // Only a rule that learns can be told that something is expected for good.
        let learns = verbs.contains(.notALeak)
        forms = verbs.map { Form($0, learns: learns, persons: persons, reason: reason, wording: wording) }
        hasForms = !forms.isEmpty
        problemTitle = problem?.title(in: wording)
        problemDetail = problem?.detail(in: wording)
    }
}

extension FindingPage.Form {
    init(
        _ verb: FindingVerdict.Verb, learns: Bool, persons: [TicketPage.PersonOption], reason: String, wording: Wording
    ) {
        verdictValue = verb.rawValue
        verdictName = wording.word(.verdict, verb.rawValue)
        let isPlain = verb == .expected && !learns
        verdictHint = wording.word(.verdict, verb.rawValue + (isPlain ? "_until_hint" : "_hint"))
        hasUntil = verb == .expected
        isUntilRequired = isPlain
        untilText = wording.text(isPlain ? .expectedUntil : .expectedUntilOptional)
        isReasonRequired = verb.needsReason
        reasonText = wording.text(verb.needsReason ? .reasonRequired : .reasonOptional)
        reasonDraft = reason
        self.persons = persons
    }
}

extension TicketPage.PersonOption {
    /// Everybody on the site's list, with roles.
    static func all(in moment: EstateMoment, selected: String?) -> [Self] {
        let wording = moment.wording
        return moment.overview.persons.map { person in
            Self(
                personValue: person.identifier.text,
                personText: wording.text(
                    .personWithRole,
                    ["name": wording.pick(person.name), "role": wording.word(.role, person.role)]),
                isSelected: person.identifier.text == selected)
        }
    }
}

/// What of a finding's page changes by itself.
struct FindingParts: Sendable {
    var word: [String: String]
    var findings: [FindingCard]
    var identifierPath: String

    init(moment: EstateMoment, snapshot: FindingSnapshot) {
        word = moment.wording.texts
        findings = [FindingCard(snapshot, in: moment)]
        identifierPath = PercentText.encoded(snapshot.finding.identifier.text)
    }
}

/// A verdict as the cards show it.
struct VerdictRow: Sendable {
    var verdictText: String
    /// Set when the person said why.
    var verdictReason: String?

    init(_ line: VerdictLine, in moment: EstateMoment) {
        let wording = moment.wording
        let word = wording.word(.verdict, line.verdict.rawValue + "_said")
        let verdict = line.until.map {
            wording.text(.verdictUntil, ["verdict": word, "moment": moment.time.moment($0)])
        }
        verdictText = wording.text(
            .verdictLine,
            [
                "moment": moment.time.moment(line.at), "person": moment.name(ofActor: line.person.text),
                "verdict": verdict ?? word,
            ])
        verdictReason = line.reason.isEmpty ? nil : line.reason
    }
}

/// The finding that a path names.
enum FindingPath {
    /// - Throws: `findingUnknown` when the segment is not text.
    static func identifier(in context: DashboardContext) throws -> FindingIdentifier {
        let segment = try context.parameters.require("finding")
        guard let text = PercentText.decoded(segment) else { throw Problem(.findingUnknown, ["finding": segment]) }
        return FindingIdentifier(text)
    }

    static func page(of finding: FindingIdentifier) -> String { "/findings/" + PercentText.encoded(finding.text) }
}

/// A verdict as a browser or a program sends it.
struct VerdictForm: Sendable, Decodable {
    var verdict: FindingVerdict.Verb
    var person: String
    var reason: String?
    /// `2026-12-01` for the end of that day on the site's wall, RFC 3339, or milliseconds since 1970.
    var until: String?

    /// - Throws: `verdictInvalid` when the end is no date.
    func verdict(of finding: FindingIdentifier, zone: ZoneOffsets) throws(Problem) -> FindingVerdict {
        var end: Timestamp?
        if let until, !until.isEmpty {
            end =
                LocalTimeField.endOfDay(until, in: zone) ?? Int64(until).map(Timestamp.init(milliseconds:))
                ?? Timestamp(rfc3339: until)
            if end == nil { throw Problem(.verdictInvalid) }
        }
        return FindingVerdict(
            verdict, of: finding, person: PersonIdentifier(person), reason: reason ?? "", until: end)
    }
}

extension VerdictForm {
    /// - Throws: `verdictInvalid` when the verdict is none.
    init(_ body: BodyValues) throws(Problem) {
        guard let verb = FindingVerdict.Verb(rawValue: body.text("verdict") ?? "") else {
            throw Problem(.verdictInvalid)
        }
        self.init(
            verdict: verb, person: body.text("person") ?? "", reason: body.text("reason"), until: body.text("until"))
    }
}
