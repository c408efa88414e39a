// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import NIOCore
import Pipeline

/// Tickets for other programs: `/api/v1/tickets`.
struct TicketInterface: Sendable {
    let view: any EstateView

    static let place = InterfaceRoute.Place(name: "number", about: "Number of the ticket.")

    static let listing = InterfaceRoute(
        method: .get, path: "/tickets", name: "tickets", about: "Tickets, those raised last first.", query: query,
        answers: [.init(status: 200, about: "A page of tickets.", shape: .ticketPage)])

    static let creation = InterfaceRoute(
        method: .post, path: "/tickets", name: "reportFault", about: "Reports a fault.", body: report,
        needs: [.idempotencyKey],
        answers: [
            .init(status: 201, about: "A new ticket.", shape: .ticketAnswer, hasEntityTag: true, hasLocation: true),
            .init(
                status: 200, about: "The ticket that is open for the same asset and failure mode, with a line more.",
                shape: .ticketAnswer, hasEntityTag: true, hasLocation: true),
        ], problems: [.personUnknown, .assetUnknown, .notStored])

    static let one = InterfaceRoute(
        method: .get, path: "/tickets/{number}", name: "ticket", about: "One ticket with findings and history.",
        places: [place],
        answers: [.init(status: 200, about: "The ticket.", shape: .ticketAnswer, hasEntityTag: true)],
        problems: [.ticketUnknown])

    static let action = InterfaceRoute(
        method: .post, path: "/tickets/{number}/events", name: "actOnTicket", about: "Does something to a ticket.",
        places: [place], body: event, needs: [.ifMatch],
        answers: [.init(status: 200, about: "The ticket as it is now.", shape: .ticketAnswer, hasEntityTag: true)],
        problems: [
            .ticketUnknown, .ticketChanged, .personUnknown, .actionNotAllowed, .noteMissing, .signerIsResolver,
            .notStored,
        ] + ActionGround.allCases.map { Problem.Kind($0) })

    func addRoutes(to routes: InterfaceRoutes) {
        routes.add(Self.listing) { call in try await list(call.query) }
        routes.add(Self.creation) { call in try await create(call) }
        routes.add(Self.one) { call in try await show(TicketPath.number(in: call.context)) }
        routes.add(Self.action) { call in try await act(call, number: TicketPath.number(in: call.context)) }
    }

    // MARK: What requests consist of

    /// Words of `state`: those of the ticket machine, and two for several states.
    static let states = ["open", "ended"] + machineStates
    static let machineStates = [
        "new", "assigned", "accepted", "onSite", "inProgress", "onHold", "resolved", "verifying", "awaitingSignOff",
        "closed", "cancelled", "merged", "falseAlarm",
    ]

    static let query = BodyShape(members: [
        .init(name: "state", kind: .words(states), about: "Only tickets of this state; open and ended mean several."),
        .init(name: "updated_since", kind: .moment, about: "Only tickets with a line of that moment or later."),
        .init(name: "cursor", kind: .text(1...200), about: "The next of the page before."),
        .init(name: "limit", kind: .integer(1...200), about: "Most tickets of the page; 50 when not given."),
    ])

    static let report = BodyShape(members: [
        .init(
            name: "person", kind: .text(1...100), isRequired: true, among: .persons,
            about: "Who enters it: an identifier of persons."),
        .init(
            name: "asset", kind: .text(1...100), isRequired: true, among: .assets,
            about: "Identifier of the asset it is about."),
        .init(
            name: "failure_mode", kind: .words(failureModes), isRequired: true,
            about: "What is wrong; one ticket is open for each asset and failure mode."),
        .init(
            name: "text", kind: .text(1...FaultReport.longestText), isRequired: true,
            about: "What was seen, in the person's words; not only blanks."),
        .init(name: "severity", kind: .words(Severity.allCases.map(\.word)), about: "p3 when not given."),
        .init(name: "reporter", kind: .text(1...100), about: "Who has the trouble."),
        .init(name: "phone", kind: .text(1...40), about: "Where the reporter can be called; shown masked."),
    ])

    static let failureModes = FaultReport.failureModes.map(\.text) + RuleIdentifier.all.map(\.text)

