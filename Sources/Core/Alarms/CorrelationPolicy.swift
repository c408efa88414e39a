// SPDX-License-Identifier: Apache-2.0

public import Model

/// How alarms become incidents; every number is a setting.
public struct CorrelationPolicy: Codable, Sendable, Hashable {
    /// A symptom may come so long before its cause (120 s).
    public var windowBefore: Duration = .seconds(120)
    /// ... and so long after it (10 min).
    public var windowAfter: Duration = .seconds(600)
    /// Wait from the first alarm to the ticket (30 s); none for P1.
    public var hold: Duration = .seconds(30)
    /// The time in which alarms and incidents are counted for floods and storms (10 min).
    public var surgeWindow: Duration = .seconds(600)
    /// More than so many begin a flood of alarms or a storm of incidents (10).
    public var surgeBegins = 10
    /// Fewer than so many end it (5).
    public var surgeEnds = 5

    public init() {}
}

/// Whether more happens than anybody can look at: it begins above one count and ends below a lower one.
public struct Surge: Codable, Sendable, Hashable {
    /// When it began; `nil` outside.
    public private(set) var since: Timestamp?
    /// Times of what is counted, inside the window, in order.
    private var times: [Timestamp] = []
    /// No more are kept than tell whether it goes on.
    private static let limit = 1000

    public init() {}

    public var isOn: Bool { since != nil }

    /// Counts one event that happened at `time`, which may be earlier than others.
    mutating func count(_ time: Timestamp) {
        let place = times.lastIndex { $0 <= time }.map { $0 + 1 } ?? 0
        times.insert(time, at: place)
        if times.count > Self.limit { times.removeFirst() }
    }

    /// Takes back an event that turned out to be part of another.
    mutating func forget(_ time: Timestamp) {
        if let place = times.lastIndex(of: time) { times.remove(at: place) }
    }

    /// Looks at the window that ends at `now`.
    mutating func settle(at now: Timestamp, _ policy: CorrelationPolicy) {
        times.removeAll { now - $0 >= policy.surgeWindow }
        if times.count > policy.surgeBegins, since == nil { since = now }
        if times.count < policy.surgeEnds { since = nil }
    }

    /// The moment at which it may end by itself; `nil` outside.
    func nextDeadline(_ policy: CorrelationPolicy) -> Timestamp? {
        guard isOn, times.count >= policy.surgeEnds else { return nil }
        return times[times.count - policy.surgeEnds] + policy.surgeWindow
    }
}
