// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Synchronization
import Telemetry

/// What one bus has done since the start, for `/metrics`.
final class PollMeter: Sendable {
    private let bus: Mutex<GatewayFigures.Bus>

    init(of bus: BusIdentifier) { self.bus = Mutex(GatewayFigures.Bus(name: bus.text)) }

    var figures: GatewayFigures.Bus { bus.withLock { $0 } }

    func note(lateness: Duration) { bus.withLock { $0.lateness.note(lateness) } }

    func note(_ visit: BusPoller.VisitFigures) {
        bus.withLock { bus in
            bus.polls.note(visit.duration)
            (bus.load, bus.probeLoad, bus.overruns) = (visit.load, visit.probeLoad, visit.overruns)
        }
    }
}
