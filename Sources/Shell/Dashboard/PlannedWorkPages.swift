// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import NIOCore
import Pipeline
import Prevention
import Tickets

/// Planned work and the inspection before holidays on `/planned-work`, and what residents are told of a ticket on
/// `/resident-notice?ticket=N`.
struct PlannedWorkPages: Sendable {
    let pages: Pages

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/planned-work") { request, context in
            await show(request, context.language, await pages.view.works())
        }
        router.post("/planned-work") { request, context in
            let buffer = try await BodyLimit.body(of: request)
            guard var form = try? URLEncodedFormDecoder().decode(RecordForm.self, from: String(buffer: buffer)) else {
                throw Problem(.bodyInvalid)
            }
            form.person = try Caller.acting(as: form.person).text
            let overview = await pages.view.record(form.report)
            guard let refusal = overview.refusal else {
                return Response.redirect(to: "/planned-work", type: .normal)
            }
            return await show(
                request, context.language, await pages.view.works(),
                problem: Problem(.workNotTaken, refusal, overview.reason))
        }
        router.get("/resident-notice") { request, context in
            try await notice(request, context.language, NoticeForm(ticket: request.uri.queryParameters["ticket"]))
        }
        router.post("/resident-notice") { request, context in
            let buffer = try await BodyLimit.body(of: request)
            guard let form = try? URLEncodedFormDecoder().decode(NoticeForm.self, from: String(buffer: buffer)) else {
                throw Problem(.bodyInvalid)
            }
            _ = try Caller.agreeing(form.approver)
            return try await notice(request, context.language, form)
        }
    }

    private func show(
        _ request: Request, _ language: Language, _ overview: WorkOverview, problem: Problem? = nil
    ) async -> Response {
        let moment = await pages.look(language)
        var response = pages.page(
            "planned-work",
            PlannedWorkPage(
                frame: pages.frame(moment.wording.text(.titleWork), request, moment), moment: moment,
                overview: overview, problem: problem))
        if let problem { response.status = problem.status }
        return response
    }

    private func notice(_ request: Request, _ language: Language, _ form: NoticeForm) async throws -> Response {
        guard let detail = await pages.view.ticket(form.ticket) else {
            throw Problem(.ticketUnknown, ["number": form.ticket])
        }
        let moment = await pages.look(language)
        var reply = await pages.view.residents(ResidentRequest(ticket: form.ticket, kind: nil))
        var problem: Problem?
        var form = form
        // What is prepared stands ready: its owner only has to be named.
        if form.kind == nil, let prepared = reply.prepared {
            reply.text = reply.draft
            form.kind = prepared.rawValue
        } else if form.kind != nil {
            let answer = await pages.view.residents(form.request(in: moment.overview.zone))
            if let refusal = answer.refusal {
                problem = Problem(.noticeNotTaken, refusal, answer.reason)
            } else {
                reply = answer
            }
        }
        var response = pages.page(
            "resident-notice",
            ResidentNoticePage(
                frame: pages.frame(moment.wording.text(.titleNotice), request, moment), moment: moment,
                ticket: detail.ticket, form: form, reply: reply, problem: problem))
        if let problem { response.status = problem.status }
        return response
    }
}

/// The form of a planned work that was done, as the browser sends it.
struct RecordForm: Sendable, Decodable {
    var work, person: String
    var doneOn, witnesses, waterTest, note: String?

    var report: WorkReport {
        WorkForm(
            work: work, person: person, doneOn: doneOn, witnesses: witnesses, waterTest: waterTest, note: note
        ).report
    }
}

/// The form of a notice to residents, as the browser sends it.
struct NoticeForm: Sendable, Decodable {
    var ticket: String
    var kind, approver, cause, causeEn, place, placeEn, phone, start, end: String?

    init(ticket: Substring?) { self.ticket = ticket.map(String.init) ?? "" }

