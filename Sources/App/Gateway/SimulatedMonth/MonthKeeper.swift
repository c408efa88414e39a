// SPDX-License-Identifier: Apache-2.0

import Dashboard
import FoundationEssentials
import Logging
import Model
import Notices
import Pipeline
import Store
import Synchronization
import Tickets

/// Stores a simulated month as a gateway stores its life, and has the notices taken by receivers that always answer.
struct MonthKeeper {
    /// What is stored in one transaction.
    struct Page {
        var at: Timestamp
        var judgement: Judgement
        var ended: Set<String>
    }

    /// The wall of the month; its monotonic clock begins with it.
    private final class MonthClock: ClockSource {
        let boot: BootIdentifier
        private let start: Timestamp
        private let present: Mutex<Timestamp>

        init(boot: BootIdentifier, start: Timestamp) {
            (self.boot, self.start) = (boot, start)
            present = Mutex(start)
        }

        func set(_ moment: Timestamp) { present.withLock { $0 = max($0, moment) } }

        func now() -> ClockReading { reading(at: present.withLock { $0 }) }

        func reading(at moment: Timestamp) -> ClockReading {
            let elapsed = max(0, (moment - start).wholeMilliseconds)
            return ClockReading(
                instant: MonotonicInstant(nanoseconds: elapsed * 1_000_000), wall: moment, timeQuality: .synced)
        }
    }

    private let clock: MonthClock
    private let store: SluiceStore
    private let courier: Courier
    private let scribe: NoticeScribe
    private let encoder = JSONEncoder()

    init(_ site: SiteConfiguration, seed: UInt64, start: Timestamp, logger: Logger) throws {
        clock = MonthClock(boot: BootIdentifier("simulated-\(seed)"), start: start)
        store = try SluiceStore.open(
            directory: site.storage.directory, boot: clock.boot, now: clock.now(), logger: logger)
        try store.bind(catalogue: site.makeCatalogue())
        courier = Courier(
            store: store, channels: site.channels.map(\.plan), clock: clock, logger: logger, random: { 0.5 })
        scribe = NoticeScribe(
            router: NoticeRouter(site), words: try NoticeWords(site.site.language, zone: site.site.zone)
        ) { _ in }
        encoder.outputFormatting = [.sortedKeys]
    }

    /// One moment as it is stored.
    func page(of moment: MonthLife.Moment) throws -> Page {
        var judgement = Judgement()
        try judgement.take(moment.verdict, books: moment.books, before: moment.before, messages: nil, encoder)
        judgement.works = moment.verdict.works
        judgement.interventions = try moment.told.map {
            try Desk.record(of: $0.verdict, $0.told, at: moment.at, SequenceNumber(0))
        }
        judgement.notices = scribe.records(
            of: moment.verdict.tickets, at: ClockMark(clock.reading(at: moment.at), boot: clock.boot))
        var ended: Set<String> = []
        for case .appended(_, let ticket) in moment.verdict.tickets where ticket.isClosed {
            ended.insert(ticket.number)
        }
        return Page(at: moment.at, judgement: judgement, ended: ended)
    }

    func store(_ page: Page) async throws {
        clock.set(page.at)
        try await store.save(page.judgement, at: page.at)
        guard !page.judgement.notices.isEmpty || !page.ended.isEmpty else { return }
        await courier.note(ended: page.ended)
        while case let jobs = try await courier.turn(), !jobs.isEmpty {
            for job in jobs { await courier.report(.delivered, of: job) }
        }
    }

    func close() throws { try store.close() }
}
