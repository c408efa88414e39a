// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import Model
import NIOCore
import Pipeline

/// The estate's water on one page: where it went, its nights, what is lost, week against week.
struct WaterPages: Sendable {
    static let path = "/water"

    let pages: Pages

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/water") { request, context in
            let moment = await pages.look(context.language)
            let frame = pages.frame(moment.wording.text(.titleWater), request, moment)
            let parts = await parts(request, moment)
            return pages.page("water", WaterPage(frame: frame, word: moment.wording.texts, parts: parts))
        }
        router.get("/fragments/water") { request, context in
            guard let parts = await parts(request, await pages.look(context.language)) else {
                throw Problem(.trendUnavailable)
            }
            return pages.page("water-parts", parts)
        }
    }

    /// `nil` where the history cannot be read.
    private func parts(_ request: Request, _ moment: EstateMoment) async -> WaterParts? {
        do {
            return WaterParts(try await pages.view.water(), choice: WaterChoice(request), in: moment)
        } catch {
            pages.logger.error("The water overview could not be made.", metadata: ["error": "\(error)"])
            return nil
        }
    }
}

/// What the reader chose to see; the address of the page holds it.
struct WaterChoice: Sendable {
    var period: WaterPeriod
    /// The meter whose weeks are compared.
    var meter: AssetIdentifier?

    init(period: WaterPeriod = .yesterday, meter: AssetIdentifier? = nil) {
        (self.period, self.meter) = (period, meter)
    }

    init(_ request: Request) {
        let query = request.uri.queryParameters
        period = query["period"].flatMap { WaterPeriod(rawValue: String($0)) } ?? .yesterday
        meter = query["meter"].flatMap { AssetIdentifier(String($0)) }
    }

    /// What follows the path.
    func query(_ period: WaterPeriod? = nil) -> String {
        let meter = meter.map { "&meter=" + PercentText.encoded($0.text) } ?? ""
        return "?period=\((period ?? self.period).rawValue)\(meter)"
    }
}

/// The whole page.
struct WaterPage: Sendable {
    var frame: PageFrame
    var word: [String: String]
    /// `nil` where the history cannot be read.
    var parts: WaterParts?
}
