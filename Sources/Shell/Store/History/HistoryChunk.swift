// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Model

/// Buckets of one point that stand in one row of `history.db`, packed into the bytes of one column.
///
/// The first byte is the version of the format, the second the form of numbers (``NumberForm``) and, in its highest bit,
/// whether first and last values are kept (totals). Version 1, for each bucket, rising in its slot:
///
/// | field | when | holds |
/// |---|---|---|
/// | head | always | varint: bits 0-1 ``Kind``; above them how many slots were left out before it |
/// | count | not `single` | varint |
/// | not good, without value | `mixed` | two varints |
/// | least | any value | number |
/// | span | more than one reading | greatest less least, as a number |
/// | sum | more than one reading | sum less count times least, varint of up to 128 bits |
/// | ends | of totals, any value | see ``write(ends:of:)`` |
enum HistoryChunk {
    static let version: UInt8 = 1

    enum Kind: UInt8 {
        case mixed = 0
        /// One good reading.
        case single = 1
        /// Readings without a value, none of them good.
        case bad = 2
        case allGood = 3
    }

    /// Slots of a row: an hour of minutes, six hours of quarters, a day of hours, 32 days.
    static func slots(_ resolution: HistoryResolution) -> Int64 {
        switch resolution {
        case .minute: 60
        case .quarter, .hour: 24
        case .day: 32
        }
    }

    /// The row that a slot stands in.
    static func number(of slot: Int64, _ resolution: HistoryResolution) -> Int64 {
        let (whole, rest) = slot.quotientAndRemainder(dividingBy: slots(resolution))
        return rest < 0 ? whole - 1 : whole
    }

    /// Packs buckets of one row.
    ///
    /// - Parameters:
    ///   - buckets: Rising in their slots, at least one.
    ///   - keepsEnds: Whether first and last values are kept; else they are those of a bucket of one reading.
    static func bytes(
        of buckets: [HistoryBucket], chunk: Int64, _ resolution: HistoryResolution, keepsEnds: Bool
    ) -> [UInt8] {
        var writer = ChunkWriter(form: NumberForm.of(buckets, withEnds: keepsEnds), resolution, keepsEnds: keepsEnds)
        var next = chunk * slots(resolution)
        for bucket in buckets {
            writer.write(bucket, gap: UInt64(bucket.slot - next))
            next = bucket.slot + 1
        }
        return writer.bytes
    }

    /// The buckets of a row, rising in their slots.
    ///
    /// - Throws: When the bytes are not what a version up to this one has written.
    static func buckets(
        _ bytes: UnsafeRawBufferPointer, chunk: Int64, _ resolution: HistoryResolution
    ) throws(PackedFault) -> [HistoryBucket] {
        var reader = try ChunkReader(bytes, chunk: chunk, resolution)
        var buckets: [HistoryBucket] = []
        while let bucket = try reader.next() { buckets.append(bucket) }
        return buckets
    }

