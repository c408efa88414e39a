// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import People
import Pipeline

/// Says of every request on the page's port whether its sender may make it.
struct Doorkeeper: Sendable {
    let door: SignInDoor

    /// Query parameter with the token of a session's forms.
    static let formKey = "form"

    /// - Parameters:
    ///   - route: Path of the route as the router has it; `nil` when there is none for the request.
    ///   - isPage: Whether a person in a browser asks, and not a program.
    /// - Returns: Who asks; `nil` for a stranger at what is open to all.
    /// - Throws: `signInNeeded`, `notPermitted`, `passwordMustChange`, `formStale`.
    func admit(_ request: Request, route: String?, isPage: Bool) async throws(Problem) -> Caller? {
        let access = access(of: request, route)
        let caller = await caller(of: request)
        if access == .open { return caller }
        guard let caller else { throw Problem(.signInNeeded) }
        let visitor = caller.visitor
        if visitor.mustChange, access != .ownAccount { throw Problem(.passwordMustChange) }
        guard access?.isGranted(to: visitor.permissions) == true else {
            throw Problem(.notPermitted, ["account": visitor.name.text])
        }
        // A foreign page can make a browser send a form, but does not know this. What programs send is JSON or a picture,
        // which a browser sends to another origin only after asking.
        if let token = visitor.formToken, isPage, request.method != .get, request.method != .head,
            request.uri.queryParameters[Substring(Self.formKey)].map(String.init) != token
        {
            throw Problem(.formStale)
        }
        return caller
    }

    private func access(of request: Request, _ route: String?) -> Access? {
        // That there is nothing is told to those who are in.
        guard let route else { return .ownAccount }
        let method = request.method == .head ? "GET" : request.method.rawValue
        return AccessTable.access(to: "\(method) \(Self.path(route))")
    }

    /// `/tickets/{number}`, however the router writes it.
    static func path(_ route: String) -> String {
        "/"
            + route.split(separator: "/").map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }
            .joined(separator: "/")
    }

    /// Whether a person asked: what an open page fetches by itself is no deed.
    private static func isDeed(_ request: Request) -> Bool {
        guard request.method == .get || request.method == .head else { return true }
        return !["/fragments/", "/events", "/api/", "/static/", "/healthz"].contains {
            request.uri.path.hasPrefix($0)
        }
    }

    private func caller(of request: Request) async -> Caller? {
        let desk = door.desk
        if let text = SignInDoor.bearer(of: request) {
            return await desk.visitor(token: text).map { visitor in
                Caller(visitor: visitor) { await desk.visitor(token: text) != nil }
            }
        }
        guard let text = door.sessionText(of: request) else { return nil }
        let isDeed = Self.isDeed(request)
        return await desk.visitor(session: text, isDeed: isDeed).map { visitor in
            Caller(visitor: visitor) { await desk.visitor(session: text, isDeed: false) != nil }
        }
    }
}
