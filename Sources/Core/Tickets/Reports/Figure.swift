// SPDX-License-Identifier: Apache-2.0

/// The figures of a report. Each has a sentence in the catalogue that says how it is counted.
public enum FigureKey: String, Codable, Sendable, CaseIterable {
    /// 维修及时率: promises to arrive that were kept, of those that were due in the period.
    case timeliness
    /// 维修质量合格率: repairs whose first sign-off passed and that were not taken up again in the reopen window, of those
    /// signed off for the first time in the period.
    case qualityPass
    /// 满意率: follow-ups of the period with a score of 4 or 5, of those with a score.
    case satisfaction
    /// 回访率: tickets closed in the period that were followed up, of those that had to be.
    case followUp
    /// 反馈及时率: times in the period that reporters of open tickets were told in time, of those and the reminders.
    case feedback
    /// 返修率: tickets taken up again after they were closed, of those closed in the period.
    case rework
    /// 完好率: assets without an open ticket of P1 to P3 at the end of the period, of all assets.
    case soundEquipment
    /// Promises kept, of all of a priority that were due in the period.
    case promisesP1, promisesP2, promisesP3, promisesP4
    /// Tickets closed in the period after one repair that held, of those repaired and closed for the first time in it.
    case firstTimeFix
    /// Tickets whose fault went by itself, of those raised in the period.
    case selfCleared
    /// Tickets that were false alarms, of those raised in the period.
    case falseAlarms
    /// From the report until somebody accepted, over tickets accepted in the period.
    case timeToAcknowledge
    /// From the report until somebody was there, over tickets reached in the period.
    case timeToSite
    /// From the report, or the reopening, until the repair was done, over repairs closed in the period.
    case timeToRepair
    /// Since the report, over tickets open at the end of the period.
    case backlogAge
    /// Time of the period times assets, over failures: tickets of the period that no plan asked for and that were no false
    /// alarms.
    case timeBetweenFailures
    /// Tickets of the period that came from alarms, over alarms raised in it.
    case ticketsPerHundredAlarms

    public enum Unit: String, Codable, Sendable {
        case share, seconds
        /// A number for each hundred of something else.
        case perHundred
    }

    /// Whether it is a part of a whole, a mean time, or a number for each hundred.
    public var unit: Unit {
        switch self {
        case .timeliness, .qualityPass, .satisfaction, .followUp, .feedback, .rework, .soundEquipment, .promisesP1,
            .promisesP2,
            .promisesP3, .promisesP4, .firstTimeFix, .selfCleared, .falseAlarms:
            .share
        case .timeToAcknowledge, .timeToSite, .timeToRepair, .backlogAge, .timeBetweenFailures: .seconds
        case .ticketsPerHundredAlarms: .perHundred
        }
    }

    /// Whether a target is the most that it should be, rather than the least.
    public var isBetterLow: Bool {
        switch self {
        case .rework, .selfCleared, .falseAlarms, .timeToAcknowledge, .timeToSite, .timeToRepair, .backlogAge,
            .ticketsPerHundredAlarms:
            true
        case .timeliness, .qualityPass, .satisfaction, .followUp, .feedback, .soundEquipment, .promisesP1, .promisesP2,
            .promisesP3, .promisesP4, .firstTimeFix, .timeBetweenFailures:
            false
        }
    }
}

/// One figure with what it was made from.
public struct Figure: Hashable, Codable, Sendable {
    public var key: FigureKey
    /// Cases that count for it, or the sum of whole seconds of a mean time.
    public var numerator: Int
    /// Cases.
    public var denominator: Int
    /// What is aimed at, in thousandths, of a mean time in seconds; `nil` for a figure that is only shown.
    public var target: Int?
    /// What it must never be worse than, in the same unit; `nil` where there is no such bound.
    public var least: Int?
    /// Cases that cannot be judged yet; they are in no denominator.
    public var pending: Int

    public init(_ key: FigureKey, _ numerator: Int, of denominator: Int, target: Int? = nil, pending: Int = 0) {
        (self.key, self.numerator, self.denominator) = (key, numerator, denominator)
        (self.target, self.pending) = (target, pending)
    }

    /// A part of fewer cases is told in counts only.
    public static let fewestCases = 10

    /// A part, or a number for each hundred, in thousandths, rounded to the nearest; `nil` for a mean time, and with fewer
    /// than ten cases.
    public var permille: Int? {
        guard key.unit != .seconds, denominator >= Self.fewestCases else { return nil }
        return Self.rounded(numerator, times: 1000, over: denominator)
    }

    /// A mean time in whole seconds, rounded to the nearest; `nil` for a part, and without a case.
    public var meanSeconds: Int? {
        guard key.unit == .seconds, denominator > 0 else { return nil }
        return Self.rounded(numerator, times: 1, over: denominator)
    }

    /// Whether the target is reached; `nil` where there is none or no value.
    ///
    /// The exact part is held against it, not the rounded one.
    public var isTargetReached: Bool? { reaches(target) }

    /// Whether it is worse than it must ever be; `nil` where there is no such bound or no value.
    public var isBelowLeast: Bool? { reaches(least).map { !$0 } }

    private func reaches(_ target: Int?) -> Bool? {
        guard let target, permille != nil || meanSeconds != nil else { return nil }
        let (part, partOverflow) = numerator.multipliedReportingOverflow(by: key.unit == .seconds ? 1 : 1000)
        let (whole, wholeOverflow) = target.multipliedReportingOverflow(by: denominator)
        guard !partOverflow, !wholeOverflow else { return nil }
        return key.isBetterLow ? part <= whole : part >= whole
    }

    private static func rounded(_ numerator: Int, times factor: Int, over denominator: Int) -> Int? {
        let (product, overflow) = numerator.multipliedReportingOverflow(by: factor)
        let (sum, carried) = product.addingReportingOverflow(denominator / 2)
        return overflow || carried ? nil : sum / denominator
    }
}
