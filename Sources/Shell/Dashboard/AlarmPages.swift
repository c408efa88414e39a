// SPDX-License-Identifier: Apache-2.0

import Alarms
import Hummingbird
import Model
import NIOCore
import Pipeline

/// The list of alarms and the page of each; everything works by plain forms.
struct AlarmPages: Sendable {
    let pages: Pages

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/alarms") { request, context in try await list(request, context.language) }
        router.post("/alarms") { request, context in try await acknowledge(request, context.language) }
        router.get("/alarms/:asset/:rule") { request, context in try await show(request, context) }
        router.post("/alarms/:asset/:rule") { request, context in try await submit(request, context) }
        router.get("/fragments/alarm-list") { _, context in
            let moment = await pages.look(context.language)
            return pages.page("alarm-list", AlarmListParts(moment: moment, try await AlarmPath.overview(pages.view)))
        }
        router.get("/fragments/alarm-facts/:asset/:rule") { _, context in
            pages.page("alarm-facts", try await parts(context, await pages.look(context.language)))
        }
    }

    private func parts(_ context: DashboardContext, _ moment: EstateMoment) async throws -> AlarmParts {
        let alarm = try await AlarmPath.alarm(in: context, pages.view)
        let history = try await AlarmPath.history(
            of: alarm.identifier, before: nil, limit: AlarmParts.lineLimit + 1, pages.view, pages.logger)
        return AlarmParts(moment: moment, alarm: alarm, history: history)
    }

    private func list(
        _ request: Request, _ language: Language, problem: Problem? = nil, person: String? = nil
    ) async throws -> Response {
        let moment = await pages.look(language)
        let overview = try await AlarmPath.overview(pages.view)
        var response = pages.page(
            "alarms",
            AlarmListPage(
                frame: pages.frame(moment.wording.text(.titleAlarms), request, moment), moment: moment,
                overview: overview, actor: person ?? Caller.usualPerson(request), problem: problem))
        if let problem { response.status = problem.status }
        return response
    }

    private func show(
        _ request: Request, _ context: DashboardContext, problem: Problem? = nil, draft: AlarmForm? = nil
    ) async throws -> Response {
        let moment = await pages.look(context.language)
        let overview = try await AlarmPath.overview(pages.view)
        let parts = try await parts(context, moment)
        let title = moment.wording.text(
            .titleAlarm, ["asset": parts.alarm.alarmAsset, "rule": parts.alarm.alarmRule])
        var response = pages.page(
            "alarm",
            AlarmPage(
                frame: pages.frame(title, request, moment), moment: moment, parts: parts,
                longestShelfHours: overview.longestShelfHours,
                actor: draft?.person ?? Caller.usualPerson(request), draft: draft, problem: problem))
        if let problem { response.status = problem.status }
        return response
    }

    /// The buttons of the list, which share one choice of a person.
    private func acknowledge(_ request: Request, _ language: Language) async throws -> Response {
        let buffer = try await BodyLimit.body(of: request)
        guard let form = try? URLEncodedFormDecoder().decode(Acknowledgement.self, from: String(buffer: buffer)),
            let blank = form.alarm.firstIndex(of: " "), let version = Int(form.alarm[..<blank])
        else { throw Problem(.bodyInvalid) }
        let person = try Caller.acting(as: form.person).text
        var action = AlarmAction(
            .acknowledge, alarm: String(form.alarm[form.alarm.index(after: blank)...]),
            person: PersonIdentifier(person))
        action.version = version
        do {
            _ = try await pages.view.act(action, key: nil)
        } catch {
            return try await list(request, language, problem: Problem(error, of: action), person: person)
        }
        return redirect(to: "/alarms", person)
    }

    private struct Acknowledgement: Decodable {
        var person: String?
        /// `3 riser-1/burst`: the version that was seen, and the alarm.
        var alarm: String
    }

    private func submit(_ request: Request, _ context: DashboardContext) async throws -> Response {
        let buffer = try await BodyLimit.body(of: request)
        guard let form = try? URLEncodedFormDecoder().decode(AlarmForm.self, from: String(buffer: buffer)),
            let verb = AlarmAction.Verb(rawValue: form.event)
        else { throw Problem(.bodyInvalid) }
        let identifier = try AlarmPath.identifier(in: context)
        var action = AlarmAction(
            verb, alarm: identifier, person: try Caller.acting(as: form.person), reason: form.reason ?? "",
            span: AlarmInterface.usualShelf)
        action.version = form.version.flatMap { Int($0) }
        let zone = await pages.view.overview().zone
        if verb == .shelve, let until = form.until, !until.isEmpty {
            guard let end = LocalTimeField.moment(until, in: zone) else { throw Problem(.bodyInvalid) }
            action.until = end
        }
        do {
            let alarm = try await pages.view.act(action, key: nil)
            return redirect(to: AlarmPath.page(of: alarm), action.person.text)
        } catch {
            return try await show(request, context, problem: Problem(error, of: action), draft: form)
        }
    }

    private func redirect(to place: String, _ person: String) -> Response {
        var response = Response.redirect(to: place, type: .normal)
        if let cookie = ActionForm.cookie(of: person) { response.setCookie(cookie) }
        return response
    }
}

/// The form of an alarm's page as the browser sends it.
struct AlarmForm: Sendable, Decodable {
    var event: String
    var person: String?
    var version: String?
    var reason: String?
    /// `2026-11-27T09:00` on the site's wall.
    var until: String?
}
