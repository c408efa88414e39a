// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import Model
import NIOCore
import Pipeline
import Tickets

/// What the points of a ticket's asset showed when the ticket was raised: a picture and a table each.
struct TicketTrends: Sendable {
    let pages: Pages

    /// Most values of a trend: one a minute and twice as many.
    private static let limit = 3200
    /// Points shown on a page.
    static let most = 2

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/tickets/:number/trend.svg") { request, context in
            let (trend, isTotal, moment) = try await trend(TicketPath.number(in: context), request, context.language)
            let name = moment.name(ofPoint: trend.point)
            let title = moment.wording.text(
                .trendPicture, ["point": name, "moment": moment.time.moment(trend.firedAt)])
            // A total only rises: what flowed is what a person looks for.
            var drawn = isTotal ? trend.flow : trend
            drawn.point = name
            let text = drawn.svg(title: title, description: title, zone: moment.overview.zone)
            return Self.response(text, "image/svg+xml")
        }
        router.get("/tickets/:number/trend.csv") { request, context in
            let (trend, _, _) = try await trend(TicketPath.number(in: context), request, context.language)
            return Self.response(trend.csv, "text/csv; charset=utf-8")
        }
    }

    private static func response(_ text: String, _ type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private func trend(
        _ number: String, _ request: Request, _ language: Language
    ) async throws -> (trend: EvidenceTrend, isTotal: Bool, moment: EstateMoment) {
        guard let detail = await pages.view.ticket(number) else {
            throw Problem(.ticketUnknown, ["number": number])
        }
        let moment = await pages.look(language)
        let points = moment.points(of: detail.ticket.asset)
        let wanted = request.uri.queryParameters["point"].map { String($0) }
        guard let point = wanted.map({ name in points.first { $0.path == name } }) ?? points.first else {
            throw Problem(.pointUnknown, ["point": wanted ?? detail.ticket.asset.text])
        }
        let firedAt = detail.firedAt
        let stored: Trend
        do {
            stored = try await pages.view.trend(
                ofPoint: point.path, from: firedAt - EvidenceTrend.before, to: firedAt + EvidenceTrend.after,
                limit: Self.limit)
        } catch {
            pages.logger.error(
                "Stored values could not be read.", metadata: ["point": "\(point.path)", "error": "\(error)"])
            throw Problem(.trendUnavailable)
        }
        let isTotal = [UnitOfMeasure.litre, .cubicMetre].contains(stored.unit)
        return (EvidenceTrend(stored, point: point.path, firedAt: firedAt), isTotal, moment)
    }
}

extension TicketDetail {
    /// When the first of its rules fired; of a person's report, when it was made.
    var firedAt: Timestamp { findings.map(\.finding.raisedAt).min() ?? ticket.raisedAt }
}

extension EstateMoment {
    /// Points of an asset that can be drawn; those that measure nothing stand last.
    func points(of asset: AssetIdentifier) -> [PointSnapshot] {
        overview.assets.first { $0.identifier == asset }.map { asset in
            let points = asset.points.filter(\.isChartable)
            return points.filter { $0.unit != .none } + points.filter { $0.unit == .none }
        } ?? []
    }

    /// What people call a point: its asset and what is measured; the path when no asset has it.
    func name(ofPoint path: String) -> String {
        for asset in overview.assets {
            guard let point = asset.points.first(where: { $0.path == path }) else { continue }
            return [wording.pick(asset.name), wording.word(.point, point.name)]
                .joined(separator: wording.text(.listSeparator))
        }
        return path
    }
}

extension EvidenceTrend {
    /// A stored trend around the moment of firing. How often the point is read is seen from the trend itself.
    init(_ stored: Trend, point: String, firedAt: Timestamp) {
        let steps = zip(stored.samples.dropFirst(), stored.samples).map { $0.at - $1.at }.sorted()
        let usual = steps.isEmpty ? Duration.seconds(60) : steps[steps.count / 2]
        self.init(
            point: point, unit: stored.unit == UnitOfMeasure.none ? "" : stored.unit.rawValue, firedAt: firedAt,
            samples: stored.samples.map { Sample(at: $0.at, value: $0.value, quality: $0.value == nil ? .bad : .good) },
            period: max(usual, .seconds(1)))
    }
}

/// One picture of a ticket's page.
struct TrendPicture: Sendable {
    var pictureHref: String
    var pictureText: String
    var tableHref: String

    /// Pictures of the first points of the ticket's asset.
    static func all(of detail: TicketDetail, in moment: EstateMoment) -> [TrendPicture] {
        moment.points(of: detail.ticket.asset).prefix(TicketTrends.most).map { point in
            let page = TicketPath.page(of: detail.ticket.number)
            let query = "?point=" + PercentText.encoded(point.path)
            return TrendPicture(
                pictureHref: page + "/trend.svg" + query,
                pictureText: moment.wording.text(
                    .trendPicture,
                    ["point": moment.name(ofPoint: point.path), "moment": moment.time.moment(detail.firedAt)]),
                tableHref: page + "/trend.csv" + query)
        }
    }
}
