// SPDX-License-Identifier: Apache-2.0

public import Model

/// The notices that wait to be sent, for all channels of a site: who is next, when, and what becomes of failures.
///
/// It is a value and knows no clock, chance or wire: rows, outcomes, moments and random numbers go in, effects come out.
/// All moments are on the monotonic clock of the running boot. Each channel has one message under way at most. What it
/// says of rows must be stored before what it sends is sent; then a restart loses nothing and refills no limit.
public struct DeliveryQueue: Sendable {
    /// After so long a row is given up.
    public static let givenUpAfter = Duration.seconds(72 * 3600)

    /// Most rows that wait; above it the least urgent and oldest go, those of P1 never.
    public let capacity: Int
    /// Rows that ended in each way since the start.
    public private(set) var ended: [NoticeEnd: Int] = [:]
    private var lines: [ChannelIdentifier: ChannelLine]
    private let order: [ChannelIdentifier]

    public init(channels: [ChannelPlan], capacity: Int = 10_000) {
        self.capacity = max(1, capacity)
        order = channels.map(\.identifier)
        lines = Dictionary(channels.map { ($0.identifier, ChannelLine($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Rows that wait, those under way included.
    public var waiting: Int { lines.values.reduce(0) { $0 + $1.rows.count } }

    /// Rows that wait for one channel, in order.
    public func rows(of channel: ChannelIdentifier) -> [NoticeRow] { lines[channel]?.rows.map(\.row) ?? [] }

    /// Since when a channel has failed; `nil` while all is well.
    public func failingSince(_ channel: ChannelIdentifier) -> MonotonicInstant? { lines[channel]?.failingSince }

    // MARK: What goes in

    /// Takes up what was stored of attempts before this start, in the order in which they began.
    ///
    /// One without an end may have gone on until now, as far as anybody knows.
    public mutating func restore(_ attempts: [AttemptRecord], at now: ClockMark) {
        for attempt in attempts {
            guard var line = lines[attempt.channel] else { continue }
            let began = attempt.began.instant(seenFrom: now)
            var end = attempt.began.boot == now.boot ? now.instant : min(now.instant, began + AttemptRecord.longest)
            if let ended = attempt.ended { end = ended.instant(seenFrom: now) }
            line.window.note(end, at: now.instant)
            if let outcome = attempt.outcome { line.note(outcome, at: end, random: 0.5) }
            lines[attempt.channel] = line
        }
    }

    /// Takes rows that were stored, new ones and those of an earlier start, by rising numbers.
    public mutating func add(_ rows: [NoticeRow], at now: ClockMark) -> [DeliveryEffect] {
        var effects: [DeliveryEffect] = []
        for row in rows {
            guard lines[row.channel] != nil else {
                settle([row], .dead, into: &effects)
                continue
            }
            supersede(by: row, into: &effects)
            lines[row.channel]?.insert(WaitingRow(row: row, since: row.stored.instant(seenFrom: now)))
        }
        makeRoom(into: &effects)
        return effects
    }

    /// Drops what waits of tickets that are over, unless somebody ought to know it all the same.
    public mutating func withdraw(tickets: Set<String>) -> [DeliveryEffect] {
        var effects: [DeliveryEffect] = []
        for channel in order {
            drop(from: channel, .superseded, into: &effects) { row in
                guard tickets.contains(row.notice.ticket) else { return false }
                switch row.notice.kind {
                case .raised: return row.notice.severity != .p1
                case .ended, .postponed, .postponementRefused, .residentsTold, .risen: return false
                case .assigned, .handOverOffered, .holdEnded, .escalated, .breached, .resolved, .signOffDue, .sentBack,
                    .reopened, .verificationFailed, .feedbackDue:
                    return true
                }
            }
        }
        return effects
    }

    /// Notes what came of the message under way on a channel.
    ///
    /// - Parameter random: 0 ..< 1, for the time until the next attempt.
    public mutating func report(
        _ outcome: DeliveryOutcome, of channel: ChannelIdentifier, at now: MonotonicInstant, random: Double
    ) -> [DeliveryEffect] {
        guard var line = lines[channel], let dispatch = line.inFlight else { return [] }
        line.inFlight = nil
        line.window.note(now, at: now)
        line.note(outcome, at: now, random: random)
        let numbers = Set(dispatch.rows.map(\.number))
        var effects: [DeliveryEffect] = []
        if outcome == .delivered {
            line.rows.removeAll { numbers.contains($0.number) }
            settle(dispatch.rows, .delivered, into: &effects)
        } else if case .refused = outcome {
            for place in line.rows.indices where numbers.contains(line.rows[place].number) {
                line.rows[place].refusals += 1
                (line.rows[place].refusedAt, line.rows[place].chance) = (now, random)
            }
        }
        lines[channel] = line
        return effects
    }

    // MARK: What comes out

    /// Everything that is due at `now`: messages to send, rows to move and rows to give up.
    public mutating func next(at now: MonotonicInstant) -> [DeliveryEffect] {
        var effects: [DeliveryEffect] = []
        for channel in order {
            drop(from: channel, .dead, into: &effects) { _ in
                true
            } where: {
                now - $0.since >= Self.givenUpAfter
            }
        }
        // What a channel hands on may go out by the next one at once.
        for _ in order { for channel in order { handOn(from: channel, at: now, into: &effects) } }
        for channel in order { send(by: channel, at: now, into: &effects) }
        return effects
    }

    /// The next moment at which ``next(at:)`` has something to do, as far as it is known at `now`; `nil` when nothing
    /// waits for time to pass.
    public func nextMoment(at now: MonotonicInstant) -> MonotonicInstant? {
        var moments: [MonotonicInstant] = []
        for line in lines.values {
            moments +=
                line.rows.lazy.filter { !line.isInFlight($0.number) }.map(\.since).min()
                .map { [$0 + Self.givenUpAfter] } ?? []
            if let since = line.failingSince, line.plan.fallback != nil, !line.rows.isEmpty {
                let moment = since + ChannelLine.fallbackAfter
                if moment > now { moments.append(moment) }
            }
            guard line.inFlight == nil else { continue }
            moments += line.units(at: now).map { line.opening(of: $0, at: now) }
        }
        return moments.min()
    }

    // MARK: Parts of it

    private mutating func send(
        by channel: ChannelIdentifier, at now: MonotonicInstant, into effects: inout [DeliveryEffect]
    ) {
        guard var line = lines[channel], line.inFlight == nil, !line.rows.isEmpty else { return }
        let open = line.units(at: now).filter { line.opening(of: $0, at: now) <= now }
        let first = open.min { a, b in
            (a.severity, line.rows[a.places[0]].number) < (b.severity, line.rows[b.places[0]].number)
        }
        guard let unit = first else { return }
        let keys = unit.places.map { line.rows[$0].row.notice.key }
        let key = line.rows[unit.places[0]].row.triedAs ?? (keys.count > 1 ? DigestKey.of(keys) : keys[0])
        for place in unit.places { line.rows[place].row.triedAs = key }
        let dispatch = Dispatch(
            channel: channel, key: key, rows: unit.places.map { line.rows[$0].row }, severity: unit.severity)
        line.inFlight = dispatch
        lines[channel] = line
        effects.append(.send(dispatch))
    }

    /// Gives rows to the next channel when this one fails for too long.
    private mutating func handOn(
        from channel: ChannelIdentifier, at now: MonotonicInstant, into effects: inout [DeliveryEffect]
    ) {
        guard var line = lines[channel], let target = line.plan.fallback, lines[target] != nil else { return }
        let isGivenUp = line.isGivenUp(at: now)
        let isShut = line.heldUntil.map { $0 - now > ChannelLine.longestUrgentHold } ?? false
        guard isGivenUp || isShut else { return }
        let units = line.units(at: now)
        var leaving: Set<String> = []
        for unit in units {
            // One that may be tried is tried: it is how the channel is found to be well again.
            let mayBeTried = line.inFlight == nil && line.opening(of: unit, at: now) <= now
            guard isGivenUp ? !mayBeTried : unit.severity == .p1 else { continue }
            for place in unit.places { leaving.insert(line.rows[place].ticket) }
        }
        // The rows of a ticket stay together, and none leaves while one of them is under way.
        for row in line.inFlight?.rows ?? [] { leaving.remove(row.notice.ticket) }
        let staying = Set(line.rows.filter { !leaving.contains($0.ticket) }.compactMap(\.row.triedAs))
        for row in line.rows where row.row.triedAs.map(staying.contains) ?? false { leaving.remove(row.ticket) }
        let moved = line.rows.filter { leaving.contains($0.ticket) }
        guard !moved.isEmpty else { return }
        line.rows.removeAll { leaving.contains($0.ticket) }
        lines[channel] = line
        let told = moved.filter { $0.row.notice.channels.contains(target) }.map(\.row)
        if !told.isEmpty { settle(told, .toldElsewhere, into: &effects) }
        let going = moved.filter { !$0.row.notice.channels.contains(target) }
        for row in going {
            var copy = WaitingRow(row: row.row, since: row.since)
            (copy.row.channel, copy.row.triedAs) = (target, nil)
            lines[target]?.insert(copy)
        }
        if !going.isEmpty { effects.append(.moved(going.map(\.row), to: target)) }
    }

    private mutating func supersede(by row: NoticeRow, into effects: inout [DeliveryEffect]) {
        drop(from: row.channel, .superseded, into: &effects) { $0.notice.isSuperseded(by: row.notice) }
    }

    /// Drops rows that are neither under way nor part of a digest that was tried, since their receiver may have them.
    private mutating func drop(
        from channel: ChannelIdentifier, _ end: NoticeEnd, into effects: inout [DeliveryEffect],
        _ isMeant: (NoticeRow) -> Bool, where isOld: (WaitingRow) -> Bool = { _ in true }
    ) {
        guard var line = lines[channel] else { return }
        let gone = line.rows.filter { row in
            !line.isInFlight(row.number) && (end == .dead || !row.row.isInDigest) && isOld(row) && isMeant(row.row)
        }
        guard !gone.isEmpty else { return }
        let numbers = Set(gone.map(\.number))
        line.rows.removeAll { numbers.contains($0.number) }
        lines[channel] = line
        settle(gone.map(\.row), end, into: &effects)
    }

    /// Drops the least urgent rows, the oldest of them first, until the queue holds no more than it may.
    private mutating func makeRoom(into effects: inout [DeliveryEffect]) {
        var excess = waiting - capacity
        guard excess > 0 else { return }
        var candidates: [NoticeRow] = []
        for line in lines.values {
            candidates += line.rows.lazy.filter { $0.severity != .p1 && !line.isInFlight($0.number) }.map(\.row)
        }
        candidates.sort { ($1.notice.severity, $0.number) < ($0.notice.severity, $1.number) }
        var gone: [NoticeRow] = []
        for row in candidates where excess > 0 {
            gone.append(row)
            excess -= 1
        }
        let numbers = Set(gone.map(\.number))
        for channel in order { lines[channel]?.rows.removeAll { numbers.contains($0.number) } }
        if !gone.isEmpty { settle(gone, .crowdedOut, into: &effects) }
    }

    private mutating func settle(_ rows: [NoticeRow], _ end: NoticeEnd, into effects: inout [DeliveryEffect]) {
        ended[end, default: 0] += rows.count
        effects.append(.settled(rows, end))
    }
}
