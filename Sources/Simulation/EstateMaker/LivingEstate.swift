// SPDX-License-Identifier: Apache-2.0

public import Model

/// A made-up estate that people can mend while its readings come.
///
/// What a repair changes begins with it: readings before it are those that were handed out.
public struct LivingEstate: Sendable {
    /// Something that is wrong with the estate.
    public struct Trouble: Hashable, Sendable {
        /// Its place among the faults that were drawn; it stays the same.
        public var identifier: Int
        public var type: FaultType
        public var device: String
        /// Devices at which it can show, the nearest one first: itself, and the meters that its water passes.
        public var places: [String]
    }

    private var estate: Estate
    private let faults: [FaultDraft]
    private var mendings = Mendings()
    private let seed: UInt64
    private var lines: ReadingLines

    /// - Parameters:
    ///   - days: Length of the record from `start` in UTC on, at least 1.
    ///   - zone: One of those that estates are made in.
    ///   - trouble: How many times as many faults as an estate usually has.
    public init(
        seed: UInt64, start: CivilDate, days: Int, zone: String, dwellings: Int? = nil, trouble: Double = 1
    ) {
        precondition(days >= 1 && dwellings ?? 1 >= 1, "an estate has a day and a dwelling at least")
        let plan = EstatePlan(seed: seed, days: days, dwellingCount: dwellings, zone: zone, start: start)
        let innocents = Innocents.draw(plan, seed: seed)
        faults = FaultDrawing.draw(plan, seed: seed, vacant: innocents.absences, trouble: trouble)
        estate = Estate(plan, innocents, faults: faults, mendings, seed: seed)
        mendings.valveFlows = estate.valveFlows
        lines = ReadingLines(plan, innocents, signals: estate.signals, seed: seed)
        self.seed = seed
    }

    public var name: String { estate.name }
    public var start: Timestamp { estate.plan.period.start }
    public var topology: String { estate.topology }
    /// What was announced.
    public var calendar: [HarmlessEvent] { estate.calendar }
    public var summary: String { estate.summary }

    /// Rows of the next minute as `readings.csv` has them, and the moment at which the last of them has come; `nil` at
    /// the end.
    public mutating func nextMinute() -> (rows: [UInt8], at: Timestamp)? {
        let minute = lines.minute
        guard let (bytes, _) = lines.nextMinute() else { return nil }
        return (bytes, estate.plan.period.timestamp(minute: minute + 1))
    }

    private func minute(of moment: Timestamp) -> Int {
        Int((moment - estate.plan.period.start).wholeMilliseconds / 60_000)
    }

    /// What is wrong at a moment.
    public func troubles(at moment: Timestamp) -> [Trouble] {
        let minute = minute(of: moment)
        return estate.drafts.filter { $0.isThere(at: minute) }.map { draft in
            Trouble(
                identifier: draft.place, type: draft.type, device: draft.device, places: places(of: draft.target))
        }
    }

    private func places(of target: FaultDraft.Target) -> [String] {
        let plan = estate.plan
        let inlet = plan.inlet.name
        switch target {
        case .dwelling(let home):
            let dwelling = plan.dwellings[home]
            return [dwelling.meter.name, plan.risers[dwelling.riser].meter.name, inlet]
        case .riser(let riser): return [plan.risers[riser].meter.name, inlet]
        case .inlet: return [inlet]
        case .tank: return [plan.names.tank, plan.names.roofTank, inlet]
        case .irrigation: return [plan.names.irrigation, inlet]
        case .pump(let pump): return ["\(plan.names.pump)\(pump + 1)", plan.names.booster]
        case .lift(let lift): return [plan.liftNames[lift]]
        case .gate(let gate): return [plan.gateNames[gate]]
        }
    }

    /// Mends some faults from the minute after `moment` on.
    ///
    /// - Parameter comesBack: How long after it they are back; `nil` where the repair holds.
    public mutating func mend(_ identifiers: [Int], at moment: Timestamp, comesBack: Duration? = nil) {
        let first = max(minute(of: moment) + 1, lines.minute)
        let last = comesBack.map { first + max(1, Int($0.wholeMilliseconds / 60_000)) } ?? Int.max
        for identifier in identifiers { mendings.spans[identifier, default: []].append(first..<last) }
        estate = Estate(estate.plan, estate.innocents, faults: faults, mendings, seed: seed)
        lines.goOn(with: estate.signals)
    }
}
