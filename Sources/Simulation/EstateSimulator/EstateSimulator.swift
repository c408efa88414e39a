// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model

/// A small housing estate that answers Modbus requests: water meters, a tank, pumps, a lift and a gate.
///
/// It is a value without clock, socket or file. Everything follows from the seed, the script of faults and the
/// time it is told, so that fine and coarse steps give the same registers. Water is conserved to the millilitre: a
/// riser counts what its dwellings count and what bursts behind it, the inlet what its risers count.
public struct EstateSimulator: Sendable {
    /// All devices, in the order of the site's file.
    public let devices: [SimulatedDevice]
    /// The moment the registers show.
    public private(set) var now: Timestamp
    public let zone: ZoneOffsets

    let seed: UInt64
    private let origin: Int64
    private var faults: [ScriptedFault] = []
    private var losses: [Loss] = []

    private var day: LocalDay
    private var draws: [DrawDay] = []
    private var runs: RunDay
    private var gate: GateDay
    private var lift: LiftDay
    /// Millilitres each dwelling had drawn at the start of the day, with what its meter showed at first.
    private var drawnBefore: [Int64]
    private var openingsBefore: Int64
    private var pumpsBefore: [PumpTotals]
    /// What the risers showed together at the start of the day.
    private var pumpedBefore: Int64 = 0

    /// Water that runs on and on behind one meter.
    private struct Loss: Sendable {
        var meter: Int
        var start: Int64
        var end: Int64
        var millilitresPerHour: Int64

        func volume(until moment: Int64) -> Int64 {
            let elapsed = max(0, min(moment, end) - start)
            // Hours and the rest apart, so that no product leaves the range.
            return elapsed / 3_600_000 * millilitresPerHour + elapsed % 3_600_000 * millilitresPerHour / 3_600_000
        }
    }

    struct PumpTotals: Hashable, Sendable {
        var milliseconds: Int64
        var starts: Int64
        var millilitres: Int64
    }

    /// - Parameters:
    ///   - seed: Decides households, cars, trips and what the meters show at first.
    ///   - start: First moment; held between 1970 and 9999.
    ///   - zone: Zone in which mornings and evenings are counted.
    public init(seed: UInt64, start: Timestamp, zone: ZoneOffsets, faults: [ScriptedFault] = []) {
        self.seed = seed
        self.zone = zone
        now = Timestamp(milliseconds: min(max(start.milliseconds, 0), 253_402_300_799_000))
        origin = now.milliseconds
        devices = Self.allDevices
        var random = SeededGenerator(seed, 0x5EED)
        day = LocalDay(containing: now, zone: zone)
        runs = RunDay([], within: 0..<0)
        gate = GateDay(day: day, seed: seed, origin: origin, holds: [])
        lift = LiftDay(day: day, seed: seed)
        drawnBefore = Self.dwellings.map { _ in Int64(random.number(90_000_000...900_000_000)) }
        openingsBefore = Int64(random.number(20_000...90_000))
        pumpsBefore = (0...1).map { _ in
            PumpTotals(
                milliseconds: Int64(random.number(4000...6000)) * 3_600_000,
                starts: Int64(random.number(9000...20_000)),
                millilitres: Int64(random.number(4000...6000)) * 1_000_000)
        }
        planDay()
        // What the plan of the first day holds before the start has not happened.
        for place in draws.indices { drawnBefore[place] -= draws[place].volume(until: origin) }
        pumpedBefore = pumpedTotal(at: origin)
        for fault in faults { add(fault) }
    }

    /// Goes on to `now`; an earlier moment changes nothing. At most ten years in one step.
    public mutating func advance(to now: Timestamp) {
        let target = min(now.milliseconds, self.now.milliseconds + 315_360_000_000, 253_402_300_799_000)
        guard target > self.now.milliseconds else { return }
        while target >= day.end { closeDay() }
        self.now = Timestamp(milliseconds: target)
    }

