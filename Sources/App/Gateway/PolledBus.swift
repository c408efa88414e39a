// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Synchronization

/// One bus that is polled, for as long as configurations agree on how.
final class PolledBus: Sendable {
    let work: BusWork
    /// Commands that read from it between two visits.
    let guests: BusGuests
    let meter: PollMeter
    let outlet: BusOutlet
    /// In the catalogue that the poller began with.
    let places: BusPlaces
    private let poller: BusPoller
    /// Where the poller runs; one without it has a thread of its own for its line.
    private let runner: LoopRunner?
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(
        _ work: BusWork, _ poller: BusPoller, on runner: LoopRunner?, outlet: BusOutlet, meter: PollMeter,
        places: BusPlaces
    ) {
        (self.work, self.poller, self.runner, self.outlet) = (work, poller, runner, outlet)
        (self.meter, self.places, guests) = (meter, places, poller.guests)
    }

    var identifier: BusIdentifier { work.bus.identifier }

    /// Begins to poll; a bus that is being polled goes on.
    func start() {
        task.withLock { task in
            guard task == nil else { return }
            task = Task(executorPreference: runner) { [poller] in await poller.run() }
        }
    }

    /// Ends polling and gives the line or the connections back.
    func end() async {
        outlet.close()
        guard let task = task.withLock({ $0 }) else {
            guests.close()
            return await poller.port.close()
        }
        task.cancel()
        poller.pace.end()
        await task.value
    }
}