    static func buckets(
        _ bytes: [UInt8], chunk: Int64, _ resolution: HistoryResolution
    ) throws(PackedFault) -> [HistoryBucket] {
        let outcome = bytes.withUnsafeBytes { raw -> Result<[HistoryBucket], PackedFault> in
            do throws(PackedFault) {
                return .success(try buckets(raw, chunk: chunk, resolution))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}

/// Writes one row.
private struct ChunkWriter {
    private var writer = PackedWriter()
    private let form: NumberForm
    private let resolution: HistoryResolution
    private let keepsEnds: Bool
    private var before: Int64 = 0

    var bytes: [UInt8] { writer.bytes }

    init(form: NumberForm, _ resolution: HistoryResolution, keepsEnds: Bool) {
        (self.form, self.resolution, self.keepsEnds) = (form, resolution, keepsEnds)
        writer.append(HistoryChunk.version)
        writer.append(form.byte | (keepsEnds ? 0x80 : 0))
    }

    mutating func write(_ bucket: HistoryBucket, gap: UInt64) {
        let kind = Self.kind(of: bucket)
        writer.append(varint: gap << 2 | UInt64(kind.rawValue))
        if kind != .single { writer.append(varint: UInt64(bucket.count)) }
        if kind == .mixed {
            writer.append(varint: UInt64(bucket.count - bucket.good))
            writer.append(varint: UInt64(bucket.count - bucket.valued))
        }
        guard kind != .bad else { return }
        form.write(bucket.least, from: &before, to: &writer)
        if kind != .single {
            var least = before
            form.write(bucket.greatest, from: &least, to: &writer)
            write(sum: bucket.sum - Int128(bucket.valued) * HistoryBucket.whole(bucket.least))
        }
        if keepsEnds { write(ends: bucket, isSingle: kind == .single) }
    }

    private static func kind(of bucket: HistoryBucket) -> HistoryChunk.Kind {
        if bucket.valued == 0, bucket.good == 0 { return .bad }
        guard bucket.good == bucket.count, bucket.valued == bucket.count else { return .mixed }
        return bucket.count == 1 ? .single : .allGood
    }

    /// In steps of the form where that leaves no rest, which bit 0 says.
    private mutating func write(sum: Int128) {
        let step = form.sumStep
        let isWhole = sum % step == 0
        let number = isWhole ? sum / step : sum
        let folded = UInt128(truncatingIfNeeded: number << 1) ^ UInt128(truncatingIfNeeded: number >> 127)
        var rest = folded << 1 | (isWhole ? 0 : 1)
        while rest >= 0x80 {
            writer.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writer.append(UInt8(truncatingIfNeeded: rest))
    }

    /// The time of the first value from the start of the slot, of the last from the first, in milliseconds; values that
    /// are not the extremes. Bits of the byte before: 0 the first value is not the least, 1 the last is not the greatest.
    private mutating func write(ends bucket: HistoryBucket, isSingle: Bool) {
        let start = bucket.slot &* resolution.milliseconds
        guard !isSingle else { return writer.append(signed: bucket.first.at &- start) }
        let (isOtherFirst, isOtherLast) = (bucket.first.value != bucket.least, bucket.last.value != bucket.greatest)
        writer.append((isOtherFirst ? 1 : 0) | (isOtherLast ? 2 : 0))
        writer.append(signed: bucket.first.at &- start)
        writer.append(signed: bucket.last.at &- bucket.first.at)
        var base = before
        if isOtherFirst { form.write(bucket.first.value, from: &base, to: &writer) }
        base = before
        if isOtherLast { form.write(bucket.last.value, from: &base, to: &writer) }
    }
}

/// Reads one row; its bytes came from a disk.
private struct ChunkReader {
    private var reader: PackedReader
    private let form: NumberForm
    private let resolution: HistoryResolution
    private let keepsEnds: Bool
    private var before: Int64 = 0
    private var slot: Int64
    private let end: Int64

    init(_ bytes: UnsafeRawBufferPointer, chunk: Int64, _ resolution: HistoryResolution) throws(PackedFault) {
        reader = PackedReader(bytes)
        let version = try reader.byte()
        guard version == HistoryChunk.version else { throw .unknownVersion(version) }
        let head = try reader.byte()
        guard let form = NumberForm(byte: head & 0x7F) else { throw .invalid("form of numbers") }
        (self.form, self.resolution, keepsEnds) = (form, resolution, head & 0x80 != 0)
        slot = chunk &* HistoryChunk.slots(resolution)
        end = slot &+ HistoryChunk.slots(resolution)
    }

    mutating func next() throws(PackedFault) -> HistoryBucket? {
        guard !reader.isAtEnd else { return nil }
        let head = try reader.varint()
        guard let kind = HistoryChunk.Kind(rawValue: UInt8(head & 3)), head >> 2 < UInt64(bitPattern: end &- slot)
        else {
            throw .invalid("slot")
        }
        slot += Int64(head >> 2)
        defer { slot += 1 }
        var (count, notGood, valueless): (Int64, Int64, Int64) = (1, 0, 0)
        if kind != .single { count = try counted(1...(1 << 40)) }
        if kind == .mixed { (notGood, valueless) = (try counted(0...count), try counted(0...count)) }
        guard kind != .bad else {
            var bucket = HistoryBucket(slot: slot, at: Timestamp(milliseconds: 0), value: nil, isGood: false)
            bucket.count = count
            return bucket
        }
        let least = try form.read(&reader, from: &before)
        var bucket = HistoryBucket(
            slot: slot, count: count, good: count - notGood, valued: count - valueless, least: least, greatest: least,
            sum: HistoryBucket.whole(least), first: .init(at: 0, value: least), last: .init(at: 0, value: least))
        if kind != .single {
            var base = before
            bucket.greatest = try form.read(&reader, from: &base)
            bucket.last.value = bucket.greatest
            let (sum, overflow) = try readSum().addingReportingOverflow(
                Int128(bucket.valued) &* HistoryBucket.whole(least))
            guard !overflow else { throw .overlong }
            bucket.sum = sum
        }
        if keepsEnds { try readEnds(of: &bucket, isSingle: kind == .single) }
        return bucket
    }

    private mutating func counted(_ range: ClosedRange<Int64>) throws(PackedFault) -> Int64 {
        guard let count = Int64(exactly: try reader.varint()), range.contains(count) else { throw .invalid("count") }
        return count
    }

    private mutating func readSum() throws(PackedFault) -> Int128 {
        var (folded, shift): (UInt128, Int) = (0, 0)
        while true {
            let byte = try reader.byte()
            guard shift < 126 || byte <= 3 else { throw .overlong }
            folded |= UInt128(byte & 0x7F) << shift
            if byte & 0x80 == 0 { break }
            shift += 7
        }
        let (isWhole, half) = (folded & 1 == 0, folded >> 1)
        let number = Int128(truncatingIfNeeded: half >> 1) ^ -Int128(half & 1)
        let (sum, overflow) = number.multipliedReportingOverflow(by: isWhole ? form.sumStep : 1)
        guard !overflow else { throw .overlong }
        return sum
    }

    private mutating func readEnds(of bucket: inout HistoryBucket, isSingle: Bool) throws(PackedFault) {
        let start = bucket.slot &* resolution.milliseconds
        guard !isSingle else {
            bucket.first.at = start &+ (try reader.signed())
            bucket.last.at = bucket.first.at
            return
        }
        let others = try reader.byte()
        guard others <= 3 else { throw .invalid("ends") }
        bucket.first.at = start &+ (try reader.signed())
        bucket.last.at = bucket.first.at &+ (try reader.signed())
        var base = before
        if others & 1 != 0 { bucket.first.value = try form.read(&reader, from: &base) }
        base = before
        if others & 2 != 0 { bucket.last.value = try form.read(&reader, from: &base) }
    }
}