    /// Times are those of the site's wall.
    func request(in zone: ZoneOffsets) -> ResidentRequest {
        func filled(_ text: String?) -> String? { text.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 } }
        var request = ResidentRequest(ticket: ticket, kind: kind.flatMap(ResidentNotice.Kind.init(rawValue:)))
        request.approver = filled(approver).map { PersonIdentifier($0) }
        request.cause = PlannedWorkInterface.pair(filled(cause), filled(causeEn))
        request.place = PlannedWorkInterface.pair(filled(place), filled(placeEn))
        request.phone = filled(phone)
        request.start = filled(start).flatMap { LocalTimeField.moment($0, in: zone) }
        request.end = filled(end).flatMap { LocalTimeField.moment($0, in: zone) }
        return request
    }
}

/// The page of planned work.
struct PlannedWorkPage: Sendable {
    struct Work: Sendable {
        var identifier, workName, assetText, dueText: String
        var facts: [String]
        var isOverdue, hasWitnesses, hasWaterTest: Bool
        var witnessText: String
        var ticketHref, ticketText, noticeHref, noticeText: String?
        var persons: [TicketPage.Choice]
        var today: String
    }

    struct Line: Sendable {
        var lineText: String
        var isUnmet: Bool
        var ticketHref, ticketText: String?
    }

    var frame: PageFrame
    var word: [String: String]
    var works: [Work]
    var holidayText: String
    var lines: [Line]
    var records: [String]
    var problemTitle, problemDetail: String?

    init(frame: PageFrame, moment: EstateMoment, overview: WorkOverview, problem: Problem?) {
        let wording = moment.wording
        (self.frame, word) = (frame, wording.texts)
        func name(_ asset: AssetIdentifier) -> String {
            moment.overview.assets.first { $0.identifier == asset }.map { wording.pick($0.name) } ?? asset.text
        }
        let persons = moment.overview.persons.map {
            TicketPage.Choice(choiceValue: $0.identifier.text, choiceText: wording.pick($0.name))
        }
        let today = moment.overview.zone.local(moment.now).date.text
        works = overview.works.map { work in
            let isByHours = work.dueAtRunHours != nil || work.runHours != nil
            let due = work.dueOn?.text ?? (isByHours ? wording.text(.reportByRunHours) : "—")
            var facts: [String] = []
            if work.isOverdue { facts.append(wording.text(.reportPlannedOverdue)) }
            if let last = work.last { facts.append(wording.text(.workLast, ["day": last.doneOn.text])) }
            if work.noticeBeforeHours > 0 {
                let hours = NumberText.number(work.noticeBeforeHours)
                facts.append(
                    work.residentsToldAt.map { wording.text(.workTold, ["moment": moment.time.moment($0)]) }
                        ?? wording.text(.workNotTold, ["hours": hours]))
            }
            return Work(
                identifier: work.identifier.text, workName: wording.word(.rule, work.kind.rule.text),
                assetText: name(work.asset), dueText: wording.text(.workDue, ["day": due]), facts: facts,
                isOverdue: work.isOverdue, hasWitnesses: work.witnesses > 0, hasWaterTest: work.needsWaterTest,
                witnessText: wording.text(.workWitnesses, ["count": "\(work.witnesses)"]),
                ticketHref: work.ticket.map(TicketPath.page(of:)),
                ticketText: work.ticket.map { wording.text(.titleTicket, ["number": $0]) },
                noticeHref: work.ticket.map { "/resident-notice?ticket=" + PercentText.encoded($0) },
                noticeText: wording.text(.titleNotice), persons: persons, today: today)
        }
        holidayText =
            overview.holiday.map { holiday in
                wording.text(
                    .workHoliday,
                    [
                        "first": holiday.first.text, "last": holiday.last.text,
                        "due": holiday.inspectionDue?.text ?? "—",
                    ])
            } ?? wording.text(.workNoHoliday)
        lines = overview.inspection.map { line in
            let ticket = line.kind == .openTicket ? moment.tickets.first { $0.number == line.ticket } : nil
            let words = ticket.map { ticket in
                [
                    name(ticket.asset), wording.word(.rule, ticket.rule.text),
                    wording.word(.severity, ticket.severity.word),
                ]
            }
            let text = words?.joined(separator: wording.text(.listSeparator)) ?? line.text
            return Line(
                lineText: wording.text(.workLine, ["kind": wording.word(.rule, line.kind.rawValue), "text": text]),
                isUnmet: !line.isMet, ticketHref: line.ticket.map(TicketPath.page(of:)),
                ticketText: line.ticket)
        }
        records = overview.records.reversed().prefix(50).map { record in
            wording.text(
                .workRecordLine,
                [
                    "day": record.doneOn.text, "work": wording.word(.rule, record.kind.rule.text),
                    "asset": name(record.asset), "person": moment.name(ofActor: record.person.text),
                    "witnesses": record.witnesses.isEmpty
                        ? "—" : record.witnesses.joined(separator: wording.text(.listSeparator)),
                    "keep": moment.overview.zone.local(record.keepUntil).date.text,
                ])
        }
        problemTitle = problem?.title(in: wording)
        problemDetail = problem?.detail(in: wording)
    }
}

