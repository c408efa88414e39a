// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Pipeline

/// What a command on this machine asks of the settings that hold: on the local socket only, never on the page's port.
struct ConfigurationInterface: Sendable {
    let view: any EstateView

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/api/v1/configuration") { _, _ in
            guard let settings = await view.heldSettings else { throw Problem(.notFound) }
            return JSONText.response(Versioned(settings))
        }
    }
}
