// SPDX-License-Identifier: Apache-2.0

import Model

/// Readings of the analyzer as bytes, a few for each: differences from the reading before in variable-length integers.
///
/// A reading is its channel and kind, the difference of its stamp in milliseconds, the difference of its sequence number,
/// and its value: counts as the difference from the channel's last count, measures as eight bytes.
public enum ReadingPack {
    /// Bytes that are no packed readings.
    public struct Damaged: Error, Hashable, Sendable, CustomStringConvertible {
        /// Place of the byte at which reading them failed.
        public var offset: Int
        public var description: String { "The packed readings are damaged at byte \(offset)." }
    }

    private enum Kind: UInt64 { case none, closed, open, count, measure }

    public static func encode(_ readings: some Sequence<AnalyzerReading>) -> [UInt8] {
        var bytes: [UInt8] = []
        var last = Last()
        for reading in readings {
            let kind: Kind
            switch reading.value {
            case .none: kind = .none
            case .isOpen(let isOpen): kind = isOpen ? .open : .closed
            case .count: kind = .count
            case .measure: kind = .measure
            }
            write(UInt64(bitPattern: Int64(reading.channel)) << 3 | kind.rawValue, to: &bytes)
            write(zigzag(reading.at.milliseconds &- last.at), to: &bytes)
            if let sequence = reading.sequence?.value {
                // Never zero, which stands for none: a difference of Int64.min is not met in a store.
                write(zigzag(sequence &- last.sequence) &+ 1, to: &bytes)
                last.sequence = sequence
            } else {
                write(0, to: &bytes)
            }
            last.at = reading.at.milliseconds
            switch reading.value {
            case .count(let count):
                write(zigzag(count &- last.counts[reading.channel, default: 0]), to: &bytes)
                last.counts[reading.channel] = count
            case .measure(let measured):
                for shift in stride(from: 0, to: 64, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: measured.bitPattern >> UInt64(shift)))
                }
            case .none, .isOpen: break
            }
        }
        return bytes
    }

    /// - Throws: ``Damaged``.
    public static func decode(_ bytes: [UInt8]) throws(Damaged) -> [AnalyzerReading] {
        var readings: [AnalyzerReading] = []
        var last = Last()
        var offset = 0
        while offset < bytes.count {
            let start = offset
            let head = try number(bytes, &offset)
            guard let kind = Kind(rawValue: head & 7) else { throw Damaged(offset: start) }
            let channel = Int(truncatingIfNeeded: head >> 3)
            last.at = last.at &+ unzigzag(try number(bytes, &offset))
            let step = try number(bytes, &offset)
            if step > 0 { last.sequence = last.sequence &+ unzigzag(step - 1) }
            let value: AnalyzerReading.Value
            switch kind {
            case .none: value = .none
            case .closed: value = .isOpen(false)
            case .open: value = .isOpen(true)
            case .count:
                let count = last.counts[channel, default: 0] &+ unzigzag(try number(bytes, &offset))
                last.counts[channel] = count
                value = .count(count)
            case .measure:
                guard bytes.count - offset >= 8 else { throw Damaged(offset: offset) }
                var pattern: UInt64 = 0
                for place in 0..<8 { pattern |= UInt64(bytes[offset + place]) << UInt64(8 * place) }
                offset += 8
                value = .measure(Double(bitPattern: pattern))
            }
            readings.append(
                AnalyzerReading(
                    channel: channel, value: value, at: Timestamp(milliseconds: last.at),
                    sequence: step > 0 ? SequenceNumber(last.sequence) : nil))
        }
        return readings
    }

    private struct Last {
        var at: Int64 = 0
        var sequence: Int64 = 0
        var counts: [Int: Int64] = [:]
    }

    private static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
    private static func unzigzag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    private static func write(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func number(_ bytes: [UInt8], _ offset: inout Int) throws(Damaged) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count, shift < 64 {
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw Damaged(offset: offset)
    }
}
