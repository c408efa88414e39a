// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import People
import Pipeline

/// One's own account: `/account`, where the password is changed and programs get tokens.
struct AccountPages: Sendable {
    let pages: Pages
    let door: SignInDoor

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/account") { request, context in try await show(request, context) }
        router.post("/account") { request, context in
            let fields = try await FormFields(of: request)
            guard let visitor = Caller.current?.visitor else { throw Problem(.signInNeeded) }
            do {
                switch fields["do"] {
                case "password":
                    guard fields["new"] == fields["again"] else { throw Problem(.passwordDiffers) }
                    let text = try await door.desk.changePassword(
                        of: visitor.name, from: fields["old"], to: fields["new"])
                    var response = Response.redirect(to: visitor.mustChange ? "/" : "/account", type: .normal)
                    response.setCookie(door.cookie(text))
                    return response
                case "token" where !visitor.mustChange:
                    let text = try await door.desk.makeToken(fields["label"], of: visitor.name)
                    return try await show(request, context, token: text)
                case "end-token":
                    try await door.desk.endToken(fields["label"], of: visitor.name)
                    return Response.redirect(to: "/account", type: .normal)
                default: throw Problem(.bodyInvalid)
                }
            } catch let refusal as PeopleRefusal {
                return try await show(request, context, problem: Problem(refusal))
            } catch let problem as Problem {
                return try await show(request, context, problem: problem)
            }
        }
    }

    private func show(
        _ request: Request, _ context: DashboardContext, token: String? = nil, problem: Problem? = nil
    ) async throws -> Response {
        guard let visitor = Caller.current?.visitor, let account = await door.desk.account(visitor.name) else {
            throw Problem(.signInNeeded)
        }
        let moment = await pages.look(context.language)
        var frame = pages.frame(moment.wording.text(.titleAccount), request, moment)
        if visitor.mustChange { frame.hasPlaces = false }
        var response = pages.page(
            "account", AccountPage(frame: frame, moment: moment, account: account, token: token, problem: problem))
        if let problem { response.status = problem.status }
        return response
    }
}

struct AccountPage: Sendable {
    struct Token: Sendable { var label, madeText: String }

    var frame: PageFrame
    var word: [String: String]
    var whoText, rolesText: String
    var mustChange, mayHaveTokens: Bool
    var tokens: [Token]
    /// Shown once.
    var newToken: String?
    var problemTitle, problemDetail: String?

    init(frame: PageFrame, moment: EstateMoment, account: Account, token: String?, problem: Problem?) {
        let wording = moment.wording
        (self.frame, word) = (frame, wording.texts)
        whoText = PeoplePage.who(account, moment)
        rolesText = PeoplePage.roles(account.roles, wording)
        (mustChange, mayHaveTokens) = (account.mustChange, !account.mustChange)
        tokens = account.tokens.map { Token(label: $0.label, madeText: moment.time.moment($0.madeAt)) }
        newToken = token
        (problemTitle, problemDetail) = (problem?.title(in: wording), problem?.detail(in: wording))
    }
}
