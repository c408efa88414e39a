// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Polling
import TestKit
import Testing

struct PlanCase: Sendable, CustomTestStringConvertible {
    var name: String
    var items: [(Int, Int)]
    var limits = ReadLimits()
    var cost = CostModel.socket(roundTrip: .milliseconds(2))
    var expected: [(Int, Int)]
    var testDescription: String { name }
}

func spans(_ pairs: [(Int, Int)], _ table: RegisterTable = .holdingRegister) -> [RegisterSpan] {
    pairs.map { RegisterSpan(table, at: UInt16($0.0), count: UInt16($0.1)) }
}

@Suite struct ReadPlannerTests {
    static let slowLine = CostModel.serial(baud: 9600, bitsPerCharacter: 10, turnaround: .milliseconds(20))

    @Test(arguments: [
        PlanCase(name: "nothing wanted", items: [], expected: []),
        PlanCase(name: "neighbours", items: [(4, 2), (0, 2), (2, 2)], expected: [(0, 6)]),
        PlanCase(name: "the same item twice", items: [(7, 2), (7, 2)], expected: [(7, 2)]),
        PlanCase(name: "an item inside another", items: [(0, 8), (2, 1)], expected: [(0, 8)]),
        // F / c is 19.4 at 9600 baud with characters of 10 bits: 19 unwanted registers are worth reading, 20 are not.
        PlanCase(name: "a gap worth bridging", items: [(0, 1), (20, 1)], cost: slowLine, expected: [(0, 21)]),
        PlanCase(name: "a gap too wide", items: [(0, 1), (22, 1)], cost: slowLine, expected: [(0, 1), (22, 1)]),
        PlanCase(name: "up to the cap", items: [(0, 1), (124, 1)], expected: [(0, 125)]),
        PlanCase(name: "beyond the cap", items: [(0, 1), (125, 1)], expected: [(0, 1), (125, 1)]),
        PlanCase(
            name: "a device that takes 8", items: [(0, 4), (4, 4), (8, 4)], limits: ReadLimits(maximumRegisters: 8),
            expected: [(0, 4), (4, 8)]),
        PlanCase(
            name: "widest gap", items: [(0, 1), (3, 1), (7, 1)], limits: ReadLimits(maximumGap: 2),
            expected: [(0, 4), (7, 1)]),
        PlanCase(
            name: "a boundary", items: [(98, 2), (100, 2)], limits: ReadLimits(boundaries: [100]),
            expected: [(98, 2), (100, 2)]),
        PlanCase(
            name: "a forbidden register", items: [(0, 2), (4, 2)], limits: ReadLimits(forbidden: spans([(3, 1)])),
            expected: [(0, 2), (4, 2)]),
        PlanCase(
            name: "forbidden in another table", items: [(0, 2), (4, 2)],
            limits: ReadLimits(forbidden: spans([(3, 1)], .inputRegister)), expected: [(0, 6)]),
        PlanCase(
            name: "a register that is read by itself", items: [(0, 2), (2, 2), (4, 2), (6, 2)],
            limits: ReadLimits(singleReads: spans([(2, 2)])), expected: [(0, 2), (2, 2), (4, 4)]),
        PlanCase(name: "even start", items: [(5, 1)], limits: ReadLimits(needsEvenAddress: true), expected: [(4, 2)]),
        PlanCase(name: "even count", items: [(5, 3)], limits: ReadLimits(needsEvenCount: true), expected: [(5, 4)]),
        PlanCase(
            name: "even count at the table's end", items: [(65_535, 1)], limits: ReadLimits(needsEvenCount: true),
            expected: [(65_534, 2)]),
        PlanCase(
            name: "even count beside a forbidden register", items: [(5, 3)],
            limits: ReadLimits(forbidden: spans([(8, 1)]), needsEvenCount: true), expected: [(4, 4)]),
        PlanCase(
            name: "an item wider than the device takes", items: [(0, 2), (10, 9)],
            limits: ReadLimits(maximumRegisters: 8), expected: [(0, 2), (10, 9)]),
        PlanCase(
            name: "an item on a forbidden register", items: [(0, 4), (4, 1)],
            limits: ReadLimits(forbidden: spans([(2, 1)])), expected: [(0, 4), (4, 1)]),
        PlanCase(
            name: "limits of zero", items: [(0, 1), (1, 1)], limits: ReadLimits(maximumRegisters: 0),
            expected: [(0, 1), (1, 1)]),
    ])
    func `plans`(_ c: PlanCase) {
        #expect(planReads(spans(c.items), limits: c.limits, cost: c.cost) == spans(c.expected))
    }

