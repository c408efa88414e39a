// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import ModbusCodec
import NIOCore
import Pipeline

/// The gateway itself: what it sends, stores and polls, and what is wrong with its lines.
struct SystemPages: Sendable {
    static let path = "/system"

    let pages: Pages
    var hasSettings = false

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/system") { request, context in
            let moment = await pages.look(context.language)
            let frame = pages.frame(moment.wording.text(.titleSystem), request, moment)
            return pages.page(
                "system",
                SystemPage(
                    frame: frame, wording: moment.wording, parts: await parts(moment), hasSettings: hasSettings))
        }
        router.get("/fragments/system") { _, context in
            pages.page("system-parts", await parts(await pages.look(context.language)))
        }
    }

    private func parts(_ moment: EstateMoment) async -> SystemParts {
        let figures = await pages.view.figures()
        var lines: [String: LineEvidence] = [:]
        for bus in figures.buses { lines[bus.name] = await pages.view.lineEvidence(of: bus.name) }
        return SystemParts(figures, lines, complaints: await pages.view.complaints(), in: moment)
    }
}
