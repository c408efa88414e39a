// SPDX-License-Identifier: Apache-2.0

public import Model

/// A span and the calendar in which it counts.
public struct ServicePromise: Hashable, Sendable {
    public var budget: Duration
    /// Name of a ``WorkingCalendar``; `nil` counts around the clock.
    public var calendar: String?

    public init(_ budget: Duration, calendar: String? = nil) { (self.budget, self.calendar) = (budget, calendar) }
}

/// When a promise that is not kept yet goes to the next in the chain.
public struct EscalationSteps: Hashable, Codable, Sendable {
    /// Parts of the budget in per cent, rising, each 1 ... 100.
    public var percents: [Int]
    /// After the budget has ended; zero or less repeats nothing.
    public var repeatMinutes: Int
    /// How often it is repeated, at most 50.
    public var repeats: Int
    /// On how many days of the promise's calendar after it has ended it goes up by one more, at most 30.
    public var days: Int

    public init(percents: [Int], repeatMinutes: Int = 0, repeats: Int = 0, days: Int = 0) {
        self.days = max(0, min(30, days))
        self.percents = Set(percents.filter { (1...100).contains($0) }).sorted()
        self.repeatMinutes = repeatMinutes
        self.repeats = repeatMinutes > 0 ? max(0, min(50, repeats)) : 0
    }

    public static let none = EscalationSteps(percents: [])

    /// All steps in order: parts of the budget in per cent, then 101, 102 ... for the repetitions, then 201, 202 ... for
    /// the days.
    public var steps: [Int] { percents + (0..<repeats).map { 101 + $0 } + (0..<days).map { 201 + $0 } }

    private enum CodingKeys: String, CodingKey {
        case percents, repeats, days
        case repeatMinutes = "repeat_minutes"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            percents: try container.decode([Int].self, forKey: .percents),
            repeatMinutes: try container.decodeIfPresent(Int.self, forKey: .repeatMinutes) ?? 0,
            repeats: try container.decodeIfPresent(Int.self, forKey: .repeats) ?? 0,
            days: try container.decodeIfPresent(Int.self, forKey: .days) ?? 0)
    }
}

/// How long may pass from the report until somebody has answered, arrived and repaired.
public struct ServiceLevel: Hashable, Sendable {
    public var acknowledge: ServicePromise
    /// `nil` when arrival is by appointment only.
    public var onSite: ServicePromise?
    public var repair: ServicePromise
    public var escalation: EscalationSteps

    public init(
        acknowledge: ServicePromise, onSite: ServicePromise?, repair: ServicePromise,
        escalation: EscalationSteps = .none
    ) {
        self.acknowledge = acknowledge
        self.onSite = onSite
        self.repair = repair
        self.escalation = escalation
    }

    /// Promises around the clock, without escalation.
    public init(acknowledge: Duration, onSite: Duration?, repair: Duration) {
        self.init(
            acknowledge: ServicePromise(acknowledge), onSite: onSite.map { ServicePromise($0) },
            repair: ServicePromise(repair))
    }
}

/// The promised times by severity.
public struct ServiceLevels: Hashable, Codable, Sendable {
    /// Rises with every edit, so that two tickets can be compared by the table they were raised under.
    public var version: Int
    public var p1: ServiceLevel
    public var p2: ServiceLevel
    public var p3: ServiceLevel
    public var p4: ServiceLevel

    public init(version: Int, p1: ServiceLevel, p2: ServiceLevel, p3: ServiceLevel, p4: ServiceLevel) {
        self.version = version
        self.p1 = p1
        self.p2 = p2
        self.p3 = p3
        self.p4 = p4
    }

    public subscript(severity: Severity) -> ServiceLevel {
        get {
            switch severity {
            case .p1: p1
            case .p2: p2
            case .p3: p3
            case .p4: p4
            }
        }
        set {
            switch severity {
            case .p1: p1 = newValue
            case .p2: p2 = newValue
            case .p3: p3 = newValue
            case .p4: p4 = newValue
            }
        }
    }

    /// Names of the calendars it refers to.
    public var calendars: Set<String> {
        Set(
            Severity.allCases.flatMap { level in
                [self[level].acknowledge.calendar, self[level].onSite?.calendar, self[level].repair.calendar]
                    .compactMap { $0 }
            })
    }