/// The page of notices to residents of one ticket.
struct ResidentNoticePage: Sendable {
    struct Draft: Sendable {
        var title, chinese, english: String
    }

    struct Field: Sendable {
        var name, label, value: String
        var type: String?
    }

    struct Kind: Sendable {
        var choiceValue, choiceText: String
        var isSelected: Bool
    }

    var frame: PageFrame
    var word: [String: String]
    var number, ticketHref, ticketText: String
    var drafts: [Draft]
    var kinds: [Kind]
    var fields: [Field]
    var persons: [TicketPage.Choice]
    var problemTitle, problemDetail: String?

    init(
        frame: PageFrame, moment: EstateMoment, ticket: TicketSnapshot, form: NoticeForm, reply: ResidentReply,
        problem: Problem?
    ) {
        let wording = moment.wording
        (self.frame, word) = (frame, wording.texts)
        (number, ticketHref) = (ticket.number, TicketPath.page(of: ticket.number))
        ticketText = wording.text(.titleTicket, ["number": ticket.number])
        let isSent = !(form.approver ?? "").isEmpty
        drafts =
            reply.text.map { text in
                [Draft(title: wording.text(isSent ? .noticeSent : .noticeDraft), chinese: text.zh, english: text.en)]
            } ?? []
        drafts += reply.approved.map { approved in
            Draft(
                title: wording.text(
                    .noticeApproved,
                    [
                        "moment": moment.time.moment(approved.at),
                        "person": moment.name(ofActor: approved.by.replacing("person:", with: "")),
                    ]),
                chinese: approved.notice.text.zh, english: approved.notice.text.en)
        }
        kinds = ResidentNotice.Kind.allCases.map { kind in
            Kind(
                choiceValue: kind.rawValue, choiceText: wording.word(.residentKind, kind.rawValue),
                isSelected: kind.rawValue == form.kind)
        }
        fields = [
            ("cause", form.cause, nil), ("causeEn", form.causeEn, nil), ("place", form.place, nil),
            ("placeEn", form.placeEn, nil), ("start", form.start, "datetime-local"),
            ("end", form.end, "datetime-local"), ("phone", form.phone, "tel"),
        ].map { name, value, type in
            Field(name: name, label: wording.word(.noticeField, name), value: value ?? "", type: type)
        }
        persons = moment.overview.persons.map {
            TicketPage.Choice(choiceValue: $0.identifier.text, choiceText: wording.pick($0.name))
        }
        problemTitle = problem?.title(in: wording)
        problemDetail = problem?.detail(in: wording)
    }
}
