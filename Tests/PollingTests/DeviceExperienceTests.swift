// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Polling
import Testing

@Suite struct DeviceExperienceTests {
    private let items = spans([(0, 2), (10, 2)])
    private let day = Timestamp(milliseconds: 0)
    private var device: ScheduledDevice {
        ScheduledDevice(
            unit: UnitIdentifier(3),
            groups: [
                PollGroup(period: .seconds(1), items: [items[0]]), PollGroup(period: .seconds(60), items: [items[1]]),
            ], limits: ReadLimits(), probe: items[0], respondsWithin: .milliseconds(250))
    }

    private func visit(_ spans: [RegisterSpan], groups: [Int] = [0, 1], isProbe: Bool = false) -> BusSchedule.Visit {
        BusSchedule.Visit(device: 0, groups: groups, spans: spans, isProbe: isProbe, lateness: .zero)
    }

    private func answer(_ results: Result<[UInt16], ReadFailure>..., turnarounds: [Int64?] = []) -> SweepAnswer {
        SweepAnswer(results: results, turnarounds: turnarounds, firstByteNanoseconds: nil, finishedNanoseconds: 0)
    }

    private func second(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64(seconds * 1e9) + 1_000_000_000)
    }

    private let words = Result<[UInt16], ReadFailure>.success([0, 0])

    @Test func `the timeout follows the answers and never falls below what the profile prints`() {
        var experience = DeviceExperience(of: device, timeout: .seconds(1))
        let asked = visit([items[0]])
        for _ in 0..<200 {
            #expect(experience.timeout == .seconds(1))
            let requests = experience.requests(of: asked, at: second(0), wall: day)
            _ = experience.take(answer(words, turnarounds: [4_000_000]), to: requests, of: asked, at: second(0), wall: day)
        }
        #expect(experience.timeout == .milliseconds(250))
        let requests = experience.requests(of: asked, at: second(0), wall: day)
        _ = experience.take(answer(.failure(.timeout), turnarounds: [nil]), to: requests, of: asked, at: second(0), wall: day)
        #expect(experience.timeout == .seconds(1))
    }

    @Test func `a busy device is asked the same again after 1, 2, 4 ... 60 s, and other requests at once`() {
        var experience = DeviceExperience(of: device, timeout: .seconds(1))
        let asked = visit(items)
        var (now, waits): (Double, [Double]) = (0, [])
        for _ in 0..<8 {
            var requests = experience.requests(of: asked, at: second(now), wall: day)
            #expect(requests.spans == items)
            let lesson = experience.take(
                answer(.failure(.exception(6)), words), to: requests, of: asked, at: second(now), wall: day)
            #expect(lesson.again?.groups == [0])
            let wait = lesson.again.map { ($0.at - second(now)).inSeconds } ?? 0
            waits.append(wait)
            requests = experience.requests(of: asked, at: second(now + wait - 0.001), wall: day)
            #expect(requests.spans == [items[1]] && requests.postponed == [items[0]: 6])
            now += wait
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60])
        var requests = experience.requests(of: asked, at: second(now), wall: day)
        _ = experience.take(answer(words, words), to: requests, of: asked, at: second(now), wall: day)
        requests = experience.requests(of: asked, at: second(now), wall: day)
        let lesson = experience.take(
            answer(.failure(.exception(5)), words), to: requests, of: asked, at: second(now), wall: day)
        #expect(lesson.again.map { ($0.at - second(now)).inSeconds } == 1)
    }

    @Test func `exception 1 takes the table out of the plans`() {
        var experience = DeviceExperience(of: device, timeout: .seconds(1))
        let asked = visit(items)
        let requests = experience.requests(of: asked, at: second(0), wall: day)
        let lesson = experience.take(
            answer(.failure(.exception(1)), words), to: requests, of: asked, at: second(0), wall: day)
        #expect(lesson.changesPlans && !lesson.changesFacts)
        #expect(experience.avoidance.refusal(of: items[1]) == .table)
        #expect(experience.avoidance.refusal(of: spans([(0, 2)], .inputRegister)[0]) == nil)
        #expect(DeviceExperience(of: device, timeout: .seconds(1)).avoidance == Avoidance())
    }

    @Test(arguments: [2, 3] as [UInt8])
    func `one bisection follows a visit that was refused, none a timeout or a probe`(code: UInt8) {
        var experience = DeviceExperience(of: device, timeout: .seconds(1))
        func bisection(_ result: Result<[UInt16], ReadFailure>, isProbe: Bool = false) -> Bisection? {
            let asked = visit(spans([(0, 12)]), isProbe: isProbe)
            let requests = experience.requests(of: asked, at: second(0), wall: day)
            return experience.take(answer(result), to: requests, of: asked, at: second(0), wall: day).bisection
        }
        #expect(bisection(.failure(.exception(code)))?.next == items[0])
        #expect(bisection(.failure(.exception(code)), isProbe: true) == nil)
        #expect(bisection(.failure(.timeout)) == nil)
        #expect(bisection(.failure(.exception(4))) == nil)
    }

    @Test func `what was refused is tried again once a day and forgotten when it can be read`() {
        let fact = LearnedFact(cause: .item(items[1]), refused: items[1], refusedAt: day)
        var experience = DeviceExperience(of: device, timeout: .seconds(1), facts: [fact])
        #expect(experience.avoidance.refusal(of: items[1]) == .address)
        let asked = visit([items[0]])
        func requests(after hours: Int) -> DeviceExperience.Requests {
            experience.requests(of: asked, at: second(0), wall: day + .seconds(hours * 3600))
        }
        #expect(requests(after: 23).spans == [items[0]])
        #expect(requests(after: -25).endsWithRetry)
        let retry = requests(after: 24)
        #expect(retry.spans == items && retry.endsWithRetry)
        // A silence before it says nothing of it; a refusal keeps it for another day.
        _ = experience.take(
            answer(.failure(.timeout), .failure(.timeout)), to: retry, of: asked, at: second(0), wall: day + .seconds(86_400))
        #expect(requests(after: 24).endsWithRetry)
        let kept = experience.take(
            answer(words, .failure(.exception(2))), to: retry, of: asked, at: second(0), wall: day + .seconds(86_400))
        #expect(kept.changesFacts && kept.bisection == nil)
        #expect(!requests(after: 47).endsWithRetry && requests(after: 48).endsWithRetry)
        let read = experience.take(
            answer(words, words), to: requests(after: 48), of: asked, at: second(0), wall: day + .seconds(172_800))
        #expect(read.changesPlans && read.changesFacts)
        #expect(experience.registers.facts == [] && experience.avoidance == Avoidance())
    }

    @Test func `a device that refuses everything is not remembered without end`() {
        var registers = LearnedRegisters()
        for address in 0..<400 {
            let bisection = Bisection(of: spans([(address, 1)])[0], items: spans([(address, 1)]), limits: ReadLimits())
            let (isNew, isNewAgain) = (registers.note(bisection, at: day), registers.note(bisection, at: day))
            #expect(isNew == (address < LearnedRegisters.factLimit) && !isNewAgain)
        }
        #expect(registers.facts.count == LearnedRegisters.factLimit)
    }
}
