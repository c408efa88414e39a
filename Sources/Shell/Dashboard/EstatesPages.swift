// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import Pipeline

/// `/estates`: all estates of the box on one page.
struct EstatesPages: Sendable {
    let pages: Pages

    func addRoutes(to router: Router<DashboardContext>) {
        guard let neighbourhood = pages.neighbourhood, neighbourhood.isShown else { return }
        router.get("/estates") { request, context in
            let moment = await pages.look(context.language)
            var found: [(Neighbourhood.Neighbour, EstatesPage.Figures?)] = []
            for neighbour in neighbourhood.all {
                guard let view = neighbour.running?.view else {
                    found.append((neighbour, nil))
                    continue
                }
                // What cannot be told of alarms is told of the rest.
                let alarms = (try? await view.alarms())?.alarms ?? []
                let figures = EstatesPage.Figures(
                    await view.tickets(), alarms, await view.overview().assets, at: moment.now)
                found.append((neighbour, figures))
            }
            return pages.page(
                "estates",
                EstatesPage(
                    frame: pages.frame(moment.wording.text(.titleEstates), request, moment), wording: moment.wording,
                    authority: request.head.authority ?? "", found: found))
        }
    }
}
