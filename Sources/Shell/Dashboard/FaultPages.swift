// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import NIOCore
import Pipeline

/// The form by which anybody reports a fault: `/report`, and `/report?asset=lift-1` for the code beside a machine.
struct FaultPages: Sendable {
    let pages: Pages

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/report") { request, context in
            let query = request.uri.queryParameters
            let asset = query["asset"].map(String.init)
            guard let number = query["ticket"].map(String.init) else {
                return await show(request, context.language, draft: FaultForm(asset: asset))
            }
            guard let detail = await pages.view.ticket(number) else {
                throw Problem(.ticketUnknown, ["number": number])
            }
            return await show(request, context.language, draft: FaultForm(asset: asset), made: detail.ticket)
        }
        router.post("/report") { request, context in try await submit(request, context.language) }
    }

    private func show(
        _ request: Request, _ language: Language, draft: FaultForm, made: TicketSnapshot? = nil,
        problem: Problem? = nil
    ) async -> Response {
        let moment = await pages.look(language)
        // A form that is sent twice makes one ticket; one that was refused keeps its name.
        let token = draft.token ?? String(UInt64.random(in: .min ... .max), radix: 16)
        var response = pages.page(
            "fault",
            FaultPage(
                frame: pages.frame(moment.wording.text(.titleFault), request, moment), moment: moment, draft: draft,
                token: token, made: made, problem: problem))
        if let problem { response.status = problem.status }
        return response
    }

    private func submit(_ request: Request, _ language: Language) async throws -> Response {
        let buffer = try await BodyLimit.body(of: request)
        guard let form = try? URLEncodedFormDecoder().decode(FaultForm.self, from: String(buffer: buffer)) else {
            throw Problem(.bodyInvalid)
        }
        let problem: Problem
        do {
            let made = try await pages.view.report(try form.report(Array(buffer.readableBytesView)))
            return .redirect(to: "/report?ticket=" + PercentText.encoded(made.ticket.ticket.number), type: .normal)
        } catch let refusal as ReportRefusal {
            problem = Problem(refusal)
        } catch let invalid as Problem {
            problem = invalid
        }
        return await show(request, language, draft: form, problem: problem)
    }
}

/// The form as the browser sends it.
struct FaultForm: Sendable, Decodable {
    var asset: String?
    var mode: String?
    var text: String?
    var reporter: String?
    var phone: String?
    /// Names the form, so that sending it again does nothing new.
    var token: String?

    init(asset: String?) { self.asset = asset }

    /// - Parameter bytes: The form as it came.
    /// - Throws: `bodyInvalid`, with everything that is wrong.
    func report(_ bytes: [UInt8]) throws(Problem) -> FaultReport {
        var faults: [RequestFault] = []
        func check(_ name: String, _ value: String?, _ range: ClosedRange<Int>) {
            guard !range.contains((value ?? "").unicodeScalars.count) else { return }
            let values = ["least": "\(range.lowerBound)", "most": "\(range.upperBound)"]
            faults.append(RequestFault(place: .parameter(name), word: .text, values: values))
        }
        check("asset", asset, 1...100)
        check("text", text?.filter { !$0.isWhitespace }, 1...FaultReport.longestText)
        check("text", text, 0...FaultReport.longestText)
        check("reporter", reporter, 0...100)
        check("phone", phone, 0...40)
        check("token", token, 1...64)
        let mode = FaultReport.failureModes.first { $0.text == self.mode }
        guard let mode, faults.isEmpty else { throw Problem(.bodyInvalid, faults: faults) }
        return FaultReport(
            person: nil, asset: AssetIdentifier(asset ?? ""), failureMode: mode, severity: .p3, text: text ?? "",
            reporter: reporter ?? "", phone: phone ?? "", key: "form:" + (token ?? ""), request: bytes)
    }
}

/// The page of the form, or what became of it.
struct FaultPage: Sendable {
    var frame: PageFrame
    var word: [String: String]
    var places: [TicketPage.Choice]
    var modes: [TicketPage.Choice]
    /// Chosen beforehand, each at most one.
    var chosenPlaces: [TicketPage.Choice]
    var chosenModes: [TicketPage.Choice]
    var token: String
    var textDraft: String
    var reporterDraft: String
    var phoneDraft: String
    /// Set when the report has become a ticket.
    var madeText: String?
    var madeOwner: String?
    var madeHref: String?
    var isForm: Bool
    var problemTitle: String?
    var problemDetail: String?

    init(
        frame: PageFrame, moment: EstateMoment, draft: FaultForm, token: String, made: TicketSnapshot?,
        problem: Problem?
    ) {
        let wording = moment.wording
        self.frame = frame
        (word, self.token) = (wording.texts, token)
        let places = moment.overview.assets.map {
            TicketPage.Choice(choiceValue: $0.identifier.text, choiceText: wording.pick($0.name))
        }
        let modes = FaultReport.failureModes.map {
            TicketPage.Choice(choiceValue: $0.text, choiceText: wording.word(.trouble, $0.text))
        }
        chosenPlaces = places.filter { $0.choiceValue == draft.asset }
        chosenModes = modes.filter { $0.choiceValue == draft.mode }
        self.places = places.filter { $0.choiceValue != draft.asset }
        self.modes = modes.filter { $0.choiceValue != draft.mode }
        (textDraft, reporterDraft, phoneDraft) = (draft.text ?? "", draft.reporter ?? "", draft.phone ?? "")
        madeText = made.map { wording.text(.faultMade, ["number": $0.number]) }
        madeOwner = made.map { wording.text(.faultOwner, ["person": moment.name(ofActor: $0.owner.text)]) }
        madeHref = made.map { TicketPath.page(of: $0.number) }
        isForm = made == nil
        problemTitle = problem?.title(in: wording)
        problemDetail = problem?.detail(in: wording)
    }
}
