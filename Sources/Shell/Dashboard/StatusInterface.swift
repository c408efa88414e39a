// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Pipeline

/// How the gateway is, for commands on this machine: on the local socket only.
struct StatusInterface: Sendable {
    let view: any EstateView

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/api/v1/status") { _, _ in
            let complaints = await view.complaints()
            return JSONText.response(Versioned(GatewayStatus(await view.figures(), complaints: complaints)))
        }
    }
}
