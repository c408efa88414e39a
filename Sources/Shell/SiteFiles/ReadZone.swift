// SPDX-License-Identifier: Apache-2.0

public import Model

/// Why a time zone could not be had.
public enum ZoneProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The database has none of this name; the nearest one it has.
    case unknown(String, nearest: String?)
    /// There is no database at this place.
    case noDatabase(String)
    /// The file of the zone cannot be read.
    case unreadable(String, reason: String)

    public var description: String {
        switch self {
        case .unknown(let name, let nearest):
            "zone '\(name)' is not in the tz database."
                + (nearest.map { " Did you mean '\($0)'?" } ?? " Zones are named like Asia/Shanghai.")
        case .noDatabase(let folder): "there is no tz database in \(folder). Install the package tzdata."
        case .unreadable(let name, let reason): "zone '\(name)' cannot be read: \(reason)."
        }
    }
}

/// The offsets of a zone of the system's tz database, such as `Asia/Shanghai`, to the end of the year 2100.
///
/// - Parameter zoneinfo: Folder of the database.
/// - Throws: ``ZoneProblem``.
public func readZone(named name: String, zoneinfo: String = "/usr/share/zoneinfo") throws -> ZoneOffsets {
    // UTC needs no database, so that a site without a zone runs on a system without tzdata.
    if name == "UTC" { return .utc }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isName =
        name.utf8.count <= 64 && parts.count <= 3
        && parts.allSatisfy { part in
            guard let first = part.utf8.first, isLetter(first) else { return false }
            return part.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "_-+".utf8.contains($0) }
        }
    guard isName else { throw ZoneProblem.unknown(name, nearest: nearestZone(to: name, zoneinfo)) }
    let bytes: [UInt8]
    do {
        bytes = try readBytes(at: "\(zoneinfo)/\(name)", limit: 1_048_576)
    } catch {
        switch error {
        case .missing, .noFile:
            let names = zoneNames(zoneinfo)
            guard !names.isEmpty else { throw ZoneProblem.noDatabase(zoneinfo) }
            throw ZoneProblem.unknown(name, nearest: nearestZone(to: name, zoneinfo))
        case .tooLarge: throw ZoneProblem.unreadable(name, reason: "the file is too large")
        case .system(let text): throw ZoneProblem.unreadable(name, reason: text)
        }
    }
    do {
        return try parseZoneFile(bytes, name: name)
    } catch {
        switch error {
        case .malformed: throw ZoneProblem.unreadable(name, reason: "it is not a TZif file")
        case .leapSeconds: throw ZoneProblem.unreadable(name, reason: "it counts leap seconds")
        case .footer(let rule): throw ZoneProblem.unreadable(name, reason: "its rule '\(rule)' is not understood")
        }
    }
}

private func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

/// Names that the database lists for people to choose from.
private func zoneNames(_ zoneinfo: String) -> [String] {
    for list in ["tzdata.zi", "zone1970.tab", "zone.tab"] {
        guard let bytes = try? readBytes(at: "\(zoneinfo)/\(list)", limit: 1_048_576) else { continue }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            if list == "tzdata.zi" {
                let words = line.split(separator: " ")
                guard words.count >= 3 else { return nil }
                return words[0] == "Z" ? String(words[1]) : words[0] == "L" ? String(words[2]) : nil
            }
            let columns = line.split(separator: "\t")
            return line.hasPrefix("#") || columns.count < 3 ? nil : String(columns[2])
        }
    }
    return []
}

/// The zone that is most like `name`, its city alone included.
private func nearestZone(to name: String, _ zoneinfo: String) -> String? {
    let names = zoneNames(zoneinfo)
    // A folder of zones is like none of them more than another.
    guard !names.contains(where: { $0.hasPrefix("\(name)/") }) else { return nil }
    func city(_ name: String) -> String { String(name.split(separator: "/").last ?? "") }
    let cities = Dictionary(names.map { (city($0), $0) }) { first, _ in first }
    return cities[city(name)] ?? nearestName(to: name, in: names)
        ?? nearestName(to: city(name), in: cities.keys).flatMap { cities[$0] }
}
