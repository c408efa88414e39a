// SPDX-License-Identifier: Apache-2.0

public import Notices
import Synchronization
import WorkThread

/// How requests of one channel go over the network.
public struct TransportSettings: Hashable, Sendable {
    /// Whether the receiver may be on this machine or in a private network.
    public var allowsPrivateAddresses: Bool
    /// For one request, from the look-up of the name to the last byte of the answer.
    public var timeLimit: Duration
    /// Certificates to trust in place of those of the system; `nil` for the system's.
    public var certificates: String?

    public init(
        allowsPrivateAddresses: Bool = false, timeLimit: Duration = .seconds(15), certificates: String? = nil
    ) {
        (self.allowsPrivateAddresses, self.timeLimit) = (allowsPrivateAddresses, timeLimit)
        self.certificates = certificates
    }
}

/// Sends the requests of one channel, one after the other, on a thread of its own: a receiver that is slow makes nobody
/// else wait.
public final class ChannelTransport: Sendable {
    private let settings: TransportSettings
    private let thread: WorkThread
    private let stop = StopFlag()

    /// - Parameter name: Of the channel; its thread shows it.
    public init(name: String, settings: TransportSettings) {
        self.settings = settings
        thread = WorkThread(name: "send-\(name)")
    }

    deinit { thread.stop() }

    /// Sends a request and waits for the whole answer. Never throws: whatever happens is a response. No secret is in
    /// what it says.
    public func send(_ request: OutgoingRequest) async -> ChannelResponse {
        let (settings, stop) = (settings, stop)
        return await withTaskCancellationHandler {
            await withTaskExecutorPreference(thread) { Self.perform(request, settings, stop) }
        } onCancel: {
            stop.raise()
        }
    }

    /// Breaks off what is under way, within a second; later requests fail at once.
    public func close() { stop.raise() }

    /// Blocks its thread, which is the channel's own.
    private static func perform(
        _ request: OutgoingRequest, _ settings: TransportSettings, _ stop: StopFlag
    ) -> ChannelResponse {
        guard !stop.isRaised else { return .failed("the gateway stops") }
        return Transfer(request, settings, stop).run()
    }
}

/// Tells a transfer to break off.
final class StopFlag: Sendable {
    private let flag = Atomic(false)
    var isRaised: Bool { flag.load(ordering: .relaxed) }
    func raise() { flag.store(true, ordering: .relaxed) }
}
