// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import Pipeline

/// All tickets.
struct TicketListPage: Sendable {
    var frame: PageFrame
    var word: [String: String]
    var list: TicketListParts

    init(frame: PageFrame, moment: EstateMoment) {
        self.frame = frame
        word = moment.wording.texts
        list = TicketListParts(moment: moment)
    }
}

/// The lists of open and of closed tickets.
struct TicketListParts: Sendable {
    var word: [String: String]
    var tickets: [TicketCard]
    var hasTickets: Bool
    var openTicketsText: String
    var closedTickets: [TicketCard]
    var hasClosedTickets: Bool

    init(moment: EstateMoment) {
        word = moment.wording.texts
        tickets = moment.openTickets
        hasTickets = !tickets.isEmpty
        openTicketsText = moment.wording.counted(.openTickets, tickets.count)
        closedTickets = moment.closedTickets
        hasClosedTickets = !closedTickets.isEmpty
    }
}

/// One ticket with what may be done to it now.
struct TicketPage: Sendable {
    /// One allowed action as a form.
    struct Form: Sendable {
        var actionValue: String
        var actionName: String
        var isNoteRequired: Bool
        /// Why the note is needed: what was done, or the reason.
        var isReasonNote: Bool
        var hasReceiver: Bool
        var hasReasons: Bool
        var reasons: [Choice]
        var hasUntil: Bool
        var untilText: String
        var hasScore: Bool
        var scores: [Choice]
        var hasOther: Bool
        var hasCause: Bool
        /// Approval may be given by another person.
        var hasApprover: Bool
        /// Sign-off has two buttons.
        var isSignOff: Bool
        var persons: [PersonOption]
        var noteDraft: String
    }
    struct Choice: Sendable {
        var choiceValue: String
        var choiceText: String
    }
    struct PersonOption: Sendable {
        var personValue: String
        var personText: String
        var isSelected: Bool
    }

    var frame: PageFrame
    var word: [String: String]
    var parts: TicketParts
    var trends: [TrendPicture]
    var hasTrends: Bool
    var dossier: TicketDossier?
    var photos: PhotoSection?
    var sheetHref: String
    var forms: [Form]
    var hasForms: Bool
    /// What is done seldom, folded away.
    var rareForms: [Form]
    var hasRareForms: Bool
    var version: Int
    var actionHref: String
    var problemTitle: String?
    var problemDetail: String?

    /// - Parameters:
    ///   - actor: Person to be chosen beforehand: the one who acted last from this browser.
    ///   - note: What was typed before the server refused it.
    init(
        frame: PageFrame, moment: EstateMoment, detail: TicketDetail, actor: String?, note: String, problem: Problem?
    ) {
        let wording = moment.wording
        self.frame = frame
        word = wording.texts
        parts = TicketParts(moment: moment, detail: detail)
        trends = TrendPicture.all(of: detail, in: moment)
        hasTrends = !trends.isEmpty
        dossier = detail.card.map { TicketDossier($0, detail.ticket, in: moment) }
        sheetHref = TicketPath.page(of: detail.ticket.number) + "/sheet"
        version = detail.ticket.version
        actionHref = TicketPath.page(of: detail.ticket.number)
        let persons = PersonOption.all(in: moment, selected: actor)
        photos = PhotoSection(detail, persons, in: moment)
        // Where the utility repairs, to wait for it is what is done next.
        let isUtilitys = detail.card?.responsible == .utility
        let all = detail.ticket.allowed.map {
            Form($0, persons: persons, note: note, wording: wording, proposed: isUtilitys ? "utility" : nil)
        }
        func isRare(_ form: Form) -> Bool {
            guard let verb = TicketAction.Verb(rawValue: form.actionValue) else { return false }
            return verb.isRare && !(isUtilitys && verb == .hold)
        }
        rareForms = all.filter(isRare)
        forms = all.filter { !isRare($0) }
        hasForms = !all.isEmpty
        hasRareForms = !rareForms.isEmpty
        problemTitle = problem?.title(in: wording)
        problemDetail = problem?.detail(in: wording)
    }
}

/// What of a ticket page changes by itself.
struct TicketParts: Sendable {
    struct Line: Sendable {
        var lineTime: String
        var lineEvent: String
        var lineActor: String
        var lineNote: String?
    }

    var word: [String: String]
    var ticket: TicketCard
    /// What the ticket waits for.
    var waitsFor: String?
    /// What persons and other programs said who reported it, oldest first.
    var told: [String]
    var findings: [FindingCard]
    var hasFindings: Bool
    var history: [Line]
    var versionNow: Int
    var numberPath: String

