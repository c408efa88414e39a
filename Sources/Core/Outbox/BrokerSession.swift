// SPDX-License-Identifier: Apache-2.0

public import Model

/// The life of a connection to the broker: when to connect, when to give up, when to try again.
public struct BrokerSession: Sendable {
    public enum State: Hashable, Sendable {
        /// Waits for the next attempt; `connecting` follows.
        case idle(until: MonotonicInstant)
        /// Waits for the CONNACK; `online`, `idle` or `closing` follow.
        case connecting(deadline: MonotonicInstant)
        /// Messages flow; `idle` or `closing` follow.
        case online
        /// Was closed by us; waits for the word that it is gone. `idle` follows.
        case closing(deadline: MonotonicInstant, reason: String)
        /// Nothing follows.
        case stopped
    }

    public enum Event: Hashable, Sendable {
        case clockTick
        case connected
        /// The connection is gone; `isClean` when we closed it.
        case disconnected(isClean: Bool, reason: String)
        /// The attempt could not even be begun.
        case refused(reason: String)
        /// The connection stands but cannot be used, for instance because no PUBACK comes.
        case unusable(reason: String)
        case stop
    }

    public enum Effect: Hashable, Sendable {
        case connect
        case close
        /// The session begins. Rows sent lately go out again: either this is the first session of a run, of which the
        /// broker may have forgotten what the run before it sent, or it follows a loss.
        case open
        /// The session is over; everything under way goes back to waiting.
        case reset(reason: String, retryDelay: Duration)
    }

    /// Longest wait for the port's verdict on an attempt. The port itself gives the broker 10 s; the rest is for name
    /// resolution.
    public static let connectPatience = Duration.seconds(15)
    static let closePatience = Duration.seconds(5)

    public private(set) var state: State
    private var delay = ReconnectDelay()

    /// - Parameter start: When the first attempt is made.
    public init(startingAt start: MonotonicInstant) { state = .idle(until: start) }

    public var isOnline: Bool { state == .online }
    /// Another client seems to use the same identifier.
    public var isIdentifierInUseTwice: Bool { delay.isIdentifierInUseTwice }

    /// When the next clock tick changes something; `nil` when none will.
    public var deadline: MonotonicInstant? {
        switch state {
        case .idle(let until): until
        case .connecting(let deadline), .closing(let deadline, _): deadline
        case .online, .stopped: nil
        }
    }

    /// - Parameter random: 0 ..< 1, for the jitter of the next attempt.
    public mutating func apply(_ event: Event, at now: MonotonicInstant, random: Double) -> [Effect] {
        switch (state, event) {
        case (.idle(let until), .clockTick):
            guard now >= until else { return [] }
            state = .connecting(deadline: now + Self.connectPatience)
            return [.connect]
        case (.connecting, .connected):
            state = .online
            delay.connected(at: now)
            return [.open]
        case (.connecting, .disconnected(_, let reason)), (.connecting, .refused(let reason)),
            (.online, .disconnected(_, let reason)), (.online, .refused(let reason)):
            return lose(reason, at: now, random: random)
        case (.closing(_, let reason), .disconnected(let isClean, let word)):
            // When the connection had gone before we closed it, the port knows the cause.
            return lose(isClean ? reason : word, at: now, random: random)
        case (.closing(_, let reason), .refused):
            return lose(reason, at: now, random: random)
        case (.connecting(let deadline), .clockTick):
            guard now >= deadline else { return [] }
            let reason = "the attempt to connect brought no answer in \(Int(Self.connectPatience.inSeconds)) s"
            return close(reason, at: now)
        case (.closing(let deadline, let reason), .clockTick):
            guard now >= deadline else { return [] }
            return lose(reason, at: now, random: random)
        case (.online, .unusable(let reason)), (.connecting, .unusable(let reason)):
            return close(reason, at: now)
        case (.idle, .connected):
            return close("an attempt that was given up came through after all", at: now)
        case (.idle, .stop):
            state = .stopped
            return []
        case (.connecting, .stop), (.online, .stop), (.closing, .stop):
            state = .stopped
            return [.close]
        case (.idle, .disconnected), (.idle, .refused), (.idle, .unusable), (.online, .clockTick),
            (.online, .connected), (.closing, .connected), (.closing, .unusable), (.stopped, _):
            return []
        }
    }

    private mutating func close(_ reason: String, at now: MonotonicInstant) -> [Effect] {
        state = .closing(deadline: now + Self.closePatience, reason: reason)
        return [.close]
    }

    private mutating func lose(_ reason: String, at now: MonotonicInstant, random: Double) -> [Effect] {
        let retryDelay = delay.lost(at: now, random: random)
        state = .idle(until: now + retryDelay)
        return [.reset(reason: reason, retryDelay: retryDelay)]
    }
}
