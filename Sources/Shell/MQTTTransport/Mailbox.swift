// SPDX-License-Identifier: Apache-2.0

import CMosquitto
import Glibc
import Pipeline
import Synchronization

/// Messages from the broker that wait to be taken: a bounded number, each of bounded size.
final class Mailbox: Sendable {
    private struct State {
        var batch = InboundBatch()
        /// An event says that there is something.
        var isTold = false
    }

    private let state = Mutex(State())
    private let events: AsyncStream<BrokerEvent>.Continuation

    init(_ events: AsyncStream<BrokerEvent>.Continuation) { self.events = events }

    func take() -> InboundBatch {
        state.withLock { state in
            defer { state = State() }
            return state.batch
        }
    }

    /// Puts a copy of `message` in, or counts it as dropped.
    ///
    /// - Parameter mayWait: Asked while there is no room and the settings say that it is waited for.
    /// - Returns: `false` when the one who takes does not even take events.
    func put(_ message: mosquitto_message, within settings: BrokerSettings, waiting mayWait: () -> Bool) -> Bool {
        let topic = message.topic.map { String(cString: $0) } ?? ""
        let size = Int(message.payloadlen)
        while settings.waitsForRoom, isFull(settings), mayWait() { usleep(1000) }
        return state.withLock { state in
            if size > settings.largestMessage {
                state.batch.tooLarge += 1
            } else if state.batch.messages.count >= settings.waitingMessages {
                state.batch.tooMany += 1
            } else {
                let bytes = message.payload.map { Array(UnsafeRawBufferPointer(start: $0, count: size)) } ?? []
                state.batch.messages.append(InboundMessage(topic: topic, payload: bytes, isRetained: message.retain))
            }
            guard !state.isTold else { return true }
            state.isTold = true
            if case .dropped = events.yield(.received) { return false }
            return true
        }
    }

    private func isFull(_ settings: BrokerSettings) -> Bool {
        state.withLock { $0.batch.messages.count >= settings.waitingMessages }
    }
}
