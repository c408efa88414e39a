// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import Pipeline

extension EstateHub {
    /// Units of each bus, and how many of them do not answer.
    func busHealth() -> [HealthReport.Bus] {
        configuration.buses.map { bus in
            let places = configuration.devices.indices.filter { configuration.devices[$0].bus == bus.identifier }
            let down = places.count { availability[$0] == .offline }
            return HealthReport.Bus(name: bus.identifier.text, units: places.count, down: down)
        }
    }
}
