// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import Model
import NIOCore
import Pipeline

/// The list of devices and the page of each.
struct AssetPages: Sendable {
    static let path = "/assets"

    let pages: Pages

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/assets") { request, context in
            let moment = await pages.look(context.language)
            let frame = pages.frame(moment.wording.text(.titleAssets), request, moment)
            return pages.page("asset-list", AssetListPage(frame: frame, moment: moment, filter: filter(request)))
        }
        router.get("/fragments/asset-rows") { request, context in
            let moment = await pages.look(context.language)
            return pages.page("asset-rows", AssetRows(moment: moment, filter: filter(request)))
        }
        router.get("/assets/:asset") { request, context in
            let moment = await pages.look(context.language)
            let detail = try await detail(request, context)
            let title = moment.wording.pick(detail.asset.name)
            return pages.page(
                "asset",
                AssetPage(
                    frame: pages.frame(title, request, moment), detail: detail, water: await water(of: detail),
                    in: moment))
        }
        router.get("/fragments/asset-values/:asset") { request, context in
            pages.page(
                "asset-values",
                AssetValues(try await detail(request, context), in: await pages.look(context.language)))
        }
    }

    private func filter(_ request: Request) -> String {
        String(request.uri.queryParameters["filter"].map(String.init)?.prefix(100) ?? "")
    }

    private func detail(_ request: Request, _ context: DashboardContext) async throws -> AssetDetail {
        guard let detail = await pages.view.asset(try AssetPath.identifier(in: context)) else {
            throw Problem(.notFound, ["path": request.uri.path])
        }
        return detail
    }

    /// The days of a water meter; `nil` for anything else, and where history cannot be read.
    private func water(of detail: AssetDetail) async -> WaterMeter? {
        guard detail.asset.kind == "water-meter" else { return nil }
        do {
            return try await pages.view.water().meters.first { $0.asset == detail.asset.identifier }
        } catch {
            pages.logger.error("The days of a meter could not be read.", metadata: ["error": "\(error)"])
            return nil
        }
    }
}
