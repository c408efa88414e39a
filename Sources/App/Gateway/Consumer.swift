// SPDX-License-Identifier: Apache-2.0

import MQTTTransport
public import Model
import Outbox
public import Pipeline
import UnixSignals

/// The reference consumer: writes every row of a site once into a file, and acknowledges what is durable there.
public struct Consumer: Sendable {
    public struct Options: Sendable {
        public var host = "127.0.0.1"
        public var port = 1883
        public var site: SiteIdentifier
        /// A CSV file; beside it stands `<file>.ledger`.
        public var output: String
        /// How it is known to the broker; `nil` says no name.
        public var login: BrokerLogin?
        /// Whether `_ack` is published.
        public var acknowledges = true
        public init(site: SiteIdentifier, output: String) { (self.site, self.output) = (site, output) }
    }

    private let options: Options
    private let tell: @Sendable (String) -> Void

    /// - Parameter tell: Gets a line for people whenever something changes.
    public init(_ options: Options, tell: @escaping @Sendable (String) -> Void) {
        (self.options, self.tell) = (options, tell)
    }

    /// Runs until SIGTERM or SIGINT.
    public func run() async throws {
        let topics = Topics(site: options.site)
        var file = try ConsumerFile(path: options.output)
        defer { file.close() }
        var settings = BrokerSettings(
            host: options.host, port: options.port, clientIdentifier: "sluice-consume-\(options.site)")
        settings.login = options.login
        settings.largestMessage = 4 << 20
        settings.waitingMessages = 256
        settings.waitsForRoom = true
        let broker = MosquittoBroker(settings)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let stop = StopSwitch()
        let ending = Task {
            for await _ in signals {
                stop.engage()
                await broker.disconnect()
            }
        }
        defer { ending.cancel() }
        var delay = ReconnectDelay()
        tell(summary(file.ledger.figures, "begins"))
        try broker.connect()
        for await event in broker.events {
            switch event {
            case .connected:
                delay.connected(at: SystemClock.instant())
                tell("connected to mqtt://\(options.host):\(options.port)")
                try broker.subscribe(to: filters(topics))
            case .received:
                try await take(broker.takeReceived(), into: &file, topics, broker)
            case .acknowledged: break
            case .disconnected(_, let reason):
                if stop.isEngaged {
                    tell(summary(file.ledger.figures, "ended"))
                    return
                }
                tell("no connection: \(reason)")
                try await Task.sleep(for: delay.lost(at: SystemClock.instant(), random: Double.random(in: 0..<1)))
                try broker.connect()
            }
        }
    }

    private func filters(_ topics: Topics) -> [String] {
        let root = "sluice/\(options.site)"
        return [topics.mark, topics.backfill, topics.gap, "\(root)/alarm/#", "\(root)/ticket/#", "\(root)/+/+"]
    }

    private func take(
        _ batch: InboundBatch, into file: inout ConsumerFile, _ topics: Topics, _ broker: MosquittoBroker
    ) async throws {
        let root = "sluice/\(options.site)/"
        var lines = ""
        var hasMark = false
        for message in batch.messages where message.topic.hasPrefix(root) {
            if message.topic == topics.mark {
                if let mark = DeliveryMark(message.payload) {
                    file.ledger.take(mark)
                    hasMark = true
                }
                continue
            }
            let topic = String(message.topic.dropFirst(root.count))
            for row in ConsumedRow.all(topic: topic, payload: message.payload) {
                let verdict = file.ledger.take(row: row.sequence, epoch: row.epoch, revision: row.revision)
                if verdict != .duplicate { lines += row.csv }
            }
        }
        let before = file.ledger
        if !lines.isEmpty { try file.append(lines) }
        let due = file.ledger.acknowledgements()
        if !lines.isEmpty || before != file.ledger { try file.save() }
        if hasMark, due.isEmpty { tell(summary(file.ledger.figures, "waits for rows that were sent")) }
        guard options.acknowledges else { return }
        for (epoch, through) in due {
            let payload = EndToEnd.acknowledgement(of: through, epoch: epoch)
            // A lost one is made up for: the gateway marks again.
            _ = try? broker.publish(OutboundMessage(topic: topics.acknowledgement, payload: payload, isRetained: true))
            tell(summary(file.ledger.figures, "acknowledged \(through)"))
        }
    }

    private func summary(_ figures: ConsumerLedger.Figures, _ what: String) -> String {
        "\(what): \(figures.rows) rows, \(figures.duplicates) duplicates left out, \(figures.corrections) corrected, "
            + "\(figures.missing) missing, \(figures.gaps) gaps"
    }
}
