// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a report is made of: the period and what the log of tickets does not say.
public struct ReportQuestion: Hashable, Sendable {
    /// What a ticket can be about, with the crew that sees to it and where it stands.
    public struct Asset: Hashable, Codable, Sendable {
        public var asset: AssetIdentifier
        /// Such as `water` or `lifts`.
        public var trade: String
        public var building: String

        public init(asset: AssetIdentifier, trade: String, building: String) {
            (self.asset, self.trade, self.building) = (asset, trade, building)
        }
    }

    public var period: ReportPeriod
    /// The time at which it is asked; nothing after it is known.
    public var now: Timestamp
    public var zone: ZoneOffsets
    public var assets: [Asset]
    /// What follow-ups of a month are drawn by; 0 stands for one that is missing.
    public var seeds: [ReportMonth: UInt64]
    public var targets: ReportTargets
    /// Rules of work that a plan asks for: what it is about has not failed.
    public var planned: Set<RuleIdentifier> = []
    /// Alarms that were raised in the period; `nil` where nobody counted them.
    public var alarmCount: Int?
    /// How long after its end what became of the period's tickets is still taken in (default 72 h, the reopen window);
    /// from then on its figures never change.
    public var settling: Duration

    public init(
        period: ReportPeriod, now: Timestamp, zone: ZoneOffsets, assets: [Asset] = [],
        seeds: [ReportMonth: UInt64] = [:], targets: ReportTargets = ReportTargets(),
        settling: Duration = .seconds(72 * 3600)
    ) {
        (self.period, self.now, self.zone, self.assets) = (period, now, zone, assets)
        (self.seeds, self.targets, self.settling) = (seeds, targets, settling)
    }

    /// Whole seconds from the beginning of the period to `end`.
    func seconds(until end: Timestamp) -> Int {
        Int(clamping: max(0, (end - period.from).wholeMilliseconds) / 1000)
    }

    /// The same, of all assets together.
    func assetSeconds(until end: Timestamp) -> Int {
        let (sum, overflow) = seconds(until: end).multipliedReportingOverflow(by: Set(assets.map(\.asset)).count)
        return overflow ? .max : sum
    }
}

/// The figures of a period, from the log of tickets alone.
public struct TicketReport: Hashable, Codable, Sendable {
    /// Plain numbers of tickets.
    public struct Counts: Hashable, Codable, Sendable {
        /// Raised in the period.
        public var raised = 0
        /// Closed by a sign-off in the period.
        public var closed = 0
        /// Taken up again in the period.
        public var reopened = 0
        public var cancelled = 0
        public var merged = 0
        public var falseAlarms = 0
        /// Raised in the period because a person was not content with a repair.
        public var complaints = 0
        /// Raised in the period for the fault of a closed one.
        public var recurrences = 0
        public var openAtEnd = 0
        /// Of those, by age: less than a day, 3 days, 7 days, and older.
        public var openByAge = [0, 0, 0, 0]

        public init() {}
    }

    /// An open ticket with a promise that was not kept.
    public struct Overdue: Hashable, Codable, Sendable {
        public var ticket: String
        public var severity: Severity
        public var asset: AssetIdentifier
        public var building: String
        public var rule: RuleIdentifier
        public var state: TicketState
        public var owner: PersonIdentifier
        public var assignee: PersonIdentifier?
        /// The promises that are late, and when the first of them was due.
        public var promises: [TicketClock]
        public var dueAt: Timestamp
    }

    /// A closed ticket whose reporter must be asked.
    public struct FollowUp: Hashable, Codable, Sendable {
        public var ticket: String
        public var asset: AssetIdentifier
        public var closedAt: Timestamp
        public var ground: FollowUpSample.Ground
        public var isDone: Bool
        public var score: Int?
    }

    public struct AssetCount: Hashable, Codable, Sendable {
        public var asset: AssetIdentifier
        public var tickets: Int
    }

    public struct BuildingCount: Hashable, Codable, Sendable {
        /// Empty for what is about no asset.
        public var building: String
        public var tickets: Int
    }

    /// How often an asset failed in the period.
    public struct Reliability: Hashable, Codable, Sendable {
        public var asset: AssetIdentifier
        public var failures: Int
        /// Time of the period for each failure, in whole seconds.
        public var meanSeconds: Int
    }

    public var period: ReportPeriod
    /// The end of the period, or the present where that has not come.
    public var end: Timestamp
    /// Up to which moment it was looked at what became of the tickets.
    public var judgedAt: Timestamp
    public var figures: [Figure]
    public var counts: Counts
    /// At ``end``, the most urgent first.
    public var overdue: [Overdue]
    public var overdueByBuilding: [BuildingCount]
    public var followUps: [FollowUp]
    /// Seeds of the draws that ``followUps`` come from, by month (`2026-11`).
    public var seeds: [String: UInt64]
    /// Most tickets of the period first, at most ten.
    public var topAssets: [AssetCount]
    /// Assets that failed, the most frequent first.
    public var reliability: [Reliability]

    public subscript(key: FigureKey) -> Figure? { figures.first { $0.key == key } }

    /// - Parameter tickets: All of the site, as the whole log leaves them.
    public init(_ question: ReportQuestion, tickets: [Ticket]) {
        let tally = ReportTally(question, tickets: tickets)
        period = question.period
        (end, judgedAt) = (tally.end, tally.judgedAt)
        let followUps = FollowUpList(question, tickets: tickets, judgedAt: tally.judgedAt)
        self.followUps = followUps.entries
        seeds = followUps.seeds
        counts = tally.counts
        overdue = tally.overdue
        overdueByBuilding = tally.overdueByBuilding
        reliability = tally.reliability
        topAssets = tally.topAssets
        figures = tally.figures(followUps: followUps.entries)
    }
}
