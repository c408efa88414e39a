// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import NIOCore
import Pipeline

/// The description of the interface (OpenAPI 3.1) of one site: persons, assets and points are named as it has them.
struct OpenAPIDocument: Sendable {
    /// Words that the site's file gives.
    struct Site: Sendable {
        var words: [BodyShape.Vocabulary: [String]]

        init(_ overview: EstateOverview) {
            words = [
                .persons: overview.persons.map(\.identifier.text),
                .assets: overview.assets.map(\.identifier.text),
                .points: overview.assets.flatMap { $0.points.map(\.path) },
                .rules: FindingVocabulary.alarmRules,
            ]
        }
    }

    var routes: [InterfaceRoute]
    var site: Site
    /// Of the interface, not of the program.
    static let version = "1"

    var tree: JSONTree {
        var paths: [String: [String: JSONTree]] = [:]
        for route in routes {
            paths[route.root + route.path, default: [:]][route.method.rawValue] = operation(route)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Sluice", "version": .text(Self.version),
                "description": .text(Self.about),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "paths": .object(paths.mapValues { .object($0) }),
            "components": [
                "schemas": .object(
                    Dictionary(
                        AnswerShape.Named.allCases.map { ($0.rawValue, $0.shape.schema) },
                        uniquingKeysWith: { first, _ in first }))
            ],
        ]
    }

    private static let about = """
        Moments in answers are milliseconds since 1970 (UTC), in requests RFC 3339. Severities are 1 to 4 in answers, p1 \
        to p4 in requests. Every refusal is problem JSON (RFC 9457). On the port, whatever changes something must carry the \
        page's own Origin. Where people sign in, programs send Authorization: Bearer with the token of an account.
        """

