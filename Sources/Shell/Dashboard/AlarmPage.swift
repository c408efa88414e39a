// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline

/// All alarms.
struct AlarmListPage: Sendable {
    var frame: PageFrame
    var word: [String: String]
    var list: AlarmListParts
    var persons: [TicketPage.PersonOption]
    var problemTitle: String?
    var problemDetail: String?

    init(frame: PageFrame, moment: EstateMoment, overview: AlarmOverview, actor: String?, problem: Problem?) {
        self.frame = frame
        word = moment.wording.texts
        list = AlarmListParts(moment: moment, overview)
        persons = TicketPage.PersonOption.all(in: moment, selected: actor)
        problemTitle = problem?.title(in: moment.wording)
        problemDetail = problem?.detail(in: moment.wording)
    }
}

/// What of the list changes by itself.
struct AlarmListParts: Sendable {
    struct Figure: Sendable {
        var figureName: String
        var figureValue: String
        /// Beside its target.
        var isMissed: Bool
    }

    /// Something that is or will be under work.
    struct Work: Sendable {
        var workScope: String
        var workText: String
    }

    var word: [String: String]
    /// Set while more comes than anybody can look at.
    var floodText: String?
    var stormText: String?
    /// Always shown, also when none is.
    var shelvedText: String
    var unusualText: String
    var unusual: [AlarmCard]
    var hasUnusual: Bool
    var standing: [AlarmCard]
    var hasStanding: Bool
    var normal: [AlarmCard]
    var hasNormal: Bool
    var figures: [Figure]
    var hasFigures: Bool
    var works: [Work]
    var hasWorks: Bool

    init(moment: EstateMoment, _ overview: AlarmOverview) {
        let wording = moment.wording
        word = wording.texts
        floodText = overview.isInFlood ? wording.text(.alarmFlood) : nil
        stormText = overview.isInStorm ? wording.text(.alarmStorm) : nil
        shelvedText = wording.counted(.shelved, overview.shelved)
        let cards = overview.alarms.map { AlarmCard($0, in: moment) }
        unusual = cards.filter { !$0.isNormal }
        (hasUnusual, unusualText) = (!unusual.isEmpty, wording.counted(.unusual, unusual.count))
        standing = overview.standing.compactMap { name in cards.first { $0.identifier == name } }
        hasStanding = !standing.isEmpty
        normal = cards.filter(\.isNormal)
        hasNormal = !normal.isEmpty
        figures = overview.day.map { Self.figures($0, standing: overview.standing.count, wording) } ?? []
        hasFigures = !figures.isEmpty
        works = overview.works.map { work in
            let values = [
                "person": work.person.text.isEmpty ? "—" : moment.name(ofActor: work.person.text),
                "from": moment.time.moment(work.start), "until": moment.time.moment(work.end), "reason": work.reason,
            ]
            return Work(workScope: work.scope, workText: wording.text(.alarmWork, values))
        }
        hasWorks = !works.isEmpty
    }

    private static func figures(_ day: AlarmFigures, standing: Int, _ wording: Wording) -> [Figure] {
        func percent(_ share: Double) -> String {
            wording.text(.alarmPercent, ["n": NumberText.number((share * 1000).rounded() / 10)])
        }
        return [
            Figure(
                figureName: wording.text(.figureAlarms), figureValue: NumberText.integer(Int64(day.count)),
                isMissed: false),
            Figure(
                figureName: wording.text(.figureAlarmsMost),
                figureValue: NumberText.integer(Int64(day.mostInTenMinutes)), isMissed: false),
            Figure(
                figureName: wording.text(.figureAlarmsFlood), figureValue: percent(day.shareInFlood),
                isMissed: day.shareInFlood >= 0.01),
            Figure(
                figureName: wording.text(.figureAlarmsTop), figureValue: percent(day.topTenShare),
                isMissed: day.topTenShare >= 0.05 && day.topTen.count >= 10),
            Figure(
                figureName: wording.text(.figureAlarmsShares),
                figureValue: day.severityShares.map(percent).joined(separator: " / "), isMissed: false),
            Figure(
                figureName: wording.text(.figureAlarmsStanding), figureValue: NumberText.integer(Int64(standing)),
                isMissed: standing >= 5),
        ]
    }
}

/// An alarm as lists show it.
struct AlarmCard: Sendable {
    var identifier: String
    var href: String
    var alarmAsset: String
    var alarmRule: String
    var stateWord: String
    /// Names the look: `urgent`, `open`, `soon`, `quiet`.
    var stateTone: String
    var severityWord: String
    var severityTone: String
    var isNormal: Bool
    var since: String
    /// Set when the condition is over.
    var returnedText: String?
    var flappingText: String?
    /// Who withheld it, until when and why.
    var withheldText: String?
    /// Set while its condition is there and nobody has seen it.
    var withinText: String?
    var ticketNumber: String?
    var ticketHref: String?
    var canAcknowledge: Bool
    /// The version that is shown, a blank, and the alarm.
    var acknowledgeValue: String

