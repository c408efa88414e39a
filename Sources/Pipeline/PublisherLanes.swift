// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox

/// From the store's rows to messages in the window.
extension Publisher {
    /// What became of a message that was to be sent.
    enum Sending {
        case sent
        /// It waits for a PUBACK to make room.
        case noRoom
        /// It can never be sent.
        case refused
        /// The connection is given up; whether the library had the message before that.
        case broken(wasHanded: Bool)
    }

    /// Whether neither an announcement nor an alarm nor a live reading waits, nor anything is under way.
    var isDrained: Bool {
        window.isEmpty && (announcements.next?.isPatient ?? true) && beside.waiting.isEmpty && alarm.first == nil
            && !alarm.mayHaveMore && live?.first == nil
            && live?.mayHaveMore != true
    }

    var isBacklogDrained: Bool { backlog.first == nil && !backlog.mayHaveMore }

    /// Sends until the window is full or nothing waits.
    func fillWindow() async {
        while session.isOnline {
            if let next = announcements.next, !next.isPatient {
                guard await announce(next) else { return }
                continue
            }
            if let next = beside.waiting.first {
                switch await send(next, rows: [], lane: nil) {
                case .sent, .refused: beside.removeFirst()
                case .noRoom, .broken: return
                }
                continue
            }
            if let next = unstored.first {
                guard await sendUnstored(next) else { return }
                continue
            }
            guard isStoreReady(at: clocks.now().instant), window.hasRoom(for: 0, lane: nil) else { return }
            do { try await readPages() } catch { return storeFailed(error) }
            guard session.isOnline else { return }
            let lane = chooser.choose(
                hasAlarm: alarm.first != nil, hasLive: live?.first != nil,
                hasBacklog: backlog.first != nil && !isStopping, at: clocks.now().instant)
            if lane == nil || lane == .backlog, let next = announcements.next, !isStopping {
                guard await announce(next) else { return }
                continue
            }
            let isSent =
                switch lane {
                case .alarm: await sendAlarm()
                case .live: await sendLive()
                case .backlog: await sendBacklog()
                case nil: false
                }
            guard isSent else { return }
        }
    }

    /// - Returns: whether there may be room for more.
    private func announce(_ step: Announcements.Step) async -> Bool {
        switch await send(message(for: step), rows: [], lane: nil) {
        case .sent, .refused:
            announcements.advance()
            return true
        case .noRoom, .broken: return false
        }
    }

    // MARK: reading

    private func readPages() async throws {
        if alarm.needsPage {
            alarm.willFetch()
            letGo()
            do {
                let rows = try await store.waitingMessages(after: alarm.fetched, limit: settings.pageLength)
                alarm.take(rows.numbered, isFull: rows.count >= settings.pageLength, where: isFree)
            } catch {
                alarm.wake()
                throw error
            }
        }
        try await readLive()
        // The backlog is everything behind the live lane; while that has something to say, the backlog can wait.
        if backlog.needsPage, !isStopping {
            let end = live?.passed
            backlog.willFetch()
            letGo()
            do {
                let rows = try await store.waitingSweeps(after: backlog.fetched, limit: settings.pageLength)
                let old = rows.filter { row in end.map { row.sequence <= $0 } ?? true }
                let isFull = rows.count >= settings.pageLength && old.count == rows.count
                backlog.take(old.numbered, isFull: isFull, where: isFree)
            } catch {
                backlog.wake()
                throw error
            }
        }
    }

    /// Brings a live row to the front of its lane; those that are too old are left to the backlog.
    private func readLive() async throws {
        while let fetched = live?.fetched {
            if let row = live?.first {
                guard !isLive(row) else { return }
                live?.removeFirst()
                backlog.wake()
                continue
            }
            guard live?.mayHaveMore == true else { return }
            live?.willFetch()
            letGo()
            do {
                let rows = try await store.waitingSweeps(after: fetched, limit: settings.pageLength)
                live?.take(rows.numbered, isFull: rows.count >= settings.pageLength, where: isFree)
            } catch {
                live?.wake()
                throw error
            }
        }
    }

    private func isFree(_ row: SequenceNumber) -> Bool { !window.contains(row) && !settling.contains(row) }

    private func isLive(_ row: OutboxRow) -> Bool {
        guard case .sweep(let stored) = row.content, writer.knows(stored), !unstored.isPast(stored.sweep) else {
            return false
        }
        let age = clocks.now().instant - stored.sweep.receivedAt
        return age <= liveAgeLimit(of: stored.sweep, in: settings.catalogue) && latest.isNews(stored)
    }

    // MARK: sending

