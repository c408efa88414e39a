// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import Pipeline

/// Paper: a ticket on one sheet of A5, and the label that hangs beside a machine. Both carry a QR code and need no network
/// to be read.
struct SheetPages: Sendable {
    let pages: Pages

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/tickets/:number/sheet") { request, context in
            try await sheet(TicketPath.number(in: context), request, context.language)
        }
        router.get("/assets/:asset/label") { request, context in
            try await label(context.parameters.require("asset"), request, context.language)
        }
    }

    private func sheet(_ number: String, _ request: Request, _ language: Language) async throws -> Response {
        guard let detail = await pages.view.ticket(number) else { throw Problem(.ticketUnknown, ["number": number]) }
        let moment = await pages.look(language)
        return pages.page("sheet", TicketSheet(detail, in: moment, address: moment.overview.publicAddress))
    }

    private func label(_ asset: String, _ request: Request, _ language: Language) async throws -> Response {
        let moment = await pages.look(language)
        guard let found = moment.overview.assets.first(where: { $0.identifier.text == asset }) else {
            throw Problem(.notFound, ["path": request.uri.path])
        }
        return pages.page("label", AssetLabel(found, in: moment, address: moment.overview.publicAddress))
    }
}

/// What a code says: the address of a page where people reach it, else what it is about as a text.
enum CodeText {
    static func of(_ path: String, at address: String?, or text: String) -> String {
        address.map { ($0.hasSuffix("/") ? String($0.dropLast()) : $0) + path } ?? text
    }
}

struct TicketSheet: Sendable {
    var language: String
    var sheetTitle: String
    var siteName: String
    var code: String
    var asset: String
    var rule: String
    var facts: [Fact]
    /// Why it was raised, in the words of those who reported it and of the evidence.
    var sentences: [String]
    var dossier: TicketDossier?
    /// What is written by hand.
    var blanks: [String]
    var word: [String: String]

    init(_ detail: TicketDetail, in moment: EstateMoment, address: String?) {
        let (wording, ticket) = (moment.wording, TicketCard(detail.ticket, in: moment))
        word = wording.texts
        language = wording.language.rawValue
        sheetTitle = wording.text(.titleTicket, ["number": ticket.number])
        siteName = wording.pick(moment.overview.siteName)
        let text = CodeText.of(TicketPath.page(of: ticket.number), at: address, or: ticket.number)
        code = QRCode(text)?.svg(title: text) ?? ""
        (asset, rule) = (ticket.ticketAsset, ticket.ticketRule)
        func fact(_ name: String, _ text: String) -> Fact {
            Fact(factName: wording.texts[name] ?? name, factText: text)
        }
        facts = [
            Fact(factName: wording.word(.sheet, "urgency"), factText: ticket.severityWord),
            fact("raised", ticket.raised),
            fact("owner", ticket.ownerName), fact("assignee", ticket.assigneeName ?? "–"),
            fact("clock_respond", moment.time.moment(detail.ticket.respondBy)),
            fact("clock_resolve", moment.time.moment(detail.ticket.resolveBy)),
        ]
        sentences =
            (detail.ticket.reports?.map(\.text) ?? [])
            + detail.findings.map { FindingCard($0, in: moment).evidenceSentence }
        dossier = detail.card.map { TicketDossier($0, detail.ticket, in: moment) }
        blanks = ["cause", "done", "parts", "signed"].map { wording.word(.sheet, $0) }
    }
}

struct AssetLabel: Sendable {
    var language: String
    var sheetTitle: String
    var siteName: String
    var code: String
    var asset: String
    var rule: String

    init(_ found: AssetSnapshot, in moment: EstateMoment, address: String?) {
        let wording = moment.wording
        language = wording.language.rawValue
        asset = wording.pick(found.name)
        sheetTitle = asset
        rule = wording.text(.labelHint)
        siteName = wording.pick(moment.overview.siteName)
        let identifier = found.identifier.text
        let text = CodeText.of(
            "/report?asset=" + PercentText.encoded(identifier), at: address,
            or: "\(moment.overview.site)/\(identifier)")
        code = QRCode(text)?.svg(title: text) ?? ""
    }
}
