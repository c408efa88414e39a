// SPDX-License-Identifier: Apache-2.0

import Analysis
public import Dashboard
public import Logging
import MQTTTransport
import ModbusTransport
import Model
import NIOCore
import NIOPosix
import Notices
import Outbox
public import People
public import Pipeline
import Polling
import ServiceLifecycle
import Store
import Tickets
import UnixSignals
import WorkThread

/// Configuration into services, in the order of need.
public struct SiteGateway: Sendable {
    /// Where the gateway can be reached once it stands.
    public struct Addresses: Sendable {
        public var dashboard: String
        public var broker: String
    }

    /// What a configuration file does not say.
    public struct Options: Sendable {
        /// Folder of Debian's libjs-dygraphs.
        public var chartLibraryFolder = "/usr/share/javascript/dygraphs"
        /// How long a transaction of readings waits for company: long enough for the answers of one wake-up, short
        /// beside what the disk takes.
        public var gathering: Duration = .milliseconds(2)
        /// How long history waits for a clock that is not known.
        public var historyAwaitsClock: Duration = .seconds(900)
        /// Whether SIGTERM and SIGINT stop the gateway.
        public var handlesSignals = true
        /// Stops the gateway from inside the program.
        public var stop = StopSwitch()
        /// Time from going live after which the gateway stops by itself; `nil` runs on.
        public var stopsAfter: Duration?
        /// Where its tasks say that they get on.
        public var progress = ProgressBoard()
        /// The estates of the box, this one among them; `nil` where it is alone.
        public var neighbourhood: Neighbourhood?
        /// Buses that may outlive this gateway, and that others may have left; `nil` for its own.
        public var crew: BusCrew?
        /// The door that the gateway before had, where there was one.
        public var doorkeeper = Doorkeeper()
        /// What the site's file and defaults say, for commands that compare it; `nil` where it was not kept.
        public var heldSettings: HeldSettings?
        /// Where settings are read and changed at the page; `nil` where the site has no file of its own.
        public var settingsDesk: (any SettingsDesk)?
        /// Whether a changed configuration was refused.
        public var isConfigurationRefused: @Sendable () -> Bool = { false }
        /// What it costs to look at a password.
        public var passwordCost = PasswordHash.Cost.usual
        /// Told once when the dashboard is bound and polling begins.
        public var isReady: @Sendable (Addresses) -> Void = { _ in }
        /// Told what stands when the gateway goes live, and of every conclusion after it is stored.
        public var concluded: @Sendable (EstateOverview, [TicketSnapshot]) async -> Void = { _, _ in }
        public init() {}
    }

    let configuration: SiteConfiguration
    let options: Options
    let logger: Logger
    let crew: BusCrew
    var clock: WatchedClock { crew.clock }

    public init(configuration: SiteConfiguration, options: Options = Options(), logger: Logger) {
        self.configuration = configuration
        self.options = options
        self.logger = logger
        crew = options.crew ?? BusCrew()
    }

    /// Runs until a signal or cancellation; returns after everything accepted is stored and the broker was told.
    ///
    /// A database that turns out to be damaged ends one life and begins the next, with what could be read of it and with
    /// the readings that waited in memory.
    public func run() async throws {
        do {
            try await live()
        } catch {
            await crew.leave()
            if options.crew == nil { await crew.disband() }
            throw error
        }
        if options.crew == nil { await crew.disband() }
    }

    private func live() async throws {
        HeapRules.limitArenas()
        let catalogue = configuration.makeCatalogue()
        var waiting: [Sweep] = []
        var isDamaged = false
        var pause: Duration = .zero
        while true {
            let started = clock.now()
            let store = try SluiceStore.open(
                directory: configuration.storage.directory, boot: clock.boot, now: started, logger: logger,
                isDamaged: isDamaged)
            do {
                try store.bind(catalogue: catalogue)
                waiting = try await run(store: store, catalogue: catalogue, started: started, waiting: waiting)
            } catch  where store.isDamaged {
                logger.debug("A damaged database ended the gateway's work.", metadata: ["error": "\(error)"])
            } catch {
                try? store.close()
                throw error
            }
            isDamaged = store.isDamaged
            guard isDamaged else { return try store.close() }
            try? store.close()
            // A disk that damages every new file as well must not make the gateway spin.
            pause =
                clock.now().instant - started.instant < .seconds(60)
                ? min(pause * 2 + .seconds(1), .seconds(60)) : .zero
            if pause > .seconds(1) { try await Task.sleep(for: pause) }
        }
    }

