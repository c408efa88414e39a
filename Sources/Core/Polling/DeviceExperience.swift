// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model

/// What polling one device has taught: how long to wait for it, and what not to ask it for.
///
/// For each visit ``requests(of:at:wall:)`` says what to send and ``take(_:to:of:at:wall:)`` learns from what came back.
public struct DeviceExperience: Sendable {
    /// What is sent in one visit.
    public struct Requests: Hashable, Sendable {
        public var spans: [RegisterSpan]
        /// Spans of the visit that the device is too busy for, with the exception it said so by.
        public var postponed: [RegisterSpan: UInt8]
        /// The last of ``spans`` is a request that was once refused and is tried again.
        public var endsWithRetry: Bool
    }

    /// What the answers mean for the schedule.
    public struct Lesson: Sendable {
        /// Finds what in a refused request is at fault; to be carried on right after the visit.
        public var bisection: Bisection?
        /// The groups to ask again and when, after the device was busy.
        public var again: (groups: [Int], at: MonotonicInstant)?
        /// Whether ``DeviceExperience/avoidance`` has changed.
        public var changesPlans = false
        /// Whether there are facts to keep.
        public var changesFacts = false
    }

    public private(set) var turnaround = TurnaroundEstimate()
    public private(set) var registers: LearnedRegisters
    private let device: ScheduledDevice
    private let configuredTimeout: Duration

    /// - Parameters:
    ///   - timeout: The site's timeout of the bus.
    ///   - facts: What was refused before the program restarted.
    public init(of device: ScheduledDevice, timeout: Duration, facts: [LearnedFact] = []) {
        self.device = device
        configuredTimeout = timeout
        registers = LearnedRegisters(facts: facts)
    }

    /// Longest wait for the first byte of an answer.
    public var timeout: Duration { turnaround.timeout(configured: configuredTimeout, least: device.respondsWithin) }

    public var avoidance: Avoidance { registers.avoidance }

    /// The visit's spans without those the device is too busy for, and once a day a request that it refused before.
    public func requests(of visit: BusSchedule.Visit, at now: MonotonicInstant, wall: Timestamp) -> Requests {
        guard !visit.isProbe else { return Requests(spans: visit.spans, postponed: [:], endsWithRetry: false) }
        var requests = Requests(spans: [], postponed: [:], endsWithRetry: false)
        for span in visit.spans {
            if let exception = registers.delay(of: span, at: now) {
                requests.postponed[span] = exception
            } else {
                requests.spans.append(span)
            }
        }
        if !requests.spans.isEmpty, let retry = registers.retry(at: wall) {
            requests.spans.append(retry)
            requests.endsWithRetry = true
        }
        return requests
    }

    /// Learns from the answer to `requests`, one result for each of its spans.
    public mutating func take(
        _ answer: SweepAnswer, to requests: Requests, of visit: BusSchedule.Visit, at now: MonotonicInstant,
        wall: Timestamp
    ) -> Lesson {
        noteTurnarounds(of: answer)
        var lesson = Lesson()
        guard answer.results.count == requests.spans.count else { return lesson }
        for (place, (span, result)) in zip(requests.spans, answer.results).enumerated() {
            if requests.endsWithRetry, place == requests.spans.count - 1 {
                // Behind a silence it was not sent at all.
                if answer.results[..<place].contains(.failure(.timeout)) { continue }
                registers.noteRetry(result, of: span, at: wall)
                (lesson.changesPlans, lesson.changesFacts) = (true, true)
                continue
            }
            if let again = registers.noteDelay(result, of: span, at: now) {
                let groups = visit.groups.filter { group in
                    device.groups.indices.contains(group) && device.groups[group].items.contains { span.covers($0) }
                }
                let earlier = lesson.again
                lesson.again = (groups + (earlier?.groups ?? []), min(again, earlier?.at ?? again))
            }
            switch result {
            case .failure(.exception(1)):
                registers.noteUnknownFunction(for: span.table)
                lesson.changesPlans = true
            case .failure(.exception(2)), .failure(.exception(3)):
                guard !visit.isProbe, lesson.bisection == nil else { continue }
                let limits = avoidance.limits(device.limits)
                let wanted = visit.groups.flatMap {
                    device.groups.indices.contains($0) ? device.groups[$0].items : []
                }
                lesson.bisection = Bisection(of: span, items: wanted, limits: limits)
            default: break
            }
        }
        return lesson
    }

    /// Learns from the answer to one request of a bisection.
    public mutating func take(_ answer: SweepAnswer, to bisection: inout Bisection) {
        noteTurnarounds(of: answer)
        bisection.take(answer.results.first ?? .failure(.timeout))
    }

    /// Takes over what a finished bisection found; whether plans change by it.
    public mutating func note(_ bisection: Bisection, at wall: Timestamp) -> Bool { registers.note(bisection, at: wall) }

    private mutating func noteTurnarounds(of answer: SweepAnswer) {
        for (nanoseconds, result) in zip(answer.turnarounds, answer.results) {
            switch result {
            // By these a gateway says how long it waited itself.
            case .failure(.exception(10)), .failure(.exception(11)): continue
            default: if let nanoseconds { turnaround.note(.nanoseconds(nanoseconds)) }
            }
        }
        if answer.results.contains(.failure(.timeout)) { turnaround.noteSilence() }
    }
}
