// SPDX-License-Identifier: Apache-2.0

import Model

/// A register value that waits until late ones can no longer come before it.
struct RegisterSample: Hashable, Codable, Sendable {
    var at: Timestamp
    var count: Int64
    /// ``none`` for none: a ring of these is kept for each meter, and an optional would make each a third larger.
    private var number: Int64

    private static let none = Int64.min

    init(at: Timestamp, count: Int64, sequence: Int64?) {
        (self.at, self.count, number) = (at, count, sequence ?? Self.none)
    }

    var sequence: Int64? { number == Self.none ? nil : number }

    // A plain list of two or three numbers, for a site's state holds many of them.
    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        at = try list.decode(Timestamp.self)
        count = try list.decode(Int64.self)
        number = list.isAtEnd ? Self.none : try list.decode(Int64.self)
    }

    func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        try list.encode(at)
        try list.encode(count)
        if let sequence { try list.encode(sequence) }
    }
}

/// The slot path of one meter: readings put in the order of their stamps, conditioned, and shared out to hours.
///
/// Its hours do not depend on the order of arrival inside the lateness limit, nor on repeated rows: it waits for that
/// limit, sorts, and of each short cell of time keeps the reading with the least stamp.
struct SettledRegister: Hashable, Codable, Sendable {
    enum Filing { case filed, thinned, duplicate, conflict, tooLate }

    /// Sorted by stamp, one for each cell.
    private var waiting: [RegisterSample] = []
    private var conditioner: RegisterConditioner
    private var hours = HourSlots()
    /// What the register did beside counting, oldest first, until somebody has looked at it.
    private(set) var events: [RegisterEvent] = []
    private(set) var grain = RegisterGrain()
    /// Everything before this moment has been settled.
    private var settledThrough = Timestamp(milliseconds: 0)

    /// When the register ran backwards last: for a day its steps forward are kept too.
    @MomentOrNone private var reversedAt: Timestamp?

    /// More events than an hour and its lateness can hold of a meter that is read each minute.
    private static let eventCapacity = 160
    /// Enough for the lateness limit in cells, see ``RegisterLaw``.
    static let capacity = 24

    /// How many wait when the meter is read as described: those of a dwelling's lateness limit, and a few.
    private static func usual(_ law: RegisterLaw) -> Int {
        min(capacity, Int(law.lateness / max(law.cell, Int64(law.period * 1000))) + 3)
    }

    init(_ law: RegisterLaw) {
        conditioner = RegisterConditioner(period: law.period)
        waiting.reserveCapacity(Self.usual(law))
    }

    /// Takes a reading in any order.
    mutating func file(
        _ sample: RegisterSample, _ law: RegisterLaw, statistics: inout AnalyzerStatistics
    ) -> Filing {
        guard sample.at >= settledThrough else { return .tooLate }
        var place = waiting.count
        while place > 0, waiting[place - 1].at > sample.at { place -= 1 }
        let cell = sample.at.milliseconds / law.cell
        if place > 0 {
            let before = waiting[place - 1]
            if before.at == sample.at { return before.count == sample.count ? .duplicate : .conflict }
            if before.at.milliseconds / law.cell == cell { return .thinned }
        }
        if place < waiting.count, waiting[place].at.milliseconds / law.cell == cell {
            waiting[place] = sample
            return .filed
        }
        if waiting.count >= Self.capacity {
            // Data time has stood still for longer than the limit: the oldest reading waits no longer.
            guard place > 0 else { return .tooLate }
            let end = (waiting[0].at.milliseconds / law.cell + 1) * law.cell
            settle(before: Timestamp(milliseconds: end), law, statistics: &statistics)
            place = max(0, place - (Self.capacity - waiting.count))
        }
        waiting.insert(sample, at: place)
        return .filed
    }

    /// Conditions the readings that no late one can precede any more.
    mutating func settle(at dataTime: Timestamp, _ law: RegisterLaw, statistics: inout AnalyzerStatistics) {
        // Only whole cells, so that the reading that stands for a cell does not depend on when this is called.
        let horizon = (dataTime.milliseconds - law.lateness) / law.cell * law.cell
        guard horizon > settledThrough.milliseconds else { return }
        settle(before: Timestamp(milliseconds: horizon), law, statistics: &statistics)
    }

    /// Closes the hours up to `hour` at the data time at which they are due, and hands them over, oldest first.
    mutating func close(
        through hour: Int64, at dataTime: Timestamp, _ law: RegisterLaw, statistics: inout AnalyzerStatistics,
        into closed: inout [HourVolume]
    ) {
        settle(at: dataTime, law, statistics: &statistics)
        hours.close(through: hour, into: &closed)
    }

    /// Hands over the events before `moment`; younger ones wait for the hour in which they lie.
    mutating func takeEvents(before moment: Timestamp) -> [RegisterEvent] {
        guard let first = events.first, first.at < moment else { return [] }
        let taken = events.filter { $0.at < moment }
        events.removeAll { $0.at < moment }
        return taken
    }

    private mutating func keep(_ kind: RegisterEvent.Kind, from: RegisterConditioner.Anchor?, to: RegisterSample) {
        guard let from, events.count < Self.eventCapacity else { return }
        events.append(
            RegisterEvent(
                kind: kind, from: from.at, at: to.at, counts: to.count - from.count, sequence: to.sequence))
    }

    private mutating func settle(
        before horizon: Timestamp, _ law: RegisterLaw, statistics: inout AnalyzerStatistics
    ) {
        settledThrough = max(settledThrough, horizon)
        var taken = 0
        while taken < waiting.count, waiting[taken].at < horizon {
            condition(waiting[taken], law, &statistics)
            taken += 1
        }
        if taken > 0 { waiting.removeFirst(taken) }
    }

    private mutating func condition(
        _ sample: RegisterSample, _ law: RegisterLaw, _ statistics: inout AnalyzerStatistics
    ) {
        let before = conditioner.last
        switch conditioner.accept(sample.count, at: sample.at, law, cell: Double(law.cell) / 1000) {
        case .flowed(let from, let counts, let isGap, let didRollOver, let droppedGlitch):
            statistics.gaps += isGap ? 1 : 0
            statistics.rollovers += didRollOver ? 1 : 0
            statistics.glitches += droppedGlitch ? 1 : 0
            grain.note(counts, at: from)
            // Of water running back only what comes forward next tells how much of it was a count that trembles.
            if !didRollOver, let reversedAt, sample.at - reversedAt <= Backflow.window {
                keep(.forward, from: before, to: sample)
            }
            hours.add(
                Double(counts) * law.litresPerCount, from: from, to: sample.at, isGap: isGap,
                sequence: sample.sequence)
        case .reversed:
            statistics.reverseSteps += 1
            reversedAt = sample.at
            keep(.reversed, from: before, to: sample)
        case .stepped:
            statistics.registerSteps += 1
            keep(.stepped, from: before, to: sample)
        case .anchored, .held:
            break
        }
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        waiting.count <= Self.capacity && hours.isWellFormed && conditioner.isWellFormed
            && events.count <= Self.eventCapacity && events.allSatisfy(\.isWellFormed) && grain.isWellFormed
            && waiting.allSatisfy { DataClock.believable.contains($0.at) && $0.count >= 0 }
    }
}
