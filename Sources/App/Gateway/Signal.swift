// SPDX-License-Identifier: Apache-2.0

/// Wakes one waiter; any number of calls between two waits count as one.
final class Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func raise() { continuation.yield() }

    /// Each element stands for one or more calls of ``raise()`` since the last one.
    var wakes: AsyncStream<Void> { stream }

    func finish() { continuation.finish() }
}