    @Test func `every table is planned for itself`() {
        let items = spans([(0, 2)]) + spans([(2, 2)], .inputRegister) + spans([(0, 9)], .coil) + spans([(2, 1)])
        let plan = planReads(items, limits: ReadLimits(), cost: .socket(roundTrip: .milliseconds(2)))
        #expect(plan == spans([(0, 9)], .coil) + spans([(2, 2)], .inputRegister) + spans([(0, 3)]))
    }

    /// 20 batches of 100 seeds.
    @Test(arguments: 0..<20)
    func `no way to group the items is cheaper`(batch: Int) {
        for seed in batch * 100..<batch * 100 + 100 {
            var random = SeededGenerator(seed: UInt64(seed))
            let (items, limits, cost) = randomCase(&random)
            let plan = planReads(items, limits: limits, cost: cost)
            for item in items { #expect(plan.contains { $0.covers(item) }, "seed \(seed): \(item) is not read") }
            var price = Price()
            for span in plan {
                price = price + Price(of: span, cost)
                let inside = items.filter { span.covers($0) }.sorted { $0.address < $1.address }
                #expect(
                    isValid(span, reading: inside, limits)
                        // A request for one item, widened to even numbers, may cover a neighbour.
                        || inside.contains { isValid(span, reading: [$0], limits) }
                        || (inside.contains(span) && !isReadable(span, limits)),
                    "seed \(seed): \(span) breaks \(limits)")
            }
            var best = Price()
            for table in RegisterTable.allCases {
                let wanted = Array(Set(items.filter { $0.table == table })).sorted { $0.address < $1.address }
                best = best + bruteForce(wanted, limits, cost)
            }
            #expect(price == best, "seed \(seed): planned \(plan) for \(items) within \(limits)")
        }
    }
}

/// Time, requests and registers, compared in this order.
private struct Price: Equatable {
    var nanoseconds: Int64 = 0
    var requests = 0
    var registers = 0

    init() {}
    init(of span: RegisterSpan, _ cost: CostModel) {
        let (seconds, attoseconds) = cost.duration(of: span).components
        (nanoseconds, requests) = (seconds * 1_000_000_000 + attoseconds / 1_000_000_000, 1)
        registers = Int(span.count)
    }
    static func + (a: Price, b: Price) -> Price {
        var sum = a
        sum.nanoseconds += b.nanoseconds
        sum.requests += b.requests
        sum.registers += b.registers
        return sum
    }
    static func < (a: Price, b: Price) -> Bool {
        (a.nanoseconds, a.requests, a.registers) < (b.nanoseconds, b.requests, b.registers)
    }
}

private func randomCase(_ random: inout SeededGenerator) -> ([RegisterSpan], ReadLimits, CostModel) {
    let tables: [RegisterTable] = Bool.random(using: &random) ? [.holdingRegister] : [.holdingRegister, .coil]
    let reach = [20, 60, 200, 400].randomElement(using: &random)!
    let base = Int.random(in: 0..<4, using: &random) == 0 ? 65_536 - reach - 6 : Int.random(in: 0..<3, using: &random)
    let items = (0..<Int.random(in: 1...10, using: &random)).map { _ in
        RegisterSpan(
            tables.randomElement(using: &random)!, at: UInt16(base + Int.random(in: 0...reach, using: &random)),
            count: UInt16([1, 1, 2, 2, 3, 4, 6].randomElement(using: &random)!))
    }
    func sometimes<T>(_ value: T, else other: T) -> T { Int.random(in: 0..<3, using: &random) == 0 ? value : other }
    func address() -> UInt16 { UInt16(base + Int.random(in: 0...reach, using: &random)) }
    let forbidden = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        RegisterSpan(tables.randomElement(using: &random)!, at: address(), count: 1)
    }
    let boundaries = (0..<Int.random(in: 0...3, using: &random)).map { _ in address() }
    let singles = (0..<Int.random(in: 1...2, using: &random)).map { _ in
        RegisterSpan(tables.randomElement(using: &random)!, at: address(), count: 1)
    }
    let limits = ReadLimits(
        maximumRegisters: [3, 5, 8, 16, 50, 125].randomElement(using: &random)!,
        maximumBits: [4, 16, 100, 2000].randomElement(using: &random)!,
        maximumGap: sometimes(UInt16.random(in: 0...12, using: &random), else: nil),
        boundaries: sometimes(boundaries, else: []), forbidden: sometimes([], else: forbidden),
        singleReads: sometimes(singles, else: []),
        needsEvenAddress: sometimes(true, else: false), needsEvenCount: sometimes(true, else: false))
    let cost = [
        CostModel.serial(baud: 9600, bitsPerCharacter: 10, turnaround: .milliseconds(5)),
        .serial(baud: 9600, bitsPerCharacter: 11, turnaround: .milliseconds(50)),
        .serial(baud: 115_200, bitsPerCharacter: 11, turnaround: .milliseconds(5)),
        .socket(roundTrip: .milliseconds(2)), .socket(roundTrip: .microseconds(50)), .socket(roundTrip: .zero),
    ].randomElement(using: &random)!
    return (items, limits, cost)
}

