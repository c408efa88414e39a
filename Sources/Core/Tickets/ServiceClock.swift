// SPDX-License-Identifier: Apache-2.0

public import Model

/// The three promises of a ticket.
public enum TicketClock: String, Codable, Sendable, CaseIterable {
    case acknowledge, onSite, repair
}

/// One promise of a ticket: it is broken when the time that has counted reaches its budget.
///
/// It stops while the work counts as done or waits for something that the house cannot hurry, and goes on where it
/// stopped; it never starts again. A time that was set back neither adds nor takes anything.
public struct ServiceClock: Hashable, Codable, Sendable {
    /// A span over which it ran and has stopped.
    struct Run: Hashable, Codable, Sendable {
        var from: Timestamp
        var to: Timestamp
    }

    /// When the fault was reported.
    public private(set) var startedAt: Timestamp
    /// Counted time allowed. It can only become shorter.
    public var budget: Duration { .milliseconds(budgetMilliseconds) }
    /// What counts; `nil` counts around the clock.
    public private(set) var hours: CountedHours?
    /// When the promise was kept for good, late or not; `nil` before.
    public private(set) var metAt: Timestamp?
    /// When it was found overdue; `nil` while it has not been. A promise is broken once only.
    public private(set) var breachedAt: Timestamp?
    /// The last step of escalation that was taken: per cent of the budget, or 101 ... after it; 0 for none.
    public private(set) var lastStep: Int
    /// When the budget ends if it runs on without a stop; the end of time when no opening comes in ten years.
    public private(set) var dueAt: Timestamp
    /// When the next step of escalation is due if it runs on; `nil` when none is left.
    public private(set) var nextStepAt: Timestamp?
    private var escalation: EscalationSteps
    private var budgetMilliseconds: Int64
    private var runs: [Run] = []
    private var runsSince: Timestamp?

    init(startedAt: Timestamp, _ promise: ServicePromise, _ escalation: EscalationSteps, hours: CountedHours?) {
        self.startedAt = startedAt
        self.hours = hours
        self.escalation = escalation
        budgetMilliseconds = promise.budget.wholeMilliseconds
        lastStep = 0
        runsSince = startedAt
        dueAt = startedAt
        refresh()
    }

    public var isRunning: Bool { runsSince != nil && metAt == nil }

    /// When it stopped last; `nil` while it runs or when it was kept.
    public var stoppedAt: Timestamp? { runsSince == nil && metAt == nil ? runs.last?.to : nil }

    /// Time that has counted until `now`; it stands still while the clock does, and never falls.
    public func used(at now: Timestamp) -> Duration {
        var sum = Duration.zero
        for run in runs { sum += counted(run.from, run.to) }
        if let runsSince { sum += counted(runsSince, now) }
        return sum
    }

    /// Budget left at `now`, negative when overdue; it stands still while the clock does.
    public func remaining(at now: Timestamp) -> Duration { budget - used(at: now) }

    /// Whether `now` is the first time that it is found overdue.
    func isNewlyOverdue(at now: Timestamp) -> Bool { isRunning && breachedAt == nil && now >= dueAt }

    /// Steps of escalation that are due at `now` and were not taken, with their times, in order.
    func dueSteps(at now: Timestamp) -> [(step: Int, at: Timestamp)] {
        guard isRunning, let nextStepAt, nextStepAt <= now else { return [] }
        return escalation.steps.filter { $0 > lastStep }.map { ($0, moment(of: $0)) }.filter { $0.1 <= now }
    }

    /// The same clock with another promise, for one that a ticket did not make from the start.
    func twin(_ promise: ServicePromise, hours: CountedHours?) -> ServiceClock {
        var twin = self
        (twin.breachedAt, twin.metAt, twin.lastStep) = (nil, nil, 0)
        twin.budgetMilliseconds = promise.budget.wholeMilliseconds
        twin.hours = hours
        twin.refresh()
        return twin
    }

    /// Takes another promise if that is due earlier, and its escalation anyway; a promise that was kept stays as it was.
    mutating func tighten(to promise: ServicePromise, _ escalation: EscalationSteps, hours: CountedHours?) {
        guard metAt == nil else { return }
        var other = self
        other.budgetMilliseconds = promise.budget.wholeMilliseconds
        other.hours = hours
        other.refresh()
        if other.dueAt < dueAt { self = other }
        self.escalation = escalation
        refresh()
    }

    /// Takes the shorter budget and the longer running time of two clocks that go on as one. A promise that was kept
    /// stays as it was; one that the other had broken is not broken a second time.
    mutating func absorb(_ other: ServiceClock, at now: Timestamp) {
        guard metAt == nil else { return }
        let isRunning = isRunning
        var longer = self
        if other.used(at: now) > used(at: now) {
            longer.runs = other.runs
            if let since = other.runsSince { longer.runs.append(Run(from: since, to: max(since, other.metAt ?? now))) }
            longer.runsSince = isRunning ? now : nil
            longer.startedAt = min(startedAt, other.startedAt)
        }
        longer.budgetMilliseconds = min(budgetMilliseconds, other.budgetMilliseconds)
        longer.breachedAt = breachedAt ?? other.breachedAt
        longer.lastStep = max(lastStep, other.lastStep)
        longer.refresh()
        self = longer
    }

    mutating func stop(at now: Timestamp) {
        guard metAt == nil, let since = runsSince else { return }
        runs.append(Run(from: since, to: max(since, now)))
        runsSince = nil
    }

    mutating func resume(at now: Timestamp) {
        guard metAt == nil, runsSince == nil else { return }
        // A stop that was set back must not count a span twice.
        runsSince = max(now, runs.last?.to ?? now)
        refresh()
    }

    mutating func meet(at now: Timestamp) {
        guard metAt == nil else { return }
        stop(at: now)
        metAt = now
    }

    mutating func noteBreach(at now: Timestamp) {
        if breachedAt == nil { breachedAt = now }
    }

    mutating func noteStep(_ step: Int) {
        lastStep = max(lastStep, step)
        refresh()
    }

    // MARK: What follows from runs and budget

    private func counted(_ start: Timestamp, _ end: Timestamp) -> Duration {
        hours?.elapsed(from: start, to: end) ?? max(.zero, end - start)
    }

    private mutating func refresh() {
        dueAt = moment(counting: budget)
        nextStepAt = escalation.steps.first { $0 > lastStep }.map(moment(of:))
    }

    private func moment(of step: Int) -> Timestamp {
        if step > 200 {
            let day = hours.map(\.calendar.ordinaryDay) ?? .zero
            return moment(counting: budget + (day > .zero ? day : .seconds(86_400)) * (step - 200))
        }
        if step > 100 { return dueAt + .seconds(60 * Int64(escalation.repeatMinutes) * Int64(step - 100)) }
        return moment(
            counting: .milliseconds(
                budgetMilliseconds / 100 * Int64(step) + budgetMilliseconds % 100 * Int64(step) / 100))
    }

    /// When the count reaches `span`, with the last run going on if the clock stands.
    private func moment(counting span: Duration) -> Timestamp {
        var rest = span
        for run in runsSince == nil ? runs.dropLast() : runs[...] {
            let length = counted(run.from, run.to)
            if length >= rest { return reach(rest, from: run.from) }
            rest -= length
        }
        return reach(rest, from: runsSince ?? runs.last?.from ?? startedAt)
    }

    private func reach(_ span: Duration, from start: Timestamp) -> Timestamp {
        guard let hours else { return start + max(.zero, span) }
        return hours.moment(after: start, counting: span) ?? Timestamp(milliseconds: .max)
    }
}