    private func operation(_ route: InterfaceRoute) -> JSONTree {
        var members: [String: JSONTree] = [
            "operationId": .text(route.name), "summary": .text(route.about),
            "parameters": .list(
                route.places.map(parameter) + route.query.members.map(parameter) + route.needs.map(Self.header)),
            "responses": .object(responses(of: route)),
        ]
        if let body = route.body {
            members["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": schema(of: body)]],
            ]
        }
        if !route.rawBody.isEmpty {
            let binary: JSONTree = ["schema": AnswerShape.binary.schema]
            let content = Dictionary(route.rawBody.map { ($0, binary) }, uniquingKeysWith: { first, _ in first })
            members["requestBody"] = ["required": true, "content": .object(content)]
        }
        return .object(members)
    }

    private func parameter(_ place: InterfaceRoute.Place) -> JSONTree {
        var schema: [String: JSONTree] = ["type": "string", "minLength": 1]
        if let words = place.among.flatMap({ site.words[$0] }), !words.isEmpty {
            schema = ["type": "string", "enum": .list(words.map { .text($0) })]
        }
        return [
            "name": .text(place.name), "in": "path", "required": true, "description": .text(place.about),
            "schema": .object(schema),
        ]
    }

    private func parameter(_ member: BodyShape.Member) -> JSONTree {
        [
            "name": .text(member.name), "in": "query", "required": .boolean(member.isRequired),
            "description": .text(member.about), "schema": schema(of: member),
        ]
    }

    private static func header(_ need: InterfaceRoute.Need) -> JSONTree {
        switch need {
        case .idempotencyKey, .idempotencyKeyIfWanted:
            [
                "name": .text(RequestHeaders.idempotencyKeyName), "in": "header",
                "required": .boolean(need == .idempotencyKey),
                "description": "Names the request; under the same name within 48 h nothing is done twice.",
                "schema": [
                    "type": "string", "minLength": 1, "maxLength": .integer(Int64(RequestHeaders.longestKey)),
                    "pattern": "^[!-~]+$",
                ],
            ]
        case .lastEventIdentifier:
            [
                "name": "Last-Event-ID", "in": "header", "required": false,
                "description": "The last event that was seen: what came after it is told again.",
                "schema": ["type": "string"],
            ]
        case .ifMatch:
            [
                "name": "If-Match", "in": "header", "required": true,
                "description": "The version that was seen: its ETag, a list of such, or * for whatever is there.",
                "schema": [
                    "type": "string",
                    "pattern": #"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#,
                ],
            ]
        }
    }

    private func schema(of body: BodyShape) -> JSONTree {
        [
            "type": "object", "additionalProperties": .boolean(body.passesOverOthers),
            "required": .list(body.members.filter(\.isRequired).map { .text($0.name) }),
            "properties": .object(
                Dictionary(body.members.map { ($0.name, schema(of: $0)) }, uniquingKeysWith: { first, _ in first })),
        ]
    }

    private func schema(of member: BodyShape.Member) -> JSONTree {
        var schema = member.kind.schema
        if case .object(let body) = member.kind, case .object(let inner) = self.schema(of: body) { schema = inner }
        if let words = member.among.flatMap({ site.words[$0] }), !words.isEmpty {
            schema = ["type": "string", "enum": .list(words.map { .text($0) })]
        }
        schema["description"] = .text(member.about)
        return .object(schema)
    }

    // MARK: Answers

    private func responses(of route: InterfaceRoute) -> [String: JSONTree] {
        var responses: [String: JSONTree] = [:]
        for answer in route.answers {
            var content: [String: JSONTree] = [:]
            if let shape = answer.shape { content["application/json"] = ["schema": AnswerShape.named(shape).schema] }
            for (media, shape) in answer.otherMedia { content[media] = ["schema": shape.schema] }
            var members: [String: JSONTree] = ["description": .text(answer.about), "content": .object(content)]
            var headers: [String: JSONTree] = [:]
            if answer.hasEntityTag {
                headers["ETag"] = [
                    "description": "The version, for If-Match.", "required": true,
                    "schema": ["type": "string", "pattern": #"^"[0-9]+"$"#],
                ]
            }
            if answer.hasLocation {
                headers["Location"] = [
                    "description": "Where it is.", "required": true, "schema": ["type": "string"],
                ]
            }
            if !headers.isEmpty { members["headers"] = .object(headers) }
            responses["\(answer.status)"] = .object(members)
        }
        let problems = Dictionary(grouping: Set(route.allProblems), by: { Problem($0).status.code })
        for (status, kinds) in problems {
            let words = kinds.map(\.rawValue).sorted().joined(separator: ", ")
            responses["\(status)"] = [
                "description": .text(words),
                "content": ["application/problem+json": ["schema": AnswerShape.named(.problem).schema]],
            ]
        }
        return responses
    }
}

extension BodyShape.Kind {
    /// The kind as JSON Schema.
    fileprivate var schema: [String: JSONTree] {
        switch self {
        case .text(let range):
            [
                "type": "string", "minLength": .integer(Int64(range.lowerBound)),
                "maxLength": .integer(Int64(range.upperBound)),
            ]
        case .words(let words): ["type": "string", "enum": .list(words.map { .text($0) })]
        case .integer(let range):
            [
                "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
                "maximum": .integer(Int64(range.upperBound)),
            ]
        case .number(let range):
            ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)]
        case .boolean: ["type": "boolean"]
        case .moment: ["type": "string", "format": "date-time"]
        case .object: ["type": "object"]
        case .form(let form): ["type": "string", "pattern": .text(form.pattern)]
        }
    }
}

/// Serves the description.
struct DescriptionInterface: Sendable {
    let view: any EstateView

    static let route = InterfaceRoute(
        method: .get, path: "/openapi.json", name: "description", about: "This description.",
        answers: [.init(status: 200, about: "OpenAPI 3.1.", shape: .description)])

    /// Adds the last of the routes: it tells of all that were added before it.
    func addRoutes(to routes: InterfaceRoutes) {
        let described = routes.described + [Self.route]
        routes.add(Self.route) { [view] _ in
            let site = OpenAPIDocument.Site(await view.overview())
            return JSONText.response(OpenAPIDocument(routes: described, site: site).tree)
        }
    }
}
