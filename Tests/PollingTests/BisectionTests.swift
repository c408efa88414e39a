// SPDX-License-Identifier: Apache-2.0

import Glibc
import ModbusCodec
import Model
import Polling
import TestKit
import Testing

/// A device that refuses requests which touch certain registers, cross certain addresses or are too long.
private struct TouchyDevice {
    var holes: Set<Int> = []
    var fences: Set<Int> = []
    var longest = 125

    func answer(_ span: RegisterSpan) -> Result<[UInt16], ReadFailure> {
        let isRefused =
            span.range.contains { holes.contains($0) } || span.count > longest
            || fences.contains { span.range.lowerBound < $0 && $0 < span.range.upperBound }
        return isRefused ? .failure(.exception(2)) : .success(Array(repeating: 0, count: Int(span.count)))
    }
}

@Suite struct BisectionTests {
    private func search(
        _ span: RegisterSpan, _ items: [RegisterSpan], _ device: TouchyDevice, limits: ReadLimits = ReadLimits()
    ) -> (bisection: Bisection, requests: Int) {
        var bisection = Bisection(of: span, items: items, limits: limits)
        var requests = 0
        while let next = bisection.next, requests < 100 {
            requests += 1
            bisection.take(device.answer(next))
        }
        return (bisection, requests)
    }

    @Test func `a hole between items is found and the smallest refused request with it`() {
        let items = spans([(0, 2), (4, 2), (20, 2), (24, 2)])
        let found = search(spans([(0, 26)])[0], items, TouchyDevice(holes: [10]))
        #expect(found.bisection.cause == .gap(spans([(6, 14)])[0]))
        #expect(found.bisection.refused == spans([(0, 26)])[0])
        #expect(found.requests == 2)
    }

    @Test func `an item that cannot be read is found`() {
        let items = spans((0..<8).map { ($0 * 2, 2) })
        let found = search(spans([(0, 16)])[0], items, TouchyDevice(holes: [11]))
        #expect(found.bisection.cause == .item(spans([(10, 2)])[0]))
        #expect(found.bisection.refused == spans([(10, 2)])[0])
        #expect(found.requests <= 6)
    }

    @Test func `one item alone needs no further request`() {
        let found = search(spans([(7, 2)])[0], spans([(7, 2), (90, 1)]), TouchyDevice(holes: [7]))
        #expect(found.bisection.cause == .item(spans([(7, 2)])[0]))
        #expect(found.requests == 0)
    }

    @Test func `a fence between neighbours becomes a boundary`() {
        let found = search(spans([(0, 8)])[0], spans([(0, 4), (4, 4)]), TouchyDevice(fences: [4]))
        #expect(found.bisection.cause == .boundary(.holdingRegister, at: 4))
    }

    @Test(arguments: [ReadFailure.timeout, .torn, .badChecksum, .exception(4), .exception(6), .busDown("")])
    func `anything but exceptions 2 and 3 ends the search without a cause`(failure: ReadFailure) {
        var bisection = Bisection(of: spans([(0, 8)])[0], items: spans([(0, 4), (4, 4)]), limits: ReadLimits())
        bisection.take(.failure(failure))
        #expect(bisection.next == nil && bisection.cause == nil)
    }

    @Test func `no search takes more than 2 log2(n) requests`() {
        for count in 2...125 {
            let items = spans((0..<count).map { ($0, 1) })
            let most = Int((2 * log2(Double(count))).rounded(.down))
            for hole in 0..<count {
                let found = search(spans([(0, count)])[0], items, TouchyDevice(holes: [hole]))
                #expect(found.bisection.cause == .item(items[hole]))
                #expect(found.requests <= most, "\(count) items, hole at \(hole)")
            }
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `in the end everything that can be read is read and nothing else is asked`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let reach = [30, 90, 300].randomElement(using: &random)!
        let items = Set((0..<Int.random(in: 1...12, using: &random)).map { _ in
            RegisterSpan(.holdingRegister, at: UInt16.random(in: 0...UInt16(reach), using: &random), count: 1)
        }).sorted { $0.address < $1.address }
        var device = TouchyDevice()
        for _ in 0..<Int.random(in: 0...5, using: &random) { device.holes.insert(Int.random(in: 0...reach, using: &random)) }
        for _ in 0..<Int.random(in: 0...2, using: &random) { device.fences.insert(Int.random(in: 0...reach, using: &random)) }
        device.longest = [125, 125, 10].randomElement(using: &random)!
        let scheduled = ScheduledDevice(
            unit: UnitIdentifier(1), groups: [PollGroup(period: .seconds(1), items: items)], limits: ReadLimits(),
            probe: items[0])
        var experience = DeviceExperience(of: scheduled, timeout: .seconds(1))
        var schedule = BusSchedule(
            devices: [scheduled], cost: socket, timeout: .seconds(1), arrangement: .socket,
            start: MonotonicInstant(nanoseconds: 0))
        let wall = Timestamp(milliseconds: 0)
        var visits = 0
        while visits < 60 {
            visits += 1
            let plan = schedule.plan(device: 0, groups: [0])
            guard let refused = plan.first(where: { device.answer($0) == .failure(.exception(2)) }) else { break }
            let (bisection, requests) = search(refused, items, device)
            #expect(Double(requests) <= 2 * log2(Double(items.filter { refused.covers($0) }.count)) + 1e-9)
            let isNew = experience.note(bisection, at: wall)
            #expect(isNew, "seed \(seed): nothing learned from \(refused)")
            schedule.learn(experience.avoidance, of: 0)
        }
        let plan = schedule.plan(device: 0, groups: [0])
        #expect(plan.allSatisfy { device.answer($0) != .failure(.exception(2)) }, "seed \(seed)")
        for item in items {
            let isReadable = device.answer(item) != .failure(.exception(2))
            #expect(plan.contains { $0.covers(item) } == isReadable, "seed \(seed): \(item)")
            #expect((experience.avoidance.refusal(of: item) == .address) == !isReadable, "seed \(seed): \(item)")
        }
    }
}
