// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import Pipeline

/// The estate's water for other programs.
struct WaterInterface: Sendable {
    let view: any EstateView
    let logger: Logger

    static let route = InterfaceRoute(
        method: .get, path: "/water", name: "water",
        about: "Balances of zones, night minimum flows, days of every water meter, and what open findings lose.",
        answers: [.init(status: 200, about: "The water as it was at asOf, at most a minute ago.", shape: .water)],
        problems: [.trendUnavailable])

    func addRoutes(to routes: InterfaceRoutes) {
        routes.add(Self.route) { [view, logger] _ in
            do {
                return JSONText.response(Versioned(try await view.water()))
            } catch {
                logger.error("The water overview could not be made.", metadata: ["error": "\(error)"])
                throw Problem(.trendUnavailable)
            }
        }
    }
}