    /// - Parameter waiting: Sweeps that an earlier life could not store.
    /// - Returns: Those that this one could not store.
    private func run(
        store: SluiceStore, catalogue: Catalogue, started: ClockReading, waiting: [Sweep]
    ) async throws -> [Sweep] {
        let progress = SiteProgress(board: options.progress, site: configuration.site.identifier.text)
        defer { progress.end() }
        let buses = try await makeBuses(catalogue, store, progress)
        let hub = EstateHub(
            configuration: configuration, catalogue: catalogue, store: store, clock: clock, buses: buses,
            startedAt: started, progress: progress, heldSettings: options.heldSettings)
        let publisher = makePublisher(store, catalogue, hub)
        let followSignal = Signal()
        let recent = RecentSweeps()
        let conclude = options.concluded
        let words = try NoticeWords(configuration.site.language, zone: configuration.site.zone)
        let courier = Courier(
            store: store, channels: configuration.channels.map(\.plan), clock: clock, logger: logger,
            random: { Double.random(in: 0..<1) })
        let feed = AnalyzerFeed(configuration, catalogue: catalogue)
        let desk = try await Desk(
            store: store, recent: recent, feed: feed,
            policy: configuration.ticketPolicy, alarmSettings: configuration.alarms,
            preventive: configuration.preventive, duty: configuration.dutyWatch,
            messages: BookMessages(catalogue: catalogue, costing: configuration.costing), waitsForPolls: true,
            boot: clock.boot, startedAt: started, logger: logger,
            scribe: NoticeScribe(router: NoticeRouter(configuration), words: words) { await courier.note(ended: $0) }
        ) { changes in
            for change in changes { await hub.tell(change) }
            if !changes.isEmpty { publisher.wake() }
            await conclude(await hub.overview(), await hub.tickets())
        }
        await hub.attach(desk: desk, publisher: publisher)
        await courier.note(ended: Set(await desk.tickets.filter(\.isClosed).map(\.number)))

        let counters = CounterBook(configuration, boot: clock.boot, stored: try await store.counters())
        let committer = Committer(
            store: store, catalogue: catalogue, chooser: ReportChooser(configuration), counters: counters,
            logger: logger, exchanged: { try await desk.exchanged(feed.meter(at: $0), $1) }, progress: progress,
            patience: patience(catalogue), refused: { await publisher.refused($0) }
        ) { committed in
            await hub.note(committed.all)
            await publisher.committed(committed.published)
            if committed.hasMessages { publisher.wake() }
            recent.note(committed.all)
            followSignal.raise()
        }
        await hub.attach(committer: committer)
        let history = makeHistory(store, catalogue)
        if let history { await hub.attach(history: history) }
        for sweep in waiting { committer.submit(sweep) }
        let frozen = FrozenPoints(FrozenBook(configuration))
        let polled = buses.map { bus in
            let sinks = BusSinks(
                deliver: { committer.submit(frozen.judged($0)) },
                availability: { asset, state, since in
                    await hub.note(state, of: asset)
                    await publisher.setAvailability(state, of: asset, since: since)
                }, keeping: LearnedKeeper(devices(of: bus.identifier, catalogue), of: bus.identifier, store, logger))
            return (
                bus: bus, sinks: sinks, places: BusPlaces(bus.identifier, in: configuration, catalogue)
            )
        }
        let door = try await makeDoor(store)
        let server = makeDashboard(hub, door) { await conclude(await hub.overview(), await hub.tickets()) }
        try await desk.follow(clock: clock)
        try await store.save(Judgement(messages: await desk.standingMessages()))

        try await store.apply(StorageQuota(configuration.storage))
        let gaps = GapMessages(catalogue: catalogue, epoch: store.epoch)
        let certificates = CertificateWatch(configuration, clock: clock, logger: logger)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(
                service: StoreKeeper(
                    store: store, history: history, kept: configuration.storage, clock: clock, logger: logger,
                    gapMessage: { gaps.message(of: $0) }, woken: { publisher.wake() },
                    photosDropped: { [days = configuration.tickets.photoDays] in
                        try await desk.dropPhotos(keptFor: days, at: $0)
                    })),
            .init(
                service: ClockKeeper(
                    clock: clock, store: store, restamped: { await publisher.rowsChanged() }, logger: logger)),
            .init(service: PublisherService(publisher: publisher, store: store)),
            .init(service: certificates),
            .init(
                service: CourierService(
                    courier: courier, senders: ChannelSenders(configuration.channels, words: words),
                    thread: store.thread, store: store, clock: clock, logger: logger)),
            .init(service: CommitterService(committer: committer, gathering: options.gathering)),
            .init(
                service: DeskService(
                    desk: desk, wake: followSignal, thread: store.thread, clock: clock, logger: logger,
                    delivery: {
                        DeliveryState(await publisher.status, certificateEndsIn: certificates.rest(at: clock.now()))
                    }, isConfigurationRefused: options.isConfigurationRefused)),
            .init(service: DashboardService(server: server)),
            .init(service: PollingService(crew: crew, buses: polled)),
            .init(service: DamageService(store: store), successTerminationBehavior: .gracefullyShutdownGroup),
            .init(
                service: SupervisionService(progress: progress, thread: store.thread, publisher: publisher)),
            .init(
                service: StopService(stop: options.stop, after: options.stopsAfter),
                successTerminationBehavior: .gracefullyShutdownGroup),
        ]
        if let history {
            // Behind the store and before all that it must not hold up.
            services.insert(
                .init(
                    service: HistoryService(
                        keeper: history, clock: clock, awaitsClock: options.historyAwaitsClock, logger: logger)), at: 1)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services, gracefulShutdownSignals: options.handlesSignals ? [.sigterm, .sigint] : [],
                logger: quiet(logger)))
        defer { followSignal.finish() }
        try await group.run()
        return committer.takeWaiting()
    }

    /// History is worth no refusal to start: without room or rights for its file there is none.
    private func makeHistory(_ store: SluiceStore, _ catalogue: Catalogue) -> HistoryKeeper? {
        let totals = configuration.totalPaths(of: catalogue)
        let known = Set(catalogue.points.indices.map { catalogue.path(of: PointIndex($0)) })
        do {
            return try HistoryKeeper(
                store: store, directory: configuration.storage.directory, zone: configuration.site.zone, logger: logger,
                // Of a point that the site no longer has nothing is known; what a total needs is kept.
                isTotal: { totals.contains($0) || !known.contains($0) }, now: { [clock] in clock.now().wall })
        } catch {
            logger.error("There is no history: its file cannot be used.", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// How long readings may wait for company on their way to the disk, by asset: as long as its quickest point allows.
    private func patience(_ catalogue: Catalogue) -> [Duration] {
        catalogue.assets.map { asset in
            let periods = catalogue.points[asset.points].map(\.period)
            return periods.min().map { configuration.storage.patience(ofPeriod: $0) } ?? .zero
        }
    }

    private func makePublisher(
        _ store: SluiceStore, _ catalogue: Catalogue, _ hub: EstateHub
    ) -> Publisher<ThreadClock> {
        let (clock, boot) = (clock, clock.boot)
        var connection = BrokerSettings(
            host: configuration.mqtt.host, port: configuration.mqtt.port,
            clientIdentifier: Topics(site: catalogue.site).clientIdentifier,
            will: {
                siteStateMessage(
                    .lost, of: catalogue.site, epoch: store.epoch, boot: boot, version: Version.sluice,
                    at: clock.now().wall)
            })
        (connection.tls, connection.login) = (configuration.mqtt.tls, configuration.mqtt.login)
        let broker = MosquittoBroker(connection)
        let logger = logger
        var settings = PublisherSettings(
            catalogue: catalogue, siteName: configuration.site.name, version: Version.sluice,
            replayWindow: configuration.mqtt.replayWindow)
        if configuration.mqtt.tellsHomeAssistant {
            settings.homeAssistant = configuration.homeAssistant(catalogue, version: Version.sluice)
        }
        settings.includesUnits = configuration.mqtt.includesUnits
        settings.confirmation = configuration.delivery.confirmation
        settings.backlogRate = configuration.delivery.backlogRate
        let directory = configuration.storage.directory
        settings.healthFacts = {
            var facts = MachineFacts.read(stateDirectory: directory)
            facts.buses = await hub.busHealth()
            return facts
        }
        return Publisher(
            store: store, broker: broker, clocks: clock, timer: ThreadClock(store.thread), settings: settings,
            random: { Double.random(in: 0..<1) }, onNotice: { logger.note($0) })
    }

    private func makeDashboard(
        _ hub: EstateHub, _ door: SignInDoor, isLive: @escaping @Sendable () async -> Void
    ) -> DashboardServer {
        let ready = options.isReady
        let broker = configuration.mqtt.url
        let settings = configuration.dashboard
        let scheme = settings.certificate == nil ? "http" : "https"
        return DashboardServer(
            view: hub, host: settings.host, port: settings.port, certificate: settings.certificate,
            socketPath: LocalSocket.path(in: configuration.storage.directory), language: configuration.site.language,
            chartLibraryFolder: options.chartLibraryFolder, logger: logger, clock: { [clock] in clock.now().wall },
            neighbourhood: options.neighbourhood, door: door, settings: options.settingsDesk,
            onServerRunning: { host, port in
                HeapRules.giveBackUnused()
                ready(Addresses(dashboard: "\(scheme)://\(host):\(port)/", broker: broker))
                await isLive()
            })
    }
}

/// The service group tells of every start and stop; that is for debugging.
private func quiet(_ logger: Logger) -> Logger {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    return quiet
}

/// Where commands on the same machine reach a running gateway.
public enum LocalSocket {
    public static func path(in stateDirectory: String) -> String { "\(stateDirectory)/gateway.sock" }
}
