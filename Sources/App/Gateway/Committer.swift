// SPDX-License-Identifier: Apache-2.0

import Counters
import Failpoints
import Logging
import Model
import Pipeline
import Store
import Synchronization
import Telemetry
import WorkThread

/// The one writer of readings: gathers what the buses bring into transactions and tells the others.
///
/// It works on the thread of the store, and so does what it calls.
///
/// Its queue holds at most ``Committer/capacity`` sweeps. While the store refuses (a full disk), sweeps wait here; when
/// the queue is full the oldest are dropped and counted, so that polling and alarms go on.
final class Committer: Sendable {
    static let capacity = 20_000

    private struct Queue {
        var waiting: [Sweep] = []
        var exchanges: [WaitingExchange] = []
        var arrival: CheckedContinuation<Void, Never>?
        /// When the first of what waits is to be written.
        var due: MonotonicInstant?
        /// Who waits for company of what has come, until when, and the turn of that wait.
        var pause: (turn: Int, until: MonotonicInstant, continuation: CheckedContinuation<Void, Never>)?
        var isClosed = false
        var dropped = 0
        /// What transactions that succeeded took, since the start.
        var commits = DurationHistogram()
        /// While the store refuses: the newest sweep of each asset that nobody was told of.
        var untold: [AssetIndex: Sweep]?