/// The rules, written down once more and without any search. `items` rise by their first address.
private func isValid(_ span: RegisterSpan, reading items: [RegisterSpan], _ limits: ReadLimits) -> Bool {
    guard let first = items.first else { return false }
    let (low, cap) = (first.range.lowerBound, span.table.isBits ? limits.maximumBits : limits.maximumRegisters)
    var (high, widest) = (first.range.upperBound, 0)
    for item in items {
        widest = max(widest, item.range.lowerBound - high)
        high = max(high, item.range.upperBound)
    }
    let needsEven = limits.needsEvenCount && !span.table.isBits
    let mayStartLower = limits.needsEvenAddress || needsEven
    return span.count <= min(cap, span.table.maximumRead)
        && (span.range.lowerBound == low || (mayStartLower && span.range.lowerBound == low - 1))
        && (span.range.upperBound == high || (needsEven && span.range.upperBound == high + 1))
        && !limits.boundaries.contains { span.range.lowerBound < $0 && $0 < span.range.upperBound }
        && !limits.forbidden.contains { $0.table == span.table && $0.range.overlaps(span.range) }
        && (!limits.needsEvenAddress || span.address % 2 == 0) && (!needsEven || span.count % 2 == 0)
        && widest <= Int(limits.maximumGap ?? .max)
        && (items.contains { $0.range == low..<high }
            || !limits.singleReads.contains { $0.table == span.table && $0.range.overlaps(low..<high) })
}

private func cheapest(_ items: [RegisterSpan], _ limits: ReadLimits, _ cost: CostModel) -> Price? {
    guard let low = items.first?.range.lowerBound else { return nil }
    let high = items.reduce(low) { max($0, $1.range.upperBound) }
    guard high - low <= Int(items[0].table.isBits ? limits.maximumBits : limits.maximumRegisters) else { return nil }
    var best: Price?
    for (start, end) in [(low, high), (low - 1, high), (low, high + 1), (low - 1, high + 1)] {
        if start >= 0, end <= 65_536 {
            let span = RegisterSpan(items[0].table, at: UInt16(start), count: UInt16(end - start))
            guard isValid(span, reading: items, limits) else { continue }
            let price = Price(of: span, cost)
            if best.map({ price < $0 }) ?? true { best = price }
        }
    }
    return best
}

private func isReadable(_ item: RegisterSpan, _ limits: ReadLimits) -> Bool {
    cheapest([item], limits, .socket(roundTrip: .zero)) != nil
}

/// The cheapest of all partitions of the items into requests.
private func bruteForce(_ items: [RegisterSpan], _ limits: ReadLimits, _ cost: CostModel) -> Price {
    var total = Price()
    for item in items where !isReadable(item, limits) { total = total + Price(of: item, cost) }
    let items = items.filter { isReadable($0, limits) }
    let all = 1 << items.count
    let price = (0..<all).map { mask in
        cheapest(items.indices.filter { mask & (1 << $0) != 0 }.map { items[$0] }, limits, cost)
    }
    var best = [Price?](repeating: nil, count: all)
    best[0] = total
    for mask in 1..<max(all, 1) {
        // The group of the lowest item is one of the subsets that hold it.
        let lowest = mask & -mask
        var subset = mask
        while subset > 0 {
            if subset & lowest != 0, let group = price[subset], let rest = best[mask ^ subset] {
                let sum = group + rest
                if best[mask].map({ sum < $0 }) ?? true { best[mask] = sum }
            }
            subset = (subset - 1) & mask
        }
    }
    return best[all - 1] ?? total
}
