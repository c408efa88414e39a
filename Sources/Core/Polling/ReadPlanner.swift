// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec

/// The cheapest requests that read all of `items`.
///
/// The optimum is exact: least time by `cost`; among equals fewest requests, then fewest registers. Each table is
/// planned for itself, in the order of `RegisterTable.allCases` and by rising address.
///
/// - Parameters:
///   - items: Runs of addresses that belong together; an item is never split. Duplicates are read once.
///   - limits: What the device can take in one request. Every span keeps to them, with one exception: an item that
///     breaks a limit by itself is returned as a span of its own, exactly as wanted, for the device to judge.
///   - longest: Items are not joined into a request that takes longer than this; an item that takes longer by itself
///     is read all the same. `nil` for no such bound.
/// - Returns: Spans inside the lowest and highest wanted address of their table; only an even start or an even
///   count may go one address beyond.
public func planReads(
    _ items: [RegisterSpan], limits: ReadLimits, cost: CostModel, longest: Duration? = nil
) -> [RegisterSpan] {
    var plan: [RegisterSpan] = []
    for table in RegisterTable.allCases {
        let wanted = Set(items.lazy.filter { $0.table == table }.map(\.range))
            .sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        if !wanted.isEmpty {
            plan += TablePlanner(table: table, limits: limits, cost: cost, longest: longest).plan(wanted)
        }
    }
    return plan
}

/// The request that reads all of `run` at once, widened where the device wants even numbers; `nil` when its limits
/// allow none.
func request(for run: RegisterSpan, limits: ReadLimits) -> RegisterSpan? {
    TablePlanner(table: run.table, limits: limits, cost: .socket(roundTrip: .zero), longest: nil)
        .request(for: run.range)
}

/// Plans the reads of one table of one device.
private struct TablePlanner {
    let table: RegisterTable
    let limits: ReadLimits
    let cost: CostModel
    let cap: Int
    let forbidden: [Range<Int>]
    /// Nanoseconds that a request for more than one item may take.
    let longest: Int64

    init(table: RegisterTable, limits: ReadLimits, cost: CostModel, longest: Duration?) {
        self.table = table
        self.limits = limits
        self.cost = cost
        cap = Int(min(max(table.isBits ? limits.maximumBits : limits.maximumRegisters, 1), table.maximumRead))
        forbidden = limits.forbidden.filter { $0.table == table }.map(\.range)
        self.longest = longest?.wholeNanoseconds ?? .max
    }

    /// The best way to read the items before one place, and where its last request begins.
    private struct Best {
        var nanoseconds: Int64
        var requests: Int
        var registers: Int
        var from: Int
        var span: RegisterSpan?

        static func < (a: Best, b: Best) -> Bool {
            (a.nanoseconds, a.requests, a.registers) < (b.nanoseconds, b.requests, b.registers)
        }
    }

    /// - Parameter wanted: Sorted by first address, then by last; no duplicates.
    func plan(_ wanted: [Range<Int>]) -> [RegisterSpan] {
        var spans: [RegisterSpan] = []
        var items: [Range<Int>] = []
        for item in wanted {
            if request(for: item) != nil {
                items.append(item)
            } else {
                spans.append(RegisterSpan(table, at: UInt16(item.lowerBound), count: UInt16(item.count)))
            }
        }
        spans += optimum(items)
        return spans.sorted { ($0.address, $0.count) < ($1.address, $1.count) }
    }

    /// Groups of neighbours suffice: of two spans that cross, the second can take over all items that begin inside
    /// it without growing, and a nested span is not needed at all.
    private func optimum(_ items: [Range<Int>]) -> [RegisterSpan] {
        var best: [Best?] = Array(repeating: nil, count: items.count + 1)
        best[0] = Best(nanoseconds: 0, requests: 0, registers: 0, from: 0, span: nil)
        for first in items.indices {
            guard let before = best[first] else { continue }
            let start = items[first].lowerBound
            var end = items[first].upperBound
            for last in first..<items.count {
                let item = items[last]
                if let gap = limits.maximumGap, item.lowerBound - end > Int(gap) { break }
                end = max(end, item.upperBound)
                // What the plain run breaks, every longer one breaks too.
                guard isAllowed(start..<end) else { break }
                guard let span = request(for: start..<end) else { continue }
                let price = cost.nanoseconds(of: span)
                if last > first, price > longest { break }
                let found = Best(
                    nanoseconds: before.nanoseconds + price, requests: before.requests + 1,
                    registers: before.registers + Int(span.count), from: first, span: span)
                if best[last + 1].map({ found < $0 }) ?? true { best[last + 1] = found }
            }
        }
        var spans: [RegisterSpan] = []
        var place = items.count
        while place > 0, let step = best[place], let span = step.span {
            spans.append(span)
            place = step.from
        }
        return spans
    }

    /// The request that reads `run`, widened where the device wants even numbers; `nil` when no limit allows one.
    func request(for run: Range<Int>) -> RegisterSpan? {
        var start = run.lowerBound
        if limits.needsEvenAddress { start -= start % 2 }
        var choices = [start..<run.upperBound]
        if limits.needsEvenCount, !table.isBits, choices[0].count % 2 == 1 {
            choices = [start..<run.upperBound + 1]
            if !limits.needsEvenAddress { choices.append(start - 1..<run.upperBound) }
        }
        guard let chosen = choices.first(where: isAllowed) else { return nil }
        return RegisterSpan(table, at: UInt16(chosen.lowerBound), count: UInt16(chosen.count))
    }

    private func isAllowed(_ run: Range<Int>) -> Bool {
        run.lowerBound >= 0 && run.upperBound <= 65_536 && run.count <= cap
            && !limits.boundaries.contains { run.lowerBound < Int($0) && Int($0) < run.upperBound }
            && !forbidden.contains { $0.overlaps(run) }
    }
}