    private func sendAlarm() async -> Bool {
        guard let row = alarm.first else { return true }
        switch row.content {
        case .message(let message):
            let sending = await send(numbered(message, row.sequence), rows: [row.sequence], lane: .alarm)
            if case .sent = sending { alarm.removeFirst() }
            if case .refused = sending { alarm.removeFirst() }
            return sending.goesOn
        case .sweep:
            refuse([row.sequence], "readings do not belong into the lane of messages")
            alarm.removeFirst()
            return true
        }
    }

    private func sendLive() async -> Bool {
        guard let row = live?.first, case .sweep(let stored) = row.content else { return true }
        latest.note(stored)
        let asset = stored.sweep.asset
        let message = OutboundMessage(
            topic: writer.topic(of: asset), payload: writer.assetMessage(stored, latest: latest), isRetained: true)
        let sending = await send(message, rows: [row.sequence], lane: .live, asset: asset)
        switch sending {
        case .sent:
            latest.markShown(stored, withOthersOf: settings.catalogue[asset].points)
            live?.removeFirst()
        case .broken(wasHanded: true):
            latest.markShown(stored, withOthersOf: settings.catalogue[asset].points)
        case .refused:
            live?.removeFirst()
        case .noRoom, .broken(wasHanded: false):
            break
        }
        return sending.goesOn
    }

    private func sendBacklog() async -> Bool {
        var sweeps: [StoredSweep] = []
        for (number, row) in backlog.firstRows(settings.pageLength) {
            guard case .sweep(let stored) = row.content, writer.knows(stored) else {
                guard sweeps.isEmpty else { break }
                refuse([number], "the configuration no longer has the asset of this row")
                backlog.removeFirst()
                return true
            }
            sweeps.append(stored)
        }
        guard !sweeps.isEmpty, window.hasRoom(for: 0, lane: .backlog) else { return false }
        for stored in sweeps { latest.note(stored) }
        let (payload, count) = writer.backfillMessage(sweeps)
        let message = OutboundMessage(topic: writer.topics.backfill, payload: payload, isRetained: false)
        let sending = await send(message, rows: sweeps.prefix(count).map(\.firstSequence), lane: .backlog)
        switch sending {
        case .sent:
            chooser.spend()
            backlog.removeFirst(count)
        case .refused:
            backlog.removeFirst(count)
        case .noRoom, .broken:
            break
        }
        return sending.goesOn
    }

    /// - Parameter isFarewell: Sent however full the window is.
    func send(
        _ message: OutboundMessage, rows: [SequenceNumber], lane: DeliveryLane?, asset: AssetIndex? = nil,
        isFarewell: Bool = false
    ) async -> Sending {
        let size = message.payload.count + message.topic.utf8.count
        guard isFarewell || window.hasRoom(for: size, lane: lane) else { return .noRoom }
        if !isHolding {
            isHolding = true
            broker.hold()
        }
        do {
            let identifier = try broker.publish(message)
            let entry = PublishWindow.Entry(
                rows: rows, lane: lane, asset: asset, bytes: size, sentAt: clocks.now().instant)
            switch window.sent(identifier, entry) {
            case .inFlight:
                return .sent
            case .acknowledged(let entry):
                acknowledged(entry)
                return .sent
            case .identifierInUse:
                await step(.unusable(reason: "the message identifier \(identifier) is still in use"))
                return .broken(wasHanded: true)
            }
        } catch let error as UnpublishableMessage {
            refuse(rows, "\(message.topic): \(error)")
            return .refused
        } catch {
            await step(.unusable(reason: "\(error)"))
            return .broken(wasHanded: false)
        }
    }

    /// Lets what was handed over leave; to be called before anything that waits.
    func letGo() {
        guard isHolding else { return }
        isHolding = false
        broker.release(awaitsRoom: !window.hasRoom(for: 0, lane: nil))
    }

    /// Gives rows up that nobody can ever publish, so that they do not hold up the others.
    private func refuse(_ rows: [SequenceNumber], _ reason: String) {
        counts.refusedRows += rows.count
        onNotice(.refused(row: rows.first, reason: reason))
        if isConfirmedByConsumer { refusedNumbers.formUnion(rows) }
        if !rows.isEmpty { toSettle(rows) }
    }
}

extension Publisher.Sending {
    var goesOn: Bool {
        switch self {
        case .sent, .refused: true
        case .noRoom, .broken: false
        }
    }
}

extension [OutboxRow] {
    fileprivate var numbered: [(number: SequenceNumber, row: OutboxRow)] { map { ($0.sequence, $0) } }
}
