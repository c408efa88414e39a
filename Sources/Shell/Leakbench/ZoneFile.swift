// SPDX-License-Identifier: Apache-2.0

public import Model

/// The offsets of a time zone by its name in the system's tz database.
///
/// Debian builds the files with every transition to 2037, so the rule at their end is not needed.
///
/// - Throws: `LeakbenchError` when there is no such zone or its file is not in TZif form (RFC 9636).
public func systemZone(named name: String) throws -> ZoneOffsets {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let path = "/usr/share/zoneinfo/\(name)"
    guard !name.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
        throw LeakbenchError(path: path, "'\(name)' is no name of a time zone, such as Europe/Madrid.")
    }
    let bytes = try InputFile.contents(of: path)
    guard let zone = ZoneFile(bytes: bytes)?.offsets(name: name) else {
        throw LeakbenchError(path: path, "is not a time zone file in TZif form. Install the package tzdata.")
    }
    return zone
}

/// The 64-bit block of a TZif file.
private struct ZoneFile {
    var transitions: [(at: Int64, kind: Int)]
    var offsets: [Int]

    init?(bytes: [UInt8]) {
        func number(at place: Int, length: Int) -> Int64? {
            guard place >= 0, place + length <= bytes.count else { return nil }
            var value: Int64 = bytes[place] >= 0x80 ? -1 : 0
            for byte in bytes[place..<place + length] { value = value << 8 | Int64(byte) }
            return value
        }
        /// The six counts of the header at `place`.
        func counts(at place: Int) -> [Int]? {
            guard place + 44 <= bytes.count, bytes[place..<place + 4].elementsEqual("TZif".utf8) else { return nil }
            let found = (0..<6).compactMap { number(at: place + 20 + 4 * $0, length: 4).map { Int($0) } }
            return found.count == 6 && found.allSatisfy { (0...100_000).contains($0) } ? found : nil
        }
        guard let old = counts(at: 0), bytes[4] >= UInt8(ascii: "2") else { return nil }
        let (times, kinds) = (old[3], old[4])
        let second = 44 + times * 5 + kinds * 6 + old[5] + old[2] * 8 + old[1] + old[0]
        guard let new = counts(at: second) else { return nil }
        let start = second + 44
        transitions = []
        for index in 0..<new[3] {
            guard let at = number(at: start + 8 * index, length: 8),
                let kind = number(at: start + 8 * new[3] + index, length: 1)
            else { return nil }
            transitions.append((at, Int(kind & 0xFF)))
        }
        offsets = []
        for index in 0..<new[4] {
            guard let offset = number(at: start + 9 * new[3] + 6 * index, length: 4) else { return nil }
            offsets.append(Int(offset))
        }
        guard !offsets.isEmpty, transitions.allSatisfy({ $0.kind < offsets.count }) else { return nil }
    }

    func offsets(name: String) -> ZoneOffsets {
        ZoneOffsets(
            name: name, initialOffsetSeconds: offsets[0],
            transitions: transitions.map { .init(at: Timestamp(seconds: $0.at), offsetSeconds: offsets[$0.kind]) })
    }
}
