// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import NIOCore
import Pipeline

/// What is announced, for commands and other programs: `/api/v1/announcements`.
struct AnnouncementInterface: Sendable {
    let view: any EstateView
    let resources: PageResources

    static let place = InterfaceRoute.Place(name: "number", about: "Number of the announcement.")

    static let listing = InterfaceRoute(
        method: .get, path: "/announcements", name: "announcements",
        about: "What is announced, by the site's file and since.",
        answers: [.init(status: 200, about: "All announcements.", shape: .announcements)])

    static let creation = InterfaceRoute(
        method: .post, path: "/announcements", name: "announce", about: "Announces what will explain findings.",
        body: announcement, answers: [.init(status: 201, about: "What is announced.", shape: .announcementAnswer)],
        problems: [
            .personUnknown, .assetUnknown, .announcementAsset, .announcementInvalid, .announcementsTooMany, .timePassed,
            .timeTooFar, .notStored,
        ])

    static let withdrawal = InterfaceRoute(
        method: .post, path: "/announcements/{number}/withdrawal", name: "withdrawAnnouncement",
        about: "Takes an announcement back.", places: [place], body: withdrawing,
        answers: [.init(status: 200, about: "What was taken back.", shape: .announcementAnswer)],
        problems: [.announcementUnknown, .announcementOver, .personUnknown, .reasonMissing, .notStored])

    func addRoutes(to routes: InterfaceRoutes) {
        routes.add(Self.listing) { call in
            let overview = await view.announcements()
            let wording = resources.wording(call.context.language)
            return JSONText.response(
                AnnouncementsAnswer(
                    announcements: overview.announcements.map { AnnouncementAnswer($0, at: overview.asOf, wording) }))
        }
        routes.add(Self.creation) { call in
            let body = try await call.body().values
            let zone = await view.overview().zone
            let (startText, endText) = (body.text("start") ?? "", body.text("end") ?? "")
            guard let kind = AnnouncementSettings.Kind(rawValue: body.text("kind") ?? ""),
                let start = Self.moment(startText, in: zone, isEnd: false),
                let end = Self.moment(endText, in: zone, isEnd: true)
            else { throw Problem(.announcementInvalid) }
            let asset = body.text("zone") ?? body.text("asset")
            var draft = AnnouncementDraft(
                kind, from: start, to: end, asset: asset.map { AssetIdentifier($0) }, isZone: body.text("zone") != nil,
                note: body.text("note") ?? "", person: try Caller.acting(as: body.text("person")))
            draft.bus = body.text("bus").map { BusIdentifier($0) }
            return try await answer(
                view.announce(draft), call.context.language, status: .created,
                typed: [(start, startText), (end, endText)])
        }
        routes.add(Self.withdrawal) { call in
            let segment = try call.place("number") ?? ""
            guard let number = Int64(segment) else { throw Problem(.announcementUnknown, ["number": segment]) }
            let body = try await call.body().values
            return try await answer(
                view.withdraw(
                    announcement: number, by: try Caller.acting(as: body.text("person")),
                    reason: body.text("reason") ?? ""), call.context.language)
        }
    }

    static let announcement = BodyShape(members: [
        .init(
            name: "kind", kind: .words(AnnouncementSettings.Kind.allCases.map(\.rawValue)), isRequired: true,
            about: "What is announced."),
        .init(
            name: "start", kind: .text(1...40), isRequired: true,
            about: "A day or a time on the site's wall, such as 2026-12-01 or 2026-12-01T08:00, or RFC 3339."),
        .init(
            name: "end", kind: .text(1...40), isRequired: true, about: "The same; a day means its end."),
        .init(
            name: "asset", kind: .text(1...100), among: .assets,
            about: "Which meter or machine; the whole estate when not given."),
        .init(
            name: "zone", kind: .text(1...100), among: .assets,
            about: "A shared meter: it and every meter behind it."),
        .init(name: "bus", kind: .text(1...100), about: "maintenance: everything on that bus."),
        .init(
            name: "note", kind: .text(0...500),
            about: "What findings near it say of it; maintenance needs it: why."),
        .init(
            name: "person", kind: .text(1...100), isRequired: true, among: .persons,
            about: "Who announces: an identifier of persons."),
    ])

    static let withdrawing = BodyShape(members: [
        .init(
            name: "person", kind: .text(1...100), isRequired: true, among: .persons, about: "Who takes it back."),
        .init(name: "reason", kind: .text(1...500), isRequired: true, about: "Why."),
    ])

    /// - Parameter text: A day or a minute on the site's wall, or RFC 3339.
    private static func moment(_ text: String, in zone: ZoneOffsets, isEnd: Bool) -> Timestamp? {
        if let end = LocalTimeField.endOfDay(text, in: zone) {
            return isEnd ? end : LocalTimeField.moment(text + "T00:00", in: zone)
        }
        return LocalTimeField.moment(text, in: zone) ?? Timestamp(rfc3339: text)
    }

    /// - Parameter typed: The moments of the request as they stand there; a refusal quotes them so.
    private func answer(
        _ outcome: Result<AnnouncementLine, AnnouncementRefusal>, _ language: Language,
        status: HTTPResponse.Status = .ok, typed: [(moment: Timestamp, text: String)] = []
    ) async throws -> Response {
        switch outcome {
        case .success(let line):
            let now = await view.announcements().asOf
            return JSONText.response(
                Versioned(AnnouncementAnswer(line, at: now, resources.wording(language))), status: status)
        case .failure(let refusal):
            var problem = Problem(refusal)
            switch refusal {
            case .timePassed(let moment), .timeTooFar(let moment, _):
                if let text = typed.first(where: { $0.moment == moment })?.text { problem.values["about"] = text }
            default: break
            }
            throw problem
        }
    }
}

private struct AnnouncementsAnswer: Encodable {
    var schema = 1
    var announcements: [AnnouncementAnswer]
}

/// An announcement with its words.
private struct AnnouncementAnswer: Encodable {
    /// `nil` for one that stands in the site's file.
    var number: Int64?
    var kind: String
    var kindText: String
    var state: String
    var stateText: String
    var start: Timestamp
    var end: Timestamp
    var asset: AssetIdentifier?
    var zone: AssetIdentifier?
    var bus: BusIdentifier?
    var note: String
    var person: PersonIdentifier?
    var announcedAt: Timestamp?
    var withdrawal: AnnouncementLine.Withdrawal?

    init(_ line: AnnouncementLine, at now: Timestamp, _ wording: Wording) {
        number = line.number > 0 ? line.number : nil
        kind = line.kind.rawValue
        kindText = wording.word(.announcement, kind)
        state = line.state(at: now).rawValue
        stateText = wording.word(.announcement, state)
        (start, end, note) = (line.start, line.end, line.note)
        asset = line.isZone ? nil : line.asset
        zone = line.isZone ? line.asset : nil
        bus = line.bus
        person = line.number > 0 ? line.person : nil
        announcedAt = line.number > 0 ? line.announcedAt : nil
        withdrawal = line.withdrawal
    }
}
