// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Hummingbird
import Logging
import Model
import NIOCore
import Pipeline

/// The JSON interface below `/api/v1`: what commands and other programs ask and do.
///
/// Moments are milliseconds since 1970 (UTC), severities 1 ... 4; every answer carries `"schema": 1`.
struct DataInterface: Sendable {
    let view: any EstateView
    let clock: @Sendable () -> Timestamp
    let logger: Logger

    static let overview = InterfaceRoute(
        method: .get, path: "/overview", name: "overview",
        about: "Assets with their newest values, open findings, persons.",
        answers: [.init(status: 200, about: "The estate at this moment.", shape: .overview)])

    static let trend = InterfaceRoute(
        method: .get, path: "/trend", name: "trend", about: "Stored values of one point.",
        query: BodyShape(members: [
            .init(
                name: "point", kind: .text(1...500), isRequired: true, among: .points,
                about: "Path of the point: area/asset/point."),
            .init(
                name: "from", kind: .form(.momentOrMilliseconds),
                about: "RFC 3339 or milliseconds since 1970; a day before `to` when not given."),
            .init(
                name: "to", kind: .form(.momentOrMilliseconds),
                about: "RFC 3339 or milliseconds since 1970, after `from`; now when not given."),
            .init(name: "limit", kind: .integer(2...5000), about: "Most values; 600 when not given."),
        ]),
        answers: [.init(status: 200, about: "Values, oldest first; one without a value is a gap.", shape: .trend)],
        problems: [.pointUnknown, .rangeInvalid, .trendUnavailable])

    func addRoutes(to routes: InterfaceRoutes) {
        routes.add(Self.overview) { [view, clock] _ in
            JSONText.response(OverviewAnswer(await view.overview(), now: clock()))
        }
        routes.add(Self.trend) { call in try await trend(call.query) }
    }

    private func trend(_ query: BodyValues) async throws -> Response {
        let path = query.text("point") ?? ""
        let now = clock()
        let to = Self.moment(query.text("to")) ?? now
        let from = Self.moment(query.text("from")) ?? to - .seconds(86_400)
        guard from < to else { throw Problem(.rangeInvalid, ["name": "from"]) }
        let overview = await view.overview()
        guard overview.assets.contains(where: { $0.points.contains { $0.path == path } }) else {
            throw Problem(.pointUnknown, ["point": path])
        }
        do {
            return JSONText.response(
                Versioned(try await view.trend(ofPoint: path, from: from, to: to, limit: query.integer("limit") ?? 600))
            )
        } catch {
            logger.error("Stored values could not be read.", metadata: ["point": "\(path)", "error": "\(error)"])
            throw Problem(.trendUnavailable)
        }
    }

    /// A moment given as RFC 3339 or as milliseconds since 1970.
    static func moment(_ text: String?) -> Timestamp? {
        // A plus sign of a numeric offset arrives as a blank when the client did not encode it.
        text.flatMap { text in
            Int64(text).map(Timestamp.init(milliseconds:)) ?? Timestamp(rfc3339: text)
        }
    }
}

/// The ticket that a path names.
enum TicketPath {
    /// - Throws: `ticketUnknown` when the segment is not text.
    static func number(in context: DashboardContext) throws -> String {
        let segment = try context.parameters.require("number")
        guard let number = PercentText.decoded(segment) else { throw Problem(.ticketUnknown, ["number": segment]) }
        return number
    }

    static func page(of number: String) -> String { "/tickets/" + PercentText.encoded(number) }
}
