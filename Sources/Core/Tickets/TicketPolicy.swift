// SPDX-License-Identifier: Apache-2.0

public import Model

/// How a site wants its tickets to be made and run. It concerns new tickets; one that exists keeps its ``TicketTerms``.
public struct TicketPolicy: Codable, Sendable, Hashable {
    public var site: SiteIdentifier
    /// Zone of the date in ticket numbers.
    public var zone: ZoneOffsets
    /// Who answers for what the engine reports when nobody of the roster serves.
    public var owner: PersonIdentifier
    public var roster: Roster
    /// What the promises refer to by name; a name that is not there counts around the clock.
    public var calendars: [WorkingCalendar]
    /// Those who may agree to a hold and to long promises: shift leaders and managers. Empty asks for nobody.
    public var leaders: Set<PersonIdentifier>
    /// Longest promised time without a leader's word (default 7 days).
    public var longestPromise: Duration
    /// How long the signal must stay normal after a repair (default 30 min); zero goes straight to sign-off.
    public var verifyFor: Duration
    /// The same for ``leakRules`` (default 24 h).
    public var verifyLeakFor: Duration
    public var levels: ServiceLevels
    /// Rules whose repair is verified over ``verifyLeakFor``.
    public var leakRules: Set<RuleIdentifier>
    /// Rules that need a visit even if the signal comes back by itself, such as an entrapment in a lift.
    public var visitRules: Set<RuleIdentifier>
    /// Who must act on what; an asset that is not here is the property company's.
    public var responsible: [AssetIdentifier: Responsibility] = [:]
    /// How often the reporter hears how an open ticket stands (default 48 h); zero asks for nothing.
    public var feedbackWithin: Duration = Self.feedback
    /// After closing, how long the same fault takes up the same ticket (default 72 h).
    public var reopenWindow: Duration

    /// Two days, the custom of estate service.
    public static let feedback: Duration = .seconds(48 * 3600)

    /// Rules about water that runs where it should not.
    public static let leaks: Set<RuleIdentifier> = [
        .leak, .toiletLeak, .toiletCycling, .drippingTap, .continuousFlow, .burst, .networkLeak, .massBalance,
        .tankOverflow, .irrigationStuckOpen,
    ]

    /// Rules after which somebody must go and look, whatever the signal says: entrapment in a lift, sewage, fire water,
    /// a person in a gate.
    public static let visits: Set<RuleIdentifier> = [
        RuleIdentifier("lift_entrapment"), .sewageLevel, .fireWater, RuleIdentifier("gate_crush"),
    ]

    public init(
        site: SiteIdentifier, zone: ZoneOffsets, owner: PersonIdentifier, verifyFor: Duration = .seconds(30 * 60),
        verifyLeakFor: Duration = .seconds(24 * 3600), levels: ServiceLevels = .aroundTheClock,
        leakRules: Set<RuleIdentifier> = Self.leaks, visitRules: Set<RuleIdentifier> = Self.visits,
        reopenWindow: Duration = .seconds(72 * 3600), roster: Roster = Roster(), calendars: [WorkingCalendar] = [],
        leaders: Set<PersonIdentifier> = [], longestPromise: Duration = .seconds(7 * 86_400)
    ) {
        self.site = site
        self.zone = zone
        self.owner = owner
        self.verifyFor = verifyFor
        self.verifyLeakFor = verifyLeakFor
        self.levels = levels
        self.leakRules = leakRules
        self.visitRules = visitRules
        self.reopenWindow = reopenWindow
        self.roster = roster
        self.calendars = calendars
        self.leaders = leaders
        self.longestPromise = longestPromise
    }

    /// Who answers for what the engine reports at `now`.
    public func owner(at now: Timestamp) -> PersonIdentifier { roster.receiver(at: zone.local(now)) ?? owner }