    /// The promises common in estate service, all counted around the clock: an answer in 3 minutes, an urgent job
    /// reached in 15 minutes and repaired in 8 hours, common parts reached in 8 hours and repaired in 3 days.
    public static let aroundTheClock = ServiceLevels(
        version: 1,
        p1: ServiceLevel(acknowledge: .seconds(180), onSite: .seconds(900), repair: .seconds(8 * 3600)),
        p2: ServiceLevel(acknowledge: .seconds(180), onSite: .seconds(900), repair: .seconds(8 * 3600)),
        p3: ServiceLevel(acknowledge: .seconds(180), onSite: .seconds(8 * 3600), repair: .seconds(3 * 86_400)),
        p4: ServiceLevel(acknowledge: .seconds(86_400), onSite: nil, repair: .seconds(7 * 86_400)))

    /// The same promises with service hours for what can wait and working days for what is planned.
    ///
    /// - Parameters:
    ///   - serviceHours: Name of the calendar in which the service centre answers.
    ///   - workingDays: The calendar whose ordinary day a working day is.
    public static func standard(serviceHours: String, workingDays: WorkingCalendar) -> ServiceLevels {
        func days(_ count: Int) -> ServicePromise {
            ServicePromise(workingDays.ordinaryDay * count, calendar: workingDays.name)
        }
        let urgent = aroundTheClock.p1
        let early = [50, 80, 100]
        return ServiceLevels(
            version: 2,
            p1: ServiceLevel(
                acknowledge: urgent.acknowledge, onSite: urgent.onSite, repair: urgent.repair,
                escalation: EscalationSteps(percents: early, repeatMinutes: 15, repeats: 5)),
            p2: ServiceLevel(
                acknowledge: urgent.acknowledge, onSite: urgent.onSite, repair: urgent.repair,
                escalation: EscalationSteps(percents: early, days: 5)),
            p3: ServiceLevel(
                acknowledge: ServicePromise(.seconds(180), calendar: serviceHours),
                onSite: ServicePromise(.seconds(8 * 3600), calendar: serviceHours), repair: days(3),
                escalation: EscalationSteps(percents: [80, 100], days: 5)),
            p4: ServiceLevel(
                acknowledge: days(1), onSite: nil, repair: days(7),
                escalation: EscalationSteps(percents: [100], days: 5)))
    }
}

extension ServiceLevel: Codable {
    private enum CodingKeys: String, CodingKey {
        case escalation
        case acknowledge = "acknowledge_milliseconds"
        case onSite = "on_site_milliseconds"
        case repair = "repair_milliseconds"
        case acknowledgeCalendar = "acknowledge_calendar"
        case onSiteCalendar = "on_site_calendar"
        case repairCalendar = "repair_calendar"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func calendar(_ key: CodingKeys) throws -> String? { try container.decodeIfPresent(String.self, forKey: key) }
        acknowledge = ServicePromise(
            .milliseconds(try container.decode(Int64.self, forKey: .acknowledge)),
            calendar: try calendar(.acknowledgeCalendar))
        let onSiteCalendar = try calendar(.onSiteCalendar)
        onSite = try container.decodeIfPresent(Int64.self, forKey: .onSite)
            .map { ServicePromise(.milliseconds($0), calendar: onSiteCalendar) }
        repair = ServicePromise(
            .milliseconds(try container.decode(Int64.self, forKey: .repair)), calendar: try calendar(.repairCalendar))
        escalation = try container.decodeIfPresent(EscalationSteps.self, forKey: .escalation) ?? .none
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(acknowledge.budget.wholeMilliseconds, forKey: .acknowledge)
        try container.encodeIfPresent(acknowledge.calendar, forKey: .acknowledgeCalendar)
        try container.encodeIfPresent(onSite?.budget.wholeMilliseconds, forKey: .onSite)
        try container.encodeIfPresent(onSite?.calendar, forKey: .onSiteCalendar)
        try container.encode(repair.budget.wholeMilliseconds, forKey: .repair)
        try container.encodeIfPresent(repair.calendar, forKey: .repairCalendar)
        if escalation != .none { try container.encode(escalation, forKey: .escalation) }
    }
}
