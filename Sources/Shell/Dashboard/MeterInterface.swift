// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Hummingbird
import NIOCore
import Pipeline

/// What a command on this machine tells of meters: on the local socket only, never on the page's port.
struct MeterInterface: Sendable {
    let view: any EstateView

    func addRoutes(to router: Router<DashboardContext>) {
        router.group("/api/v1/meters").post("/exchange") { request, _ in
            let buffer = try await BodyLimit.body(of: request)
            guard let told = try? JSONDecoder().decode(MeterExchange.self, from: Data(buffer.readableBytesView)) else {
                throw Problem(.bodyInvalid)
            }
            return JSONText.response(Versioned(await view.exchange(told)))
        }
    }
}
