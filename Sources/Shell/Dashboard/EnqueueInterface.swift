// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import NIOCore
import Pipeline

/// Events of other monitoring programs in the widely used shape of version 2: `POST /v2/enqueue`.
///
/// `trigger` reports a fault of the asset that `component`, else `source`, names; `class` may name the failure mode.
/// `acknowledge` accepts the ticket of the same `dedup_key`, `resolve` reports it repaired, or cancels it where nobody has
/// begun. `routing_key` is the person in whose name it is done. What else the shape has is passed over.
struct EnqueueInterface: Sendable {
    let view: any EstateView

    static let route = InterfaceRoute(
        method: .post, root: "", path: "/v2/enqueue", name: "enqueueEvent", about: "Takes an event of another program.",
        body: event, answers: [.init(status: 202, about: "It was taken in.", shape: .enqueued)],
        problems: [
            .personUnknown, .assetUnknown, .ticketUnknown, .ticketChanged, .actionNotAllowed, .noteMissing,
            .signerIsResolver, .keyReused, .notStored,
        ] + ActionGround.allCases.map { Problem.Kind($0) })

    private static let severities: [(word: String, severity: Severity)] = [
        ("critical", .p1), ("error", .p2), ("warning", .p3), ("info", .p4),
    ]

    static let payload = BodyShape(
        members: [
            .init(
                name: "summary", kind: .text(1...1024), isRequired: true, about: "What is wrong; not only blanks."),
            .init(
                name: "source", kind: .text(1...255), isRequired: true,
                about: "The asset, where component does not name it."),
            .init(
                name: "severity", kind: .words(severities.map(\.word)), isRequired: true,
                about: "critical is p1, error p2, warning p3, info p4."),
            .init(name: "component", kind: .text(1...255), about: "Identifier of the asset."),
            .init(name: "class", kind: .text(1...255), about: "The failure mode; reported_other for any other word."),
        ], passesOverOthers: true)

    static let event = BodyShape(
        members: [
            .init(
                name: "routing_key", kind: .text(1...100), isRequired: true, among: .persons,
                about: "In whose name: an identifier of persons."),
            .init(
                name: "event_action", kind: .words(["trigger", "acknowledge", "resolve"]), isRequired: true,
                about: "What happened."),
            .init(
                name: "dedup_key", kind: .text(1...255),
                about: "Names the fault; needed by acknowledge and resolve. The ticket's number when not given."),
            .init(name: "payload", kind: .object(payload), about: "The fault; needed by trigger."),
        ], passesOverOthers: true)

    private struct Answer: Encodable {
        var status = "success"
        var message = "Event processed"
        var dedupKey: String
        var ticket: String

        private enum CodingKeys: String, CodingKey {
            case status, message, ticket
            case dedupKey = "dedup_key"
        }
    }

    func addRoutes(to routes: InterfaceRoutes) {
        routes.add(Self.route) { call in
            let (body, bytes) = try await call.body()
            let person = try Caller.acting(as: body.text("routing_key"))
            let key = body.text("dedup_key")
            let ticket =
                body.text("event_action") == "trigger"
                ? try await trigger(body, bytes, key: key, by: person)
                : try await act(body, key: key, by: person)
            return JSONText.response(Answer(dedupKey: key ?? ticket, ticket: ticket), status: .accepted)
        }
    }

    /// - Returns: Number of the ticket.
    private func trigger(
        _ body: BodyValues, _ bytes: [UInt8], key: String?, by person: PersonIdentifier
    ) async throws -> String {
        guard let payload = body.object("payload") else {
            throw Problem(.bodyInvalid, faults: [RequestFault(place: .pointer("#/payload"), word: .missing)])
        }
        let summary = payload.text("summary") ?? ""
        guard !summary.allSatisfy(\.isWhitespace) else {
            throw Problem(.bodyInvalid, faults: [RequestFault(place: .pointer("#/payload/summary"), word: .missing)])
        }
        let word = payload.text("severity")
        let modes = FaultReport.failureModes + RuleIdentifier.all
        let asset = AssetIdentifier(payload.text("component") ?? payload.text("source") ?? "")
        let mode = modes.first { $0.text == payload.text("class") } ?? RuleIdentifier("reported_other")
        var report = FaultReport(
            person: person, asset: asset, failureMode: mode,
            severity: Self.severities.first { $0.word == word }?.severity ?? .p3, text: summary,
            key: await name(of: bytes, asset, mode), request: bytes)
        report.reference = key
        do {
            return try await view.report(report).ticket.ticket.number
        } catch {
            throw Problem(error)
        }
    }

    /// The name of an event: the same one again is answered as before, until the ticket of its fault has ended. What comes
    /// after that is the fault again, for programs send the same words each time.
    private func name(of bytes: [UInt8], _ asset: AssetIdentifier, _ mode: RuleIdentifier) async -> String {
        let name = "enqueue:" + ContentHash.text(of: bytes)
        let ended = await view.tickets().first { $0.asset == asset && $0.rule == mode && !$0.isOpen }
        return ended.map { "\(name):\($0.number):\($0.version)" } ?? name
    }

    private func act(_ body: BodyValues, key: String?, by person: PersonIdentifier) async throws -> String {
        guard let key else {
            throw Problem(.bodyInvalid, faults: [RequestFault(place: .pointer("#/dedup_key"), word: .missing)])
        }
        let known = await view.tickets()
        guard
            let ticket = known.first(where: { ticket in
                ticket.number == key || ticket.reports?.contains { $0.reference == key } == true
            })
        else { throw Problem(.ticketUnknown, ["number": key]) }
        let isOver = body.text("event_action") == "resolve"
        let verb: TicketAction.Verb =
            !isOver
            ? .accept : ticket.allowed.contains("resolve") || !ticket.allowed.contains("cancel") ? .resolve : .cancel
        let note = body.object("payload")?.text("summary") ?? "resolve: \(key)"
        let action = TicketAction(
            number: ticket.number, verb: verb, person: person, note: isOver ? note : "", version: nil)
        do {
            return try await view.act(action).ticket.number
        } catch {
            throw Problem(error, of: action)
        }
    }
}
