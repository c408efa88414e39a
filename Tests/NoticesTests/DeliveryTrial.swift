// SPDX-License-Identifier: Apache-2.0

import Model
import Notices
import TestKit

/// A robot as it behaves towards its senders, and the book of what it took.
struct TrialReceiver {
    /// What it does with a message.
    enum Mood: CaseIterable {
        case good, slow, error, closedAfterBody, silent, refusing
    }

    var mood = Mood.good
    /// Moments in milliseconds at which messages came, whatever became of them.
    var arrivals: [Int64] = []
    /// What it took, each key once.
    var book: [(at: Int64, key: String, rows: [NoticeRow])] = []
    var blockedUntil: Int64 = 0
    /// Blocks of 10 min that it had to give.
    var blocks = 0
    var repeats = 0
    private var keys: Set<String> = []

    /// More than 20 in a minute block the sender for 10 min, as DingTalk does.
    mutating func take(_ dispatch: Dispatch, at now: Int64) -> DeliveryOutcome {
        arrivals.append(now)
        if now < blockedUntil { return .limited(.seconds(600), "blocked") }
        if arrivals.reversed().prefix(while: { now - $0 <= 60_000 }).count > 20 {
            blocks += 1
            blockedUntil = now + 600_000
            return .limited(.seconds(600), "blocked")
        }
        switch mood {
        case .error: return .unreachable("HTTP 500")
        case .silent: return .unreachable("no answer")
        case .refusing: return .refused("errcode 40035")
        case .good, .slow, .closedAfterBody: break
        }
        if keys.insert(dispatch.key).inserted {
            book.append((now, dispatch.key, dispatch.rows))
        } else {
            repeats += 1
        }
        return mood == .closedAfterBody ? .unreachable("closed") : .delivered
    }

    var takes: Bool { mood == .good || mood == .slow }
}

/// A gateway with its disk, robots, and a machine that loses power: everything by one seed, in steps of 100 ms.
struct DeliveryTrial {
    struct Attempt {
        var record: AttemptRecord
        var dispatch: Dispatch
        /// When the message reaches the robot, and when its answer is there.
        var arrival: Int64
        var answer: Int64
        var outcome: DeliveryOutcome?
    }

    let channels: [ChannelPlan]
    var random: SeededGenerator
    /// Milliseconds since the trial began.
    var now: Int64 = 0
    var receivers: [ChannelIdentifier: TrialReceiver] = [:]

    // The disk.
    var rows: [Int64: NoticeRow] = [:]
    var attempts: [AttemptRecord] = []
    var ends: [Int64: NoticeEnd] = [:]
    var nextNumber: Int64 = 1

    // The machine.
    var boot = 0
    var bootedAt: Int64 = -100_000
    var isSynchronised = true
    var downUntil: Int64?
    var queue: DeliveryQueue
    var underWay: [ChannelIdentifier: Attempt] = [:]
    /// What the store holds of rows stored while the process is down cannot be; these are told when it is up.
    var restarts = 0

    /// By number of the row: when it was stored and when its sending was first possible.
    var storedAt: [Int64: Int64] = [:]
    var firstPossible: [Int64: Int64] = [:]
    var deliveredAt: [Int64: Int64] = [:]

    init(channels: [ChannelPlan], seed: UInt64) {
        self.channels = channels
        random = SeededGenerator(seed: seed)
        for channel in channels { receivers[channel.identifier] = TrialReceiver() }
        queue = DeliveryQueue(channels: channels)
    }

    var mark: ClockMark {
        ClockMark(
            wall: Timestamp(milliseconds: 1_800_000_000_000 + now),
            instant: MonotonicInstant(nanoseconds: (now - bootedAt) * 1_000_000), boot: BootIdentifier("boot-\(boot)"),
            isSynchronised: isSynchronised)
    }
    var isUp: Bool { downUntil == nil }

    // MARK: What happens

