// SPDX-License-Identifier: Apache-2.0

public import Model

/// Why the bytes of a tz database file could not be used.
public enum ZoneFileRefusal: Error, Hashable, Sendable {
    /// Not a TZif file, or one cut short.
    case malformed
    /// The file counts leap seconds, which the product's timestamps do not.
    case leapSeconds
    /// The rule for the future, in the notation of the variable TZ, is not understood.
    case footer(String)
}

/// The last year for which a rule of daylight saving time is written out.
let lastZoneYear = 2100

/// The offsets of a TZif file (RFC 9636), versions 1 to 4.
///
/// Where the file ends with a rule for the time after its last transition, the rule is written out to the end of
/// ``lastZoneYear``.
public func parseZoneFile(_ bytes: [UInt8], name: String) throws(ZoneFileRefusal) -> ZoneOffsets {
    var cursor = ByteCursor(bytes: bytes)
    let first = try ZoneHeader(&cursor)
    guard first.version >= 2 else {
        return ZoneOffsets(body: try ZoneBody(first, timeWidth: 4, &cursor), name: name)
    }
    // The first block has 32-bit times and is there for old readers; the second one has 64-bit times.
    try cursor.skip(first.length(timeWidth: 4))
    let second = try ZoneHeader(&cursor)
    let body = try ZoneBody(second, timeWidth: 8, &cursor)
    var zone = ZoneOffsets(body: body, name: name)
    let footer = cursor.footer()
    guard !footer.isEmpty else { return zone }
    guard let rule = FutureRule(footer) else { throw .footer(footer) }
    let lastTime = body.transitions.last?.time ?? Int64.min
    let added = rule.transitions(after: lastTime, through: lastZoneYear)
    zone.transitions += added.map { ZoneOffsets.Transition(at: Timestamp(seconds: $0.time), offsetSeconds: $0.offset) }
    if body.transitions.isEmpty, added.isEmpty { zone.initialOffsetSeconds = rule.standardOffset }
    return zone
}

extension ZoneOffsets {
    /// Transitions that change nothing but the abbreviation are left out.
    fileprivate init(body: ZoneBody, name: String) {
        var offset = body.initialOffset
        var transitions: [Transition] = []
        for change in body.transitions where change.offset != offset {
            offset = change.offset
            transitions.append(Transition(at: Timestamp(seconds: change.time), offsetSeconds: offset))
        }
        self.init(name: name, initialOffsetSeconds: body.initialOffset, transitions: transitions)
    }
}

private struct ZoneHeader {
    var version: Int
    var utcCount, standardCount, leapCount, timeCount, typeCount, characterCount: Int

    init(_ cursor: inout ByteCursor) throws(ZoneFileRefusal) {
        guard try cursor.take(4) == Array("TZif".utf8)[...] else { throw .malformed }
        let digit = Int(try cursor.number(1))
        version = digit == 0 ? 1 : digit - 0x30
        guard (1...9).contains(version) else { throw .malformed }
        try cursor.skip(15)
        var counts: [Int] = []
        for _ in 0..<6 {
            let count = Int(try cursor.number(4))
            // Real files have some hundred transitions; a count beyond the bytes is refused when they run out.
            guard (0...100_000).contains(count) else { throw .malformed }
            counts.append(count)
        }
        (utcCount, standardCount, leapCount) = (counts[0], counts[1], counts[2])
        (timeCount, typeCount, characterCount) = (counts[3], counts[4], counts[5])
    }

    /// Bytes of the block that follows.
    func length(timeWidth: Int) -> Int {
        timeCount * (timeWidth + 1) + typeCount * 6 + characterCount + leapCount * (timeWidth + 4) + standardCount
            + utcCount
    }
}

private struct ZoneBody {
    var initialOffset: Int
    var transitions: [(time: Int64, offset: Int)]

    init(_ header: ZoneHeader, timeWidth: Int, _ cursor: inout ByteCursor) throws(ZoneFileRefusal) {
        guard header.leapCount == 0 else { throw .leapSeconds }
        guard header.typeCount > 0 else { throw .malformed }
        var times: [Int64] = []
        for _ in 0..<header.timeCount { times.append(try cursor.number(timeWidth)) }
        let kinds = try cursor.take(header.timeCount)
        var offsets: [Int] = []
        for _ in 0..<header.typeCount {
            let offset = Int(try cursor.number(4))
            guard (-93_599...93_599).contains(offset) else { throw .malformed }
            offsets.append(offset)
            try cursor.skip(2)
        }
        try cursor.skip(header.characterCount + header.standardCount + header.utcCount)
        transitions = []
        for (time, kind) in zip(times, kinds) {
            guard offsets.indices.contains(Int(kind)), transitions.last.map({ $0.time < time }) ?? true else {
                throw .malformed
            }
            transitions.append((time, offsets[Int(kind)]))
        }
        // The first type holds before the first transition (RFC 9636, section 3.2).
        initialOffset = offsets[0]
    }
}

private struct ByteCursor {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func take(_ count: Int) throws(ZoneFileRefusal) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - position else { throw .malformed }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func skip(_ count: Int) throws(ZoneFileRefusal) { _ = try take(count) }

    /// A big-endian number of 1, 4 or 8 bytes; the wider two are signed.
    mutating func number(_ width: Int) throws(ZoneFileRefusal) -> Int64 {
        var value: UInt64 = 0
        for byte in try take(width) { value = value << 8 | UInt64(byte) }
        return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }

    /// The text between the line breaks that follow the data; empty when there is none.
    func footer() -> String {
        let rest = bytes[position...]
        guard rest.first == 0x0A, let end = rest.dropFirst().firstIndex(of: 0x0A), end - position <= 200 else {
            return ""
        }
        return String(decoding: rest[(position + 1)..<end], as: UTF8.self)
    }
}
