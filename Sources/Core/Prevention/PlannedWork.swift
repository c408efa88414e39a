// SPDX-License-Identifier: Apache-2.0

public import Model

/// One planned work of a site's preventive calendar, such as `clean-roof-tank`; unique in its site.
public struct WorkIdentifier: TopicIdentifier {
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// What an estate does to its equipment before anything breaks, and how often.
public struct PlannedWork: Hashable, Sendable {
    /// What kind of work it is; its word is part of the ticket's rule.
    public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        /// 水箱清洗.
        case tankCleaning = "tank_cleaning"
        /// 电梯维保.
        case liftService = "lift_service"
        /// 水泵轮换.
        case pumpDutyChange = "pump_duty_change"
        /// 消防水试验.
        case fireWaterTest = "fire_water_test"
        /// 汛前排水检查.
        case drainInspection = "drain_inspection"
        /// 倒流防止器检查.
        case backflowValve = "backflow_valve"
        /// 水表检定.
        case meterVerification = "meter_verification"
        /// 节前检查: shared equipment before days on which nobody works.
        case holidayInspection = "holiday_inspection"
        /// 其他计划工作.
        case other = "planned_work"

        /// The failure mode of its tickets.
        public var rule: RuleIdentifier { RuleIdentifier(rawValue) }
    }

    /// How far apart two times are.
    public enum Interval: Hashable, Sendable {
        /// 1 ... 3650.
        case days(Int)
        /// 1 ... 120; of a date that a month does not have its last day is meant.
        case months(Int)
        /// Hours that the machine has run since the work was done last.
        case runHours(Double)
        /// On the last working day before each span of at least so many closed days; 1 ... 30.
        case beforeHolidays(days: Int)
    }

    /// From when the next time is counted.
    public enum Basis: String, Hashable, Sendable, CaseIterable {
        /// A fixed grid: done late, the next time stays where it was.
        case lastDue = "last_due"
        /// From the day on which it was done.
        case lastDone = "last_done"
    }

    public var identifier: WorkIdentifier
    public var asset: AssetIdentifier
    public var kind: Kind
    public var interval: Interval
    public var basis: Basis
    /// The day on which it is due for the first time; of run hours the day from which it is watched.
    public var firstDue: CivilDate
    /// How many days before it is due its ticket is made; of an inspection before holidays working days before the span.
    public var leadDays: Int
    /// How long before the work residents are told; zero for work that does not touch them.
    public var noticeBefore: Duration
    /// How many persons beside the one who does it must have been there.
    public var witnesses: Int
    /// Whether a record needs the number of a water test.
    public var needsWaterTest: Bool
    /// For how many years its records cannot be deleted.
    public var retentionYears: Int

    /// - Parameter kind: Gives what is not said: tanks are cleaned every six months, told 24 h before, with two
    ///   witnesses, a water test and records kept for three years; lifts are served every 15 days.
    public init(
        _ identifier: WorkIdentifier, asset: AssetIdentifier, kind: Kind, interval: Interval? = nil,
        basis: Basis = .lastDue, firstDue: CivilDate, leadDays: Int? = nil
    ) {
        self.identifier = identifier
        self.asset = asset
        self.kind = kind
        self.interval = interval ?? kind.usualInterval ?? .months(12)
        self.basis = basis
        self.firstDue = firstDue
        self.leadDays = leadDays ?? kind.usualLeadDays
        let isTank = kind == .tankCleaning
        noticeBefore = isTank ? .seconds(24 * 3600) : .zero
        witnesses = isTank ? 2 : 0
        needsWaterTest = isTank
        retentionYears = 3
    }
}

extension PlannedWork.Kind {
    /// `nil` where the site must say it.
    public var usualInterval: PlannedWork.Interval? {
        switch self {
        case .tankCleaning: .months(6)
        case .liftService: .days(15)
        case .pumpDutyChange: .days(7)
        case .fireWaterTest: .months(1)
        case .drainInspection, .backflowValve: .months(12)
        case .meterVerification: .months(72)
        case .holidayInspection: .beforeHolidays(days: 3)
        case .other: nil
        }
    }

    var usualLeadDays: Int {
        switch self {
        case .liftService, .pumpDutyChange, .fireWaterTest, .holidayInspection: 3
        case .tankCleaning, .drainInspection, .backflowValve, .meterVerification, .other: 14
        }
    }
}
