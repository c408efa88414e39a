// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Alarms
import Logging
import Model
import ModbusCodec
import Pipeline
import Prevention
import Profiles
import Savings
import Store
import Tickets
import WorkThread

/// What the running gateway knows at this moment, for pages and commands.
actor EstateHub: EstateView {
    let configuration: SiteConfiguration
    let catalogue: Catalogue
    private let costing: Costing?
    let store: SluiceStore
    let clock: WatchedClock
    /// Where commands wait for each bus that is polled.
    let guests: [BusIdentifier: BusGuests]
    /// What each bus that is polled does.
    let meters: [BusIdentifier: PollMeter]
    let startedAt: ClockReading
    let progress: SiteProgress
    let heldSettings: HeldSettings?
    /// One report at a time.
    private let reporting = TurnGate()
    /// One water overview at a time, and the last one.
    let watering = TurnGate()
    var waterShown: WaterOverview?
    /// Set once the desk stands, before anybody asks.
    private(set) var desk: Desk?
    private(set) var publisher: Publisher<ThreadClock>?
    private(set) var committer: Committer?
    /// `nil` where its file cannot be used.
    private var history: HistoryKeeper?
    private(set) var latest: [Reading?]
    /// Readings stored since the start, by quality.
    private(set) var stored: [Quality: Int] = [:]
    private(set) var availability: [Availability]
    private var readers: [Int: AsyncStream<EstateChange>.Continuation] = [:]
    private var readerCount = 0

    init(
        configuration: SiteConfiguration, catalogue: Catalogue, store: SluiceStore, clock: WatchedClock,
        buses: [PolledBus], startedAt: ClockReading, progress: SiteProgress, heldSettings: HeldSettings? = nil
    ) {
        self.heldSettings = heldSettings
        guests = Dictionary(uniqueKeysWithValues: buses.map { ($0.identifier, $0.guests) })
        meters = Dictionary(uniqueKeysWithValues: buses.map { ($0.identifier, $0.meter) })
        (self.startedAt, self.progress) = (startedAt, progress)
        self.configuration = configuration
        self.catalogue = catalogue
        costing = configuration.costing
        self.store = store
        self.clock = clock
        latest = Array(repeating: nil, count: catalogue.points.count)
        availability = Array(repeating: .unknown, count: catalogue.assets.count)
    }

    func attach(desk: Desk, publisher: Publisher<ThreadClock>) {
        self.desk = desk
        self.publisher = publisher
    }

    func attach(committer: Committer) { self.committer = committer }
    func attach(history: HistoryKeeper) { self.history = history }

    func exchange(_ exchange: MeterExchange) async -> MeterExchangeReply {
        let paths = catalogue.points.indices.map { catalogue.path(of: PointIndex($0)) }
        guard let place = paths.firstIndex(of: exchange.point) else {
            return MeterExchangeReply(
                refusal: "there is no point '\(exchange.point)' in this site."
                    + suggestion(for: exchange.point, in: paths))
        }
        let persons = configuration.persons.map(\.identifier.text)
        guard persons.contains(exchange.person.text) else {
            return MeterExchangeReply(
                refusal: "'\(exchange.person)' is not under 'persons'."
                    + suggestion(for: exchange.person.text, in: persons))
        }
        guard let committer else { return MeterExchangeReply(refusal: "the gateway is starting; tell it again") }
        return await committer.book(exchange, of: PointIndex(place), at: clock.now().wall)
    }

    func note(_ stored: [StoredSweep]) {
        for sweep in stored {
            for reading in sweep.sweep.readings {
                latest[Int(reading.point.value)] = reading
                self.stored[reading.quality, default: 0] += 1
            }
        }
        tell(.readings)
    }

    func note(_ state: Availability, of asset: AssetIndex) {
        availability[Int(asset.value)] = state
        tell(.readings)
    }

    func tell(_ change: EstateChange) {
        for reader in readers.values { reader.yield(change) }
    }

    func changes() -> AsyncStream<EstateChange> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: EstateChange.self, bufferingPolicy: .bufferingNewest(16))
        let number = readerCount
        readerCount += 1
        readers[number] = continuation
        continuation.onTermination = { [weak self] _ in
            Task { await self?.forget(number) }
        }
        return stream
    }

    var polledBuses: [String] { guests.keys.map(\.text).sorted() }

    func ask(_ question: BusQuestion, on bus: String) async throws(BusRefusal) -> BusReply {
        guard let waiting = guests[BusIdentifier(bus)] else { throw .unknownBus(bus) }
        guard let span = question.span, let unit = question.unitIdentifier, let aliases = question.aliases else {
            throw .impossible
        }
        return BusReply(
            await waiting.ask(span, of: unit, answeringAs: aliases, timeout: question.timeout, clock: clock))
    }

    func lineEvidence(of bus: String) async -> LineEvidence? { guests[BusIdentifier(bus)]?.evidence }

    private func forget(_ reader: Int) { readers[reader] = nil }

    func overview() async -> EstateOverview {
        let findings = await findings { $0.clearedAt == nil }
        let backlog = try? await store.backlog()
        let isConnected = await publisher?.status.isConnected ?? false
        var overview = EstateOverview(
            site: catalogue.site, siteName: configuration.site.name, asOf: clock.now().wall,
            zone: configuration.site.zone, isBrokerConnected: isConnected, outboxRows: backlog?.rows ?? 0,
            assets: catalogue.assets.indices.map(snapshot(ofAsset:)),
            findings: findings,
            persons: configuration.persons.map {
                PersonSnapshot(identifier: $0.identifier, name: $0.name, role: $0.role.rawValue)
            })
        overview.publicAddress = configuration.dashboard.publicAddress
        return overview
    }

    func snapshot(ofAsset place: Int) -> AssetSnapshot {
        let asset = catalogue.assets[place]
        let profile = configuration.devices[place].profile
        return AssetSnapshot(
            identifier: asset.identifier, area: asset.area, name: asset.name, kind: profile.kind,
            profile: asset.profile, isBenchTested: profile.isBenchTested, availability: availability[place],
            points: asset.points.map { snapshot(ofPoint: PointIndex($0)) })
    }

    private func snapshot(ofPoint index: PointIndex) -> PointSnapshot {
        let point = catalogue[index]
        let reading = latest[Int(index.value)]
        var label: String?
        if case .state(let state) = reading?.quantity, point.stateLabels.indices.contains(Int(state)) {
            label = point.stateLabels[Int(state)]
        }
        return PointSnapshot(
            path: catalogue.path(of: index), name: point.name, unit: point.unit, quantity: reading?.quantity,
            stateLabel: label, quality: reading?.quality, reason: reading?.reason?.word, raw: reading?.raw,
            sourceTime: reading?.sourceTime,
            staleAfterSeconds: point.period > .zero ? (point.period * 3).inSeconds : .greatestFiniteMagnitude)
    }

    private func snapshot(
        _ finding: Finding, _ tickets: [Ticket], _ verdicts: [FindingIdentifier: [VerdictLine]],
        _ uses: [AssetIdentifier: LitresPerHour]
    ) -> FindingSnapshot {
        var costing = costing
        costing?.usualUses = uses
        return FindingSnapshot(
            finding: finding, assetName: assetName(finding.asset),
            ticket: tickets.last { $0.findings.contains(finding.identifier) }?.number,
            cost: costing?.cost(of: finding, at: clock.now().wall), verdicts: verdicts[finding.identifier] ?? [])
    }

    /// Findings that `isWanted`, the newest first.
    func findings(where isWanted: (Finding) -> Bool) async -> [FindingSnapshot] {
        let known = await desk?.findings ?? []
        let tickets = await desk?.tickets ?? []
        let verdicts = await desk?.verdictLines ?? [:]
        let uses = await desk?.usualUses ?? [:]
        return known.filter(isWanted).map { snapshot($0, tickets, verdicts, uses) }
    }

    func finding(_ identifier: FindingIdentifier) async -> FindingSnapshot? {
        guard let desk, let finding = await desk.finding(identifier) else { return nil }
        return snapshot(finding, await desk.tickets, await desk.verdictLines, await desk.usualUses)
    }

    func judge(_ verdict: FindingVerdict) async -> Result<FindingSnapshot, FindingRefusal> {
        guard configuration.persons.contains(where: { $0.identifier == verdict.person }) else {
            return .failure(.unknownPerson(verdict.person))
        }
        guard let desk else { return .failure(.notStored("the gateway is starting")) }
        if let refusal = await desk.take(verdict, at: clock.now()) { return .failure(refusal) }
        return await finding(verdict.finding).map { .success($0) } ?? .failure(.unknownFinding(verdict.finding))
    }

    func assetName(_ identifier: AssetIdentifier) -> BilingualText {
        catalogue.asset(named: identifier).map { catalogue[$0].name } ?? BilingualText(identifier.text)
    }

    func trend(ofPoint path: String, from: Timestamp, to: Timestamp, limit: Int) async throws -> Trend {
        guard let index = catalogue.points.indices.first(where: { catalogue.path(of: PointIndex($0)) == path }) else {
            throw UnknownPoint(path: path)
        }
        let samples = try await store.trend(point: PointIndex(index), from: from, to: to)
        return Trend(path: path, unit: catalogue.points[index].unit, samples: thinned(samples, to: limit))
    }

    func history(
        ofPoint path: String, _ resolution: HistoryResolution, from: Timestamp, to: Timestamp
    ) async throws -> PointHistory {
        guard let index = catalogue.points.indices.first(where: { catalogue.path(of: PointIndex($0)) == path }) else {
            throw UnknownPoint(path: path)
        }
        guard let history else { throw HistoryMissing() }
        let question = HistoryQuestion(path: path, resolution: resolution, from: from, to: to)
        let answer = try await withTaskExecutorPreference(history.thread) { try await history.answer(question) }
        return PointHistory(
            path: path, unit: catalogue.points[index].unit, resolution: resolution, isTotal: answer.isTotal,
            rows: answer.rows)
    }

    func tickets() async -> [TicketSnapshot] {
        let tickets = await desk?.tickets ?? []
        let open = tickets.filter { !$0.isClosed }.sorted { ($0.severity, $0.raisedAt) < ($1.severity, $1.raisedAt) }
        let closed = tickets.filter(\.isClosed).sorted { $0.raisedAt > $1.raisedAt }
        return (open + closed.prefix(50)).map(snapshot(of:))
    }

    func ticket(_ number: String) async -> TicketDetail? {
        guard let ticket = await desk?.tickets.first(where: { $0.number == number }) else { return nil }
        return await detail(of: ticket)
    }

    private func detail(of ticket: Ticket) async -> TicketDetail {
        let known = await desk?.findings ?? []
        let verdicts = await desk?.verdictLines ?? [:]
        let uses = await desk?.usualUses ?? [:]
        let findings = known.filter { ticket.findings.contains($0.identifier) }
        var detail = TicketDetail(
            ticket: snapshot(of: ticket), findings: findings.map { snapshot($0, [ticket], verdicts, uses) },
            history: ticket.history.map {
                TicketLine(at: $0.at, event: $0.kind.word, actor: $0.actor.word, note: MaskedPhone.inText($0.kind.note))
            })
        detail.card = await card(of: ticket)
        detail.photos = await photos(of: ticket)
        return detail
    }

    private func card(of ticket: Ticket) async -> AssetDossier? {
        let announced = await announcements().announcements.filter { $0.withdrawal == nil }.map {
            ($0.asset, AssetDossier.Announced(kind: $0.kind.rawValue, start: $0.start, end: $0.end, note: $0.note))
        }
        let records = await desk?.books.prevention.records ?? []
        let serviced = records.filter { $0.asset == ticket.asset }.map(\.doneOn).max()
        return AssetDossier(
            of: ticket, in: configuration, tickets: await desk?.tickets ?? [], announced: announced,
            serviced: serviced)
    }

    private func snapshot(of ticket: Ticket) -> TicketSnapshot {
        var snapshot = TicketSnapshot(
            number: ticket.number, version: ticket.version, state: ticket.state.rawValue, severity: ticket.severity,
            asset: ticket.asset, assetName: assetName(ticket.asset), rule: ticket.rule, owner: ticket.owner,
            assignee: ticket.assignee, raisedAt: ticket.raisedAt, respondBy: ticket.respondBy,
            resolveBy: ticket.resolveBy, respondedAt: ticket.respondedAt, resolvedAt: ticket.resolvedAt,
            alarmCount: ticket.alarmCount, allowed: ticket.allowedVerbs.map(\.rawValue))
        snapshot.updatedAt = ticket.history.last?.at
        snapshot.source = ticket.isFromPerson ? "person" : "alarm"
        if !ticket.reports.isEmpty { snapshot.reports = ticket.reports.map { ReportSnapshot($0) } }
        return snapshot
    }

    func tickets(_ query: TicketQuery) async -> TicketListing? {
        TicketListing(of: (await desk?.tickets ?? []).map(snapshot(of:)), query)
    }

    func report(_ report: FaultReport) async throws(ReportRefusal) -> ReportedFault {
        if let person = report.person, !configuration.persons.contains(where: { $0.identifier == person }) {
            throw .unknownPerson(person.text)
        }
        guard catalogue.asset(named: report.asset) != nil else { throw .unknownAsset(report.asset.text) }
        guard let desk else { throw .notStored("the gateway is starting") }
        return try await desk.report(report, at: clock.now()) { [self] in await detail(of: $0) }
    }

    /// Reports are read beside everything else, on a thread of their own: a month of readings takes its time.
    nonisolated func report(_ request: ReportRequest) async throws -> EstateReport {
        let (site, now) = (configuration, clock.now().wall)
        let thread = WorkThread(name: "sluice-report")
        defer { thread.stop() }
        await reporting.enter()
        do {
            let report = try await withTaskExecutorPreference(thread) {
                try Self.read(request, of: site, at: now)
            }
            await reporting.leave()
            return report
        } catch {
            await reporting.leave()
            throw error
        }
    }

    private nonisolated static func read(
        _ request: ReportRequest, of site: SiteConfiguration, at now: Timestamp
    ) throws -> EstateReport {
        try ReportReading.report(
            request, of: site, in: site.storage.directory, now: now, logger: Logger(label: "sluice.reports"))
    }

    func works() async -> WorkOverview {
        guard let desk else { return WorkOverview(refusal: "the gateway is starting", RefusalReason("starting")) }
        return WorkOverview(await desk.books, at: clock.now().wall)
    }

    func record(_ report: WorkReport) async -> WorkOverview {
        let persons = configuration.persons.map(\.identifier.text)
        guard persons.contains(report.person.text) else {
            return WorkOverview(
                refusal: "'\(report.person)' is not under 'persons'."
                    + suggestion(for: report.person.text, in: persons),
                RefusalReason("person-unknown", ["person": report.person.text]))
        }
        guard let desk else {
            return WorkOverview(refusal: "the gateway is starting; tell it again", RefusalReason("starting"))
        }
        do {
            try await desk.record(report, at: clock.now())
            return await works()
        } catch {
            return WorkOverview(refusal: "\(error)", RefusalReason(of: error))
        }
    }

    func act(_ action: TicketAction) async throws(ActionRefusal) -> TicketDetail {
        guard configuration.persons.contains(where: { $0.identifier == action.person }) else {
            throw .unknownPerson(action.person.text)
        }
        for person in [action.to, action.approver].compactMap({ $0 }) {
            guard configuration.persons.contains(where: { $0.identifier == person }) else {
                throw .unknownPerson(person.text)
            }
        }
        guard let desk else { throw .notStored("the gateway is starting") }
        try await desk.act(action, at: clock.now())
        guard let detail = await ticket(action.number) else { throw .unknownTicket(action.number) }
        return detail
    }
}

/// A trend was asked for a point that the configuration does not have.
struct UnknownPoint: Error, CustomStringConvertible {
    let path: String
    var description: String { "there is no point '\(path)' in this site" }
}

/// The file of history cannot be used.
struct HistoryMissing: Error, CustomStringConvertible {
    var description: String { "history.db cannot be used; the log of the start says why" }
}
