// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import Telemetry

/// The session with the broker, and the book-keeping of PUBACKs in the store.
extension Publisher {
    /// Tells the session what happened and carries out what it asks for.
    func step(_ event: BrokerSession.Event) async {
        for effect in session.apply(event, at: clocks.now().instant, random: random()) {
            switch effect {
            case .connect:
                do { try broker.connect() } catch { await step(.refused(reason: "\(error)")) }
            case .close:
                await broker.disconnect()
            case .open:
                await open()
            case .reset(let reason, let retryDelay):
                reset()
                beside.sessionEnded()
                onNotice(.lost(reason: reason, retryDelay: retryDelay))
                if session.isIdentifierInUseTwice {
                    onNotice(.identifierInUseTwice(writer.topics.clientIdentifier))
                }
            }
        }
    }

    private func open() async {
        reset()
        do {
            try await recallEcho()
            try await recallRetained()
            announcements.restart(keepsDiscovery: !isBrokerNew)
            beside.sessionBegan(at: clocks.now().instant)
            // What the broker may have forgotten is what it acknowledged last, however long ago it went down.
            let now = clocks.now().wall
            let since = wallWatch.replayStart(at: min(now, try await store.latestSent() ?? now))
            let rows = try await store.returnToWaiting(sentSince: since)
            counts.connects += 1
            counts.replayedRows += rows
            onNotice(.connected(replayedRows: rows))
        } catch {
            onNotice(.storeFailed("\(error)"))
            await step(.unusable(reason: "the outbox cannot be read, so there is nothing to publish: \(error)"))
            return
        }
        endToEnd.sessionBegan()
        do { try broker.subscribe(to: filters) } catch { return await step(.unusable(reason: "\(error)")) }
        alarm.restart(after: .beforeAll)
        backlog.restart(after: .beforeAll)
        live = marks.start(at: clocks.now().instant).map { LaneCursor(after: $0) }
    }

    /// Nothing is under way any more; what was, is still `waiting` in the store and is read again.
    ///
    /// So are rows whose PUBACK is not in the store yet: they would be replayed anyway.
    func reset() {
        _ = window.empty()
        counts.replayedRows += settling.count
        (settling, settleAt) = ([], nil)
        unstored.removeAll()
        alarm.restart(after: .beforeAll)
        backlog.restart(after: .beforeAll)
        live = nil
    }

    /// Rows of the outbox were changed under the publisher: what is under way goes out again as it is now.
    public func rowsChanged() {
        reset()
        signal()
    }

    /// Notes the PUBACK of one message.
    func acknowledged(_ entry: PublishWindow.Entry) {
        counts.latency.note(clocks.now().instant - entry.sentAt)
        guard !entry.rows.isEmpty else { return }
        if entry.lane == .live, let asset = entry.asset, let row = entry.rows.first {
            latest.markAcknowledged(row, of: asset)
        }
        counts.acknowledgedRows += entry.rows.count
        toSettle(entry.rows)
    }

    /// These rows need no further sending.
    func toSettle(_ rows: [SequenceNumber]) {
        settling.formUnion(rows)
        if settleAt == nil { settleAt = clocks.now().instant + settings.settleDelay }
    }

    /// Rows that may wait to be marked at once. After a crash they go out again, as all within the replay window do.
    private static var settlingLimit: Int { 2000 }

    /// Writes the PUBACKs into the store when enough have gathered or the first has waited long enough.
    func settle(isForced: Bool) async {
        let now = clocks.now()
        guard !settling.isEmpty, isForced || isStoreReady(at: now.instant) else { return }
        let isDue = settleAt.map { now.instant >= $0 } ?? true
        guard isForced || isDue || settling.count >= Self.settlingLimit else { return }
        let rows = settling.sorted()
        do {
            try await store.markSent(rows, at: now.wall)
            storeTrouble.settle()
            settling.subtract(rows)
            settleAt = settling.isEmpty ? nil : clocks.now().instant + settings.settleDelay
        } catch {
            storeFailed(error)
        }
    }

    /// Removes what the replay window has let go, and counts what waits.
    func maintain() async {
        let now = clocks.now()
        guard now.instant >= maintenanceAt, isStoreReady(at: now.instant) else { return }
        maintenanceAt = now.instant + settings.maintenancePeriod
        do {
            // As long as nothing proves that messages get through, none of them is forgotten.
            if now.instant < removalAt {
            } else if isConfirmedByConsumer {
                removalAt = now.instant + settings.removalPeriod
                _ = try await store.removeConfirmed(through: endToEnd.acknowledged)
            } else if session.isOnline, beside.echo.isGood, let limit = wallWatch.removalLimit(at: now.wall) {
                removalAt = now.instant + settings.removalPeriod
                _ = try await store.removeConfirmed(sentBefore: limit)
            }
            try await forgetRemoved()
            counts.waiting = try await store.backlog().rows
            // A net under all the cursors: rows wait, yet no lane has anything to do with them.
            if session.isOnline, isDrained, isBacklogDrained, settling.isEmpty, counts.waiting > 0 {
                alarm.restart(after: .beforeAll)
                backlog.restart(after: .beforeAll)
                signal()
            }
        } catch {
            storeFailed(error)
        }
    }

    /// When a mark can be published, if one is wanted.
    private var nextMark: MonotonicInstant? { endToEnd.wantsMark ? markAt : nil }

    func storeFailed(_ error: any Error) {
        let now = clocks.now().instant
        storeRetryAt = now + .seconds(1)
        let text = "\(error)"
        if storeTrouble.note(text, at: now) != nil { onNotice(.storeFailed(text)) }
    }

    func isStoreReady(at now: MonotonicInstant) -> Bool {
        guard let storeRetryAt, now < storeRetryAt else { return true }
        return false
    }

    /// When the loop must look again although nobody signals.
    func nextDeadline() -> MonotonicInstant {
        let now = clocks.now().instant
        var deadlines = [session.deadline, session.isOnline ? window.deadline : nil]
        if isStoreReady(at: now) {
            deadlines += [settling.isEmpty ? nil : settleAt, maintenanceAt]
            if session.isOnline { deadlines.append(beside.deadline) }
            if session.isOnline, isConfirmedByConsumer { deadlines += [endToEnd.deadline, nextMark] }
            if session.isOnline, backlog.first != nil, !isStopping { deadlines.append(chooser.nextBacklog(at: now)) }
        } else {
            deadlines.append(storeRetryAt)
        }
        return deadlines.compactMap { $0 }.min() ?? .distantFuture
    }
}
