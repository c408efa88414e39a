// SPDX-License-Identifier: Apache-2.0

public import Model

/// A place on the duty list. A post is never answerable for anything; the person on it is.
public enum DutyPost: String, Codable, Sendable, CaseIterable {
    /// 维修班, around the clock.
    case repairCrew
    /// 服务中心.
    case serviceCentre
    case security
    /// 带班, around the clock.
    case shiftLeader
    case manager
    case areaLeader

    /// Whether somebody must stand on it at every hour.
    public var isRoundTheClock: Bool {
        switch self {
        case .repairCrew, .shiftLeader: true
        case .serviceCentre, .security, .manager, .areaLeader: false
        }
    }
}

/// Persons who stand on a post in certain hours of the week.
public struct DutyShift: Hashable, Codable, Sendable {
    public var post: DutyPost
    /// 1 for Monday ... 7 for Sunday: the days on which it begins.
    public var weekdays: Set<Int>
    /// Minutes since local midnight at which it begins, 0 ..< 1440.
    public var from: Int
    /// How long it lasts, in minutes, 1 ... 1440; it may end on the next day.
    public var minutes: Int
    /// The first one first.
    public var persons: [PersonIdentifier]

    public init(post: DutyPost, weekdays: Set<Int>, from: Int, minutes: Int, persons: [PersonIdentifier]) {
        self.post = post
        self.weekdays = weekdays
        self.from = from
        self.minutes = minutes
        self.persons = persons
    }

    func covers(_ local: CivilTime) -> Bool {
        let minute = local.minuteOfDay
        let today = local.date.weekday
        let yesterday = today == 1 ? 7 : today - 1
        return (weekdays.contains(today) && from <= minute && minute < from + minutes)
            || (weekdays.contains(yesterday) && minute + 1440 < from + minutes)
    }
}

/// Days on which a person does not serve, and who does.
public struct Absence: Hashable, Codable, Sendable {
    public var person: PersonIdentifier
    public var first: CivilDate
    public var last: CivilDate
    /// `nil` when nobody stands in.
    public var substitute: PersonIdentifier?

    public init(person: PersonIdentifier, first: CivilDate, last: CivilDate, substitute: PersonIdentifier?) {
        (self.person, self.first, self.last) = (person, first, last)
        self.substitute = substitute
    }
}

/// Hours in which nobody stands on a post that needs somebody.
public struct DutyGap: Hashable, Sendable, Codable {
    public var post: DutyPost
    public var from: Timestamp
    public var to: Timestamp
}

/// Who serves when, on the site's wall.
public struct Roster: Hashable, Codable, Sendable {
    public var shifts: [DutyShift]
    public var absences: [Absence]

    public init(shifts: [DutyShift] = [], absences: [Absence] = []) {
        self.shifts = shifts
        self.absences = absences
    }

    /// Those who stand on `post`, the first one first. Whoever is absent is replaced by the substitute, if one is named
    /// who is not absent too.
    public func onDuty(_ post: DutyPost, at local: CivilTime) -> [PersonIdentifier] {
        var found: [PersonIdentifier] = []
        for shift in shifts where shift.post == post && shift.covers(local) {
            for person in shift.persons {
                guard let serving = serving(person, on: local.date), !found.contains(serving) else { continue }
                found.append(serving)
            }
        }
        return found
    }

    /// The person, or who stands in that day; `nil` when nobody does.
    public func serving(_ person: PersonIdentifier, on date: CivilDate) -> PersonIdentifier? {
        guard let absence = absence(of: person, on: date) else { return person }
        guard let substitute = absence.substitute, self.absence(of: substitute, on: date) == nil else { return nil }
        return substitute
    }

    private func absence(of person: PersonIdentifier, on date: CivilDate) -> Absence? {
        absences.first { $0.person == person && $0.first <= date && date <= $0.last }
    }

    /// Hours of the next days in which a post that has shifts, and needs somebody then, has nobody.
    ///
    /// - Parameter serviceHours: When the service centre must be manned; `nil` leaves it out.
    public func gaps(
        from start: Timestamp, days: Int = 7, serviceHours: WorkingCalendar?, zone: ZoneOffsets
    ) -> [DutyGap] {
        var gaps: [DutyGap] = []
        let minute = Timestamp(milliseconds: start.milliseconds - (start.milliseconds % 60_000 + 60_000) % 60_000)
        for post in DutyPost.allCases where shifts.contains(where: { $0.post == post }) {
            var open: Timestamp?
            for step in 0...(max(0, min(days, 60)) * 1440) {
                let now = minute + .seconds(60 * Int64(step))
                let local = zone.local(now)
                let isLast = step == max(0, min(days, 60)) * 1440
                let isMissing =
                    !isLast && isNeeded(post, at: local, serviceHours) && onDuty(post, at: local).isEmpty
                if isMissing {
                    open = open ?? now
                } else if let since = open {
                    gaps.append(DutyGap(post: post, from: since, to: now))
                    open = nil
                }
            }
        }
        return gaps
    }

    private func isNeeded(_ post: DutyPost, at local: CivilTime, _ serviceHours: WorkingCalendar?) -> Bool {
        if post.isRoundTheClock { return true }
        guard post == .serviceCentre, let serviceHours else { return false }
        return serviceHours.hours(on: local.date).contains { $0.from <= local.minuteOfDay && local.minuteOfDay < $0.to }
    }

    /// Who answers for what the engine reports: the person on the service centre's post, outside its hours the shift
    /// leader, then the manager; `nil` when nobody serves.
    public func receiver(at local: CivilTime) -> PersonIdentifier? {
        for post in [DutyPost.serviceCentre, .shiftLeader, .manager] {
            if let person = onDuty(post, at: local).first { return person }
        }
        return nil
    }

    /// Who hears of a promise that is not kept: one list a level, from the technician to the area leader. A level on
    /// which nobody serves is left out.
    ///
    /// - Parameter assignee: Who has the job; `nil` while nobody has.
    public func chain(assignee: PersonIdentifier?, at local: CivilTime) -> [[PersonIdentifier]] {
        let crew = onDuty(.repairCrew, at: local)
        let first = assignee.flatMap { serving($0, on: local.date) } ?? crew.first
        let second = crew.first { $0 != first }
        let levels = [
            first.map { [$0] } ?? [], second.map { [$0] } ?? [], onDuty(.shiftLeader, at: local),
            onDuty(.manager, at: local), onDuty(.areaLeader, at: local),
        ]
        return levels.filter { !$0.isEmpty }
    }
}