    /// Adds to the script. What has passed stays as it was: a fault begins now at the earliest. One of a device
    /// that the estate does not have, or that ends before it begins, is left out.
    public mutating func add(_ fault: ScriptedFault) {
        var fault = fault
        fault.start = max(fault.start, now)
        let end = min(fault.end ?? Timestamp(milliseconds: .max), Timestamp(milliseconds: 8_000_000_000_000_000))
        guard end > fault.start, devices.contains(where: { $0.identifier.text == fault.device }) else { return }
        faults.append(fault)
        switch fault.kind {
        case .leak(_, let rate), .burst(_, let rate):
            guard let meter = Self.meterNames.firstIndex(of: fault.device) else { return }
            // A hundred cubic metres an hour are beyond any pipe of the estate; not a number becomes none.
            let perHour = rate.value > 0 ? min(rate.value, 100_000) * 1000 : 0
            losses.append(
                Loss(
                    meter: meter, start: fault.start.milliseconds, end: end.milliseconds,
                    millilitresPerHour: Int64(perHour.rounded())))
            planRuns()
        case .gateHeldOpen:
            planGate()
        case .dead, .lateAnswer, .badChecksum, .exception: break
        }
    }

    /// How `unit` of `bus` answers a read at ``now``; silence when there is no such unit.
    public func read(_ span: RegisterSpan, of unit: UnitIdentifier, on bus: String) -> SimulatedReply {
        guard let device = device(at: unit, on: bus) else { return SimulatedReply(.silence) }
        return reply(of: device) { registers(of: device.machine, span) }
    }

    /// How `unit` of `bus` answers a request that it cannot carry out; silence when there is no such unit.
    public func refuse(code: UInt8, unit: UnitIdentifier, on bus: String) -> SimulatedReply {
        guard let device = device(at: unit, on: bus) else { return SimulatedReply(.silence) }
        return reply(of: device) { .exception(code) }
    }

    // MARK: What the estate is doing

    /// Millilitres that a meter has counted, from its first day on; `nil` when the estate has no such meter.
    public func millilitres(through meter: String) -> Int64? {
        Self.meterNames.firstIndex(of: meter).map { total(of: $0, at: now.milliseconds) }
    }

    /// What flows through a meter now; `nil` when the estate has no such meter.
    public func flow(through meter: String) -> LitresPerHour? {
        Self.meterNames.firstIndex(of: meter).map { LitresPerHour(Double(millilitresPerHour(through: $0)) / 1000) }
    }

    public var gatePosition: SimulatedPosition { gate.position(at: now.milliseconds) }
    public var gateOpenings: Int64 { openingsBefore + gate.openingCount(until: now.milliseconds) }
    var liftState: LiftState { lift.state(at: now.milliseconds) }

    /// Place of the pump that is on duty today; the other one stands by.
    var dutyPump: Int { day.number & 1 }
    var isDutyPumpRunning: Bool { runs.isRunning(at: now.milliseconds) }

    func pumpTotals(_ pump: Int) -> PumpTotals {
        var totals = pumpsBefore[pump]
        if pump == dutyPump { add(today: &totals, until: now.milliseconds) }
        return totals
    }

    func millilitresPerHour(through meter: Int) -> Int64 {
        let moment = now.milliseconds
        var sum: Int64 = 0
        for dwelling in Self.dwellings(behind: meter) {
            sum += draws[dwelling - Self.dwellings.lowerBound].flow(at: moment) * 3600
        }
        for loss in losses where loss.start <= moment && moment < loss.end && Self.passes(loss.meter, through: meter) {
            sum += loss.millilitresPerHour
        }
        return sum
    }

    func total(of meter: Int, at moment: Int64) -> Int64 {
        var sum: Int64 = 0
        for dwelling in Self.dwellings(behind: meter) {
            let place = dwelling - Self.dwellings.lowerBound
            sum += drawnBefore[place] + draws[place].volume(until: moment)
        }
        return sum + lost(behind: meter, at: moment)
    }

    private func lost(behind meter: Int, at moment: Int64) -> Int64 {
        var sum: Int64 = 0
        for loss in losses where Self.passes(loss.meter, through: meter) { sum += loss.volume(until: moment) }
        return sum
    }

    /// The dwellings whose water passes a meter; a dwelling's meter has itself.
    private static func dwellings(behind meter: Int) -> ClosedRange<Int> {
        switch meter {
        case inlet: dwellings
        case 1: 3...5
        case 2: 6...8
        default: meter...meter
        }
    }

