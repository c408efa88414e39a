// SPDX-License-Identifier: Apache-2.0

import Alarms
import FoundationEssentials
import Hummingbird
import NIOCore
import Pipeline

/// What a command on this machine asks and tells of alarms: on the local socket only, never on the page's port.
struct AlarmInterface: Sendable {
    let view: any EstateView

    func addRoutes(to router: Router<DashboardContext>) {
        let group = router.group("/api/v1/alarms")
        group.get { _, _ in JSONText.response(Versioned(await view.alarms())) }
        group.post("/events") { request, _ in
            let buffer = try await BodyLimit.body(of: request)
            guard let told = try? JSONDecoder().decode(AlarmAction.self, from: Data(buffer.readableBytesView)) else {
                throw Problem(.bodyInvalid)
            }
            return JSONText.response(Versioned(await view.act(told)))
        }
    }
}
