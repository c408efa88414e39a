// SPDX-License-Identifier: Apache-2.0

public import Model
public import Prevention
public import Tickets

/// A planned work as a report tells of it beforehand.
public struct PlannedEntry: Hashable, Sendable {
    public var work: WorkIdentifier
    public var asset: AssetIdentifier
    public var kind: PlannedWork.Kind
    /// `nil` for work that is due by run hours.
    public var dueOn: CivilDate?
    public var isOverdue: Bool
    /// Number of the open ticket that asks for it.
    public var ticket: String?
}

extension SiteConfiguration {
    /// Rules of tickets that a plan asks for, or that an inspection asks for.
    public static var plannedRules: Set<RuleIdentifier> {
        Set(PlannedWork.Kind.allCases.map(\.rule)).union(InspectionLine.Kind.allCases.map(\.rule))
    }

    /// Planned work that is due within some days after a moment, or was due before it, the earliest first.
    ///
    /// - Parameters:
    ///   - records: All of the site; those that were written later are left out.
    ///   - tickets: All of the site.
    public func plannedWork(
        after moment: Timestamp, days: Int, records: [WorkRecord], _ tickets: [Ticket]
    ) -> [PlannedEntry] {
        let today = site.zone.local(moment).date
        var book = PreventiveBook(works: preventive, records: records.filter { $0.writtenAt < moment })
        let sight = CivilDate(daysSince1970: today.daysSince1970 + 400)
        book.closedSpans = workingDays.closedSpans(from: today, to: sight)
            .map { ClosedSpan(first: $0.first, last: $0.last, workingDaysBefore: $0.workingDaysBefore) }
        let last = CivilDate(daysSince1970: today.daysSince1970 + days)
        return book.standings(on: today).compactMap { standing in
            let work = standing.work
            // A later life of the ticket does not matter: it asks for the work until somebody has recorded it.
            let ticket = tickets.last { $0.asset == work.asset && $0.rule == work.kind.rule && $0.raisedAt < moment }
                .flatMap { $0.closedAt.map { $0 >= moment } ?? !$0.isClosed ? $0.number : nil }
            var entry = PlannedEntry(
                work: work.identifier, asset: work.asset, kind: work.kind, isOverdue: standing.isOverdue,
                ticket: ticket)
            switch standing.next {
            case .on(let date) where date <= last: entry.dueOn = date
            case .at where standing.isOverdue: break
            case .on, .at, .notKnown: return nil
            }
            return entry
        }
    }
}