    /// Whether what is drawn at meter `lower` has passed meter `upper`.
    private static func passes(_ lower: Int, through upper: Int) -> Bool {
        upper == lower || upper == inlet || (dwellings.contains(lower) && dwellings(behind: upper).contains(lower))
    }

    // MARK: Days

    private mutating func closeDay() {
        for place in draws.indices { drawnBefore[place] += draws[place].total }
        openingsBefore += gate.openingCount(until: day.end)
        // The draws above are already booked, so the day's plan must not count again below.
        draws = []
        let (duty, end) = (dutyPump, day.end)
        let pumped = Self.risers.reduce(0) { $0 + settledTotal(of: $1, at: end) }
        pumpsBefore[duty].milliseconds += runs.time(until: end)
        pumpsBefore[duty].starts += runs.startCount(until: end)
        pumpsBefore[duty].millilitres += pumped - pumpedBefore
        pumpedBefore = pumped
        now = Timestamp(milliseconds: end)
        day = LocalDay(number: day.number + 1, zone: zone)
        planDay()
    }

    /// The total of a riser at the end of a day, when all its draws are booked.
    private func settledTotal(of riser: Int, at moment: Int64) -> Int64 {
        var sum = lost(behind: riser, at: moment)
        for dwelling in Self.dwellings(behind: riser) { sum += drawnBefore[dwelling - Self.dwellings.lowerBound] }
        return sum
    }

    private mutating func planDay() {
        draws = Self.dwellings.map { DrawDay(day: day, seed: seed, dwelling: $0) }
        lift = LiftDay(day: day, seed: seed)
        planRuns()
        planGate()
    }

    /// The duty pump runs while anybody draws and a minute longer, and as long as a burst of 200 L/h or more; less
    /// than that comes out of the pressure vessel.
    private mutating func planRuns() {
        var pieces: [Range<Int64>] = []
        for draw in draws {
            for (start, end) in zip(draw.starts, draw.ends) { pieces.append(start..<end + 60_000) }
        }
        for loss in losses where loss.millilitresPerHour >= 200_000 { pieces.append(loss.start..<loss.end) }
        runs = RunDay(pieces, within: max(day.start, min(origin, day.end))..<day.end)
    }

    private mutating func planGate() {
        var holds: [Range<Int64>] = []
        for fault in faults.sorted(by: { $0.start < $1.start }) {
            guard case .gateHeldOpen = fault.kind else { continue }
            let hold = fault.start.milliseconds..<min(fault.end?.milliseconds ?? .max, 8_000_000_000_000_000)
            if let last = holds.last, hold.lowerBound <= last.upperBound {
                holds[holds.count - 1] = last.lowerBound..<max(last.upperBound, hold.upperBound)
            } else {
                holds.append(hold)
            }
        }
        gate = GateDay(day: day, seed: seed, origin: origin, holds: holds)
    }

    private func pumpedTotal(at moment: Int64) -> Int64 { Self.risers.reduce(0) { $0 + total(of: $1, at: moment) } }

    private func add(today totals: inout PumpTotals, until moment: Int64) {
        totals.milliseconds += runs.time(until: moment)
        totals.starts += runs.startCount(until: moment)
        totals.millilitres += pumpedTotal(at: moment) - pumpedBefore
    }

    // MARK: Replies

    private func device(at unit: UnitIdentifier, on bus: String) -> SimulatedDevice? {
        devices.first { $0.unit == unit && $0.bus == bus }
    }

    private func reply(of device: SimulatedDevice, _ content: () -> SimulatedReply.Content) -> SimulatedReply {
        var reply = SimulatedReply(.silence)
        var code: UInt8?
        for fault in faults where fault.isActive(at: now) && fault.device == device.identifier.text {
            switch fault.kind {
            case .dead: return SimulatedReply(.silence)
            case .lateAnswer(_, let delay): reply.delay = max(reply.delay, delay)
            case .badChecksum: reply.isCorrupted = true
            case .exception(_, let found): code = found
            case .leak, .burst, .gateHeldOpen: break
            }
        }
        reply.content = code.map { .exception($0) } ?? content()
        return reply
    }
}
