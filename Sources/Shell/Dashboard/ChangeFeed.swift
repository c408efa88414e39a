// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Hummingbird
import Model
import NIOCore
import Pipeline
import Synchronization

/// What happens to tickets and alarms, for programs that follow them: `GET /api/v1/events/stream`.
///
/// It compares what the gateway tells now with what it told before, so that a change is told once however many signs
/// there were of it. The last ``memory`` events are kept for readers that come back; who missed more, or comes from
/// before a restart, is told to read everything again.
final class ChangeFeed: Sendable {
    static let capacity = 64
    static let memory = 1000
    /// A reader that is as many events behind is let go; it comes back and takes up where it was.
    static let backlog = 256

    /// One event as it stands on the wire (HTML Living Standard, section 9.2).
    struct Event: Hashable, Sendable {
        var number: Int64
        var name: String
        /// JSON on one line.
        var data: String
    }

    struct Subscription: Sendable {
        let texts: AsyncStream<String>
        fileprivate let continuation: AsyncStream<String>.Continuation
        func leave() { continuation.finish() }
    }

    private struct State {
        var isFinished = false
        /// `nil` before the first look.
        var tickets: [String: Int]?
        var alarms: [String: Int]?
        var updatedSince: Timestamp?
        var last: Int64 = 0
        var events: [Event] = []
        var nextKey = 0
        var readers: [Int: AsyncStream<String>.Continuation] = [:]
    }

    /// Names this run of the gateway, so that numbers of another one are known as such.
    private let run: Int64
    private let state = Mutex(State())

    init(run: Int64) { self.run = run }

    // MARK: Looking

    /// Hands what has changed since the last look to all readers; the first look tells nothing.
    func follow(_ view: any EstateView) async {
        var query = TicketQuery()
        query.updatedSince = state.withLock { $0.updatedSince }
        query.limit = 100_000
        let tickets = await view.tickets(query)?.tickets
        let alarms = try? await view.alarms().alarms
        let (fresh, readers) = state.withLock { state in
            let before = state.last
            if let tickets { Self.note(tickets, in: &state) }
            if let alarms { Self.note(alarms, in: &state) }
            return (state.events.filter { $0.number > before }, Array(state.readers.values))
        }
        for event in fresh {
            for reader in readers { hand(text(of: event), to: reader) }
        }
    }

    private static func note(_ tickets: [TicketSnapshot], in state: inout State) {
        var known = state.tickets ?? [:]
        // The order in which they were changed is the order in which they are told.
        for ticket in tickets.sorted(by: {
            ($0.updatedAt ?? $0.raisedAt, $0.number) < ($1.updatedAt ?? $1.raisedAt, $1.number)
        }) {
            guard known.updateValue(ticket.version, forKey: ticket.number) != ticket.version else { continue }
            if state.tickets != nil { tell("ticket", ticket, in: &state) }
            state.updatedSince = max(state.updatedSince ?? ticket.raisedAt, ticket.updatedAt ?? ticket.raisedAt)
        }
        state.tickets = known
    }

    private static func note(_ alarms: [AlarmSnapshot], in state: inout State) {
        var known = state.alarms ?? [:]
        for alarm in alarms {
            guard known.updateValue(alarm.version, forKey: alarm.identifier) != alarm.version else { continue }
            if state.alarms != nil { tell("alarm", alarm, in: &state) }
        }
        state.alarms = known
    }

    private static func tell(_ name: String, _ value: some Encodable, in state: inout State) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return }
        state.last += 1
        let event = Event(number: state.last, name: name, data: String(decoding: data, as: UTF8.self))
        state.events.append(event)
        if state.events.count > memory { state.events.removeFirst(state.events.count - memory) }
    }

    // MARK: Reading

    /// Opens a stream.
    ///
    /// - Parameter lastIdentifier: Of the last event that the reader saw.
    /// - Returns: `nil` when all places are taken or the gateway ends.
    func subscribe(after lastIdentifier: String?) -> Subscription? {
        let (texts, continuation) = AsyncStream<String>.makeStream(
            bufferingPolicy: .bufferingOldest(Self.memory + Self.backlog))
        let key: Int? = state.withLock { state in
            guard !state.isFinished, state.readers.count < Self.capacity else { return nil }
            state.nextKey += 1
            state.readers[state.nextKey] = continuation
            for text in opening(after: lastIdentifier, state) { continuation.yield(text) }
            return state.nextKey
        }
        guard let key else { return nil }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.readers.removeValue(forKey: key) }
        }
        return Subscription(texts: texts, continuation: continuation)
    }

    /// `start` for a new reader, what it missed for one that comes back, `reset` where that is not known any more.
    private func opening(after lastIdentifier: String?, _ state: State) -> [String] {
        guard let lastIdentifier else { return [text("start", state.last)] }
        let parts = lastIdentifier.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, Int64(parts[0]) == run, let number = Int64(parts[1]), (0...state.last).contains(number),
            number >= (state.events.first?.number ?? 1) - 1
        else { return [text("reset", state.last)] }
        return state.events.filter { $0.number > number }.map(text(of:))
    }

    private func text(_ name: String, _ number: Int64) -> String {
        text(of: Event(number: number, name: name, data: "{}"))
    }

    private func text(of event: Event) -> String {
        "id: \(run)-\(event.number)\nevent: \(event.name)\ndata: \(event.data)\n\n"
    }

    private func hand(_ text: String, to reader: AsyncStream<String>.Continuation) {
        if case .dropped = reader.yield(text) { reader.finish() }
    }

    /// A comment that keeps proxies from giving up.
    func keepAlive() {
        for reader in state.withLock({ Array($0.readers.values) }) { hand(": keep-alive\n\n", to: reader) }
    }

    /// Ends all streams and refuses new ones.
    func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            return Array(state.readers.values)
        }
        for reader in readers { reader.finish() }
    }
}

/// Serves the feed.
struct ChangeInterface: Sendable {
    let feed: ChangeFeed

    private static let event = AnswerShape.fields([
        ("id", .text), ("event", .words(["start", "reset", "ticket", "alarm"])), ("data", .text),
    ])

    static let route = InterfaceRoute(
        method: .get, path: "/events/stream", name: "events",
        about: "Server-Sent Events: start or reset, then ticket and alarm with the whole of what has changed.",
        needs: [.lastEventIdentifier],
        answers: [
            .init(
                status: 200, about: "A stream that does not end.", shape: nil, otherMedia: ["text/event-stream": event])
        ],
        problems: [.tooManyStreams])

    func addRoutes(to routes: InterfaceRoutes) {
        routes.add(Self.route) { [feed] call in
            guard let subscription = feed.subscribe(after: call.request.headers[Dashboard.lastEventIdentifier]) else {
                throw Problem(.tooManyStreams, ["limit": "\(ChangeFeed.capacity)"])
            }
            let (request, caller) = (call.request, Caller.current)
            return Response(
                status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8"],
                body: ResponseBody { writer in
                    try await request.body.consumeWithInboundCloseHandler { _ in
                        for await text in subscription.texts {
                            guard await caller?.isStillIn() ?? true else { break }
                            try await writer.write(ByteBuffer(string: text))
                        }
                    } onInboundClosed: {
                        subscription.leave()
                    }
                    try await writer.finish(nil)
                })
        }
    }
}
