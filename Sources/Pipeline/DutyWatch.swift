// SPDX-License-Identifier: Apache-2.0

import Alarms
public import Model
import Prevention
public import Tickets

/// Looks ahead on the duty list and the calendars once an hour: hours in which nobody will serve, and years without a
/// list of closed days, are alarms of their own.
public struct DutyWatch: Sendable {
    public var roster: Roster
    public var serviceHours: WorkingCalendar
    public var workingDays: WorkingCalendar
    public var zone: ZoneOffsets
    /// When it is looked at again; `nil` before the first time.
    private var nextLook: Timestamp?

    public init(roster: Roster, serviceHours: WorkingCalendar, workingDays: WorkingCalendar, zone: ZoneOffsets) {
        (self.roster, self.serviceHours, self.workingDays, self.zone) = (roster, serviceHours, workingDays, zone)
    }

    /// Something that is wrong at this moment, under the alarm that tells of it.
    public struct Trouble: Hashable, Sendable {
        public var asset: AssetIdentifier
        public var rule: RuleIdentifier
        public var severity: Severity
        public var evidence: Evidence
    }

    /// Alarms that this watch raises and clears, whether or not anything is wrong.
    var watched: [(asset: AssetIdentifier, rule: RuleIdentifier)] {
        DutyPost.allCases.map { ($0.dutyAsset, .rosterGap) }
            + [serviceHours, workingDays].map { (Self.asset(of: $0), .calendarMissing) }
    }

    /// What is wrong at `now`, if it is time to look; `nil` when it is not.
    mutating func look(at now: Timestamp) -> [Trouble]? {
        // A clock that was set back must not silence it.
        if let nextLook, now < nextLook, nextLook - now <= .seconds(3600) { return nil }
        nextLook = now + .seconds(3600)
        return troubles(at: now)
    }

    /// The first gap of each post in the next 7 days, and calendars whose list ends within 60 days.
    public func troubles(at now: Timestamp) -> [Trouble] {
        let gaps = roster.gaps(from: now, serviceHours: serviceHours, zone: zone)
        var troubles: [Trouble] = []
        for post in DutyPost.allCases {
            let own = gaps.filter { $0.post == post }
            guard let first = own.first else { continue }
            let hours = own.reduce(0.0) { $0 + ($1.to - $1.from).inSeconds / 3600 }
            troubles.append(
                Trouble(
                    asset: post.dutyAsset, rule: .rosterGap, severity: .p3,
                    evidence: Evidence(
                        from: first.from, to: first.to,
                        measures: [Measure("gaps", Double(own.count)), Measure("hours", hours)])))
        }
        let today = zone.local(now).date
        for calendar in [serviceHours, workingDays] {
            guard let year = calendar.missingYear(on: today) else { continue }
            troubles.append(
                Trouble(
                    asset: Self.asset(of: calendar), rule: .calendarMissing, severity: .p4,
                    evidence: Evidence(from: now, to: now, measures: [Measure("year", Double(year))])))
        }
        return troubles
    }

    private static func asset(of calendar: WorkingCalendar) -> AssetIdentifier {
        AssetIdentifier("calendar-\(calendar.name)")
    }
}

extension DutyPost {
    /// What alarms about this post are about; no asset of the estate.
    var dutyAsset: AssetIdentifier {
        switch self {
        case .repairCrew: AssetIdentifier("duty-repair-crew")
        case .serviceCentre: AssetIdentifier("duty-service-centre")
        case .security: AssetIdentifier("duty-security")
        case .shiftLeader: AssetIdentifier("duty-shift-leader")
        case .manager: AssetIdentifier("duty-manager")
        case .areaLeader: AssetIdentifier("duty-area-leader")
        }
    }
}

extension RuleIdentifier {
    /// A post that needs somebody will have nobody in the next 7 days.
    public static let rosterGap = RuleIdentifier("roster_gap")
    /// A year begins within 60 days, or has begun, of which a calendar has no list.
    public static let calendarMissing = RuleIdentifier("calendar_missing")
}

extension Books {
    /// Raises what the duty list and the calendars lack, and clears what they lack no more.
    mutating func watchDuty(at now: Timestamp, into verdict: inout Verdict) {
        guard tickets.isTimeCertain, let troubles = duty?.look(at: now) else { return }
        for (asset, rule) in duty?.watched ?? [] {
            let trouble = troubles.first { $0.asset == asset && $0.rule == rule }
            settle(trouble, asset: asset, rule: rule, at: now, into: &verdict)
        }
    }

    /// Raises the alarm of something that is wrong, or clears it when nothing is any more; the same twice is told once.
    ///
    /// - Parameters:
    ///   - trouble: `nil` when nothing is wrong.
    ///   - mayRise: Whether it is told again when it has become more urgent.
    mutating func settle(
        _ trouble: DutyWatch.Trouble?, asset: AssetIdentifier, rule: RuleIdentifier, mayRise: Bool = false,
        at now: Timestamp, into verdict: inout Verdict
    ) {
        let alarm = alarms.alarm(asset: asset, rule: rule)
        let isPresent = alarm?.isConditionPresent ?? false
        let hasRisen = mayRise && isPresent && trouble.map { $0.severity < (alarm?.severity ?? .p4) } ?? false
        guard (trouble != nil) != isPresent || hasRisen else { return }
        let evidence = trouble?.evidence ?? Evidence(from: now, to: now, measures: [])
        var finding = Finding(
            rule: rule, ruleVersion: 1, severity: trouble?.severity ?? alarm?.severity ?? .p4, asset: asset,
            startedAt: now, raisedAt: now, loss: nil, evidence: evidence)
        if trouble != nil, !isPresent { return take(.raised(finding), at: now, into: &verdict) }
        if let known = alarm?.pending?.finding.identifier ?? alarm?.findings.last { finding.identifier = known }
        if trouble != nil { return take(.updated(finding), at: now, into: &verdict) }
        finding.clearedAt = now
        take(.cleared(finding), at: now, into: &verdict)
    }

    /// The same of a part of the box, which tells no more than that and how urgent it is; it is told again when it has
    /// become more urgent.
    ///
    /// - Parameter severity: `nil` when nothing is wrong.
    mutating func settle(
        severity: Severity?, measures: [Measure] = [], asset: AssetIdentifier, rule: RuleIdentifier,
        at now: Timestamp, into verdict: inout Verdict
    ) {
        let trouble = severity.map {
            DutyWatch.Trouble(
                asset: asset, rule: rule, severity: $0, evidence: Evidence(from: now, to: now, measures: measures))
        }
        settle(trouble, asset: asset, rule: rule, mayRise: true, at: now, into: &verdict)
    }

    /// Tells the preventive calendar which closed days lie ahead; once a day.
    mutating func foreseeHolidays(on today: CivilDate) {
        guard let duty, foreseenOn != today else { return }
        foreseenOn = today
        let end = CivilDate(daysSince1970: today.daysSince1970 + 400)
        prevention.closedSpans = duty.workingDays.closedSpans(from: today, to: end)
            .map { ClosedSpan(first: $0.first, last: $0.last, workingDaysBefore: $0.workingDaysBefore) }
    }
}
