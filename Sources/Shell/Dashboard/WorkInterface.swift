// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Hummingbird
import NIOCore
import Pipeline
import Prevention

/// What a command on this machine asks and tells of planned work: on the local socket only, never on the page's port.
struct WorkInterface: Sendable {
    let view: any EstateView

    func addRoutes(to router: Router<DashboardContext>) {
        let group = router.group("/api/v1/work")
        group.get { _, _ in JSONText.response(Versioned(await view.works())) }
        group.post("/records") { request, _ in
            let buffer = try await BodyLimit.body(of: request)
            guard let told = try? JSONDecoder().decode(WorkReport.self, from: Data(buffer.readableBytesView)) else {
                throw Problem(.bodyInvalid)
            }
            return JSONText.response(Versioned(await view.record(told)))
        }
    }
}