        /// Whoever waits for work or for company.
        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            [arrival.take(), pause.take()?.continuation].compactMap { $0 }
        }
    }

    /// An exchange that a person told, and who waits for the answer.
    private struct WaitingExchange {
        var point: PointIndex
        var told: MeterExchange
        var at: Timestamp
        var reply: CheckedContinuation<MeterExchangeReply, Never>
    }

    private let store: SluiceStore
    private let logger: Logger
    /// Which sweeps are published, before the first transaction.
    private let chooser: ReportChooser
    /// The lifetime totals, before the first transaction.
    private let counters: CounterBook
    private let catalogue: Catalogue
    private let gaps: GapMessages
    private let committed: @Sendable (Committed) async -> Void
    /// Told when something waits to be stored, and when a transaction was tried.
    private let progress: SiteProgress?
    /// How long a sweep may wait for company, by asset.
    private let patience: [Duration]
    private let exchanged: Exchanged?
    /// Told, about once a second, of the newest sweeps that the store refuses to take, with corrected totals.
    private let refused: @Sendable ([Sweep]) async -> Void
    private let queue = Mutex(Queue())

    /// Stores the exchange of a meter, for others to know of it in the same transaction.
    typealias Exchanged = @Sendable (PointIndex, Judgement.ExchangeRecord) async throws -> Void

    /// What one transaction made durable.
    struct Committed: Sendable {
        /// Every sweep of it, in rising order of their numbers.
        var all: [StoredSweep]
        /// Those that have a row in the outbox.
        var published: [StoredSweep]
        /// Whether messages of another kind were stored with them.
        var hasMessages = false
    }

    /// - Parameters:
    ///   - exchanged: `nil` stores the exchange of a meter here.
    ///   - patience: How long a sweep may wait for company, by asset; empty for not at all.
    ///   - refused: Told, about once a second, of the newest sweep of each asset that the store refuses to take.
    ///   - committed: Told after each transaction, with what is durable now.
    init(
        store: SluiceStore, catalogue: Catalogue, chooser: ReportChooser, counters: CounterBook, logger: Logger,
        exchanged: Exchanged? = nil, progress: SiteProgress? = nil, patience: [Duration] = [],
        refused: @escaping @Sendable ([Sweep]) async -> Void = { _ in },
        committed: @escaping @Sendable (Committed) async -> Void
    ) {
        self.store = store
        self.catalogue = catalogue
        gaps = GapMessages(catalogue: catalogue, epoch: store.epoch)
        self.chooser = chooser
        self.counters = counters
        self.logger = logger
        (self.exchanged, self.committed, self.progress) = (exchanged, committed, progress)
        (self.patience, self.refused) = (patience, refused)
    }

    /// Sweeps given up because the store refused for too long.
    var dropped: Int { queue.withLock { $0.dropped } }

    /// What transactions of readings took, the data safe on the disk.
    var commits: DurationHistogram { queue.withLock { $0.commits } }

    /// What was brought and could not be stored before the end of ``run(gathering:)``.
    func takeWaiting() -> [Sweep] {
        queue.withLock { queue in
            defer { queue.waiting = [] }
            return queue.waiting
        }
    }

    /// Takes a sweep; never waits, so that a poller goes on with its bus.
    func submit(_ sweep: Sweep) {
        let place = Int(sweep.asset.value)
        let wait = patience.indices.contains(place) ? patience[place] : .zero
        let due = SystemClock.instant() + wait
        let (arrival, pause) = queue.withLock { queue in
            queue.due = min(queue.due ?? due, due)
            queue.waiting.append(sweep)
            queue.untold?[sweep.asset] = sweep
            if queue.waiting.count > Self.capacity {
                queue.waiting.removeFirst()
                queue.dropped += 1
            }
            let isPauseOver = queue.pause.map { due < $0.until || queue.waiting.count >= Self.batch } ?? false
            return (queue.arrival.take(), isPauseOver ? queue.pause.take() : nil)
        }
        progress?.expect("committer", within: SiteProgress.commitPatience + wait)
        arrival?.resume()
        pause?.continuation.resume()
    }

    /// Books the exchange of a meter between two transactions of readings.
    func book(_ told: MeterExchange, of point: PointIndex, at: Timestamp) async -> MeterExchangeReply {
        await withCheckedContinuation { reply in
            let waiters = queue.withLock { queue -> [CheckedContinuation<Void, Never>]? in
                guard !queue.isClosed else { return nil }
                queue.exchanges.append(WaitingExchange(point: point, told: told, at: at, reply: reply))
                return queue.takeWaiters()
            }
            if waiters == nil { reply.resume(returning: Self.isStopping) }
            for waiter in waiters ?? [] { waiter.resume() }
        }
    }

    private static let isStopping = MeterExchangeReply(refusal: "the gateway is stopping; tell it again when it runs")

    private func takeExchanges() -> [WaitingExchange] {
        queue.withLock { queue in
            defer { queue.exchanges = [] }
            return queue.exchanges
        }
    }

    /// Ends ``run(gathering:)`` once everything waiting is stored.
    func close() {
        let waiters = queue.withLock { queue in
            queue.isClosed = true
            return queue.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    private var isClosed: Bool { queue.withLock { $0.isClosed } }

    /// Waits until there is something to store; `false` when it is closed and there is nothing.
    private func hasWork() async -> Bool {
        await withCheckedContinuation { continuation in
            let isReady = queue.withLock { queue in
                if !queue.waiting.isEmpty || !queue.exchanges.isEmpty || queue.isClosed { return true }
                queue.arrival = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
        return queue.withLock { !$0.waiting.isEmpty || !$0.exchanges.isEmpty }
    }

    /// Waits until the first of what has come is due to be written, a whole transaction waits, or something else calls.
    private func gather() async {
        var turn = 0
        while true {
            let now = SystemClock.instant()
            let due = queue.withLock { queue -> MonotonicInstant? in
                guard !queue.isClosed, queue.exchanges.isEmpty, queue.waiting.count < Self.batch else { return nil }
                return queue.due
            }
            guard let due, due > now else { return }
            turn += 1
            await pause(until: due, for: due - now, turn: turn)
        }
    }

    private func pause(until due: MonotonicInstant, for span: Duration, turn: Int) async {
        // Leaving this scope cancels the sleep; a cancelled sleep ends nobody else's pause.
        async let _: Void = sleep(span, thenEnd: turn)
        await withCheckedContinuation { continuation in
            let isOver = queue.withLock { queue in
                let isOver =
                    queue.isClosed || !queue.exchanges.isEmpty || queue.waiting.count >= Self.batch
                    || queue.due.map { $0 < due } ?? true
                if !isOver { queue.pause = (turn, due, continuation) }
                return isOver
            }
            if isOver { continuation.resume() }
        }
    }

    private func sleep(_ span: Duration, thenEnd turn: Int) async {
        try? await store.thread.sleep(for: span)
        queue.withLock { $0.pause?.turn == turn ? $0.pause.take() : nil }?.continuation.resume()
    }

    /// Most sweeps of one transaction, so that a backlog after a refusal does not hold the lock long.
    private static let batch = 500

    private func takeBatch() -> [Sweep] {
        queue.withLock { queue in
            queue.due = nil
            guard queue.waiting.count > Self.batch else {
                defer { queue.waiting = [] }
                return queue.waiting
            }
            let batch = Array(queue.waiting.prefix(Self.batch))
            queue.waiting.removeFirst(Self.batch)
            return batch
        }
    }

    private func putBack(_ batch: [Sweep]) -> Int {
        queue.withLock { queue in
            queue.waiting.insert(contentsOf: batch, at: 0)
            return queue.waiting.count
        }
    }

    /// Commits until ``close()``.
    ///
    /// - Parameter gathering: How long a transaction waits for company after its first sweep. Zero commits whatever
    ///   has come while the one before was written, which is the shortest delay.
    func run(gathering: Duration) async {
        await withTaskExecutorPreference(store.thread) { await commit(gathering: gathering) }
    }

    private func commit(gathering: Duration) async {
        var isRefused = false
        var (chooser, counters) = (chooser, counters)
        defer { for waiting in takeExchanges() { waiting.reply.resume(returning: Self.isStopping) } }
        while await hasWork() {
            for waiting in takeExchanges() { waiting.reply.resume(returning: await book(waiting, &counters)) }
            await gather()
            if gathering > .zero, !isClosed { try? await store.thread.sleep(for: gathering) }
            let batch = takeBatch()
            if batch.isEmpty { continue }
            // What was counted and chosen in a transaction that failed counts for nothing.
            let counted = counters.take(batch.filter { !$0.readings.isEmpty })
            var chosen = chooser
            let sweeps = counted.sweeps.map { (sweep: $0, isPublished: chosen.takes($0)) }
            do {
                progress?.expect("committer", within: SiteProgress.commitPatience)
                let messages = counted.notes.compactMap(gaps.message)
                let began = SystemClock.instant()
                let stored = try await store.append(
                    sweeps, counters: counted.changed, notes: counted.notes, messages: messages)
                queue.withLock { $0.commits.note(SystemClock.instant() - began) }
                try? Failpoint.reach(.outboxStored)
                chooser = chosen
                for note in counted.notes { tell(note.event, of: note.point) }
                if isRefused {
                    isRefused = false
                    queue.withLock { $0.untold = nil }
                    logger.info("The store takes readings again.", metadata: ["dropped": "\(dropped)"])
                }
                logger.debug(
                    "Readings stored.",
                    metadata: ["sweeps": "\(stored.count)", "sequence": "\(stored.last?.firstSequence.value ?? 0)"])
                let published = zip(stored, sweeps).lazy.filter { $1.isPublished }.map { $0.0 }
                await committed(
                    Committed(all: stored, published: Array(published), hasMessages: !messages.isEmpty))
                progress?.note("committer", within: nil)
            } catch {
                counters.undo(counted)
                if store.isRejection(error), await reject(batch) { continue }
                // A disk that refuses is no hang: a restart would not mend it.
                progress?.note("committer", within: SiteProgress.commitPatience + .seconds(1))
                let waiting = putBack(batch)
                if !isRefused {
                    isRefused = true
                    logger.error(
                        "Readings cannot be stored; they wait in memory. Free space or mend the disk.",
                        metadata: ["error": "\(error)", "waiting": "\(waiting)"])
                }
                await tellRefused(counters)
                if isClosed { return }
                try? await store.thread.sleep(for: .seconds(1))
            }
        }
    }

    /// Hands on the newest values of what waits in memory, so that boards do not stand still with the disk.
    ///
    /// - Parameter counters: As they are stored: the totals are reckoned from them and not kept.
    private func tellRefused(_ counters: CounterBook) async {
        let news = queue.withLock { queue -> [AssetIndex: Sweep] in
            defer { queue.untold = [:] }
            guard let untold = queue.untold else {
                return Dictionary(queue.waiting.map { ($0.asset, $0) }, uniquingKeysWith: { $1 })
            }
            return untold
        }
        guard !news.isEmpty else { return }
        var trial = counters
        await refused(trial.take(news.values.sorted { $0.receivedAt < $1.receivedAt }).sweeps)
    }

    /// Gives up new readings whose room is used up by older ones that matter more; `false` when not even that can be
    /// stored.
    private func reject(_ batch: [Sweep]) async -> Bool {
        guard (try? await store.noteRejected(batch)) != nil else { return false }
        let dropped = queue.withLock { queue in
            queue.dropped += batch.count
            return queue.dropped
        }
        logger.warning("New readings are not stored: their room is used up.", metadata: ["dropped": "\(dropped)"])
        return true
    }

    private func book(_ waiting: WaitingExchange, _ counters: inout CounterBook) async -> MeterExchangeReply {
        let told = waiting.told
        do {
            let booking = try counters.exchange(
                waiting.point, oldReading: told.oldReading, newReading: told.newReading)
            let (booked, total) = (booking.booked.asDouble, booking.total.asDouble)
            let audit = AuditRecord(
                at: waiting.at, actor: told.person.text, action: "meter exchange", subject: told.point,
                result: "old reading \(told.oldReading), new reading \(told.newReading), booked \(booked), "
                    + "total \(total)")
            do {
                if let exchanged {
                    try await exchanged(
                        waiting.point, Judgement.ExchangeRecord(audit: audit, counters: booking.outcome.changed))
                } else {
                    try await store.save(audit, counters: booking.outcome.changed)
                }
            } catch {
                counters.undo(booking.outcome)
                return MeterExchangeReply(refusal: "it could not be stored, nothing was booked: \(error)")
            }
            logger.info(
                "The exchange of a meter is booked.",
                metadata: ["point": "\(told.point)", "person": "\(told.person)", "result": "\(audit.result)"])
            return MeterExchangeReply(booked: booked, total: total, unit: catalogue[waiting.point].unit)
        } catch {
            return MeterExchangeReply(refusal: "\(error)")
        }
    }

    /// What a counter showed, for those who keep the meters.
    private func tell(_ event: CounterEvent, of point: PointIndex) {
        let facts: Logger.Metadata = ["point": "\(catalogue.path(of: point))", "event": "\(event)"]
        switch event {
        case .rollover, .glitch:
            logger.info("A meter's register went round or slipped; its total goes on.", metadata: facts)
        case .gap: logger.info("A meter counted while it was not read.", metadata: facts)
        case .counterReset, .counterJump, .ambiguousGap, .range:
            logger.warning("A meter's register stands where it cannot have got to; look at the meter.", metadata: facts)
        }
    }
}
