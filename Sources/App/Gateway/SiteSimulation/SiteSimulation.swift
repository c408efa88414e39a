// SPDX-License-Identifier: Apache-2.0

import Alarms
import Analysis
import Model
import Outbox
public import Pipeline
import Synchronization
import Tickets

/// A whole site in virtual time under faults drawn from a seed, with what must hold however they fall.
///
/// Counters, report by exception, publisher, analyzer, alarms and tickets are the real ones; devices, disk, broker and
/// consumer are made up. The program is killed at any moment, the disk refuses for minutes, the broker throws its
/// client out, is away for up to a day, and forgets on a power cut what it acknowledged.
public struct SiteSimulation {
    /// What came of one seed.
    public struct Outcome: Sendable {
        public var seed: UInt64
        public var hours: Int
        public var sweeps = 0
        public var acceptedRows = 0
        public var duplicates = 0
        /// Rows that the broker acknowledged and forgot.
        public var forgottenByBroker = 0
        public var kills = 0
        public var refusedTransactions = 0
        public var powerCuts = 0
        public var tickets = 0
        /// What did not hold; empty when everything did.
        public var violations: [String] = []
    }

    private let configuration: SiteConfiguration
    private let seed: UInt64
    private let hours: Int
    private let replayWindow: Duration

    /// - Parameters:
    ///   - configuration: Nothing of it is opened or connected to.
    ///   - hours: Of faults, 1 to 1000; some calm ones follow, in which everything must arrive.
    ///   - replayWindow: Of the publisher; less than the broker's minute of forgetting loses rows.
    public init(
        _ configuration: SiteConfiguration, seed: UInt64, hours: Int, replayWindow: Duration = .seconds(180)
    ) {
        (self.configuration, self.seed, self.hours) = (configuration, seed, hours)
        self.replayWindow = replayWindow
    }

    /// Time between two sweeps of a device.
    static let period = Duration.seconds(300)
    private static let calmHours = 4

    /// Runs on the calling thread until the story is over.
    public func run() -> Outcome {
        let time = VirtualTime(start: Timestamp(seconds: 1_795_334_400 + Int64(seed % 1000) * 3600))
        let story = Story(
            configuration, seed: seed, hours: hours, calmHours: Self.calmHours, replayWindow, time)
        let outcome = Mutex<Outcome?>(nil)
        Task(executorPreference: time) {
            let told = await story.run()
            outcome.withLock { $0 = told }
        }
        if !time.drive(until: { outcome.withLock { $0 != nil } }) {
            var stuck = Outcome(seed: seed, hours: hours)
            stuck.violations = ["nothing can happen any more, and the story is not over"]
            return stuck
        }
        // What still sleeps ends, so that nothing is left behind.
        _ = time.drive { false }
        return outcome.withLock { $0 } ?? Outcome(seed: seed, hours: hours)
    }
}

