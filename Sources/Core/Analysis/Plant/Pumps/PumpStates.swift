// SPDX-License-Identifier: Apache-2.0

import Model

/// Everything that is remembered of one pump, save its wear.
struct PumpState: Hashable, Codable, Sendable {
    var running = HeldValue()
    var power = HeldValue()
    /// Whether it was on at the newest value of its state.
    var wasOn: Bool?
    /// Starts seen in that state, for a pump without a counter.
    var startsSeen: Int64 = 0
    var dryRun = DryRun()
    var cycling = ShortCycling()
    var condition: PumpCondition
    private var meanPower = 0.0
    private var learnedMinutes = 0

    /// - Parameter signals: Those of its condition.
    init(condition signals: [Signal]) { condition = PumpCondition(signals) }

    /// Power that it usually takes in kilowatts; `nil` before some hundred minutes of it.
    var usualPower: Double? { learnedMinutes >= 100 ? meanPower : nil }

    /// Learns from a minute in which it works as it should; about two weeks of such minutes are remembered.
    mutating func learn(power: Double) {
        learnedMinutes = min(learnedMinutes + 1, 5000)
        meanPower += (power - meanPower) / Double(learnedMinutes)
    }

    func isWellFormed(condition signals: [Signal]) -> Bool {
        running.isWellFormed && power.isWellFormed && dryRun.isWellFormed && cycling.isWellFormed
            && condition.isWellFormed(signals)
            && (0...1 << 50).contains(startsSeen) && meanPower.isFinite && (0...5000).contains(learnedMinutes)
    }
}

/// Everything that is remembered of one pump set.
struct PumpSetState: Hashable, Codable, Sendable {
    var pressure = HeldValue()
    /// The minute that is being filled, and the last one that was judged; -1 before the first.
    var minute: Int64 = -1
    var last: Int64 = -1
    /// The last minute in which a pump seemed to run dry; -1 before the first.
    var dryAt: Int64 = -1
    /// The newest reading of any of its signals.
    var sequence: Int64?
    var usual = UsualPressure()
    var deadHead = DeadHead()
    var nights: PumpNights
    var duty = DutyTurns()
    var days: PumpDays
    /// Of each pump, in the set's order, and of the set as a whole.
    var wear: [PumpWear]

    init(pumps: Int, meters: Int) {
        nights = PumpNights(pumps: pumps)
        days = PumpDays(meters: meters, pumps: pumps)
        wear = Array(repeating: PumpWear(), count: pumps + 1)
    }

    /// Takes a minute whose flow is known by now; the litres of it, unless they are not known after all.
    mutating func take(
        _ minute: Int64, _ meters: [Int], control: PumpSetDescription.Control, _ view: SiteView
    ) -> Double? {
        days.take(minute, meters, control: control, view, wear: &wear)
    }

    /// Whether the energy of a volume may be laid to the pumps and not to the meter: every pump takes more power for its
    /// pressure too, and none of them has been told of by itself.
    func isWornAsAWhole(on day: Int) -> Bool {
        guard let whole = wear.last else { return false }
        if whole.isInAlarm { return true }
        guard case .rise(let rise) = whole.testify(on: day) else { return false }
        return wear.dropLast().allSatisfy { pump in
            guard !pump.isInAlarm, case .rise(let own) = pump.testify(on: day) else { return false }
            return own > max(PumpWear.leastOwnRise, PumpWear.ownShare * rise)
        }
    }

    func isWellFormed(members: [Int], meters: Int, pumps: Int) -> Bool {
        let minutes: ClosedRange<Int64> = -1...100_000_000
        return pressure.isWellFormed && minutes.contains(minute) && minutes.contains(last) && minutes.contains(dryAt)
            && usual.isWellFormed
            && deadHead.isWellFormed(pumps: pumps) && nights.isWellFormed(pumps: members.count)
            && duty.isWellFormed(pumps: members.count) && days.isWellFormed(meters: meters, pumps: members.count)
            && wear.count == members.count + 1 && wear.allSatisfy(\.isWellFormed)
    }
}

extension JoinedMinutes.Entry {
    /// Adds what is known of one pump of the set, by its place.
    mutating func add(_ place: Int, isOn: Bool?, power: Double?) {
        // A pump that stopped within the minute counts as off and has still used energy.
        if let sum = self.power, let power { self.power = sum + Float(power) } else { self.power = nil }
        guard isOn != false else { return }
        pump = isOn == true && pump == -1 ? place : -2
    }
}
