// SPDX-License-Identifier: Apache-2.0

public import Alarms
public import Model
import Profiles
public import Savings
public import Tickets

/// A report as it is told: on a page, by a command, to another program.
public struct EstateReport: Hashable, Sendable {
    /// What the water of the period came to.
    public struct Water: Hashable, Sendable {
        /// Whole days that the period touches, since 1970-01-01 of the site's calendar.
        public var days: ClosedRange<Int>
        /// Losses that ran on those days, whole, with what was lost before and after them.
        public var losses: Int
        /// Litres, rounded to whole ones.
        public var lostLow: Int
        public var lostHigh: Int
        /// What that water cost, in the smallest unit of the currency; `nil` without a tariff.
        public var costLow: Money?
        public var costHigh: Money?
        /// Repairs whose saving could be measured, and the litres a day that they save.
        public var repairs: Int
        public var savedPerDay: Int

        public init(_ report: SavingsReport) {
            days = report.days
            losses = report.losses.count
            func litres(_ values: [Double]) -> Int {
                let sum = values.reduce(0, +)
                return Int(exactly: sum.rounded()) ?? 0
            }
            lostLow = litres(report.losses.map(\.litres.low))
            lostHigh = litres(report.losses.map(\.litres.high))
            costLow = Self.sum(report.losses.compactMap(\.cost?.low))
            costHigh = Self.sum(report.losses.compactMap(\.cost?.high))
            let saved = report.losses.compactMap(\.saved)
            (repairs, savedPerDay) = (saved.count, litres(saved.map(\.litres)))
        }

        private static func sum(_ amounts: [Money]) -> Money? {
            guard let first = amounts.first else { return nil }
            return amounts.dropFirst().reduce(first) { sum, next in
                let (total, overflow) = sum.minorUnits.addingReportingOverflow(next.minorUnits)
                return Money(minorUnits: overflow ? .max : total, currency: sum.currency)
            }
        }
    }

    public var kind: ReportKind
    public var site: SiteIdentifier
    public var siteName: BilingualText
    public var zone: ZoneOffsets
    public var tickets: TicketReport
    /// `nil` where it was not asked for.
    public var water: Water?
    public var alarms: AlarmFigures?
    public var standing: StandingFigures?
    /// What the preventive calendar asks for in the week after, and what it has asked for before; `nil` where it was not
    /// asked for.
    public var planned: [PlannedEntry]?
    /// Where nobody serves in the 7 days after the period's end.
    public var rosterGaps: [DutyGap]

    public init(
        kind: ReportKind, site: SiteSettings, tickets: TicketReport, water: Water?, alarms: AlarmFigures?,
        rosterGaps: [DutyGap]
    ) {
        (self.kind, self.site, siteName, zone) = (kind, site.identifier, site.name, site.zone)
        (self.tickets, self.water, self.alarms, self.rosterGaps) = (tickets, water, alarms, rosterGaps)
    }
}

extension SiteConfiguration {
    /// What tickets can be about here: the trade follows from the kind of device, the building is its area.
    public var reportAssets: [ReportQuestion.Asset] {
        devices.map { device in
            .init(asset: device.asset, trade: Trade(kind: device.profile.kind).rawValue, building: device.area.text)
        }
    }
}

/// The crew that sees to a device.
public enum Trade: String, Hashable, Codable, Sendable, CaseIterable {
    case water, pumps, lifts, gates, other

    /// - Parameter kind: Folder of the profile of a device.
    public init(kind: String) {
        switch kind {
        case "water-meter", "level": self = .water
        case "pump": self = .pumps
        case "lift": self = .lifts
        case "gate": self = .gates
        default: self = .other
        }
    }
}

/// Seeds of the draws of follow-ups: nobody can choose them, and the chain over the log keeps them.
public enum FollowUpSeeds {
    /// A line of the log in the order in which it was stored.
    public struct Line: Hashable, Sendable {
        public var at: Timestamp
        /// The chain's hash of it; `nil` for a line from before the chain was kept.
        public var hash: [UInt8]?

        public init(at: Timestamp, hash: [UInt8]?) { (self.at, self.hash) = (at, hash) }
    }

    /// For each month with a line in it, the first eight bytes, most significant first, of the hash of the line stored
    /// just before the first one of that month; 0 where there is none.
    ///
    /// It is settled before any ticket of the month is closed, and no later line can change it.
    public static func seeds(of lines: [Line], zone: ZoneOffsets) -> [ReportMonth: UInt64] {
        var seeds: [ReportMonth: UInt64] = [:]
        var before: UInt64 = 0
        for line in lines {
            let month = ReportMonth(of: line.at, zone: zone)
            // A line that tells of an earlier month came too late to begin it.
            if seeds[month] == nil { seeds[month] = before }
            before = (line.hash ?? []).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
        return seeds
    }
}