/// One run: the lives of the program, and the faults.
private actor Story {
    private let configuration: SiteConfiguration
    private let catalogue: Catalogue
    private let hours: Int
    private let calmHours: Int
    private let replayWindow: Duration
    private let time: VirtualTime
    private let clocks: VirtualClocks
    private let disk = SimulatedDisk()
    private let broker: SimulatedBroker
    private var world: SimulatedWorld
    private var random: SplitMix64
    private var outcome: SiteSimulation.Outcome
    private var life: Life?

    init(
        _ configuration: SiteConfiguration, seed: UInt64, hours: Int, calmHours: Int, _ replayWindow: Duration,
        _ time: VirtualTime
    ) {
        self.replayWindow = replayWindow
        self.configuration = configuration
        catalogue = configuration.makeCatalogue()
        (self.hours, self.calmHours, self.time) = (hours, calmHours, time)
        clocks = VirtualClocks(time: time)
        broker = SimulatedBroker(seed: seed ^ 0x42_524F_4B45_52, time)
        world = SimulatedWorld(configuration, catalogue, seed: seed)
        random = SplitMix64(seed: seed)
        outcome = SiteSimulation.Outcome(seed: seed, hours: hours)
    }

    func run() async -> SiteSimulation.Outcome {
        let end = time.now + .seconds(3600 * Int64(hours))
        begin()
        while time.now < end {
            try? await time.sleep(for: SiteSimulation.period)
            await poll()
            // While what was polled is on its way.
            try? await time.sleep(for: .milliseconds(Int64(random.below(60_000))))
            await misfortune()
        }
        disk.state.withLock { $0.isFailing = false }
        broker.calm()
        if life == nil { begin() }
        let calm = time.now + .seconds(3600 * Int64(calmHours))
        while time.now < calm {
            try? await time.sleep(for: SiteSimulation.period)
            await poll()
        }
        await stop()
        // The broker writes down what it acknowledged last.
        try? await time.sleep(for: .seconds(120))
        judge()
        return outcome
    }

    // MARK: lives of the program

    private func begin() {
        life = Life(configuration, catalogue, disk, broker, clocks, replayWindow, random: random.next())
    }

    private func kill() {
        guard let life else { return }
        outcome.kills += 1
        life.kill()
        self.life = nil
    }

    private func stop() async {
        await life?.stop()
        life = nil
    }

    private func poll() async {
        guard var running = life else { return }
        life = nil
        let sweeps = world.poll(at: clocks.now())
        outcome.sweeps += sweeps.count
        await running.take(sweeps)
        if running.mostOpen > PublishWindow.Limits().messages {
            disk.noteViolation("\(running.mostOpen) messages were without a PUBACK at once")
        }
        life = running
    }

    // MARK: faults

    private func misfortune() async {
        switch random.below(360) {
        case 0..<4:
            kill()
            try? await time.sleep(for: .seconds(1 + Int64(random.below(600))))
            begin()
        case 4..<8: await brokerAway(for: .seconds(5 << Int64(random.below(14))), losesMemory: false)
        case 8..<11: await brokerAway(for: .seconds(30 + Int64(random.below(600))), losesMemory: true)
        case 11..<20: broker.throwOut()
        case 20..<24:
            disk.state.withLock { $0.isFailing = true }
            let span = Duration.seconds(10 << Int64(random.below(8)))
            let disk = disk
            after(span) { disk.state.withLock { $0.isFailing = false } }
        default: break
        }
    }

    /// The gateway lives on meanwhile.
    private func brokerAway(for span: Duration, losesMemory: Bool) async {
        broker.leave(losesMemory: losesMemory)
        let broker = broker
        after(span) { broker.comeBack() }
    }

    private func after(_ span: Duration, _ body: @escaping @Sendable () -> Void) {
        Task(executorPreference: time) { [time] in
            try? await time.sleep(for: span)
            body()
        }
    }

    // MARK: what must hold

    private func judge() {
        let book = broker.book
        let (accepted, messages, waiting) = disk.read {
            ($0.acceptedRows, $0.acceptedMessages, $0.rows.count { $0.sentAt == nil })
        }
        let lost = accepted.subtracting(book.received)
        if !lost.isEmpty {
            disk.noteViolation("\(lost.count) accepted rows never arrived, the first is \(lost.min() ?? 0)")
        }
        if book.tickets < messages {
            disk.noteViolation("\(messages) lines of tickets were stored and \(book.tickets) arrived")
        }
        if waiting > 0 { disk.noteViolation("\(waiting) rows wait after \(calmHours) calm hours") }
        outcome.acceptedRows = accepted.count
        outcome.duplicates = book.duplicates
        outcome.forgottenByBroker = book.lostAfterAcknowledgement
        outcome.powerCuts = book.powerCuts
        disk.read { state in
            outcome.refusedTransactions = state.failed
            outcome.tickets = state.judge?.tickets.tickets.count ?? 0
        }
        outcome.violations = disk.read { $0.violations }
    }
}

/// The program from its start to its end.
private struct Life {
    private let disk: SimulatedDisk
    private let store: SimulatedStore
    private let connection: SimulatedConnection
    private let publisher: Publisher<VirtualClock>
    private let running: Task<Void, Never>
    private let clocks: VirtualClocks
    private let topics: Topics
    private var counters: CounterBook
    private var chooser: ReportChooser
    private var judge: Judge
    /// Sweeps that could not be stored yet.
    private var queue: [Sweep] = []
    private var lastSequence: Int64 = 0

