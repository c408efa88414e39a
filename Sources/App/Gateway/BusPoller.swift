// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Model
import Failpoints
import ModbusCodec
package import Pipeline
import Polling

/// Carries out the schedule of one bus: asks when it says so and hands over what came back.
package struct BusPoller: Sendable {
    let bus: BusSettings
    let port: any ModbusPort
    let devices: [PolledDevice]
    let clock: any ClockSource
    let catalogue: Catalogue
    let logger: Logger
    let pace: any BusPace
    let deliver: @Sendable (Sweep) -> Void
    let availability: @Sendable (AssetIndex, Availability, Timestamp) async -> Void
    let lateness: @Sendable (Duration) -> Void
    /// Tells buses apart on which the same units stand, so that they are not all polled at the same moment.
    var number = 0
    /// Moments of a second on which the devices of sockets fall.
    var phasesPerSecond = 4
    /// Commands that read from this bus between two visits.
    var guests = BusGuests()
    /// What was learned before the program restarted, one list for each device.
    var facts: [[LearnedFact]] = []
    /// How long devices took to answer before the program restarted: medians, one for each device.
    var turnarounds: [Duration?] = []
    /// Keeps how long a device takes to answer.
    var rememberTurnaround: @Sendable (_ device: Int, _ median: Duration, _ p99: Duration, Timestamp) async -> Void = {
        _, _, _, _ in
    }
    /// Keeps what was learned of a device, by its place in ``devices``.
    var remember: @Sendable (Int, [LearnedFact]) async -> Void = { _, _ in }
    /// Told of each visit when it is over.
    var visited: @Sendable (VisitFigures) -> Void = { _ in }
    /// Told how soon this bus will be heard of again, at the latest.
    var progress: @Sendable (Duration) -> Void = { _ in }

    package init(
        bus: BusSettings, port: any ModbusPort, devices: [PolledDevice], clock: any ClockSource, catalogue: Catalogue,
        pace: any BusPace = TaskPace(), logger: Logger, deliver: @escaping @Sendable (Sweep) -> Void,
        availability: @escaping @Sendable (AssetIndex, Availability, Timestamp) async -> Void,
        lateness: @escaping @Sendable (Duration) -> Void
    ) {
        (self.bus, self.port, self.devices, self.clock) = (bus, port, devices, clock)
        (self.catalogue, self.pace, self.logger, self.deliver) = (catalogue, pace, logger, deliver)
        (self.availability, self.lateness) = (availability, lateness)
    }

    /// What one visit took, and how the bus stands after it.
    struct VisitFigures: Sendable {
        /// From its first request to the end of its last answer.
        var duration: Duration
        /// Share of its time that the bus needs.
        var load: Double
        /// Share of its time that goes into asking dead units.
        var probeLoad: Double
        /// Reads left out since the start because the bus did not keep its periods.
        var overruns: Int
    }

    /// What changes while the bus is polled.
    private struct State {
        var schedule: BusSchedule
        var experience: [DeviceExperience]
        var isKnown: [Bool]
        /// Parts of visits of which more is to come.
        var parts: [VisitParts?]
        var stale: StalePoints
        var kept: KeptTurnarounds
        var isOverrunning = false
    }

    /// Polls until the task is cancelled, then gives the bus back.
    package nonisolated(nonsending) func run() async {
        let start = clock.now().instant
        let experience = devices.enumerated().map { place, device in
            DeviceExperience(
                of: device.scheduled, timeout: bus.timeout, facts: facts.indices.contains(place) ? facts[place] : [])
        }
        var state = State(
            schedule: BusSchedule(
                devices: devices.map(\.scheduled), cost: bus.cost, timeout: bus.timeout, arrangement: bus.arrangement,
                start: start, phasesPerSecond: phasesPerSecond, busNumber: number),
            experience: experience, isKnown: Array(repeating: false, count: devices.count),
            parts: Array(repeating: nil, count: devices.count),
            stale: StalePoints(devices: devices, startingAt: start),
            kept: KeptTurnarounds(turnarounds, of: devices.count, at: start))
        for place in devices.indices {
            state.schedule.learn(experience[place].avoidance, of: place)
            guard turnarounds.indices.contains(place), let median = turnarounds[place] else { continue }
            state.schedule.learn(turnaround: bus.cost.turnaround(measured: median), of: place)
        }
        while !Task.isCancelled {
            let now = clock.now()
            let step = state.schedule.next(at: now.instant)
            tellOverruns(&state, at: now.instant)
            tellStale(&state, at: now)
            switch step {
            case .wait(let until):
                progress(min(max(until - now.instant, .zero), .seconds(3600)) + SiteProgress.busPatience + bus.timeout)
                await guests.passTime(until: until, on: port, of: bus, clock: clock, pace: pace)
            case .visit(let visit):
                if !visit.isProbe { lateness(visit.lateness) }
                await carryOut(visit, &state)
            }
        }
        guests.close()
        await port.close()
    }

    /// Says once that the bus does not keep its periods, and once that it does again.
    private func tellOverruns(_ state: inout State, at now: MonotonicInstant) {
        let isOverrunning = state.schedule.isOverrunning(at: now)
        guard isOverrunning != state.isOverrunning else { return }
        state.isOverrunning = isOverrunning
        let load = (state.schedule.load * 100).rounded() / 100
        let facts: Logger.Metadata = [
            "bus": "\(bus.identifier)", "load": "\(load)", "overruns": "\(state.schedule.overruns)",
        ]
        if isOverrunning {
            logger.warning("Bus does not keep its poll periods; reads are left out.", metadata: facts)
        } else {
            logger.info("Bus keeps its poll periods again.", metadata: facts)
        }
    }

    /// One bad reading for each point that has become stale; never its last value under a new time.
    private func tellStale(_ state: inout State, at now: ClockReading) {
        for (place, group) in state.stale.newlyStale(at: now.instant) {
            let readings = devices[place].readings(bad: .stale, ofGroup: group, at: now.wall)
            if !readings.isEmpty { deliver(sweep(of: devices[place], readings, now)) }
        }
    }

    private nonisolated(nonsending) func carryOut(_ visit: BusSchedule.Visit, _ state: inout State) async {
        let (place, device) = (visit.device, devices[visit.device])
        let before = clock.now()
        let outcome = await ask(visit, &state)
        let after = clock.now()
        let isAnswered = outcome.isAnswered
        let events = state.schedule.finished(visit, isAnswered ? .answered : .silent, at: after.instant)
        visited(
            VisitFigures(
                duration: after.instant - before.instant, load: state.schedule.load,
                probeLoad: state.schedule.probeLoad, overruns: state.schedule.overruns))
        var parts = state.parts[place] ?? VisitParts()
        if visit.isContinuation || visit.continues || !isAnswered {
            parts.add(visit, outcome)
            state.parts[place] = visit.continues && isAnswered ? parts : nil
        } else {
            parts = VisitParts()
            parts.add(visit, outcome)
        }
        if !(visit.continues && isAnswered), let whole = parts.whole {
            if !isAnswered { parts.fillUp(state.schedule.plan(device: place, groups: whole.groups)) }
            let sourceTime =
                parts.firstByte.map { after.wall(at: MonotonicInstant(nanoseconds: $0)) } ?? after.wall
            let readings = device.readings(
                of: parts.whole ?? whole, from: parts.answer, at: sourceTime,
                avoiding: state.experience[place].avoidance)
            state.stale.noteReadings(of: place, groups: whole.groups, at: after.instant)
            if !readings.isEmpty { deliver(sweep(of: device, readings, after)) }
        }
        if isAnswered, !state.isKnown[place] {
            state.isKnown[place] = true
            await availability(device.asset, .online, after.wall)
        }
        for event in events {
            switch event {
            case .wentDown(let place):
                state.isKnown[place] = false
                state.stale.noteDown(place)
                let asset = catalogue[devices[place].asset]
                logger.warning(
                    "Device stopped answering.",
                    metadata: [
                        "bus": "\(bus.identifier)", "device": "\(asset.device)",
                        "unit": "\(devices[place].scheduled.unit)",
                    ])
                deliver(
                    sweep(of: devices[place], devices[place].readings(bad: .deviceDown, at: after.wall), after))
                await availability(devices[place].asset, .offline, after.wall)
            case .cameUp(let place):
                let asset = catalogue[devices[place].asset]
                logger.info(
                    "Device answers again.", metadata: ["bus": "\(bus.identifier)", "device": "\(asset.device)"])
                state.isKnown[place] = true
                await availability(devices[place].asset, .online, after.wall)
            }
        }
    }

    /// Sends the requests of a visit, and those that find out why one was refused.
    private nonisolated(nonsending) func ask(_ visit: BusSchedule.Visit, _ state: inout State) async -> VisitOutcome {
        let (place, unit) = (visit.device, devices[visit.device].scheduled.unit)
        let before = clock.now()
        let requests = state.experience[place].requests(of: visit, at: before.instant, wall: before.wall)
        var outcome = VisitOutcome()
        for (span, exception) in requests.postponed { outcome.note(.failure(.exception(exception)), for: span) }
        guard !requests.spans.isEmpty else { return outcome }
        let aliases = devices[place].aliases
        note(requests: requests.spans.count, of: place, in: state)
        try? Failpoint.reach(.pollerRequest)
        let answer = await port.sweep(
            requests.spans, of: unit, answeringAs: aliases, timeout: state.experience[place].timeout)
        let after = clock.now()
        outcome.isAnswered = answer.isAnswered
        outcome.firstByte = answer.firstByteNanoseconds
        for (span, result) in zip(requests.spans, answer.results) { outcome.note(result, for: span) }
        var lesson = state.experience[place].take(answer, to: requests, of: visit, at: after.instant, wall: after.wall)
        if var bisection = lesson.bisection {
            while let span = bisection.next, !Task.isCancelled {
                note(requests: 1, of: place, in: state)
                let answer = await port.sweep(
                    [span], of: unit, answeringAs: aliases, timeout: state.experience[place].timeout)
                state.experience[place].take(answer, to: &bisection)
                if let result = answer.results.first { outcome.note(result, for: span) }
            }
            if state.experience[place].note(bisection, at: after.wall) {
                (lesson.changesPlans, lesson.changesFacts) = (true, true)
                tell(bisection, of: place)
            }
        }
        if let again = lesson.again { state.schedule.askAgain(again.groups, of: place, at: again.at) }
        if lesson.changesPlans { state.schedule.learn(state.experience[place].avoidance, of: place) }
        if lesson.changesFacts { await remember(place, state.experience[place].registers.facts) }
        let turnaround = state.experience[place].turnaround
        if let median = turnaround.median {
            state.schedule.learn(turnaround: bus.cost.turnaround(measured: median), of: place)
            if state.kept.isNews(median, of: place, at: after.instant) {
                await rememberTurnaround(place, median, turnaround.p99 ?? median, after.wall)
            }
        }
        return outcome
    }

    /// Twice what the requests may wait for their answers, for a line is drained after each that went wrong.
    private func note(requests count: Int, of place: Int, in state: State) {
        progress(state.experience[place].timeout * (2 * (count + 1)) + SiteProgress.busPatience)
    }

    private func tell(_ bisection: Bisection, of place: Int) {
        guard let cause = bisection.cause else { return }
        logger.warning(
            "Device refuses registers; requests are planned around them.",
            metadata: [
                "bus": "\(bus.identifier)", "device": "\(catalogue[devices[place].asset].device)",
                "refused": "\(bisection.refused)", "cause": "\(cause.text)",
            ])
    }

    private func sweep(of device: PolledDevice, _ readings: [Reading], _ clock: ClockReading) -> Sweep {
        Sweep(
            asset: device.asset, receivedAt: clock.instant, receivedWall: clock.wall, timeQuality: clock.timeQuality,
            readings: readings)
    }
}
