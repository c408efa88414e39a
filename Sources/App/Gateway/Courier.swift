// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Logging
public import Model
public import Notices
public import Pipeline
import Store
import Tickets

/// Puts what tickets tell into words and rows, for the transaction that stores the tickets.
struct NoticeScribe: Sendable {
    let router: NoticeRouter
    let words: NoticeWords
    /// Told after each save which tickets have ended by it.
    let stored: @Sendable (_ ended: Set<String>) async -> Void

    /// - Parameter mark: The clocks; `nil` in a past that is made, which tells nobody anything.
    func records(of effects: [TicketEffect], at mark: ClockMark?) -> [Judgement.NoticeRecord] {
        guard let mark, !router.isEmpty else { return [] }
        var records: [Judgement.NoticeRecord] = []
        var latest: (event: TicketEvent, ticket: Ticket)?
        for effect in effects {
            switch effect {
            case .appended(let event, let ticket): latest = (event, ticket)
            case .notify(let notice):
                guard let latest, latest.ticket.number == notice.ticket else { continue }
                let channels = router.channels(for: notice, at: latest.event.at)
                guard !channels.isEmpty else { continue }
                let facts = router.facts(of: notice, latest.ticket)
                let told = router.notice(
                    notice, latest.ticket, title: words.title(of: facts), text: words.text(of: facts), by: channels,
                    at: latest.event.at)
                records += channels.map { .init(notice: told, channel: $0, at: mark) }
            }
        }
        return records
    }
}

/// Carries notices out: what the queue says of its rows is stored first, then its messages are sent, each channel by a
/// thread of its own, and their outcomes are reported back.
actor Courier {
    /// A message whose beginning is stored.
    struct Job: Sendable {
        let dispatch: Dispatch
        let attempt: Int64
        let began: ClockMark
    }

    private struct Outcome {
        let channel: ChannelIdentifier
        let attempt: Int64
        let outcome: DeliveryOutcome
        let at: ClockMark
        let random: Double
    }

    /// Raised when there may be something to do.
    nonisolated let wake = Signal()
    private let store: SluiceStore
    private let clock: any ClockSource
    private let logger: Logger
    private let random: @Sendable () -> Double
    private var queue: DeliveryQueue
    /// The last row taken from the store.
    private var cursor: Int64 = 0
    /// Outcomes that are not stored yet.
    private var outcomes: [Outcome] = []
    /// Tickets that have ended since the last turn.
    private var ended: Set<String> = []
    private var isRestored = false
    /// Rows may have been stored since the last look.
    private var hasNews = true
    private var lookedAt: MonotonicInstant?
    /// Channels of which it was logged that they fail.
    private var failing: Set<ChannelIdentifier> = []

    /// - Parameter random: 0 ..< 1, for the time until what failed is tried again.
    init(
        store: SluiceStore, channels: [ChannelPlan], ended: Set<String> = [], clock: any ClockSource, logger: Logger,
        random: @escaping @Sendable () -> Double
    ) {
        (self.store, self.clock, self.logger, self.random, self.ended) = (store, clock, logger, random, ended)
        queue = DeliveryQueue(channels: channels)
    }

    /// Tickets have changed and their notices are stored; what waits of those that have ended and is needless now is
    /// dropped.
    func note(ended tickets: Set<String>) {
        hasNews = true
        ended.formUnion(tickets)
        wake.raise()
    }

    /// Reports what came of a job.
    func report(_ outcome: DeliveryOutcome, of job: Job) {
        let now = mark()
        note(outcome, job)
        outcomes.append(
            Outcome(channel: job.dispatch.channel, attempt: job.attempt, outcome: outcome, at: now, random: random()))
        wake.raise()
    }

    /// Takes in what has come and gives out what is due; nothing has changed when it throws, and the next turn does it.
    ///
    /// New rows are looked for when it was told of some, and once a minute.
    func turn() async throws -> [Job] {
        let now = mark()
        if !isRestored {
            var next = queue
            next.restore(try await store.noticeAttempts(), at: now)
            queue = next
            isRestored = true
        }
        while let first = outcomes.first {
            var next = queue
            let effects = next.report(first.outcome, of: first.channel, at: first.at.instant, random: first.random)
            let finished = FinishedAttempt(identifier: first.attempt, outcome: first.outcome)
            _ = try await store.carryOut(effects, finished: finished, at: first.at)
            queue = next
            outcomes.removeFirst()
        }
        // A row may also come from a command that lets it wait again.
        if hasNews || lookedAt.map({ now.instant - $0 >= .seconds(60) }) ?? true { try await look(at: now) }
        if !ended.isEmpty {
            var next = queue
            let gone = ended
            _ = try await store.carryOut(next.withdraw(tickets: gone), finished: nil, at: now)
            queue = next
            ended.subtract(gone)
        }
        guard queue.waiting > 0 else { return [] }
        var next = queue
        let effects = next.next(at: now.instant)
        let begun = try await store.carryOut(effects, finished: nil, at: now)
        queue = next
        for case .settled(let rows, .dead) in effects { tellDead(rows) }
        for case .moved(let rows, let channel) in effects {
            logger.warning(
                "A channel fails; its notices go by another one.",
                metadata: ["rows": "\(rows.count)", "from": "\(rows.first?.channel.text ?? "")", "to": "\(channel)"])
        }
        return zip(effects.compactMap { if case .send(let dispatch) = $0 { dispatch } else { nil } }, begun)
            .map { Job(dispatch: $0, attempt: $1, began: now) }
    }

    private func look(at now: ClockMark) async throws {
        // What is stored from now on tells of itself again.
        hasNews = false
        lookedAt = now.instant
        do { try await takeRows(at: now) } catch {
            hasNews = true
            throw error
        }
    }

    private func takeRows(at now: ClockMark) async throws {
        while true {
            let rows = try await store.waitingNotices(after: cursor, limit: 500)
            guard let last = rows.last else { break }
            var next = queue
            let effects = next.add(rows, at: now)
            _ = try await store.carryOut(effects, finished: nil, at: now)
            queue = next
            cursor = last.number
            for case .settled(let rows, .dead) in effects { tellDead(rows) }
        }
    }

    private func mark() -> ClockMark { ClockMark(clock.now(), boot: clock.boot) }

    private func tellDead(_ rows: [NoticeRow]) {
        logger.error(
            "Notices are given up; `sluice channels dead` lists them.",
            metadata: ["rows": "\(rows.count)", "first": "\(rows.first?.notice.key ?? "")"])
    }

    private func note(_ outcome: DeliveryOutcome, _ job: Job) {
        let channel = job.dispatch.channel
        let metadata: Logger.Metadata = [
            "channel": "\(channel)", "key": "\(job.dispatch.key)", "reason": "\(outcome.reason)",
        ]
        if outcome == .delivered {
            if failing.remove(channel) != nil { logger.notice("A channel works again.", metadata: metadata) }
            logger.debug("A message was taken.", metadata: metadata)
        } else if failing.insert(channel).inserted {
            logger.warning("A channel does not take messages; they are tried again.", metadata: metadata)
        } else {
            logger.debug("A message was not taken.", metadata: metadata)
        }
    }
}

extension ClockMark {
    /// The clocks of a machine as they were read.
    public init(_ reading: ClockReading, boot: BootIdentifier) {
        self.init(
            wall: reading.wall, instant: reading.instant, boot: boot, isSynchronised: reading.timeQuality == .synced)
    }
}
