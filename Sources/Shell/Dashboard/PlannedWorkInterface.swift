// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import NIOCore
import Pipeline
import Prevention
import Tickets

/// The preventive calendar, what an inspection would find, and notices to residents: `/api/v1/planned-work` and
/// `/api/v1/tickets/{number}/resident-notices`.
struct PlannedWorkInterface: Sendable {
    let view: any EstateView

    static let listing = InterfaceRoute(
        method: .get, path: "/planned-work", name: "plannedWork",
        about: "Planned work with its records, the next holiday, and what an inspection would find now.",
        answers: [.init(status: 200, about: "The preventive calendar.", shape: .plannedWork)])

    static let recording = InterfaceRoute(
        method: .post, path: "/planned-work/{work}/records", name: "recordPlannedWork",
        about: "Puts on record that a planned work was done.",
        places: [.init(name: "work", about: "Identifier of the planned work.")], body: record,
        answers: [.init(status: 200, about: "The preventive calendar after it.", shape: .plannedWork)],
        problems: [.workNotTaken])

    static let telling = InterfaceRoute(
        method: .post, path: "/tickets/{number}/resident-notices", name: "tellResidents",
        about: "Writes a notice to residents; with `approver` it is approved, stored and handed to the channels.",
        places: [.init(name: "number", about: "Number of the ticket.")], body: notice,
        answers: [.init(status: 200, about: "The notice, and those approved before.", shape: .residentNotice)],
        problems: [.noticeNotTaken])

    static let record = BodyShape(members: [
        .init(name: "person", kind: .text(1...100), isRequired: true, among: .persons, about: "Who did it."),
        .init(name: "done_on", kind: .form(.day), about: "The day; today when not given."),
        .init(
            name: "witnesses", kind: .text(0...500), about: "Names of those who were there, separated by semicolons."),
        .init(name: "water_test", kind: .text(0...100), about: "Number of the laboratory's report."),
        .init(name: "note", kind: .text(0...2000), about: "Anything to add."),
        .init(name: "corrects", kind: .text(1...100), about: "Name of the record that this one replaces."),
    ])

    static let notice = BodyShape(members: [
        .init(
            name: "kind", kind: .words(ResidentNotice.Kind.allCases.map(\.rawValue)), isRequired: true,
            about: "What residents are told."),
        .init(
            name: "approver", kind: .text(1...100), among: .persons,
            about: "The ticket's owner, who approves it; it is only shown when not given."),
        .init(name: "cause", kind: .text(1...200), about: "In Chinese."),
        .init(name: "cause_en", kind: .text(1...200), about: "In English; as in Chinese when not given."),
        .init(name: "place", kind: .text(1...200), about: "In Chinese; the asset's name when not given."),
        .init(name: "place_en", kind: .text(1...200), about: "In English."),
        .init(name: "phone", kind: .text(1...40), about: "The owner's number when not given."),
        .init(name: "start", kind: .moment, about: "When the trouble begins."),
        .init(name: "end", kind: .moment, about: "When it ends."),
    ])

    func addRoutes(to routes: InterfaceRoutes) {
        routes.add(Self.listing) { _ in JSONText.response(Versioned(await view.works())) }
        routes.add(Self.recording) { call in
            let body = try await call.body().values
            let overview = await view.record(
                WorkForm(
                    work: try call.place("work") ?? "", person: try Caller.acting(as: body.text("person")).text,
                    doneOn: body.text("done_on"), witnesses: body.text("witnesses"),
                    waterTest: body.text("water_test"), note: body.text("note"), corrects: body.text("corrects")
                ).report)
            if let refusal = overview.refusal { throw Problem(.workNotTaken, refusal, overview.reason) }
            return JSONText.response(Versioned(overview))
        }
        routes.add(Self.telling) { call in
            let body = try await call.body().values
            var request = ResidentRequest(
                ticket: try call.place("number") ?? "",
                kind: body.text("kind").flatMap(ResidentNotice.Kind.init(rawValue:)))
            request.approver = try Caller.agreeing(body.text("approver"))
            request.cause = Self.pair(body.text("cause"), body.text("cause_en"))
            request.place = Self.pair(body.text("place"), body.text("place_en"))
            request.phone = body.text("phone")
            request.start = body.text("start").flatMap { Timestamp(rfc3339: $0) }
            request.end = body.text("end").flatMap { Timestamp(rfc3339: $0) }
            let reply = await view.residents(request)
            if let refusal = reply.refusal { throw Problem(.noticeNotTaken, refusal, reply.reason) }
            return JSONText.response(Versioned(ResidentAnswer(reply)))
        }
    }

    static func pair(_ chinese: String?, _ english: String?) -> BilingualText? {
        let (chinese, english) = (chinese ?? "", english ?? "")
        guard !chinese.isEmpty || !english.isEmpty else { return nil }
        return BilingualText(zh: chinese.isEmpty ? english : chinese, en: english.isEmpty ? chinese : english)
    }
}

/// What a person says of planned work, as a form or a body has it.
struct WorkForm: Sendable {
    var work, person: String
    var doneOn, witnesses, waterTest, note, corrects: String?

    var report: WorkReport {
        func filled(_ text: String?) -> String? { text.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 } }
        let names = (witnesses ?? "").split { ";；\n".contains($0) }.map(String.init)
        return WorkReport(
            WorkIdentifier(work), by: PersonIdentifier(person),
            doneOn: filled(doneOn).flatMap { Timestamp(rfc3339: $0 + "T00:00:00Z") }.map { $0.civil().date },
            witnesses: names, waterTest: filled(waterTest), note: note ?? "", corrects: filled(corrects))
    }
}

/// A notice to residents, and those of its ticket that were approved.
struct ResidentAnswer: Encodable {
    struct Approved: Encodable {
        var at: Timestamp
        var by, kind, zh, en: String
    }

    var zh, en: String
    var approved: [Approved]

    init(_ reply: ResidentReply) {
        (zh, en) = (reply.text?.zh ?? "", reply.text?.en ?? "")
        approved = reply.approved.map {
            Approved(
                at: $0.at, by: $0.by, kind: $0.notice.kind.rawValue, zh: $0.notice.text.zh, en: $0.notice.text.en)
        }
    }
}
