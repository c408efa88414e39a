// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import FoundationEssentials
public import Logging
import ModbusCodec
import Model
public import Pipeline
import SimulatorServer
import SiteFiles
import Store
import Synchronization
import Tickets

/// A virtual estate with three weeks of past, a broker and a gateway, all on loopback and in a temporary folder.
public struct DemoEstate: Sendable {
    public struct Options: Sendable {
        /// Time from going live after which the demo ends; `nil` runs until it is stopped.
        public var stopsAfter: Duration?
        public var language = Language.english
        /// Port of the page: when it is taken a free one serves.
        public var port = 8420
        public var profileFolders: [String] = []
        public init() {}
    }

    /// Something could not be set up; the text says what and how to mend it.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private static let seed: UInt64 = 20_261_122
    private static let past = Duration.seconds(21 * 86_400)
    /// The leak in dwelling u103 began so long ago that it was found on the way, a little over an hour ago.
    private static let leakAge = Duration.seconds(26 * 3600 + 600)
    /// How long a burst runs until it is raised: one to three minutes until the shortest window shows it beyond doubt,
    /// and the ten minutes that it must hold.
    private static let burstHead = Duration.seconds(12 * 60 + 30)
    /// The last stretch of the past, written once the time of going live is known.
    private static let lastStretch = Duration.seconds(20 * 60)

    private let options: Options
    private let logger: Logger
    private let say: @Sendable (String) -> Void

    /// - Parameter say: Takes the lines that are meant for the person at the terminal.
    public init(options: Options, logger: Logger, say: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.logger = logger
        self.say = say
    }

    /// Runs until `stop` is engaged or its time is over; leaves no process and no file behind.
    public func run(stop: StopSwitch) async throws {
        let folder = try TemporaryFolder(prefix: "sluice-demo")
        defer { folder.remove() }
        if let broker = DemoBroker.find() {
            let port = try LoopbackPort.free()
            try await broker.run(in: folder.path, port: port, logger: logger) {
                try await self.run(in: folder.path, brokerPort: port, stop: stop)
            }
        } else {
            say(
                text(
                    "demo: mosquitto is not installed, so nothing is published (apt-get install mosquitto).",
                    "演示：未安装 mosquitto，因此不发布消息（apt-get install mosquitto）。"))
            try await run(in: folder.path, brokerPort: try LoopbackPort.free(), stop: stop)
        }
    }

    private func run(in folder: String, brokerPort: Int, stop: StopSwitch) async throws {
        let clock = SystemClock()
        let zone = try readZone(named: "Asia/Shanghai")
        let live = clock.now().wall
        let estate = EstateSimulator(
            seed: Self.seed, start: live - Self.past, zone: zone,
            faults: [ScriptedFault(.leak(dwelling: "u103", LitresPerHour(14)), from: live - Self.leakAge)])
        let estateClock = EstateClock(clock, heldAt: live - Self.past)
        let server = SimulatorServer(estate: estate, clock: { estateClock.now }, logger: logger)
        let addresses = try await server.start()
        do {
            let file = "\(folder)/site.yaml"
            let yaml = server.withEstate {
                $0.siteFile(
                    addresses: addresses, stateDirectory: "\(folder)/state", mqttURL: "mqtt://127.0.0.1:\(brokerPort)",
                    dashboardPort: LoopbackPort.isFree(options.port) ? options.port : 0,
                    language: options.language.rawValue)
            }
            try yaml.write(toFile: file, atomically: true, encoding: .utf8)
            let loaded = loadSite(at: file, profileFolders: options.profileFolders)
            guard let configuration = loaded.configuration else {
                throw Failure(description: loaded.problems.map(\.description).joined(separator: "\n"))
            }
            try await prepare(
                configuration, server: server, estateClock: estateClock, clock: clock, stop: stop, live: live)
            estateClock.release()
            if !stop.isEngaged { try await goLive(configuration, brokerPort: brokerPort, file: file, stop: stop) }
            try await server.stop()
        } catch {
            try? await server.stop()
            throw error
        }
    }

