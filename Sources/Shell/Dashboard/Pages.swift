// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import Model
import Mustache
import NIOCore
import Pipeline

/// The pages and the parts of pages that live updates fetch again.
struct Pages: Sendable {
    let view: any EstateView
    let resources: PageResources
    let clock: @Sendable () -> Timestamp
    let logger: Logger
    /// The other estates of the box; `nil` where nobody told.
    var neighbourhood: Neighbourhood?
    /// Whether strangers see only what is open to all.
    var isClosed = false

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/") { request, context in await overview(request, context.language) }
        router.get("/wall") { request, context in
            let moment = await look(context.language)
            let title = moment.wording.text(.titleOverview)
            return page(
                "wall",
                WallPage(
                    frame: frame(title, request, moment),
                    parts: OverviewParts(moment: moment, water: try? await view.water())))
        }
        router.get("/tickets") { request, context in await ticketList(request, context.language) }
        router.get("/tickets/:number") { request, context in
            try await ticket(TicketPath.number(in: context), request, context.language)
        }
        router.post("/tickets/:number") { request, context in
            try await submit(TicketPath.number(in: context), request, context.language)
        }
        router.get("/fragments/:name") { request, context in
            try await fragment(context.parameters.require("name"), request, context.language)
        }
        router.get("/fragments/ticket-summary/:number") { request, context in
            try await ticketFragment("ticket-summary", TicketPath.number(in: context), context.language)
        }
        router.get("/fragments/ticket-history/:number") { request, context in
            try await ticketFragment("ticket-history", TicketPath.number(in: context), context.language)
        }
    }

    // MARK: Whole pages

    private func overview(_ request: Request, _ language: Language) async -> Response {
        let moment = await look(language)
        let trend = await trend(request, moment)
        let title = moment.wording.text(.titleOverview)
        // Without history the page shows all the same; the gateway's log has the reason.
        let parts = OverviewParts(moment: moment, water: try? await view.water())
        return page(
            "overview", OverviewPage(frame: frame(title, request, moment), parts: parts, trend: trend))
    }

    private func ticketList(_ request: Request, _ language: Language) async -> Response {
        let moment = await look(language)
        let title = moment.wording.text(.titleTickets)
        return page("tickets", TicketListPage(frame: frame(title, request, moment), moment: moment))
    }

    func ticket(
        _ number: String, _ request: Request, _ language: Language, problem: Problem? = nil, draft: ActionForm? = nil
    ) async throws -> Response {
        guard let detail = await view.ticket(number) else { throw Problem(.ticketUnknown, ["number": number]) }
        let moment = await look(language)
        let title = moment.wording.text(.titleTicket, ["number": number])
        let actor = draft?.person ?? Caller.usualPerson(request)
        var response = page(
            "ticket",
            TicketPage(
                frame: frame(title, request, moment), moment: moment, detail: detail, actor: actor,
                note: draft?.note ?? "", problem: problem))
        if let problem { response.status = problem.status }
        return response
    }

    /// Carries out the form of a ticket page, then sends the browser back to the page.
    private func submit(_ number: String, _ request: Request, _ language: Language) async throws -> Response {
        let buffer = try await BodyLimit.body(of: request)
        guard let form = ActionForm(String(buffer: buffer)) else { throw Problem(.bodyInvalid) }
        var action = form.action(on: number, zone: await view.overview().zone)
        try Caller.vouch(for: &action)
        do {
            _ = try await view.act(action)
        } catch {
            return try await ticket(
                number, request, language, problem: Problem(error, of: action), draft: form)
        }
        var response = Response.redirect(to: TicketPath.page(of: number), type: .normal)
        if let cookie = form.cookie { response.setCookie(cookie) }
        return response
    }

    /// A page that says what was refused.
    func problem(_ problem: Problem, in language: Language) -> Response {
        let wording = resources.wording(language)
        var response = page(
            "problem",
            ProblemPage(
                frame: PageFrame(wording: wording, title: problem.title(in: wording), siteName: "", path: "/"),
                wording: wording, problemDetail: problem.detail(in: wording)))
        response.status = problem.status
        if problem.kind == .tooManyStreams { response.headers[.retryAfter] = "30" }
        return response
    }

    // MARK: Parts

    private func fragment(_ name: String, _ request: Request, _ language: Language) async throws -> Response {
        switch name {
        case "findings":
            return page(name, OverviewParts(moment: await look(language), water: try? await view.water()))
        case "systems", "gateway", "open-tickets", "assets":
            return page(name, OverviewParts(moment: await look(language)))
        case "ticket-list": return page(name, TicketListParts(moment: await look(language)))
        case "trend-values":
            let moment = await look(language)
            return page(name, await trend(request, moment))
        default: throw HTTPError(.notFound)
        }
    }

    private func ticketFragment(_ name: String, _ number: String, _ language: Language) async throws -> Response {
        guard let detail = await view.ticket(number) else { throw Problem(.ticketUnknown, ["number": number]) }
        return page(name, TicketParts(moment: await look(language), detail: detail))
    }

    // MARK: Gathering

    func look(_ language: Language) async -> EstateMoment {
        EstateMoment(
            overview: await view.overview(), tickets: await view.tickets(), now: clock(),
            wording: resources.wording(language))
    }

    private func trend(_ request: Request, _ moment: EstateMoment) async -> TrendSection {
        let query = request.uri.queryParameters
        let choice = TrendChoice(
            point: query["point"].map(String.init), range: query["range"].map(String.init),
            points: moment.chartablePoints)
        var stored: Trend?
        if let point = choice.point {
            do {
                stored = try await view.trend(
                    ofPoint: point.path, from: moment.now - choice.range.span, to: moment.now,
                    limit: TrendSection.rowLimit)
            } catch {
                logger.error(
                    "Stored values could not be read.", metadata: ["point": "\(point.path)", "error": "\(error)"])
            }
        }
        return TrendSection(
            moment: moment, choice: choice, stored: stored, hasLibrary: resources.chartLibrary != nil)
    }

    func frame(_ title: String, _ request: Request, _ moment: EstateMoment) -> PageFrame {
        var frame = PageFrame(
            wording: moment.wording, title: title, siteName: moment.wording.pick(moment.overview.siteName),
            path: request.uri.path, query: request.uri.query ?? "",
            hasCharts: ["/", HistoryPages.path].contains(request.uri.path) && resources.chartLibrary != nil)
        if let visitor = Caller.current?.visitor { frame.show(visitor, moment) } else { frame.hasPlaces = !isClosed }
        guard frame.hasPlaces else { return frame }
        if let neighbourhood, neighbourhood.isShown {
            let authority = request.head.authority ?? ""
            frame.estates = neighbourhood.all.map { neighbour in
                EstateLink(
                    estateHref: neighbour.address(seenFrom: authority),
                    estateName: moment.wording.pick(neighbour.estate.name),
                    isHere: neighbour.estate.site == moment.overview.site)
            }
        }
        return frame
    }

    func page(_ template: String, _ content: some Sendable) -> Response {
        guard let text = resources.templates.render(content, withTemplate: template) else {
            logger.error("A template is missing.", metadata: ["template": "\(template)"])
            return Response(status: .internalServerError)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// The estate as it was when a request came, and how to speak of it.
struct EstateMoment: Sendable {
    let overview: EstateOverview
    let tickets: [TicketSnapshot]
    let now: Timestamp
    let wording: Wording
    let time: TimeText

    init(overview: EstateOverview, tickets: [TicketSnapshot], now: Timestamp, wording: Wording) {
        self.overview = overview
        self.tickets = tickets
        self.now = now
        self.wording = wording
        time = TimeText(wording: wording, zone: overview.zone)
    }

    /// The name of a person, or of the gateway itself; the identifier when nobody is listed under it.
    func name(ofActor actor: String) -> String {
        if actor == "engine" { return wording.text(.actorEngine) }
        return overview.persons.first { $0.identifier.text == actor }.map { wording.pick($0.name) } ?? actor
    }
}
