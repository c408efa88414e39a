// SPDX-License-Identifier: Apache-2.0

public import Model

/// How a site wants its tickets to be made and run. It concerns new tickets; one that exists keeps its ``TicketTerms``.
public struct TicketPolicy: Codable, Sendable, Hashable {
    public var site: SiteIdentifier
    /// Zone of the date in ticket numbers.
    public var zone: ZoneOffsets
    /// The first receiver on duty, who answers for what the engine reports.
    public var owner: PersonIdentifier
    /// How long the signal must stay normal after a repair (default 30 min); zero goes straight to sign-off.
    public var verifyFor: Duration
    /// The same for ``leakRules`` (default 24 h).
    public var verifyLeakFor: Duration
    public var levels: ServiceLevels
    /// Rules whose repair is verified over ``verifyLeakFor``.
    public var leakRules: Set<RuleIdentifier>
    /// Rules that need a visit even if the signal comes back by itself, such as an entrapment in a lift.
    public var visitRules: Set<RuleIdentifier>
    /// After closing, how long the same fault takes up the same ticket (default 72 h).
    public var reopenWindow: Duration

    /// Rules about water that runs where it should not.
    public static let leaks: Set<RuleIdentifier> = [
        .leak, .toiletLeak, .drippingTap, .continuousFlow, .burst, .networkLeak, .massBalance,
        .tankOverflow, .irrigationStuckOpen,
    ]

    public init(
        site: SiteIdentifier, zone: ZoneOffsets, owner: PersonIdentifier, verifyFor: Duration = .seconds(30 * 60),
        verifyLeakFor: Duration = .seconds(24 * 3600), levels: ServiceLevels = .standard,
        leakRules: Set<RuleIdentifier> = Self.leaks, visitRules: Set<RuleIdentifier> = [],
        reopenWindow: Duration = .seconds(72 * 3600)
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
    }

    /// What a ticket of `rule` that is raised now is held to.
    func terms(of rule: RuleIdentifier) -> TicketTerms {
        TicketTerms(
            levels: levels, verifyFor: leakRules.contains(rule) ? verifyLeakFor : verifyFor,
            isVisitRequired: visitRules.contains(rule), reopenWindow: reopenWindow)
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

    public init(levels: ServiceLevels, verifyFor: Duration, isVisitRequired: Bool, reopenWindow: Duration) {
        self.levels = levels
        self.verifyFor = verifyFor
        self.isVisitRequired = isVisitRequired
        self.reopenWindow = reopenWindow
    }
}

extension TicketTerms: Codable {
    private enum CodingKeys: String, CodingKey {
        case levels, isVisitRequired
        case verifyFor = "verify_for_milliseconds"
        case reopenWindow = "reopen_window_milliseconds"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        levels = try container.decode(ServiceLevels.self, forKey: .levels)
        verifyFor = .milliseconds(try container.decode(Int64.self, forKey: .verifyFor))
        isVisitRequired = try container.decode(Bool.self, forKey: .isVisitRequired)
        reopenWindow = .milliseconds(try container.decode(Int64.self, forKey: .reopenWindow))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(levels, forKey: .levels)
        try container.encode(verifyFor.wholeMilliseconds, forKey: .verifyFor)
        try container.encode(isVisitRequired, forKey: .isVisitRequired)
        try container.encode(reopenWindow.wholeMilliseconds, forKey: .reopenWindow)
    }
}
