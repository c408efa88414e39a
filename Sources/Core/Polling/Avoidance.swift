// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec

/// What requests to one device steer clear of, because the device has refused it.
public struct Avoidance: Hashable, Sendable {
    /// Why an item is not asked for.
    public enum Refusal: Hashable, Sendable {
        /// The item raises exception 2 or 3 by itself.
        case address
        /// The device does not know the function that reads this table.
        case table
    }

    /// Wanted registers that cannot be read.
    public var items: [RegisterSpan]
    /// Unwanted registers that no request may bridge.
    public var gaps: [RegisterSpan]
    /// Requests do not cross from below one of these addresses to it.
    public var boundaries: [UInt16]
    public var tables: Set<RegisterTable>

    public init(
        items: [RegisterSpan] = [], gaps: [RegisterSpan] = [], boundaries: [UInt16] = [],
        tables: Set<RegisterTable> = []
    ) {
        (self.items, self.gaps, self.boundaries, self.tables) = (items, gaps, boundaries, tables)
    }

    /// Why `item` cannot be read; `nil` when nothing is known against it.
    public func refusal(of item: RegisterSpan) -> Refusal? {
        if tables.contains(item.table) { return .table }
        return items.contains { $0.table == item.table && $0.range.overlaps(item.range) } ? .address : nil
    }

    /// `limits` with what was learned on top.
    func limits(_ limits: ReadLimits) -> ReadLimits {
        var limits = limits
        limits.forbidden += items + gaps
        limits.boundaries += boundaries
        return limits
    }
}
