// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Hummingbird
import Logging
import Model
import NIOCore
import Pipeline

/// What readings summed up to, for programs: columns of equal length, so that a month costs few bytes.
struct HistoryInterface: Sendable {
    let view: any EstateView
    let clock: @Sendable () -> Timestamp
    let logger: Logger

    /// Most pieces of one answer.
    static let limit = 5000
    /// Pieces that suffice for a picture, where no resolution is asked for.
    static let enough = 3000

    static let history = InterfaceRoute(
        method: .get, path: "/points/{point}/history", name: "pointHistory",
        about:
            "What readings of a point summed up to, in pieces of a minute to a day; pieces without one are left out.",
        places: [
            .init(
                name: "point", about: "Path of the point, area/asset/point, its slashes as %2F.", among: .points)
        ],
        query: BodyShape(members: [
            .init(
                name: "resolution", kind: .words(HistoryResolution.allCases.map(\.rawValue)),
                about:
                    "Length of a piece; days are of the site's clock. The finest with at most 3000 pieces when not given."
            ),
            .init(
                name: "from", kind: .form(.momentOrMilliseconds),
                about: "RFC 3339 or milliseconds since 1970; a day before `to` when not given."),
            .init(
                name: "to", kind: .form(.momentOrMilliseconds),
                about: "RFC 3339 or milliseconds since 1970, after `from`; now when not given."),
        ]),
        answers: [.init(status: 200, about: "Columns, oldest piece first.", shape: .pointHistory)],
        problems: [.pointUnknown, .rangeInvalid, .historyTooLong, .trendUnavailable])

    func addRoutes(to routes: InterfaceRoutes) {
        routes.add(Self.history) { call in try await history(call) }
    }

    private func history(_ call: InterfaceCall) async throws -> Response {
        guard let path = try call.place("point") else { throw Problem(.pointUnknown, ["point": ""]) }
        let to = DataInterface.moment(call.query.text("to")) ?? clock()
        let from = DataInterface.moment(call.query.text("from")) ?? to - .seconds(86_400)
        guard from < to else { throw Problem(.rangeInvalid, ["name": "from"]) }
        let resolution =
            call.query.text("resolution").flatMap(HistoryResolution.init(rawValue:))
            ?? .finest(for: to - from, limit: Self.enough)
        guard await view.overview().assets.contains(where: { $0.points.contains { $0.path == path } }) else {
            throw Problem(.pointUnknown, ["point": path])
        }
        guard ((to - from).wholeMilliseconds - 1) / resolution.milliseconds < Int64(Self.limit) else {
            throw Problem(.historyTooLong, ["resolution": resolution.rawValue, "limit": "\(Self.limit)"])
        }
        do {
            return JSONText.response(
                HistoryColumns(try await view.history(ofPoint: path, resolution, from: from, to: to)))
        } catch {
            logger.error("History could not be read.", metadata: ["point": "\(path)", "error": "\(error)"])
            throw Problem(.trendUnavailable)
        }
    }
}

/// A history as columns of equal length.
struct HistoryColumns: Encodable {
    var schema = 1
    var point: String
    /// UCUM code.
    var unit: UnitOfMeasure
    var resolution: HistoryResolution
    var isTotal: Bool
    var start: [Timestamp] = []
    var count: [Int64] = []
    var good: [Int64] = []
    var least: [Double?] = []
    var mean: [Double?] = []
    var greatest: [Double?] = []
    /// Of totals alone.
    var last: [Double?] = []
    var consumption: [Double?] = []
    var isOverGap: [Bool] = []

    init(_ history: PointHistory) {
        (point, unit, resolution, isTotal) = (history.path, history.unit, history.resolution, history.isTotal)
        for row in history.rows {
            let bucket = row.bucket
            let hasValue = bucket.valued > 0
            start.append(row.start)
            count.append(bucket.count)
            good.append(bucket.good)
            least.append(hasValue ? bucket.least : nil)
            mean.append(bucket.mean.map(NumberText.short))
            greatest.append(hasValue ? bucket.greatest : nil)
            last.append(hasValue && isTotal ? bucket.last.value : nil)
            consumption.append(row.consumption.map(NumberText.short))
            isOverGap.append(row.isOverGap)
        }
    }
}

extension NumberText {
    /// A computed value with the eight digits that count, without the dust of binary fractions.
    static func short(_ value: Double) -> Double {
        guard value.isFinite, value != 0 else { return value }
        // Ten to the power that leaves eight digits before the point; values of devices lie well within.
        var scale = 1.0
        var magnitude = value.magnitude
        while magnitude < 1e7, scale < 1e15 { (magnitude, scale) = (magnitude * 10, scale * 10) }
        return (value * scale).rounded() / scale
    }
}
