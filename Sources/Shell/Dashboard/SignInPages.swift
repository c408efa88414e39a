// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import People
import Pipeline

/// Signing in and out, and the first administrator: `/sign-in`, `/sign-out`, `/first-run`.
struct SignInPages: Sendable {
    let pages: Pages
    let door: SignInDoor

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/sign-in") { request, context in
            if await door.desk.awaitsFirstRun { return Response.redirect(to: "/first-run", type: .normal) }
            let next = request.uri.queryParameters["next"].flatMap { PercentText.decoded($0) }
            return await show("sign-in", request, context, next: next)
        }
        router.post("/sign-in") { request, context in
            let fields = try await FormFields(of: request)
            do {
                let text = try await door.desk.signIn(name: fields["name"], password: fields["password"])
                if let old = door.sessionText(of: request) { await door.desk.signOut(old) }
                return await entered(text, to: fields["next"])
            } catch let refusal as PeopleRefusal {
                return await show("sign-in", request, context, next: fields["next"], problem: Problem(refusal))
            }
        }
        router.post("/sign-out") { request, _ in
            if let text = door.sessionText(of: request) { await door.desk.signOut(text) }
            var response = Response.redirect(to: "/sign-in", type: .normal)
            response.setCookie(door.cookie(""))
            return response
        }
        router.get("/first-run") { request, context in
            guard await door.desk.awaitsFirstRun else { return Response.redirect(to: "/sign-in", type: .normal) }
            return await show("first-run", request, context)
        }
        router.post("/first-run") { request, context in
            let fields = try await FormFields(of: request)
            do {
                let text = try await door.desk.firstRun(
                    token: fields["token"].filter { !$0.isWhitespace }, name: fields["name"],
                    password: fields["password"])
                return await entered(text, to: "/people")
            } catch let refusal as PeopleRefusal {
                return await show("first-run", request, context, name: fields["name"], problem: Problem(refusal))
            }
        }
    }

    private func entered(_ text: String, to next: String) async -> Response {
        var place = Self.isLocal(next) ? next : "/"
        // Residents report, and see nothing else.
        let mayLook = await door.desk.visitor(session: text, isDeed: true)?.permissions.contains(.viewPages) ?? true
        if place == "/", !mayLook { place = "/report" }
        var response = Response.redirect(to: place, type: .normal)
        response.setCookie(door.cookie(text))
        return response
    }

    private func show(
        _ template: String, _ request: Request, _ context: DashboardContext, next: String? = nil, name: String = "",
        problem: Problem? = nil
    ) async -> Response {
        let moment = await pages.look(context.language)
        let title = moment.wording.text(template == "sign-in" ? .titleSignIn : .titleFirstRun)
        // Whoever is not in yet is not told more of the estate than its name.
        var frame = pages.frame(title, request, moment)
        (frame.hasPlaces, frame.estates) = (false, [])
        var response = pages.page(
            template,
            SignInPage(
                frame: frame, wording: moment.wording, next: next.flatMap { Self.isLocal($0) ? $0 : nil } ?? "/",
                name: name, problem: problem))
        if let problem {
            response.status = problem.status
            if let seconds = problem.values["seconds"] { response.headers[.retryAfter] = seconds }
        }
        return response
    }

    /// Whether a text is a path on this page: nobody is sent elsewhere by a link to the sign-in.
    static func isLocal(_ text: String) -> Bool {
        text.hasPrefix("/") && text.utf8.count <= 300
            && !text.dropFirst().hasPrefix("/") && !text.dropFirst().hasPrefix("\\")
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }
    }

    /// Where somebody who is not in is sent, to come back afterwards.
    static func redirect(from request: Request) -> Response {
        var target = "/sign-in"
        let asked = request.uri.path + (request.uri.query.map { "?" + $0 } ?? "")
        if request.method == .get, asked != "/", isLocal(asked) { target += "?next=" + PercentText.encoded(asked) }
        return Response.redirect(to: target, type: .normal)
    }
}

struct SignInPage: Sendable {
    var frame: PageFrame
    var word: [String: String]
    var next, nameDraft: String
    var problemTitle, problemDetail: String?

    init(frame: PageFrame, wording: Wording, next: String, name: String, problem: Problem?) {
        (self.frame, word, self.next, nameDraft) = (frame, wording.texts, next, name)
        (problemTitle, problemDetail) = (problem?.title(in: wording), problem?.detail(in: wording))
    }
}