    init(_ alarm: AlarmSnapshot, in moment: EstateMoment) {
        let wording = moment.wording
        identifier = alarm.identifier
        href = AlarmPath.page(of: alarm)
        alarmAsset = wording.pick(alarm.assetName)
        alarmRule = wording.word(.rule, alarm.rule.text)
        stateWord = wording.word(.alarmState, alarm.state.rawValue)
        stateTone =
            switch alarm.state {
            case .unacknowledgedActive: "urgent"
            case .acknowledgedActive: "open"
            case .returnedUnacknowledged, .latched: "soon"
            case .normal, .shelved, .suppressedByDesign, .outOfService: "quiet"
            }
        severityWord = wording.word(.severity, alarm.severity.word)
        severityTone = alarm.severity.word
        isNormal = alarm.state == .normal
        since = wording.text(.alarmSince, ["moment": moment.time.moment(alarm.raisedAt)])
        returnedText = alarm.returnedAt.map { wording.text(.alarmReturned, ["moment": moment.time.moment($0)]) }
        flappingText =
            alarm.isFlapping
            ? wording.text(.alarmFlapping, ["times": wording.counted(.occurrences, alarm.occurrences)]) : nil
        let explained = alarm.explanation.map { wording.text(.alarmExplained, ["condition": $0]) }
        withheldText =
            (alarm.removal ?? alarm.maintenance ?? alarm.shelf).map { held in
                var values = [
                    "person": moment.name(ofActor: held.person.text), "moment": moment.time.moment(held.since),
                    "reason": held.reason,
                ]
                guard let until = held.until else { return wording.text(.alarmWithheld, values) }
                values["until"] = moment.time.moment(until)
                return wording.text(.alarmWithheldUntil, values)
            } ?? explained
        withinText = alarm.state == .unacknowledgedActive ? AlarmGuidance(alarm, wording).time : nil
        ticketNumber = alarm.ticket
        ticketHref = alarm.ticket.map { TicketPath.page(of: $0) }
        canAcknowledge = alarm.allowed.contains(AlarmAction.Verb.acknowledge.rawValue)
        acknowledgeValue = "\(alarm.version) \(alarm.identifier)"
    }
}

/// One alarm with what may be done to it now.
struct AlarmPage: Sendable {
    /// One allowed action as a form.
    struct Form: Sendable {
        var actionValue: String
        var actionName: String
        var hasReason: Bool
        var isReasonRequired: Bool
        var reasonDraft: String
        var whyText: String
        var hasUntil: Bool
        /// `2026-11-27T09:00` on the site's wall: what is offered, and the last that is possible.
        var untilDraft: String
        var untilLast: String
        var persons: [TicketPage.PersonOption]
    }

    var frame: PageFrame
    var word: [String: String]
    var parts: AlarmParts
    var forms: [Form]
    var hasForms: Bool
    var version: Int
    var actionHref: String
    var problemTitle: String?
    var problemDetail: String?

    /// - Parameters:
    ///   - actor: Person to be chosen beforehand: the one who acted last from this browser.
    ///   - draft: What was typed before the server refused it.
    init(
        frame: PageFrame, moment: EstateMoment, parts: AlarmParts, longestShelfHours: Double, actor: String?,
        draft: AlarmForm?, problem: Problem?
    ) {
        let wording = moment.wording
        self.frame = frame
        word = wording.texts
        self.parts = parts
        (version, actionHref) = (parts.versionNow, parts.alarm.href)
        let persons = TicketPage.PersonOption.all(in: moment, selected: actor)
        let longest = Duration.milliseconds(Int64(longestShelfHours * 3_600_000))
        let zone = moment.overview.zone
        forms = parts.allowed.map { verb in
            Form(
                actionValue: verb.rawValue, actionName: wording.word(.alarmDeed, verb.rawValue),
                hasReason: verb != .acknowledge, isReasonRequired: verb.needsReason,
                reasonDraft: draft?.event == verb.rawValue ? draft?.reason ?? "" : "",
                whyText: wording.text(verb.needsReason ? .alarmWhy : .alarmWhyOptional), hasUntil: verb == .shelve,
                untilDraft: LocalTimeField.text(
                    moment.now + min(AlarmInterface.usualShelf, longest), in: zone),
                untilLast: LocalTimeField.text(moment.now + longest, in: zone), persons: persons)
        }
        hasForms = !forms.isEmpty
        problemTitle = problem?.title(in: wording)
        problemDetail = problem?.detail(in: wording)
    }
}

/// What of an alarm's page changes by itself.
struct AlarmParts: Sendable {
    static let lineLimit = 50

    struct Line: Sendable {
        var lineTime: String
        var lineEvent: String
        /// Set when a person did it.
        var lineActor: String?
        var lineNote: String?
    }

    var word: [String: String]
    var alarm: AlarmCard
    var guidanceAction: String
    var guidanceConsequence: String
    var guidanceTime: String
    var history: [Line]
    var isCut: Bool
    var versionNow: Int
    var allowed: [AlarmAction.Verb]
    /// `<asset>/<rule>`, each encoded.
    var alarmPath: String

    init(moment: EstateMoment, alarm: AlarmSnapshot, history: [AlarmHistoryLine]) {
        let wording = moment.wording
        word = wording.texts
        self.alarm = AlarmCard(alarm, in: moment)
        let guidance = AlarmGuidance(alarm, wording)
        (guidanceAction, guidanceConsequence) = (guidance.action, guidance.consequence)
        guidanceTime = guidance.time
        self.history = history.prefix(Self.lineLimit).map { line in
            let (event, state) = (
                wording.word(.alarmEvent, line.event), wording.word(.alarmState, line.state)
            )
            return Line(
                lineTime: moment.time.momentWithSeconds(line.at),
                lineEvent: event == state ? event : wording.text(.alarmLine, ["event": event, "state": state]),
                lineActor: line.person.map { moment.name(ofActor: $0.text) },
                lineNote: line.reason.isEmpty ? nil : line.reason)
        }
        isCut = history.count > Self.lineLimit
        versionNow = alarm.version
        allowed = alarm.allowed.compactMap { AlarmAction.Verb(rawValue: $0) }
        alarmPath = PercentText.encoded(alarm.asset.text) + "/" + PercentText.encoded(alarm.rule.text)
    }
}