    init(
        _ configuration: SiteConfiguration, _ catalogue: Catalogue, _ disk: SimulatedDisk, _ broker: SimulatedBroker,
        _ clocks: VirtualClocks, _ replayWindow: Duration, random: UInt64
    ) {
        (self.disk, self.clocks) = (disk, clocks)
        store = SimulatedStore(disk)
        connection = SimulatedConnection(broker)
        topics = Topics(site: catalogue.site)
        let draws = Mutex(SplitMix64(seed: random))
        publisher = Publisher(
            store: store, broker: connection, clocks: clocks, timer: VirtualClock(time: clocks.time),
            settings: PublisherSettings(
                catalogue: catalogue, siteName: configuration.site.name, version: "simulated",
                replayWindow: replayWindow),
            random: { draws.withLock { $0.share() } })
        let (kept, saved) = disk.read { (Array($0.counters.values), $0.judge) }
        counters = CounterBook(
            configuration, boot: clocks.boot, stored: kept.sorted { $0.point.value < $1.point.value })
        chooser = ReportChooser(configuration)
        let feed = AnalyzerFeed(configuration, catalogue: catalogue)
        judge =
            saved
            ?? Judge(
                feed: feed, analyzer: Analyzer(site: feed.site),
                books: Books(
                    alarms: AlarmBook(policy: configuration.alarms.alarms),
                    incidents: IncidentBook(rules: configuration.alarms.alarms, topology: feed.site.topology),
                    tickets: TicketBook(policy: configuration.ticketPolicy, events: [])))
        let publisher = publisher
        running = Task(executorPreference: clocks.time) { await publisher.run() }
    }

    var mostOpen: Int { connection.mostOpen }

    /// It ends between two instructions.
    func kill() {
        store.kill()
        connection.kill()
        running.cancel()
    }

    func stop() async {
        publisher.stop()
        await running.value
        kill()
    }

    /// Stores what came, publishes it and draws conclusions, as the gateway does.
    mutating func take(_ sweeps: [Sweep]) async {
        queue += sweeps
        let counted = counters.take(queue)
        var chosen = chooser
        let rows = counted.sweeps.map { (sweep: $0, isPublished: chosen.takes($0)) }
        do {
            let stored = try disk.append(rows, counters: counted.changed)
            (chooser, queue) = (chosen, [])
            check(stored)
            await publisher.committed(zip(stored, rows).filter { $1.isPublished }.map { $0.0 })
        } catch {
            counters.undo(counted)
        }
        conclude()
    }

    private mutating func conclude() {
        var next = judge
        var verdict = Verdict()
        for sweep in disk.read({ $0.unseen }) { next.follow(sweep, isLive: true, into: &verdict) }
        next.tick(at: clocks.now().wall, into: &verdict)
        let messages = verdict.tickets.compactMap { effect -> OutboundMessage? in
            guard case .appended(let event, _) = effect else { return nil }
            return OutboundMessage(
                topic: topics.ticketEvent, payload: Array(event.identifier.utf8), isRetained: false)
        }
        do {
            try disk.save(next, messages: messages)
            judge = next
            check(judge.tickets)
            if !messages.isEmpty { publisher.wake() }
        } catch {
            // It is concluded again from the same sweeps the next time.
        }
    }

    // MARK: what must hold at each step

    private mutating func check(_ stored: [StoredSweep]) {
        for sweep in stored {
            let first = sweep.firstSequence.value
            if first <= lastSequence { disk.noteViolation("number \(first) came after \(lastSequence)") }
            lastSequence = first
            for reading in sweep.sweep.readings where reading.raw != nil && reading.quality == .good {
                if let quantity = reading.quantity { disk.noteTotal(quantity.asDouble, of: reading.point) }
            }
        }
    }

    private func check(_ book: TicketBook) {
        var open: Set<String> = []
        for ticket in book.tickets {
            if !ticket.isClosed, !open.insert(ticket.dedupKey).inserted {
                disk.noteViolation("two tickets are open for \(ticket.dedupKey)")
            }
            if ticket.findings.isEmpty, ticket.incidents.isEmpty, ticket.reports.isEmpty {
                disk.noteViolation("ticket \(ticket.number) has no evidence")
            }
            if ticket.history.map(\.index) != Array(0..<ticket.history.count) {
                disk.noteViolation("the log of ticket \(ticket.number) has a hole")
            }
        }
    }
}
