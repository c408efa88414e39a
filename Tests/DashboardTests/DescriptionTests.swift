// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Logging
import Pipeline
import Testing

@testable import Dashboard

/// The served description tells of what is served.
@Suite struct DescriptionTests {
    private func document(_ estate: TestEstate = TestEstate()) async throws -> [String: Any] {
        let answer = try await withDashboard(estate) { try await $0.get("/api/v1/openapi.json") }
        #expect(answer.status == 200 && answer.header("content-type") == "application/json")
        return try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
    }

    private func operations(_ document: [String: Any]) throws -> [String: [String: Any]] {
        let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
        return paths.reduce(into: [:]) { found, path in
            for (method, operation) in path.value { found[method.uppercased() + " " + path.key] = operation }
        }
    }

    @Test func `every route below the interface is described, and nothing else`() async throws {
        let site = Dashboard(
            view: TestEstate(), hub: EventHub(),
            resources: try await PageResources(chartLibraryFolder: RunningDashboard.chartLibraryFolder),
            defaultLanguage: .english, ownHost: "127.0.0.1",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: { TestEstate.now })
        let served = site.router(for: .tcp).routes.filter { route in
            ["/api/", "/v2/"].contains { "\(route.path)".hasPrefix($0) }
        }.map { route in
            let segments = "\(route.path)".split(separator: "/").map {
                $0.hasPrefix(":") ? "{\($0.dropFirst())}" : "\($0)"
            }
            return "\(route.method.rawValue) /" + segments.joined(separator: "/")
        }
        let described = try operations(try await document())
        #expect(described.count > 15)
        #expect(served.sorted() == described.keys.sorted())
    }

    @Test func `names are unique, places are declared, and each answer points at a shape that is there`() async throws {
        let document = try await document()
        #expect(document["openapi"] as? String == "3.1.0")
        let operations = try operations(document)
        let names = operations.values.compactMap { $0["operationId"] as? String }
        #expect(Set(names).count == operations.count)
        for (route, operation) in operations {
            let declared = (operation["parameters"] as? [[String: Any]] ?? []).filter { $0["in"] as? String == "path" }
                .compactMap { $0["name"] as? String }
            let places = route.matches(of: /\{([a-z]+)\}/).map { String($0.output.1) }
            #expect(declared.sorted() == places.sorted(), "\(route)")
            let answers = try #require(operation["responses"] as? [String: Any])
            #expect(answers.keys.contains { $0.hasPrefix("2") }, "\(route)")
        }
        let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: Any])
        let text = String(decoding: try JSONSerialization.data(withJSONObject: document), as: UTF8.self)
            .replacing("\\/", with: "/")
        for match in text.matches(of: /#\/components\/schemas\/([A-Za-z]+)/) {
            #expect(schemas[String(match.output.1)] != nil, "\(match.output.1)")
        }
    }

    @Test func `persons, assets and points are named as the site has them`() async throws {
        let operations = try operations(try await document())
        func words(_ route: String, _ member: String) throws -> [String] {
            let body = try #require(operations[route]?["requestBody"] as? [String: Any])
            let content = try #require(body["content"] as? [String: [String: [String: Any]]])
            let members = try #require(
                content["application/json"]?["schema"]?["properties"] as? [String: [String: Any]])
            return try #require(members[member]?["enum"] as? [String])
        }
        #expect(try words("POST /api/v1/tickets", "person") == ["wang-fang", "li-wei", "zhao-lei"])
        #expect(try words("POST /api/v1/tickets", "asset").contains("roof-tank"))
        #expect(
            try words("POST /api/v1/alarms/{asset}/{rule}/events", "event") == [
                "acknowledge", "shelve", "unshelve", "reset", "out-of-service", "return",
            ])
    }

    @Test func `alarms about the box itself fit the description of their address`() async throws {
        let operations = try operations(try await document())
        let alarm = try #require(operations["GET /api/v1/alarms/{asset}/{rule}"])
        let schemas = try #require(alarm["parameters"] as? [[String: Any]]).reduce(into: [String: [String: Any]]()) {
            $0[$1["name"] as? String ?? ""] = $1["schema"] as? [String: Any]
        }
        // `broker/broker_lost` is about no asset of the site's file and has no rule of the analyzer.
        #expect(schemas["asset"] != nil && schemas["asset"]?["enum"] == nil)
        let rules = try #require(schemas["rule"]?["enum"] as? [String])
        let own = [
            "broker_lost", "broker_refuses", "configuration_refused", "devices_silent", "roster_gap", "store_filling",
        ]
        #expect(Set(own).subtracting(rules) == [], "not described")
        #expect(rules.contains("burst") && Set(rules).count == rules.count)
    }

    @Test func `a query member that no route knows is refused everywhere`() async throws {
        let routes = try operations(try await document()).keys.filter { $0.hasPrefix("GET ") && !$0.contains("{") }
        for route in routes.sorted() {
            let answer = try await withDashboard { try await $0.get(route.dropFirst(4) + "?unheard=of") }
            #expect(answer.status == 422, "\(route)")
            #expect(answer.body.contains(#""parameter":"unheard""#), "\(route)")
        }
    }
}