    mutating func store(_ notices: [(Notice, ChannelIdentifier)]) {
        var stored: [NoticeRow] = []
        for (notice, channel) in notices {
            let row = NoticeRow(number: nextNumber, channel: channel, notice: notice, stored: mark)
            rows[nextNumber] = row
            storedAt[nextNumber] = now
            if notice.severity == .p1 { urgentOpen.append(nextNumber) }
            nextNumber += 1
            stored.append(row)
        }
        let effects = queue.add(stored, at: mark)
        carryOut(effects)
    }

    /// The process ends; with `power` the machine too.
    mutating func crash(power: Bool, forMilliseconds span: Int64) {
        guard isUp else { return }
        downUntil = now + span
        if power {
            boot += 1
            bootedAt = now + max(0, span - 2000)
        }
    }

    private mutating func start() {
        downUntil = nil
        restarts += 1
        // What was under way is known no more; it may still arrive, which `step` sees to.
        queue = DeliveryQueue(channels: channels)
        queue.restore(attempts, at: mark)
        let waiting = rows.values.filter { ends[$0.number] == nil }.sorted { $0.number < $1.number }
        carryOut(queue.add(waiting, at: mark))
    }

    private mutating func carryOut(_ effects: [DeliveryEffect]) {
        isChanged = true
        for effect in effects {
            switch effect {
            case .settled(let gone, let end): for row in gone { ends[row.number] = end }
            case .moved(let moved, let target):
                for row in moved {
                    rows[row.number]?.channel = target
                    rows[row.number]?.triedAs = nil
                }
            case .send(let dispatch):
                for row in dispatch.rows { rows[row.number]?.triedAs = row.triedAs }
                attempts.append(AttemptRecord(channel: dispatch.channel, began: mark))
                let mood = receivers[dispatch.channel]?.mood ?? .good
                let way = Int64.random(in: 0...(mood == .slow ? 9000 : 300), using: &random)
                let isTimeout = mood == .silent
                underWay[dispatch.channel] = Attempt(
                    record: attempts[attempts.count - 1], dispatch: dispatch, arrival: now + way,
                    answer: now + (isTimeout ? 10_000 : way + Int64.random(in: 0...300, using: &random)))
                places[dispatch.channel] = attempts.count - 1
            }
        }
    }
    private var places: [ChannelIdentifier: Int] = [:]
    private var urgentOpen: [Int64] = []
    /// Like the courier, it asks the queue when something happened and when the queue said so, not at every step.
    private var due: MonotonicInstant?
    private var isChanged = false

    /// What waits may wait for long: the clock goes on to where something happens.
    mutating func skip() {
        guard isUp, underWay.isEmpty, !isChanged, let next = due else { return }
        now += max(0, (next - mark.instant).wholeMilliseconds - 100)
    }

    mutating func step() {
        now += 100
        for channel in channels.map(\.identifier) {
            guard var attempt = underWay[channel] else { continue }
            if attempt.outcome == nil, now >= attempt.arrival {
                let taken = receivers[channel]?.book.count ?? 0
                attempt.outcome = receivers[channel]?.take(attempt.dispatch, at: now)
                if (receivers[channel]?.book.count ?? 0) > taken {
                    for row in attempt.dispatch.rows where deliveredAt[row.number] == nil {
                        deliveredAt[row.number] = now
                    }
                }
                underWay[channel] = attempt
            }
            if let outcome = attempt.outcome, now >= attempt.answer {
                underWay[channel] = nil
                guard isUp, let place = places[channel] else { continue }
                attempts[place].ended = mark
                attempts[place].outcome = outcome
                let chance = Double.random(in: 0..<1, using: &random)
                carryOut(queue.report(outcome, of: channel, at: mark.instant, random: chance))
            }
        }
        if let until = downUntil, now >= until {
            // What was sent before the end of the process has arrived by now, or never will.
            underWay = [:]
            start()
        }
        if isUp, isChanged || due.map({ $0 <= mark.instant }) ?? false {
            carryOut(queue.next(at: mark.instant))
            due = queue.nextMoment(at: mark.instant)
            isChanged = false
        }
        noteFirstPossible()
    }

