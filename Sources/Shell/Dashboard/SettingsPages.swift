// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import People
import Pipeline

/// Settings of the site: all of them to read, and those that the page offers to change for whoever may.
struct SettingsPages: Sendable {
    static let path = "/system/settings"

    let pages: Pages
    let desk: any SettingsDesk

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/system/settings") { request, context in
            await show(request, context)
        }
    }

    /// The forms; only where somebody signs in, for a change has a name.
    func addForms(to router: Router<DashboardContext>, door: SignInDoor) {
        router.post("/system/settings") { request, context in
            let fields = try await FormFields(of: request)
            var values: [[String]: String?] = [:]
            if let key = fields["return"].nonEmpty {
                values.updateValue(nil, forKey: SettingKey.path(key))
            } else {
                for name in fields.names { values.updateValue(fields[name], forKey: SettingKey.path(name)) }
            }
            let trial = await desk.trial(of: values)
            guard trial.problems.isEmpty, !trial.changes.isEmpty else {
                return await show(request, context, trial: trial, draft: values)
            }
            let actor = Caller.current?.visitor.name.text ?? ""
            try await note(trial.changes, by: actor, at: door)
            do {
                try await desk.keep(trial)
            } catch {
                try? await door.desk.noteSettingsNotWritten(by: actor)
                return await show(request, context, draft: values, refusal: "\(error)")
            }
            return await show(request, context, trial: trial)
        }
    }

    private func note(_ changes: [SettingsTrial.Change], by actor: String, at door: SignInDoor) async throws(Problem) {
        do { try await door.desk.note(changes, by: actor) } catch { throw Problem(error) }
    }

    private func show(
        _ request: Request, _ context: DashboardContext, trial: SettingsTrial? = nil, draft: [[String]: String?] = [:],
        refusal: String? = nil
    ) async -> Response {
        let moment = await pages.look(context.language)
        let mayChange = Caller.current?.visitor.permissions.contains(.changeSettings) ?? false
        var response = pages.page(
            "settings",
            SettingsPage(
                frame: pages.frame(moment.wording.text(.titleSettings), request, moment), wording: moment.wording,
                settings: await desk.settings(), mayChange: mayChange, trial: trial, draft: draft, refusal: refusal))
        if refusal != nil || trial?.problems.isEmpty == false { response.status = .unprocessableContent }
        return response
    }
}

/// How a form names a setting: its keys with dots between them.
enum SettingKey {
    static func path(_ key: String) -> [String] { key.split(separator: ".").map(String.init) }
    static func text(_ path: [String]) -> String { path.joined(separator: ".") }
}