    init(moment: EstateMoment, detail: TicketDetail) {
        let wording = moment.wording
        word = wording.texts
        ticket = TicketCard(detail.ticket, in: moment)
        told = detail.ticket.reports?.map(\.text) ?? []
        waitsFor = wording.texts[WordFamily.waits.key(detail.ticket.state)]
        findings = detail.findings.map { FindingCard($0, in: moment) }
        hasFindings = !findings.isEmpty
        versionNow = detail.ticket.version
        numberPath = PercentText.encoded(detail.ticket.number)
        history = detail.history.map { line in
            Line(
                lineTime: moment.time.momentWithSeconds(line.at), lineEvent: wording.word(.event, line.event),
                lineActor: moment.name(ofActor: line.actor), lineNote: Self.note(of: line, in: moment))
        }
    }

    /// What a line says, with the gateway's own words in the reader's language; what a person wrote stays as it is.
    private static func note(of line: TicketLine, in moment: EstateMoment) -> String? {
        guard !line.note.isEmpty else { return nil }
        switch line.event {
        case "escalated", "breached":
            // A promise, how much of its time is over, and who is told.
            let words = line.note.split(separator: " ").enumerated().map { place, word in
                guard place > 0 else {
                    return moment.wording.texts[WordFamily.promise.key(String(word))] ?? String(word)
                }
                let isFollowed = word.hasSuffix(",")
                return moment.name(ofActor: String(isFollowed ? word.dropLast() : word)) + (isFollowed ? "," : "")
            }
            return words.joined(separator: " ")
        case "assign", "handOver": return moment.name(ofActor: line.note)
        default: return line.note
        }
    }
}

/// The form of a ticket page as the browser sends it.
struct ActionForm: Sendable {
    /// Remembers who acted last from this browser, so that the name need not be chosen each time.
    static let cookieName = "sluice_person"

    var verb: TicketAction.Verb
    var person: String
    var note: String
    var version: Int?
    var isPassed: Bool
    var to: String?
    var reason: String?
    /// `2026-11-27T09:00` on the site's wall.
    var until: String?
    var approver: String?
    var cause: String?
    var labourMinutes: Int?
    var score: Int?
    var other: String?

    /// - Parameter body: `application/x-www-form-urlencoded`.
    /// - Returns: `nil` when an action is missing or unknown.
    init?(_ body: String) {
        struct Fields: Decodable {
            var event: String
            var person: String?
            var note: String?
            var version: String?
            var passed: String?
            var to: String?
            var reason: String?
            var until: String?
            var approver: String?
            var cause: String?
            var labour: String?
            var score: String?
            var other: String?
        }
        guard let fields = try? URLEncodedFormDecoder().decode(Fields.self, from: body),
            let verb = TicketAction.Verb(rawValue: fields.event)
        else { return nil }
        self.verb = verb
        person = fields.person ?? ""
        note = fields.note ?? ""
        version = fields.version.flatMap { Int($0) }
        isPassed = fields.passed != "false"
        func given(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
        to = given(fields.to)
        reason = given(fields.reason)
        until = given(fields.until)
        approver = given(fields.approver)
        cause = given(fields.cause)
        labourMinutes = given(fields.labour).flatMap { Int($0) }
        score = given(fields.score).flatMap { Int($0) }
        other = given(fields.other)
    }

    /// What the person wants, with times on the site's wall.
    func action(on number: String, zone: ZoneOffsets) -> TicketAction {
        var action = TicketAction(
            number: number, verb: verb, person: PersonIdentifier(person), note: note, version: version,
            isPassed: isPassed)
        action.to = to.map { PersonIdentifier($0) }
        action.reason = reason
        action.until = until.flatMap { LocalTimeField.moment($0, in: zone) }
        action.approver = approver.map { PersonIdentifier($0) }
        action.cause = cause
        action.labourMinutes = labourMinutes
        action.score = score
        action.other = other
        return action
    }

    var cookie: Cookie? { Self.cookie(of: person) }

    /// `nil` when the person's identifier may not stand in a cookie.
    static func cookie(of person: String) -> Cookie? {
        guard PersonIdentifier.isValid(person) else { return nil }
        return Cookie(
            name: cookieName, value: person, maxAge: 365 * 86_400, path: "/", httpOnly: true, sameSite: .strict)
    }
}