    /// Writes the three weeks and lets analyzer and tickets follow them, as they would have done day by day.
    private func prepare(
        _ configuration: SiteConfiguration, server: SimulatorServer, estateClock: EstateClock, clock: SystemClock,
        stop: StopSwitch, live: Timestamp
    ) async throws {
        let begun = clock.now().instant
        let catalogue = configuration.makeCatalogue()
        let store = try SluiceStore.open(
            directory: configuration.storage.directory, boot: clock.boot, now: clock.now(), logger: logger)
        do {
            try store.bind(catalogue: catalogue)
            let history = History(configuration: configuration, catalogue: catalogue, store: store, clock: clock)
            let read = { (at: Timestamp, wanted: [History.Wanted]) in
                estateClock.hold(at: at)
                return server.withEstate { estate in
                    wanted.map { estate.read($0.span, of: $0.unit, on: $0.bus).result() }
                }
            }
            let turn = live - Self.lastStretch
            var count = try await history.write(
                from: live - Self.past, to: turn, isStopped: { stop.isEngaged }, read: read)
            let desk = try await Desk(
                store: store, feed: AnalyzerFeed(configuration, catalogue: catalogue),
                policy: configuration.ticketPolicy, alarmSettings: configuration.alarms,
                preventive: configuration.preventive,
                messages: BookMessages(catalogue: catalogue, costing: configuration.costing), boot: clock.boot,
                startedAt: clock.now(), logger: logger,
                changed: { _ in })
            try await desk.follow(clock: clock)
            // The leak was found an hour ago; somebody took it on within the promised three minutes.
            for ticket in await desk.tickets where ticket.allowedVerbs.contains(.accept) {
                try await desk.act(
                    TicketAction(
                        number: ticket.number, verb: .accept, person: configuration.persons.technician, note: "",
                        version: nil), at: ticket.raisedAt + .seconds(110))
            }
            // Balances are made at whole minutes. The burst fills its time at the next one that is not just now.
            let full = (clock.now().wall + .seconds(15)).floored(to: .seconds(60)) + .seconds(60)
            server.withEstate {
                $0.add(ScriptedFault(.burst(meter: "riser-2", LitresPerHour(4500)), from: full - Self.burstHead))
            }
            count += try await history.write(
                from: turn + .seconds(60), to: clock.now().wall, isStopped: { stop.isEngaged }, read: read)
            try await desk.follow(clock: clock)
            try await desk.saveState()
            try store.close()
            let seconds = ((clock.now().instant - begun).inSeconds * 10).rounded() / 10
            say(
                text(
                    "Three weeks of history: \(count) readings in \(seconds) s.",
                    "三周历史：\(count) 条读数，用时 \(seconds) 秒。"))
        } catch {
            try? store.close()
            throw error
        }
    }

    private func goLive(
        _ configuration: SiteConfiguration, brokerPort: Int, file: String, stop: StopSwitch
    ) async throws {
        var gateway = SiteGateway.Options()
        gateway.handlesSignals = false
        gateway.stop = stop
        gateway.stopsAfter = options.stopsAfter
        gateway.historyAwaitsClock = .zero
        // Nobody signs in at the demo, so its page shows the settings and changes none: there is nothing to read again.
        gateway.settingsDesk = PageSettingsDesk(
            path: file, stateDirectory: configuration.storage.directory, profileFolders: options.profileFolders,
            reload: {})
        let announcer = Announcer(language: options.language, zone: configuration.site.zone, say: say)
        gateway.isReady = { addresses in
            say(text("Page        \(addresses.dashboard)", "页面        \(addresses.dashboard)"))
            say(text("Broker      \(addresses.broker)", "消息代理    \(addresses.broker)"))
            say("            mosquitto_sub -h 127.0.0.1 -p \(brokerPort) -t 'sluice/#' -v")
            say("            sluice tickets list --config \(file)")
            say(text("Ctrl-C stops the demo and removes its folder.", "按 Ctrl-C 结束演示并删除其文件夹。"))
        }
        gateway.concluded = { overview, tickets in await announcer.announce(overview, tickets) }
        try await SiteGateway(configuration: configuration, options: gateway, logger: logger).run()
    }

    private func text(_ english: String, _ chinese: String) -> String {
        options.language == .english ? english : chinese
    }
}

/// The time of the simulated estate: held at a moment of the past while that is written, the wall clock after it.
private final class EstateClock: Sendable {
    private let clock: SystemClock
    private let held: Mutex<Timestamp?>

    init(_ clock: SystemClock, heldAt moment: Timestamp) {
        self.clock = clock
        held = Mutex(moment)
    }

    var now: Timestamp { held.withLock { $0 } ?? clock.now().wall }
    func hold(at moment: Timestamp) { held.withLock { $0 = moment } }
    func release() { held.withLock { $0 = nil } }
}

extension [Person] {
    /// Somebody who takes tickets on.
    var technician: PersonIdentifier {
        (first { $0.role == .technician } ?? first).map(\.identifier) ?? PersonIdentifier("nobody")
    }
}

/// Names each finding and its ticket once, as soon as both are stored.
private actor Announcer {
    private let language: Language
    private let zone: ZoneOffsets
    private let say: @Sendable (String) -> Void
    private var named: Set<FindingIdentifier> = []

    init(language: Language, zone: ZoneOffsets, say: @escaping @Sendable (String) -> Void) {
        (self.language, self.zone, self.say) = (language, zone, say)
    }

    func announce(_ overview: EstateOverview, _ tickets: [TicketSnapshot]) {
        for snapshot in overview.findings {
            guard let number = snapshot.ticket, let ticket = tickets.first(where: { $0.number == number }),
                named.insert(snapshot.finding.identifier).inserted
            else { continue }
            let since = zone.local(snapshot.finding.startedAt).minuteText
            let by = zone.local(ticket.respondBy).minuteText
            let rate = snapshot.finding.loss.map { Int($0.rateLow.value.rounded()) } ?? 0
            switch language {
            case .english:
                say(
                    "Finding     \(snapshot.finding.rule) at \(snapshot.assetName.en) since \(since), \(rate) L/h or more"
                )
                say("Ticket      \(number) (\(ticket.severity.word)), \(ticket.state), respond by \(by)")
            case .chinese:
                say("发现        \(snapshot.assetName.zh)：\(snapshot.finding.rule)，始于 \(since)，不少于 \(rate) L/h")
                say("工单        \(number)（\(ticket.severity.word)），\(ticket.state)，响应时限 \(by)")
            }
        }
    }
}
