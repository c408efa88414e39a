// SPDX-License-Identifier: Apache-2.0

import Alarms
import Hummingbird
import Logging
import Model
import NIOCore
import Pipeline

/// Alarms for other programs: `/api/v1/alarms`.
struct AlarmInterface: Sendable {
    let view: any EstateView
    let resources: PageResources
    let logger: Logger

    // MARK: What requests consist of

    static let places: [InterfaceRoute.Place] = [
        // Not only of assets: the box has alarms of its own, as that of a broker that is lost.
        .init(name: "asset", about: "Identifier of the asset, or of the part of the box that the alarm is about."),
        .init(name: "rule", about: "Name of the rule.", among: .rules),
    ]

    /// Words of `state`: those of the alarm machine, and three for several states.
    static let states = ["active", "withheld", "unusual"] + AlarmState.allCases.map(\.rawValue)

    static let listing = InterfaceRoute(
        method: .get, path: "/alarms", name: "alarms",
        about: "Alarms in the order of their names, with what is to be known of all of them.",
        query: BodyShape(members: [
            .init(
                name: "state", kind: .words(states),
                about: "Only alarms of this state; active, withheld and unusual (all but normal) mean several."),
            .init(name: "cursor", kind: .text(1...200), about: "The next of the page before."),
            .init(name: "limit", kind: .integer(1...200), about: "Most alarms of the page; 50 when not given."),
        ]), answers: [.init(status: 200, about: "A page of alarms.", shape: .alarmPage)], problems: [.notStored])

    static let one = InterfaceRoute(
        method: .get, path: "/alarms/{asset}/{rule}", name: "alarm",
        about: "One alarm with what to do about it and its newest history.", places: places,
        answers: [.init(status: 200, about: "The alarm.", shape: .alarmDetail, hasEntityTag: true)],
        problems: [.alarmUnknown, .notStored])

    static let history = InterfaceRoute(
        method: .get, path: "/alarms/{asset}/{rule}/history", name: "alarmHistory",
        about: "What became of an alarm and who did it, newest first.", places: places,
        query: BodyShape(members: [
            .init(name: "cursor", kind: .integer(1...Int.max), about: "The next of the page before."),
            .init(name: "limit", kind: .integer(1...200), about: "Most lines of the page; 50 when not given."),
        ]), answers: [.init(status: 200, about: "A page of lines.", shape: .alarmHistoryPage)],
        problems: [.alarmUnknown, .notStored])

    static let action = InterfaceRoute(
        method: .post, path: "/alarms/{asset}/{rule}/events", name: "actOnAlarm", about: "Does something to an alarm.",
        places: places,
        body: BodyShape(members: [
            .init(
                name: "event", kind: .words(AlarmAction.Verb.allCases.map(\.rawValue)), isRequired: true,
                about: "What is done."),
            .init(
                name: "person", kind: .text(1...100), isRequired: true, among: .persons,
                about: "Who does it: an identifier of persons."),
            .init(name: "reason", kind: .text(0...2000), about: "Why; needed for shelve and out-of-service."),
            .init(
                name: "until", kind: .moment, about: "shelve: when it comes back by itself; in 8 h when not given."),
        ]), needs: [.ifMatch, .idempotencyKeyIfWanted],
        answers: [.init(status: 200, about: "The alarm as it is now.", shape: .alarmAnswer, hasEntityTag: true)],
        problems: [
            .alarmUnknown, .alarmChanged, .alarmActionNotAllowed, .personUnknown, .reasonMissing, .shelfTooLong,
            .notStored,
        ])

    /// Length of a shelf whose end nobody names.
    static let usualShelf: Duration = .seconds(8 * 3600)

    func addRoutes(to routes: InterfaceRoutes) {
        routes.add(Self.listing) { call in try await list(call.query) }
        routes.add(Self.one) { call in try await show(call) }
        routes.add(Self.history) { call in try await lines(call) }
        routes.add(Self.action) { call in try await act(call) }
    }

    // MARK: Answers

    private struct Page: Encodable {
        var schema = 1
        var alarms: [AlarmSnapshot]
        /// Absent on the last page.
        var next: String?
        var shelved: Int
        var standing: [String]
        var isInFlood: Bool
        var isInStorm: Bool
        var longestShelfHours: Double
        var audit: AlarmAudit
        var day: AlarmFigures?
        var works: [WorkWindow]
    }

    private struct Guidance: Encodable {
        var action: String
        var consequence: String
        var timeToRespond: String
    }

    private struct Detail: Encodable {
        var schema = 1
        var alarm: AlarmSnapshot
        var guidance: Guidance
        var history: [AlarmHistoryLine]
    }

    private struct HistoryPage: Encodable {
        var schema = 1
        var lines: [AlarmHistoryLine]
        var next: String?
    }

    private struct One: Encodable {
        var schema = 1
        var alarm: AlarmSnapshot
    }

    private func list(_ query: BodyValues) async throws -> Response {
        let overview = try await AlarmPath.overview(view)
        let all = overview.alarms.sorted { $0.identifier < $1.identifier }
        var rest = all[...]
        if let cursor = query.text("cursor") {
            guard let place = all.firstIndex(where: { $0.identifier == cursor }) else {
                throw Problem(.parameterInvalid, faults: [RequestFault(place: .parameter("cursor"), word: .cursor)])
            }
            rest = all[(place + 1)...]
        }
        let state = query.text("state")
        let matching = rest.filter { Self.matches($0, state) }
        let page = Array(matching.prefix(query.integer("limit") ?? 50))
        return JSONText.response(
            Page(
                alarms: page, next: page.count < matching.count ? page.last?.identifier : nil,
                shelved: overview.shelved, standing: overview.standing, isInFlood: overview.isInFlood,
                isInStorm: overview.isInStorm, longestShelfHours: overview.longestShelfHours, audit: overview.audit,
                day: overview.day, works: overview.works))
    }

