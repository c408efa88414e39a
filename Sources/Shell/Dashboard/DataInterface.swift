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

    func addRoutes(to router: Router<DashboardContext>) {
        let group = router.group("/api/v1")
        group.get("/overview") { _, _ in
            JSONText.response(OverviewAnswer(await view.overview(), now: clock()))
        }
        group.get("/trend") { request, _ in try await trend(request) }
    }

    private func trend(_ request: Request) async throws -> Response {
        let query = request.uri.queryParameters
        guard let path = query["point"].map(String.init), !path.isEmpty else {
            throw Problem(.rangeInvalid, ["name": "point"])
        }
        let now = clock()
        let to = try moment("to", query) ?? now
        let from = try moment("from", query) ?? to - .seconds(86_400)
        guard from < to else { throw Problem(.rangeInvalid, ["name": "from"]) }
        let limit = try query["limit"].map { text throws(Problem) in
            guard let limit = Int(text), (2...5000).contains(limit) else {
                throw Problem(.rangeInvalid, ["name": "limit"])
            }
            return limit
        }
        let overview = await view.overview()
        guard overview.assets.contains(where: { $0.points.contains { $0.path == path } }) else {
            throw Problem(.pointUnknown, ["point": path])
        }
        do {
            return JSONText.response(
                Versioned(try await view.trend(ofPoint: path, from: from, to: to, limit: limit ?? 600)))
        } catch {
            logger.error("Stored values could not be read.", metadata: ["point": "\(path)", "error": "\(error)"])
            throw Problem(.trendUnavailable)
        }
    }

    /// A moment given as RFC 3339 or as milliseconds since 1970.
    private func moment(_ name: String, _ query: Parameters) throws(Problem) -> Timestamp? {
        guard let text = query[Substring(name)] else { return nil }
        // A plus sign of a numeric offset arrives as a blank when the client did not encode it.
        let moment = Int64(text).map(Timestamp.init(milliseconds:)) ?? Timestamp(rfc3339: text)
        guard let moment else { throw Problem(.rangeInvalid, ["name": name]) }
        return moment
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
