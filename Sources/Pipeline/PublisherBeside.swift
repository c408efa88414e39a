// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox

/// What a publisher says and hears beside rows and announcements: heartbeat, health, commands.
struct BesideRows: Sendable {
    /// Messages that wait for a place in the window, the oldest first. They have no rows: a lost session forgets them.
    private(set) var waiting: [OutboundMessage] = []
    /// More than that are never kept: the oldest goes.
    static let limit = 64

    var echo = EchoWatch()
    /// Tells the heartbeats of this run from those of one before, which the broker may have kept.
    let run: String
    var healthAt: MonotonicInstant?
    /// When the last heartbeat that came back had been published, or the begin of the run.
    var goodUntil: Timestamp
    var startedAt: MonotonicInstant
    /// Whether the store was asked how the run before this one ended.
    var knowsPast = false
    var commandsIgnored = 0
    /// What was told of ignored messages, so that it is told once.
    private var told: Set<String> = []

    init(run: String, now: ClockReading) { (self.run, goodUntil, startedAt) = (run, now.wall, now.instant) }

    mutating func add(_ message: OutboundMessage) {
        if waiting.count >= Self.limit { waiting.removeFirst() }
        waiting.append(message)
    }

    mutating func removeFirst() { waiting.removeFirst() }

    mutating func sessionBegan(at now: MonotonicInstant) {
        waiting = []
        echo.sessionBegan(at: now)
        healthAt = now + EchoWatch.firstAfter
    }

    mutating func sessionEnded() {
        waiting = []
        echo.sessionEnded()
        healthAt = nil
    }

    /// Whether `text` was not told before; what is new counts as told. Of more than 100 different ones nothing is told.
    mutating func isNews(_ text: String) -> Bool { told.count < 100 && told.insert(text).inserted }

    var deadline: MonotonicInstant? { [echo.deadline, healthAt].compactMap { $0 }.min() }
}

extension Publisher {
    /// What the gateway listens to.
    var filters: [String] {
        [writer.topics.commands, writer.topics.echo]
            + (isConfirmedByConsumer ? [writer.topics.acknowledgement] : [])
    }

    /// Does what is due beside the rows.
    func tendBeside() async {
        guard session.isOnline else { return }
        let now = clocks.now()
        await carryOut(beside.echo.clockTick(at: now.instant))
        if let due = beside.healthAt, now.instant >= due, announcements.next == nil {
            beside.healthAt = now.instant + settings.healthPeriod
            beside.add(await healthMessage())
        }
    }

    private func carryOut(_ effects: [EchoWatch.Effect]) async {
        for effect in effects {
            switch effect {
            case .send(let number):
                beside.add(
                    OutboundMessage(
                        topic: writer.topics.echo, payload: EchoWatch.payload(number, run: beside.run),
                        isRetained: false))
            case .missing:
                onNotice(.forbidden)
                do { try await store.noteForbidden(since: beside.goodUntil) } catch { storeFailed(error) }
            case .returned:
                await publishAgain()
            }
        }
    }

    /// Everything since the last good heartbeat goes out again, retained topics first.
    private func publishAgain() async {
        do {
            let since = try await store.forbiddenSince() ?? beside.goodUntil
            let rows = try await store.returnToWaiting(sentSince: since)
            counts.replayedRows += rows
            try await store.noteForbidden(since: nil)
            onNotice(.admitted(replayedRows: rows))
        } catch {
            storeFailed(error)
        }
        announcements.restart()
        alarm.restart(after: .beforeAll)
        backlog.restart(after: .beforeAll)
        beside.healthAt = clocks.now().instant
    }

    /// Asks the store once how the run before this one ended.
    func recallEcho() async throws {
        guard !beside.knowsPast else { return }
        if let since = try await store.forbiddenSince() {
            beside.echo = EchoWatch(wasMissing: true)
            beside.goodUntil = since
        }
        beside.knowsPast = true
    }

    private func healthMessage() async -> OutboundMessage {
        let (facts, waiting) = (await settings.healthFacts(), try? await store.backlog())
        let now = clocks.now()
        let report = HealthReport(
            facts: facts, outboxRows: waiting?.rows ?? counts.waiting, oldestRow: waiting?.oldest,
            clock: now.timeQuality, uptime: now.instant - beside.startedAt, isEchoMissing: beside.echo.isMissing,
            commandsIgnored: beside.commandsIgnored,
            acknowledged: isConfirmedByConsumer ? endToEnd.acknowledged : nil, refusedRows: counts.refusedRows)
        let payload = report.payload(epoch: store.epoch, version: settings.version, at: now.wall)
        return OutboundMessage(topic: writer.topics.health, payload: payload, isRetained: true)
    }

    // MARK: what comes

    func takeReceived() async {
        let received = broker.takeReceived()
        for message in received.messages { await take(message) }
        if received.tooLarge > 0 {
            ignore(
                received.tooLarge, "cmd", "a message was larger than the \(Command.largestPayload) bytes of a command")
        }
        if received.tooMany > 0 { ignore(received.tooMany, "cmd", "messages came faster than they could be taken") }
    }

    private func take(_ message: InboundMessage) async {
        if message.topic == writer.topics.echo {
            guard !message.isRetained, let number = EchoWatch.number(in: message.payload, run: beside.run) else {
                return
            }
            if !beside.echo.isMissing { beside.goodUntil = clocks.now().wall - EchoWatch.patience }
            await carryOut(beside.echo.heard(number))
        } else if message.topic == writer.topics.acknowledgement {
            await take(acknowledgement: message)
        } else if let verb = writer.topics.verb(of: message.topic) {
            await take(message, asCommand: verb)
        } else {
            // A command to a verb that no topic level can be; nobody has a place to be answered at.
            ignore(1, String(message.topic.prefix(100)), "the topic is none of a command")
        }
    }

    private func ignore(_ count: Int, _ topic: String, _ reason: String) {
        beside.commandsIgnored += count
        if beside.isNews("\(topic)\n\(reason)") { onNotice(.commandIgnored(topic: topic, reason: reason)) }
    }

    private func take(_ message: InboundMessage, asCommand verb: String) async {
        // An empty retained message only removes one.
        if message.payload.isEmpty { return }
        guard !message.isRetained else { return ignore(1, message.topic, "\(CommandFault.retained)") }
        let command: Command
        do { command = try Command(verb: verb, payload: message.payload) } catch {
            return ignore(1, message.topic, "\(error)")
        }
        let now = clocks.now()
        do {
            let kept = try await store.reply(toCommand: command.identifier, now: now.wall)
            let reply = command.verdict(at: now.wall, isSynced: now.timeQuality == .synced)
            if kept == nil {
                // Kept before it is said, so that no crash in between makes it carried out twice.
                try await store.keep(reply: reply.payload, toCommand: command.identifier, at: now.wall)
                onNotice(
                    .command(
                        verb: verb, identifier: command.identifier, by: command.by, outcome: reply.outcome.rawValue))
            }
            beside.add(
                OutboundMessage(
                    topic: writer.topics.reply(to: verb), payload: kept ?? reply.payload, isRetained: false))
        } catch {
            storeFailed(error)
        }
    }
}
