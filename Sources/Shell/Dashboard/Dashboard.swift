// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import Model
import NIOCore
import Pipeline

/// The routes of the page and of the HTTP interface.
struct Dashboard: Sendable {
    let view: any EstateView
    let hub: EventHub
    let resources: PageResources
    let defaultLanguage: Language
    let ownHost: String
    let logger: Logger
    let clock: @Sendable () -> Timestamp
    var neighbourhood: Neighbourhood?
    /// `nil` where the gateway keeps no accounts.
    var door: SignInDoor?
    /// `nil` where the site has no file.
    var settings: (any SettingsDesk)?

    func router(for listener: Listener) -> Router<DashboardContext> {
        let router = Router(context: DashboardContext.self, options: [.autoGenerateHeadEndpoints])
        let routes = RouteTable()
        let closed = door.flatMap { $0.isRequired && listener == .tcp ? $0 : nil }
        let pages = Pages(
            view: view, resources: resources, clock: clock, logger: logger, neighbourhood: neighbourhood,
            isClosed: closed != nil)
        router.add(
            middleware: Guard(
                listener: listener, ownHost: ownHost, defaultLanguage: defaultLanguage, pages: pages, routes: routes,
                logger: logger, door: closed))
        if listener == .tcp { router.add(middleware: Compression()) }
        pages.addRoutes(to: router)
        TicketTrends(pages: pages).addRoutes(to: router)
        SheetPages(pages: pages).addRoutes(to: router)
        FindingPages(pages: pages).addRoutes(to: router)
        FaultPages(pages: pages).addRoutes(to: router)
        AlarmPages(pages: pages).addRoutes(to: router)
        PhotoPages(pages: pages).addRoutes(to: router)
        EstatesPages(pages: pages).addRoutes(to: router)
        PlannedWorkPages(pages: pages).addRoutes(to: router)
        HistoryPages(pages: pages).addRoutes(to: router)
        WaterPages(pages: pages).addRoutes(to: router)
        AssetPages(pages: pages).addRoutes(to: router)
        ReportPages(pages: pages).addRoutes(to: router)
        SystemPages(pages: pages, hasSettings: settings != nil).addRoutes(to: router)
        if let settings { SettingsPages(pages: pages, desk: settings).addRoutes(to: router) }
        HelpPages(pages: pages, shelf: resources.help).addRoutes(to: router)
        let interface = InterfaceRoutes(router: router)
        DataInterface(view: view, clock: clock, logger: logger).addRoutes(to: interface)
        HistoryInterface(view: view, clock: clock, logger: logger).addRoutes(to: interface)
        WaterInterface(view: view, logger: logger).addRoutes(to: interface)
        ReportInterface(view: view, resources: resources, clock: clock, logger: logger).addRoutes(to: interface)
        FindingInterface(view: view).addRoutes(to: interface)
        AnnouncementInterface(view: view, resources: resources).addRoutes(to: interface)
        TicketInterface(view: view).addRoutes(to: interface)
        PhotoInterface(view: view).addRoutes(to: interface)
        PlannedWorkInterface(view: view).addRoutes(to: interface)
        EnqueueInterface(view: view).addRoutes(to: interface)
        AlarmInterface(view: view, resources: resources, logger: logger).addRoutes(to: interface)
        ChangeInterface(feed: hub.feed).addRoutes(to: interface)
        DescriptionInterface(view: view).addRoutes(to: interface)
        if listener == .localSocket {
            StatusInterface(view: view).addRoutes(to: router)
            BusInterface(view: view).addRoutes(to: router)
            MeterInterface(view: view).addRoutes(to: router)
            WorkInterface(view: view).addRoutes(to: router)
            ConfigurationInterface(view: view).addRoutes(to: router)
            ResidentInterface(view: view).addRoutes(to: router)
            if let door { PeopleInterface(desk: door.desk).addRoutes(to: router) }
        } else if let closed {
            SignInPages(pages: pages, door: closed).addRoutes(to: router)
            AccountPages(pages: pages, door: closed).addRoutes(to: router)
            PeoplePages(pages: pages, door: closed).addRoutes(to: router)
            if let settings { SettingsPages(pages: pages, desk: settings).addForms(to: router, door: closed) }
        }
        router.get("/static/:name") { request, context in
            try staticFile(context.parameters.require("name"), request)
        }
        router.get("/events") { request, _ in try eventStream(request) }
        MetricsInterface(view: view).addRoutes(to: router)
        routes.fill(from: router)
        return router
    }

    private func staticFile(_ name: String, _ request: Request) throws -> Response {
        let file: PageResources.StaticFile?
        switch name {
        case PageResources.ChartLibrary.scriptName: file = resources.chartLibrary?.script
        case PageResources.ChartLibrary.styleName: file = resources.chartLibrary?.style
        default: file = resources.files[name]
        }
        guard let file else { throw HTTPError(.notFound) }
        let packed = Compression.isTaken(request.headers[.acceptEncoding]) ? file.packed : nil
        let tag = file.entityTag(isPacked: packed != nil)
        var headers: HTTPFields = [.eTag: tag, .cacheControl: "no-cache", .vary: "Accept-Encoding"]
        if request.headers[.ifNoneMatch] == tag { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = file.mediaType
        if packed != nil { headers[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: packed ?? file.body))
    }

    /// Server-Sent Events that say what to fetch again.
    private func eventStream(_ request: Request) throws -> Response {
        let lastIdentifier = request.headers[Self.lastEventIdentifier].flatMap { Int64($0) }
        guard let subscription = hub.subscribe(after: lastIdentifier) else {
            throw Problem(.tooManyStreams, ["limit": "\(EventHub.capacity)"])
        }
        let caller = Caller.current
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8"],
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
                try await request.body.consumeWithInboundCloseHandler { _ in
                    for await event in subscription.events {
                        guard await caller?.isStillIn() ?? true else { break }
                        try await writer.write(ByteBuffer(string: event.text))
                    }
                } onInboundClosed: {
                    subscription.leave()
                }
                try await writer.finish(nil)
            })
    }

    static let lastEventIdentifier = HTTPFields.Element.Name("Last-Event-ID")!
}