    private static func matches(_ alarm: AlarmSnapshot, _ state: String?) -> Bool {
        switch state {
        case nil: true
        case "active": alarm.isActive
        case "withheld": alarm.state.isWithheld
        case "unusual": alarm.state != .normal
        case let word?: alarm.state.rawValue == word
        }
    }

    private func show(_ call: InterfaceCall) async throws -> Response {
        let alarm = try await AlarmPath.alarm(in: call.context, view)
        let wording = resources.wording(call.context.language)
        let history = try await AlarmPath.history(of: alarm.identifier, before: nil, limit: 20, view, logger)
        let guidance = AlarmGuidance(alarm, wording)
        return answer(
            Detail(
                alarm: alarm,
                guidance: Guidance(
                    action: guidance.action, consequence: guidance.consequence, timeToRespond: guidance.time),
                history: history), version: alarm.version)
    }

    private func lines(_ call: InterfaceCall) async throws -> Response {
        let alarm = try await AlarmPath.alarm(in: call.context, view)
        let limit = call.query.integer("limit") ?? 50
        let before = call.query.integer("cursor").map { Int64($0) }
        let lines = try await AlarmPath.history(of: alarm.identifier, before: before, limit: limit + 1, view, logger)
        let page = Array(lines.prefix(limit))
        return JSONText.response(
            HistoryPage(lines: page, next: page.count < lines.count ? page.last.map { "\($0.sequence)" } : nil))
    }

    private func act(_ call: InterfaceCall) async throws -> Response {
        let condition = try RequestHeaders.ifMatch(of: call.request)
        let key = try RequestHeaders.idempotencyKeyIfGiven(in: call.request)
        let (body, bytes) = try await call.body()
        guard let verb = AlarmAction.Verb(rawValue: body.text("event") ?? "") else { throw Problem(.bodyInvalid) }
        let identifier = try AlarmPath.identifier(in: call.context)
        var action = AlarmAction(
            verb, alarm: identifier, person: try Caller.acting(as: body.text("person")),
            reason: body.text("reason") ?? "", span: Self.usualShelf)
        action.until = body.moment("until")
        if case .oneOf = condition {
            let present = try await AlarmPath.overview(view).alarms.first { $0.identifier == identifier }
            action.version = condition.version(besides: present?.version ?? 0)
        }
        do {
            let request = RequestKey(
                "alarm:" + (key ?? ""), request: Array((identifier + "\n").utf8) + bytes)
            let alarm = try await view.act(action, key: key == nil ? nil : request)
            return answer(One(alarm: alarm), version: alarm.version)
        } catch {
            throw Problem(error, of: action)
        }
    }

    private func answer(_ body: some Encodable, version: Int) -> Response {
        var response = JSONText.response(body)
        response.headers[.eTag] = EntityTag.text(version)
        return response
    }
}

/// The alarm that a path names.
enum AlarmPath {
    /// - Throws: `alarmUnknown` when a segment is not text.
    static func identifier(in context: DashboardContext) throws -> String {
        let segments = (try context.parameters.require("asset"), try context.parameters.require("rule"))
        guard let asset = PercentText.decoded(segments.0), let rule = PercentText.decoded(segments.1) else {
            throw Problem(.alarmUnknown, ["alarm": "\(segments.0)/\(segments.1)"])
        }
        return "\(asset)/\(rule)"
    }

    static func page(of alarm: AlarmSnapshot) -> String {
        "/alarms/" + PercentText.encoded(alarm.asset.text) + "/" + PercentText.encoded(alarm.rule.text)
    }

    /// - Throws: `notStored` while the gateway starts.
    static func overview(_ view: any EstateView) async throws -> AlarmOverview {
        do {
            return try await view.alarms()
        } catch {
            throw Problem(error, of: AlarmAction(.acknowledge, alarm: "", person: PersonIdentifier("")))
        }
    }

    /// - Throws: `alarmUnknown`.
    static func alarm(in context: DashboardContext, _ view: any EstateView) async throws -> AlarmSnapshot {
        let name = try identifier(in: context)
        guard let alarm = try await overview(view).alarms.first(where: { $0.identifier == name }) else {
            throw Problem(.alarmUnknown, ["alarm": name])
        }
        return alarm
    }

    /// - Throws: `notStored` when the history cannot be read.
    static func history(
        of alarm: String, before sequence: Int64?, limit: Int, _ view: any EstateView, _ logger: Logger
    ) async throws -> [AlarmHistoryLine] {
        do {
            return try await view.alarmHistory(of: alarm, before: sequence, limit: limit)
        } catch {
            logger.error(
                "The history of an alarm cannot be read.", metadata: ["alarm": "\(alarm)", "error": "\(error)"])
            throw Problem(.notStored, ["reason": "\(error)"])
        }
    }
}

/// What a person does about an alarm of a rule, why, and in which time (ISA-18.2: an alarm without these is none).
struct AlarmGuidance: Sendable {
    var action: String
    var consequence: String
    var time: String

    init(_ alarm: AlarmSnapshot, _ wording: Wording) {
        action = wording.word(.alarmAction, alarm.rule.text)
        consequence = wording.word(.alarmConsequence, alarm.rule.text)
        let time = TimeText(wording: wording, zone: ZoneOffsets(name: "UTC", initialOffsetSeconds: 0, transitions: []))
        self.time = wording.text(.alarmWithin, ["span": time.span(.seconds(alarm.timeToRespondSeconds))])
    }
}
