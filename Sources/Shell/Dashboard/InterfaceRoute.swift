// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import NIOCore

/// One request that other programs may send: the router and the description of the interface are made from it.
struct InterfaceRoute: Sendable {
    enum Method: String, Sendable { case get, post, put }

    /// A piece of the path that the program fills in.
    struct Place: Sendable {
        var name: String
        var about: String
        /// Where the words come from that are known here.
        var among: BodyShape.Vocabulary?
    }

    /// What a request carries beside path, query and body.
    enum Need: Sendable {
        case idempotencyKey
        /// A key may be given; sending the request again is then answered as it was.
        case idempotencyKeyIfWanted
        case ifMatch
        /// The last event of a stream that the reader saw, where it saw one.
        case lastEventIdentifier
    }

    struct Answer: Sendable {
        var status: Int
        var about: String
        /// Of the JSON body; `nil` when there is none.
        var shape: AnswerShape.Named?
        /// Other media types that are offered.
        var otherMedia: [String: AnswerShape] = [:]
        var hasEntityTag = false
        var hasLocation = false
    }

    var method: Method
    /// What the path stands below: that of another interface, where its shape is kept.
    var root = InterfaceRoutes.prefix
    /// Below `root`, with places as `{number}`.
    var path: String
    /// A name that no other has.
    var name: String
    var about: String
    var places: [Place] = []
    var query = BodyShape(members: [])
    var body: BodyShape?
    /// Media types of a body that is no JSON; empty where there is none.
    var rawBody: [String] = []
    var needs: [Need] = []
    var answers: [Answer]
    /// Refusals beside those that every request may meet.
    var problems: [Problem.Kind] = []

    /// All refusals.
    var allProblems: [Problem.Kind] {
        var all: [Problem.Kind] = [
            .hostRefused, .parameterInvalid, .signInNeeded, .notPermitted, .passwordMustChange,
        ]
        all += problems
        if method != .get { all += [.originRefused, .otherPerson] }
        if body != nil { all += [.jsonInvalid, .bodyInvalid, .bodyTooLarge, .mediaTypeUnsupported] }
        if !rawBody.isEmpty { all += [.bodyTooLarge, .mediaTypeUnsupported] }
        for need in needs {
            switch need {
            case .idempotencyKey: all += [.keyMissing, .keyInvalid, .keyReused]
            case .idempotencyKeyIfWanted: all += [.keyInvalid, .keyReused]
            case .ifMatch: all += [.versionMissing, .versionInvalid]
            case .lastEventIdentifier: break
            }
        }
        return all
    }
}

extension InterfaceRoute.Method {
    var onTheWire: HTTPRequest.Method {
        switch self {
        case .get: .get
        case .post: .post
        case .put: .put
        }
    }
}

/// A request to a described route, read as the description says.
struct InterfaceCall: Sendable {
    let route: InterfaceRoute
    let request: Request
    let context: DashboardContext
    let query: BodyValues

    /// The body and its bytes.
    ///
    /// - Throws: `mediaTypeUnsupported`, `bodyTooLarge`, `jsonInvalid`, `bodyInvalid`.
    func body() async throws -> (values: BodyValues, bytes: [UInt8]) {
        let bytes = try await JSONBody.bytes(of: request)
        return (try (route.body ?? BodyShape(members: [])).read(bytes), bytes)
    }

    /// A piece of the path as text; `nil` when it is none.
    func place(_ name: String) throws -> String? { PercentText.decoded(try context.parameters.require(name)) }
}

/// Adds routes below `/api/v1` and keeps their descriptions.
final class InterfaceRoutes {
    static let prefix = "/api/v1"

    private let router: Router<DashboardContext>
    private(set) var described: [InterfaceRoute] = []

    init(router: Router<DashboardContext>) { self.router = router }

    func add(
        _ route: InterfaceRoute, _ handle: @escaping @Sendable (InterfaceCall) async throws -> Response
    ) {
        described.append(route)
        let path = route.path.replacing("{", with: ":").replacing("}", with: "")
        router.on(RouterPath(route.root + path), method: route.method.onTheWire) { request, context in
            let query = try route.query.read(
                query: request.uri.queryParameters.map { (name: String($0.key), value: String($0.value)) })
            return try await handle(
                InterfaceCall(route: route, request: request, context: context, query: query))
        }
    }
}