    /// The oldest of the most urgent could go now: the gateway runs, the robot takes, and what it may have got in the
    /// last minute leaves room.
    private mutating func noteFirstPossible() {
        urgentOpen.removeAll { deliveredAt[$0] != nil || ends[$0] != nil }
        for channel in channels {
            let open = urgentOpen.filter { rows[$0]?.channel == channel.identifier }
            guard isUp, let receiver = receivers[channel.identifier], receiver.takes, now >= receiver.blockedUntil
            else {
                // What was possible is not any more; the wait begins anew when it is again.
                for number in open { firstPossible[number] = nil }
                continue
            }
            guard let first = open.first, firstPossible[first] == nil else { continue }
            let mine = attempts.suffix(300).filter { $0.channel == channel.identifier }.suffix(40)
            let hasRoom = channel.limits.allSatisfy { limit in
                mine.count { attempt in
                    let end = attempt.ended ?? (attempt.began.boot == mark.boot ? mark : attempt.began)
                    return mark.instant - end.instant(seenFrom: mark) <= limit.span
                } < limit.count
            }
            if hasRoom { firstPossible[first] = now }
        }
    }

    // MARK: What must hold

    /// Most messages that a robot got in any span of 60 s.
    func densest(_ channel: ChannelIdentifier) -> Int {
        let arrivals = receivers[channel]?.arrivals ?? []
        var best = 0
        var first = 0
        for (place, at) in arrivals.enumerated() {
            while at - arrivals[first] > 60_000 { first += 1 }
            best = max(best, place - first + 1)
        }
        return best
    }

    /// Keys of notices that a book has twice.
    func twice(_ channel: ChannelIdentifier) -> [String] {
        var seen: Set<String> = []
        return (receivers[channel]?.book ?? []).flatMap { $0.rows.map(\.notice.key) }.filter {
            !seen.insert($0).inserted
        }
    }

    /// Keys of notices that came behind a later one of their ticket.
    func outOfOrder(_ channel: ChannelIdentifier) -> [String] {
        var last: [String: Int64] = [:]
        var found: [String] = []
        for row in (receivers[channel]?.book ?? []).flatMap(\.rows) {
            if let before = last[row.notice.ticket], before > row.number { found.append(row.notice.key) }
            last[row.notice.ticket] = max(last[row.notice.ticket] ?? 0, row.number)
        }
        return found
    }

    /// Rows that no robot has and for whose absence there is no reason.
    var lost: [Int64] {
        let taken = Set(receivers.values.flatMap { $0.book.flatMap { $0.rows.map(\.number) } })
        return rows.keys.filter { number in
            guard !taken.contains(number) else { return false }
            switch ends[number] {
            case .superseded, .toldElsewhere: return false
            case .delivered, .dead, .crowdedOut, nil: return true
            }
        }.sorted()
    }

    /// The longest time from the first possibility to the delivery of an urgent notice, in seconds.
    var slowestUrgent: Double {
        var slowest: Int64 = 0
        for row in rows.values where row.notice.severity == .p1 && deliveredAt[row.number] != nil {
            guard let delivered = deliveredAt[row.number], let possible = firstPossible[row.number] else { continue }
            slowest = max(slowest, delivered - possible)
        }
        return Double(slowest) / 1000
    }
}

func trialNotice(
    _ ticket: Int, _ sequence: Int, _ severity: Severity, _ kind: NoticeKind = .raised,
    channels: [ChannelIdentifier] = [], clock: String? = nil
) -> Notice {
    Notice(
        ticket: "lakeside-20261126-\(ticket)", sequence: sequence, severity: severity, kind: kind, clock: clock,
        title: "Ticket \(ticket)", text: "", site: SiteIdentifier("lakeside"),
        asset: AssetIdentifier("riser-\(ticket)"),
        rule: RuleIdentifier("leak"), at: Timestamp(milliseconds: 0), channels: channels)
}
