// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import Model
import NIOCore
import Pipeline

/// What a request carries through the router.
struct DashboardContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    var language = Language.english

    init(source: Source) { coreContext = .init(source: source) }
}

/// First and last station of every request: who may ask, which language, what every answer carries.
///
/// A browser on this machine can be sent here by any page of the web. So on TCP the name it asked for must be a
/// loopback name (a foreign name that resolves to 127.0.0.1 is refused), and a change must come from a page of
/// the same origin. A command on the local socket is no browser and needs neither.
struct Guard: RouterMiddleware {
    typealias Context = DashboardContext

    let listener: Listener
    let ownHost: String
    let defaultLanguage: Language
    let pages: Pages
    let routes: RouteTable
    let logger: Logger
    /// Where people sign in; `nil` where nobody does.
    var door: SignInDoor?

    func handle(
        _ request: Request, context: DashboardContext,
        next: (Request, DashboardContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.language = LanguageChoice.language(of: request, default: defaultLanguage)
        let isForMachines = ["/api/", "/v2/", "/events", "/healthz", "/metrics"].contains {
            request.uri.path.hasPrefix($0)
        }
        var response: Response
        do {
            try admit(request)
            let caller = try await door.map { Doorkeeper(door: $0) }?.admit(
                request, route: context.endpointPath, isPage: !isForMachines)
            response = try await Caller.$current.withValue(caller) { try await next(request, context) }
        } catch {
            let problem = problem(of: error, request)
            response =
                isForMachines
                ? problem.response(in: pages.resources.wording(context.language), at: request.uri.path)
                : wayIn(problem, request) ?? pages.problem(problem, in: context.language)
        }
        if !isForMachines, let chosen = LanguageChoice.chosen(in: request) {
            response.setCookie(LanguageChoice.cookie(chosen))
        }
        secure(&response)
        return response
    }

    /// Where a browser is sent that must sign in, or change its password, first; parts of pages are not replaced by it.
    private func wayIn(_ problem: Problem, _ request: Request) -> Response? {
        guard !request.uri.path.hasPrefix("/fragments/") else { return nil }
        return switch problem.kind {
        case .signInNeeded: SignInPages.redirect(from: request)
        case .passwordMustChange: Response.redirect(to: "/account", type: .normal)
        default: nil
        }
    }

    /// - Throws: `hostRefused` or `originRefused`.
    private func admit(_ request: Request) throws(Problem) {
        guard listener == .tcp else { return }
        let authority = request.head.authority ?? ""
        guard let host = Origin.host(ofAuthority: authority),
            Origin.loopbackNames.contains(host) || host == ownHost
                || host == door?.encryptedHost
        else { throw Problem(.hostRefused, ["host": authority]) }
        guard request.method != .get, request.method != .head else { return }
        let source = request.headers[.origin] ?? request.headers[.referer].flatMap(Origin.origin(ofURL:))
        guard let source, source.lowercased() == door?.encryptedOrigin ?? "http://" + authority.lowercased() else {
            throw Problem(.originRefused)
        }
    }

    private func problem(of error: any Error, _ request: Request) -> Problem {
        if let problem = error as? Problem { return problem }
        if error is NIOTooManyBytesError { return Problem(.bodyTooLarge, ["limit": "\(BodyLimit.kibibytes)"]) }
        if let refusal = error as? any HTTPResponseError {
            switch refusal.status {
            case .notFound: return unanswered(request)
            case .contentTooLarge: return Problem(.bodyTooLarge, ["limit": "\(BodyLimit.kibibytes)"])
            case .badRequest, .unsupportedMediaType, .unprocessableContent: return Problem(.bodyInvalid)
            default: break
            }
        }
        logger.error("A request failed.", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
        return Problem(.internalError)
    }

    /// An address that is not there, or one that does not answer to this method.
    private func unanswered(_ request: Request) -> Problem {
        let methods = routes.methods(at: request.uri.path)
        guard !methods.isEmpty, !methods.contains(request.method.rawValue) else {
            return Problem(.notFound, ["path": request.uri.path])
        }
        return Problem(.methodNotAllowed, ["method": request.method.rawValue], allowed: methods)
    }

    private func secure(_ response: inout Response) {
        response.headers[.contentSecurityPolicy] =
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
        response.headers[.xContentTypeOptions] = "nosniff"
        // With `no-referrer` browsers would send `Origin: null` with the forms of our own pages.
        response.headers[Self.referrerPolicy] = "same-origin"
        response.headers[Self.openerPolicy] = "same-origin"
        response.headers[Self.resourcePolicy] = "same-origin"
        // Browsers that came by TLS once never come without it.
        if door?.encryptedAddress != nil { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    }

    private static let referrerPolicy = HTTPFields.Element.Name("Referrer-Policy")!
    private static let openerPolicy = HTTPFields.Element.Name("Cross-Origin-Opener-Policy")!
    private static let resourcePolicy = HTTPFields.Element.Name("Cross-Origin-Resource-Policy")!
}

/// Names and origins as they stand in request headers.
enum Origin {
    static let loopbackNames: Set<String> = ["127.0.0.1", "localhost", "[::1]"]

    /// The host of `host` or `host:port`, in small letters; `nil` when the text has another shape.
    static func host(ofAuthority authority: String) -> String? {
        var host = authority.lowercased()[...]
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            let port = host[host.index(after: colon)...]
            guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            host = host[..<colon]
        }
        return host.isEmpty ? nil : String(host)
    }

    /// Scheme and authority of a URL, as an `Origin` header has them.
    static func origin(ofURL url: String) -> String? {
        guard let mark = url.firstRange(of: "://") else { return nil }
        let rest = url[mark.upperBound...]
        return String(url[..<mark.upperBound] + rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" })
    }
}

/// The most that a request may carry.
enum BodyLimit {
    static let kibibytes = 256

    /// The body of `request`.
    ///
    /// - Throws: `bodyTooLarge`.
    static func body(of request: Request) async throws -> ByteBuffer {
        do {
            return try await request.body.collect(upTo: kibibytes * 1024)
        } catch is NIOTooManyBytesError {
            throw Problem(.bodyTooLarge, ["limit": "\(kibibytes)"])
        }
    }
}