    /// What a ticket of `rule` that is raised at `now` is held to.
    func terms(of rule: RuleIdentifier, at now: Timestamp) -> TicketTerms {
        let names = levels.calendars
        let used = calendars.filter { names.contains($0.name) }
        // Changes of the clock in the years that a ticket may live.
        let changes = zone.transitions.filter {
            now - .seconds(400 * 86_400) < $0.at && $0.at < now + .seconds(1200 * 86_400)
        }
        let local = ZoneOffsets(
            name: zone.name, initialOffsetSeconds: zone.offsetSeconds(at: now - .seconds(400 * 86_400)),
            transitions: changes)
        var terms = TicketTerms(
            levels: levels, verifyFor: leakRules.contains(rule) ? verifyLeakFor : verifyFor,
            isVisitRequired: visitRules.contains(rule), reopenWindow: reopenWindow,
            calendars: used.isEmpty ? nil : used, zone: used.isEmpty ? nil : local)
        terms.feedbackWithin = feedbackWithin
        return terms
    }
}

/// The rules that were in force when a ticket was raised. They stay with it: editing a rule never rewrites the past.
public struct TicketTerms: Hashable, Sendable {
    public var levels: ServiceLevels
    /// How long the signal must stay normal after a repair; zero goes straight to sign-off.
    public var verifyFor: Duration
    /// Whether somebody must go there even if the signal comes back by itself.
    public var isVisitRequired: Bool
    public var reopenWindow: Duration
    /// How often the reporter hears how it stands; zero asks for nothing, as on tickets of older versions.
    public var feedbackWithin: Duration = .zero
    /// The calendars that the promises refer to, as they were; `nil` where all count around the clock.
    public var calendars: [WorkingCalendar]?
    /// The site's zone in the years around the report; `nil` where all promises count around the clock.
    public var zone: ZoneOffsets?

    public init(
        levels: ServiceLevels, verifyFor: Duration, isVisitRequired: Bool, reopenWindow: Duration,
        calendars: [WorkingCalendar]? = nil, zone: ZoneOffsets? = nil
    ) {
        self.levels = levels
        self.calendars = calendars
        self.zone = zone
        self.verifyFor = verifyFor
        self.isVisitRequired = isVisitRequired
        self.reopenWindow = reopenWindow
    }
}

extension TicketTerms {
    /// The hours in which a promise counts; `nil` for one around the clock.
    func hours(of promise: ServicePromise) -> CountedHours? {
        guard let name = promise.calendar, let zone, let calendar = calendars?.first(where: { $0.name == name })
        else { return nil }
        return CountedHours(calendar: calendar, zone: zone)
    }
}

extension TicketTerms: Codable {
    private enum CodingKeys: String, CodingKey {
        case levels, isVisitRequired, calendars, zone
        case verifyFor = "verify_for_milliseconds"
        case reopenWindow = "reopen_window_milliseconds"
        case feedbackWithin = "feedback_within_milliseconds"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        levels = try container.decode(ServiceLevels.self, forKey: .levels)
        verifyFor = .milliseconds(try container.decode(Int64.self, forKey: .verifyFor))
        isVisitRequired = try container.decode(Bool.self, forKey: .isVisitRequired)
        reopenWindow = .milliseconds(try container.decode(Int64.self, forKey: .reopenWindow))
        feedbackWithin = .milliseconds(try container.decodeIfPresent(Int64.self, forKey: .feedbackWithin) ?? 0)
        calendars = try container.decodeIfPresent([WorkingCalendar].self, forKey: .calendars)
        zone = try container.decodeIfPresent(ZoneOffsets.self, forKey: .zone)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(levels, forKey: .levels)
        try container.encode(verifyFor.wholeMilliseconds, forKey: .verifyFor)
        try container.encode(isVisitRequired, forKey: .isVisitRequired)
        try container.encode(reopenWindow.wholeMilliseconds, forKey: .reopenWindow)
        if feedbackWithin > .zero { try container.encode(feedbackWithin.wholeMilliseconds, forKey: .feedbackWithin) }
        try container.encodeIfPresent(calendars, forKey: .calendars)
        try container.encodeIfPresent(zone, forKey: .zone)
    }
}
