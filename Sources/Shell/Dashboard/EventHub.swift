// SPDX-License-Identifier: Apache-2.0

import Pipeline
import Synchronization

/// One message of an event stream (Server-Sent Events, HTML Living Standard section 9.2).
enum ServerSentEvent: Hashable, Sendable {
    case change(EstateChange, identifier: Int64)
    /// A comment that keeps proxies and the browser from giving up.
    case keepAlive

    /// The text on the wire.
    var text: String {
        switch self {
        case .change(let change, let identifier):
            "id: \(identifier)\nevent: \(change.rawValue)\ndata: \(change.rawValue)\n\n"
        case .keepAlive: ": keep-alive\n\n"
        }
    }
}

/// Hands every change to all open event streams.
///
/// At most ``capacity`` streams are open at once. Each has room for 16 events; a slow reader loses the oldest,
/// which costs nothing, for an event only says what to fetch again.
final class EventHub: Sendable {
    static let capacity = 64

    private struct State {
        var isFinished = false
        var lastIdentifier: Int64 = 0
        var nextKey = 0
        var streams: [Int: AsyncStream<ServerSentEvent>.Continuation] = [:]
    }

    /// A place among the open streams; it is given back when ``events`` is dropped or ``leave()`` is called.
    struct Subscription: Sendable {
        let events: AsyncStream<ServerSentEvent>
        fileprivate let continuation: AsyncStream<ServerSentEvent>.Continuation
        func leave() { continuation.finish() }
    }

    /// What programs follow beside the pages.
    let feed: ChangeFeed
    private let state = Mutex(State())

    /// - Parameter run: A number that no earlier run of the gateway had.
    init(run: Int64 = 0) { feed = ChangeFeed(run: run) }

    /// Number of open streams.
    var openStreams: Int { state.withLock { $0.streams.count } }

    /// Opens a stream.
    ///
    /// - Parameter lastIdentifier: Number of the last event that the reader saw; when others came since, every
    ///   kind of change is told at once.
    /// - Returns: `nil` when all places are taken or the hub has finished.
    func subscribe(after lastIdentifier: Int64?) -> Subscription? {
        let (events, continuation) = AsyncStream<ServerSentEvent>.makeStream(bufferingPolicy: .bufferingNewest(16))
        let opened: (key: Int, present: Int64)? = state.withLock { state in
            guard !state.isFinished, state.streams.count < Self.capacity else { return nil }
            state.nextKey += 1
            state.streams[state.nextKey] = continuation
            return (state.nextKey, state.lastIdentifier)
        }
        guard let opened else { return nil }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.streams.removeValue(forKey: opened.key) }
        }
        if let lastIdentifier, lastIdentifier != opened.present {
            for change in [EstateChange.readings, .findings, .tickets, .alarms] {
                continuation.yield(.change(change, identifier: opened.present))
            }
        }
        return Subscription(events: events, continuation: continuation)
    }

    func publish(_ change: EstateChange) {
        let (streams, identifier) = state.withLock { state in
            state.lastIdentifier += 1
            return (Array(state.streams.values), state.lastIdentifier)
        }
        for stream in streams { stream.yield(.change(change, identifier: identifier)) }
    }

    func keepAlive() {
        for stream in state.withLock({ Array($0.streams.values) }) { stream.yield(.keepAlive) }
        feed.keepAlive()
    }

    /// Ends all streams and refuses new ones.
    func finish() {
        let streams = state.withLock { state in
            state.isFinished = true
            return Array(state.streams.values)
        }
        for stream in streams { stream.finish() }
        feed.finish()
    }
}
