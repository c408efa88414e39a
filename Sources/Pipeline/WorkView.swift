// SPDX-License-Identifier: Apache-2.0

public import Model
public import Prevention
import Tickets

/// The preventive calendar of a site at one moment, for pages and commands.
public struct WorkOverview: Codable, Sendable, Hashable {
    /// One planned work: either ``dueOn`` or ``dueAtRunHours`` says when it is next.
    public struct Work: Codable, Sendable, Hashable {
        public var identifier: WorkIdentifier
        public var asset: AssetIdentifier
        public var kind: PlannedWork.Kind
        public var dueOn: CivilDate?
        /// `nil` while it is not known how many hours the machine had run when the work was done last.
        public var dueAtRunHours: Double?
        /// Hours the machine has run, as it told last.
        public var runHours: Double?
        public var isOverdue: Bool
        /// The latest record that stands.
        public var last: WorkRecord?
        /// Number of the open ticket that asks for it.
        public var ticket: String?
        public var witnesses: Int
        public var needsWaterTest: Bool
        /// Hours before the work at which residents are told; 0 when they are not.
        public var noticeBeforeHours: Double
        /// When residents were told of it by its open ticket, the first time; `nil` while they were not.
        public var residentsToldAt: Timestamp?
    }

    /// Days in a row on which nobody works, and the day by which they are inspected for.
    public struct Holiday: Codable, Sendable, Hashable {
        public var first: CivilDate
        public var last: CivilDate
        public var inspectionDue: CivilDate?
    }

    /// The next one first.
    public var works: [Work]
    /// In the order in which they were written; those that another one replaced are among them.
    public var records: [WorkRecord]
    /// What would be looked at if a holiday were near.
    public var inspection: [InspectionLine] = []
    /// The next span of at least three closed days.
    public var holiday: Holiday?
    /// Why what was asked was not done; `nil` when it was.
    public var refusal: String?
    /// The same for the catalogue; `nil` where it has no sentence.
    public var reason: RefusalReason?

    public init(_ books: Books, at now: Timestamp) {
        let today = books.tickets.policy.zone.local(now).date
        works = books.prevention.standings(on: today).map { standing in
            let work = standing.work
            let ticket = books.tickets.openTicket(asset: work.asset, rule: work.kind.rule)
            var told = Work(
                identifier: work.identifier, asset: work.asset, kind: work.kind,
                runHours: books.prevention.runHours[work.asset], isOverdue: standing.isOverdue, last: standing.last,
                ticket: ticket?.number,
                witnesses: work.witnesses, needsWaterTest: work.needsWaterTest,
                noticeBeforeHours: work.noticeBefore.inSeconds / 3600,
                residentsToldAt: ticket?.residentNotices.first?.at)
            switch standing.next {
            case .on(let date): told.dueOn = date
            case .at(let hours): told.dueAtRunHours = hours
            case .notKnown: break
            }
            return told
        }
        records = books.prevention.records
        inspection = books.inspection(at: now)
        holiday = books.prevention.closedSpans.first { $0.days >= 3 }
            .map { Holiday(first: $0.first, last: $0.last, inspectionDue: $0.inspectionDue) }
    }

    /// Nothing but why it cannot be told.
    public init(refusal: String, _ reason: RefusalReason? = nil) {
        (works, records, self.refusal, self.reason) = ([], [], refusal, reason)
    }
}

extension WorkRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownWork(let work): "'\(work)' is not under 'preventive'"
        case .witnessesMissing(let needed, let named):
            "it needs \(needed) witnesses beside the person who did it, and \(named) are named; give each with --witness"
        case .waterTestMissing: "it needs the number of the water test; give it with --water-test"
        case .residentsNotTold(let before, let toldAt):
            "residents are told \(before.wholeMilliseconds / 3_600_000) h before, and "
                + (toldAt.map { "were told at \($0.rfc3339) only" } ?? "were not told")
                + "; approve a 'water-outage' notice on its ticket, then do the work"
        case .notYet(let date): "\(date.text) lies ahead"
        case .beforeLast(let date): "it is on record for \(date.text) already; correct that record with --corrects"
        case .nothingToCorrect(let name): "there is no record '\(name)' of this work that still stands"
        }
    }
}

extension CivilDate {
    /// `2026-11-22`.
    public var text: String {
        let digits = compact
        return "\(digits.prefix(digits.count - 4))-\(digits.dropFirst(digits.count - 4).prefix(2))-\(digits.suffix(2))"
    }
}

extension EstateView {
    public func works() async -> WorkOverview { WorkOverview(refusal: "this gateway does not tell its planned work") }
    public func record(_ report: WorkReport) async -> WorkOverview { await works() }
}
