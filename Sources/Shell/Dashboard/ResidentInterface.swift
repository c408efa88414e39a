// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Hummingbird
import Pipeline

/// What a command on this machine asks of notices to residents: on the local socket only, never on the page's port.
struct ResidentInterface: Sendable {
    let view: any EstateView

    func addRoutes(to router: Router<DashboardContext>) {
        router.post("/api/v1/resident-notices") { request, _ in
            let buffer = try await BodyLimit.body(of: request)
            guard let told = try? JSONDecoder().decode(ResidentRequest.self, from: Data(buffer.readableBytesView))
            else {
                throw Problem(.bodyInvalid)
            }
            return JSONText.response(Versioned(await view.residents(told)))
        }
    }
}
