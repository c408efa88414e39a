// SPDX-License-Identifier: Apache-2.0

public import Model

/// The three promises of a ticket.
public enum TicketClock: String, Codable, Sendable, CaseIterable {
    case acknowledge, onSite, repair
}

/// One promise of a ticket, running around the clock from the report.
///
/// It stops while the work counts as done and goes on where it stopped; it never starts again. Times come from the
/// wall clock: one that was set back neither adds nor takes time.
public struct ServiceClock: Hashable, Sendable {
    /// When the fault was reported.
    public private(set) var startedAt: Timestamp
    /// Running time allowed. It can only become shorter.
    public private(set) var budget: Duration
    /// Time it has stood still, without the present stop.
    public private(set) var pausedFor: Duration
    /// When it stopped last; `nil` while it runs.
    public private(set) var stoppedAt: Timestamp?
    /// When the promise was kept for good, late or not; `nil` before.
    public private(set) var metAt: Timestamp?
    /// When it was found overdue; `nil` while it has not been. A promise is broken once only.
    public private(set) var breachedAt: Timestamp?

    init(startedAt: Timestamp, budget: Duration) {
        self.startedAt = startedAt
        self.budget = budget
        pausedFor = .zero
    }

    public var isRunning: Bool { stoppedAt == nil && metAt == nil }

    /// When the budget ends if it runs on without a stop.
    public var dueAt: Timestamp { startedAt + budget + pausedFor }

    /// Budget left at `now`, negative when overdue; it stands still while the clock does.
    public func remaining(at now: Timestamp) -> Duration { dueAt - (metAt ?? stoppedAt ?? now) }

    /// Whether `now` is the first time that it is found overdue.
    func isNewlyOverdue(at now: Timestamp) -> Bool { isRunning && breachedAt == nil && now >= dueAt }

    /// The same clock with another budget, for a promise that a ticket did not make from the start.
    func twin(budget: Duration) -> ServiceClock {
        var twin = self
        (twin.budget, twin.breachedAt) = (budget, nil)
        return twin
    }

    /// Takes the shorter of both budgets; a promise that was kept stays as it was.
    mutating func tighten(to budget: Duration) {
        if metAt == nil { self.budget = min(self.budget, budget) }
    }

    /// Takes the shorter budget and the longer running time of two clocks that go on as one. A promise that was kept
    /// stays as it was; one that the other had broken is not broken a second time.
    mutating func absorb(_ other: ServiceClock, at now: Timestamp) {
        guard metAt == nil else { return }
        if other.used(at: now) > used(at: now) {
            startedAt = other.startedAt
            // What the other stood still stays out of account, and this one goes on as it was.
            pausedFor = other.pausedFor + max(.zero, now - (other.metAt ?? other.stoppedAt ?? now))
            if stoppedAt != nil { stoppedAt = now }
        }
        budget = min(budget, other.budget)
        breachedAt = breachedAt ?? other.breachedAt
    }

    /// Running time since the report.
    func used(at now: Timestamp) -> Duration { budget - remaining(at: now) }

    mutating func stop(at now: Timestamp) {
        if isRunning { stoppedAt = now }
    }

    mutating func resume(at now: Timestamp) {
        guard let stop = stoppedAt else { return }
        // The bound, 34,000 years, keeps a sum of absurd stamps from a damaged log inside the range of a duration.
        pausedFor = min(pausedFor + max(.zero, now - stop), .seconds(1 << 40))
        stoppedAt = nil
    }

    mutating func meet(at now: Timestamp) {
        resume(at: now)
        if metAt == nil { metAt = now }
    }

    mutating func noteBreach(at now: Timestamp) {
        if breachedAt == nil { breachedAt = now }
    }
}

extension ServiceClock: Codable {
    private enum CodingKeys: String, CodingKey {
        case startedAt, stoppedAt, metAt, breachedAt
        case budget = "budget_milliseconds"
        case pausedFor = "paused_milliseconds"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        startedAt = try container.decode(Timestamp.self, forKey: .startedAt)
        budget = .milliseconds(try container.decode(Int64.self, forKey: .budget))
        pausedFor = .milliseconds(try container.decode(Int64.self, forKey: .pausedFor))
        stoppedAt = try container.decodeIfPresent(Timestamp.self, forKey: .stoppedAt)
        metAt = try container.decodeIfPresent(Timestamp.self, forKey: .metAt)
        breachedAt = try container.decodeIfPresent(Timestamp.self, forKey: .breachedAt)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(startedAt, forKey: .startedAt)
        try container.encode(budget.wholeMilliseconds, forKey: .budget)
        try container.encode(pausedFor.wholeMilliseconds, forKey: .pausedFor)
        try container.encodeIfPresent(stoppedAt, forKey: .stoppedAt)
        try container.encodeIfPresent(metAt, forKey: .metAt)
        try container.encodeIfPresent(breachedAt, forKey: .breachedAt)
    }
}
