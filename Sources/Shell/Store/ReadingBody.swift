// SPDX-License-Identifier: Apache-2.0

import Model

/// The readings of one sweep, packed into the bytes of one column.
///
/// The first byte is the version of the format. Version 1, for each reading:
///
/// | field | when | holds |
/// |---|---|---|
/// | head | always | bits 0-1 quality; bits 2-4 kind of quantity; bit 5: raw follows; bit 6: the point's key is that of the reading before plus one; bit 7: the source time is that of the reading before |
/// | point | bit 6 clear | signed difference to the key of the reading before, to 0 at first |
/// | reason | quality not good | number of the reason, 0 for none |
/// | quantity | by its kind | see ``Kind`` |
/// | raw | bit 5 set | varint |
/// | source time | bit 7 clear | signed difference in milliseconds to the reading before, to the sweep's wall time at first |
enum ReadingBody {
    static let version: UInt8 = 1

    /// How a quantity is written.
    enum Kind: UInt8 {
        case none = 0
        /// `.number`, eight bytes, lowest first.
        case real = 1
        /// `.number` without a fraction, signed varint.
        case wholeReal = 2
        /// `.number` that four bytes hold exactly, lowest first.
        case shortReal = 3
        /// `.integer`, signed varint.
        case integer = 4
        case off = 5
        case on = 6
        /// `.state`, varint.
        case state = 7
    }

    private static let hasRaw: UInt8 = 1 << 5
    private static let isNextPoint: UInt8 = 1 << 6
    private static let isSameTime: UInt8 = 1 << 7

    /// One reading as it stands on disk.
    struct Entry: Hashable {
        /// The point's key on disk.
        var point: Int64
        var quantity: Quantity?
        var quality: Quality
        var reason: QualityReason?
        var raw: UInt64?
        var sourceTime: Timestamp

        func reading(of point: PointIndex) -> Reading {
            var reading = Reading(point: point, bad: .gap, raw: raw, sourceTime: sourceTime)
            (reading.quantity, reading.quality, reading.reason) = (quantity, quality, reason)
            return reading
        }
    }

    /// Packs `readings` at the end of `writer`.
    ///
    /// - Parameter key: The key on disk of a point of the running configuration.
    static func write(
        _ readings: [Reading], receivedWall: Timestamp, to writer: inout PackedWriter, key: (PointIndex) -> Int64
    ) {
        writer.append(version)
        var point: Int64 = 0
        var time = receivedWall.milliseconds
        for reading in readings {
            let nextPoint = key(reading.point)
            let nextTime = reading.sourceTime.milliseconds
            var (quantity, quality, reason) = (reading.quantity, reading.quality, reading.reason)
            if case .number(let value)? = quantity, !value.isFinite {
                // No reading is NaN; one that is all the same must not make its whole row unreadable.
                (quantity, quality, reason) = (nil, .bad, .notFinite)
            }
            let kind = kind(of: quantity)
            var head = quality.rawValue | kind.rawValue << 2
            if reading.raw != nil { head |= hasRaw }
            if nextPoint == point &+ 1 { head |= isNextPoint }
            if nextTime == time { head |= isSameTime }
            writer.append(head)
            if head & isNextPoint == 0 { writer.append(signed: nextPoint &- point) }
            if quality != .good { writer.append(varint: UInt64(reason?.code ?? 0)) }
            write(quantity, as: kind, to: &writer)
            if let raw = reading.raw { writer.append(varint: raw) }
            if head & isSameTime == 0 { writer.append(signed: nextTime &- time) }
            (point, time) = (nextPoint, nextTime)
        }
    }

    private static func kind(of quantity: Quantity?) -> Kind {
        switch quantity {
        case nil: return .none
        case .number(let value):
            if let whole = Int64(exactly: value), whole.magnitude < 1 << 53, whole != 0 || value.sign == .plus {
                return .wholeReal
            }
            return Double(Float(value)) == value ? .shortReal : .real
        case .integer: return .integer
        case .isOn(let isOn): return isOn ? .on : .off
        case .state: return .state
        }
    }

    private static func write(_ quantity: Quantity?, as kind: Kind, to writer: inout PackedWriter) {
        switch quantity {
        case .number(let value):
            switch kind {
            case .wholeReal: writer.append(signed: Int64(value))
            case .shortReal: writer.append(fixed: Float(value).bitPattern)
            case .real, .none, .integer, .off, .on, .state: writer.append(fixed: value.bitPattern)
            }
        case .integer(let value): writer.append(signed: value)
        case .state(let index): writer.append(varint: UInt64(index))
        case .isOn, nil: break
        }
    }

    /// Hands each reading to `body`, in the order in which they were read.
    ///
    /// - Parameter count: How many there must be.
    /// - Throws: When the bytes are not what ``write(_:receivedWall:to:key:)`` or an earlier version has written;
    ///   `body` may have seen some readings by then.
    static func read(
        _ bytes: UnsafeRawBufferPointer, count: Int, receivedWall: Timestamp, _ body: (Entry) -> Void
    ) throws(PackedFault) {
        var reader = PackedReader(bytes)
        let found = try reader.byte()
        guard found == version else { throw .unknownVersion(found) }
        var point: Int64 = 0
        var time = receivedWall.milliseconds
        var readings = 0
        while !reader.isAtEnd {
            let head = try reader.byte()
            guard let quality = Quality(rawValue: head & 0b11) else { throw .invalid("quality") }
            guard let kind = Kind(rawValue: head >> 2 & 0b111) else { throw .invalid("kind") }
            point &+= head & isNextPoint == 0 ? try reader.signed() : 1
            let reason = quality == .good ? nil : try readReason(&reader)
            let quantity = try readQuantity(kind, &reader)
            let raw = head & hasRaw == 0 ? nil : try reader.varint()
            time &+= head & isSameTime == 0 ? try reader.signed() : 0
            readings += 1
            body(
                Entry(
                    point: point, quantity: quantity, quality: quality, reason: reason, raw: raw,
                    sourceTime: Timestamp(milliseconds: time)))
        }
        guard readings == count else { throw .miscounted(expected: count, found: readings) }
    }

    private static func readReason(_ reader: inout PackedReader) throws(PackedFault) -> QualityReason? {
        let code = try reader.varint()
        if code == 0 { return nil }
        guard let short = UInt16(exactly: code), let reason = QualityReason(code: short) else {
            throw .invalid("reason")
        }
        return reason
    }

    private static func readQuantity(_ kind: Kind, _ reader: inout PackedReader) throws(PackedFault) -> Quantity? {
        switch kind {
        case .none: return nil
        case .real:
            let value = Double(bitPattern: try reader.fixed(UInt64.self))
            guard value.isFinite else { throw .invalid("number") }
            return .number(value)
        case .wholeReal: return .number(Double(try reader.signed()))
        case .shortReal:
            let value = Float(bitPattern: try reader.fixed(UInt32.self))
            guard value.isFinite else { throw .invalid("number") }
            return .number(Double(value))
        case .integer: return .integer(try reader.signed())
        case .off: return .isOn(false)
        case .on: return .isOn(true)
        case .state:
            guard let index = UInt16(exactly: try reader.varint()) else { throw .invalid("state") }
            return .state(index)
        }
    }
}