    static let event = BodyShape(members: [
        .init(
            name: "event", kind: .words(TicketAction.Verb.allCases.map(\.rawValue)), isRequired: true,
            about: "What is done."),
        .init(
            name: "person", kind: .text(1...100), isRequired: true, among: .persons,
            about: "Who does it: an identifier of persons."),
        .init(name: "note", kind: .text(0...2000), about: "What was found or done, or why."),
        .init(name: "passed", kind: .boolean, about: "sign-off: whether the repair is accepted; true when not given."),
        .init(name: "to", kind: .text(1...100), among: .persons, about: "assign, hand-over: who gets it."),
        .init(name: "reason", kind: .words(HoldWords.all), about: "hold: why the work waits."),
        .init(name: "until", kind: .moment, about: "hold, postpone: until when."),
        .init(
            name: "approver", kind: .text(1...100), among: .persons, about: "hold, postpone: the leader who agrees."),
        .init(name: "cause", kind: .text(0...2000), about: "resolve: what was wrong."),
        .init(name: "labour_minutes", kind: .integer(0...100_000), about: "resolve: working time."),
        .init(name: "score", kind: .integer(1...5), about: "follow-up: what the reporter says."),
        .init(name: "other", kind: .text(1...200), about: "merge: number of the ticket that carries on."),
    ])

    // MARK: Answers

    private func list(_ values: BodyValues) async throws -> Response {
        var query = TicketQuery()
        switch values.text("state") {
        case nil: break
        case "open": query.states = .open
        case "ended": query.states = .ended
        case let word?: query.states = .one(word)
        }
        query.updatedSince = values.moment("updated_since")
        query.cursor = values.text("cursor")
        if let limit = values.integer("limit") { query.limit = limit }
        guard let page = await view.tickets(query) else {
            throw Problem(
                .parameterInvalid, faults: [RequestFault(place: .parameter("cursor"), word: .cursor)])
        }
        return JSONText.response(TicketsAnswer(tickets: page.tickets, next: page.next))
    }

    private func show(_ number: String) async throws -> Response {
        guard let detail = await view.ticket(number) else { throw Problem(.ticketUnknown, ["number": number]) }
        return answer(detail)
    }

    private func create(_ call: InterfaceCall) async throws -> Response {
        let key = try RequestHeaders.idempotencyKey(of: call.request)
        let (body, bytes) = try await call.body()
        let text = body.text("text") ?? ""
        guard !text.allSatisfy(\.isWhitespace) else {
            throw Problem(.bodyInvalid, faults: [RequestFault(place: .pointer("#/text"), word: .missing)])
        }
        let severity = Severity.allCases.first { $0.word == body.text("severity") } ?? .p3
        let told = FaultReport(
            person: try Caller.acting(as: body.text("person")), asset: AssetIdentifier(body.text("asset") ?? ""),
            failureMode: RuleIdentifier(body.text("failure_mode") ?? ""), severity: severity, text: text,
            reporter: body.text("reporter") ?? "", phone: body.text("phone") ?? "", key: "api:" + key, request: bytes)
        do {
            let reported = try await view.report(told)
            var response = answer(reported.ticket, status: reported.isNew ? .created : .ok)
            response.headers[.location] = "/api/v1/tickets/" + PercentText.encoded(reported.ticket.ticket.number)
            return response
        } catch {
            throw Problem(error)
        }
    }

    private func act(_ call: InterfaceCall, number: String) async throws -> Response {
        guard let present = await view.ticket(number) else { throw Problem(.ticketUnknown, ["number": number]) }
        let condition = try RequestHeaders.ifMatch(of: call.request)
        let body = try await call.body().values
        guard let verb = TicketAction.Verb(rawValue: body.text("event") ?? "") else { throw Problem(.bodyInvalid) }
        var action = TicketAction(
            number: number, verb: verb, person: PersonIdentifier(body.text("person") ?? ""),
            note: body.text("note") ?? "", version: condition.version(besides: present.ticket.version),
            isPassed: body.boolean("passed") ?? true)
        action.to = body.text("to").map { PersonIdentifier($0) }
        action.reason = body.text("reason")
        action.until = body.moment("until")
        action.approver = body.text("approver").map { PersonIdentifier($0) }
        (action.cause, action.labourMinutes) = (body.text("cause"), body.integer("labour_minutes"))
        (action.score, action.other) = (body.integer("score"), body.text("other"))
        try Caller.vouch(for: &action)
        do {
            return answer(try await view.act(action))
        } catch {
            throw Problem(error, of: action)
        }
    }

    private func answer(_ detail: TicketDetail, status: HTTPResponse.Status = .ok) -> Response {
        var response = JSONText.response(Versioned(detail), status: status)
        response.headers[.eTag] = EntityTag.text(detail.ticket.version)
        return response
    }
}

/// The version of a ticket as an entity tag.
enum EntityTag {
    static func text(_ version: Int) -> String { "\"\(version)\"" }
}
