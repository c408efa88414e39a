// SPDX-License-Identifier: Apache-2.0

import SiteFiles
import Foundation
import Model
import TestKit
import Testing

@Suite struct ZoneTests {
    private func offset(_ zone: ZoneOffsets, _ moment: String) throws -> Int {
        zone.offsetSeconds(at: try #require(Timestamp(rfc3339: moment)))
    }

    @Test(arguments: [
        ("Asia/Shanghai", "2026-11-22T08:00:00Z", 28_800), ("Asia/Shanghai", "2100-07-01T00:00:00Z", 28_800),
        // Daylight saving time of 1986 to 1991.
        ("Asia/Shanghai", "1988-07-01T00:00:00Z", 32_400), ("Asia/Kolkata", "2026-01-01T00:00:00Z", 19_800),
        ("Europe/Berlin", "2026-01-15T00:00:00Z", 3600), ("Europe/Berlin", "2026-07-15T00:00:00Z", 7200),
        // The rule at the end of the file, second by second around both changes, to the last year.
        ("Europe/Berlin", "2026-03-29T00:59:59Z", 3600), ("Europe/Berlin", "2026-03-29T01:00:00Z", 7200),
        ("Europe/Berlin", "2099-10-25T00:59:59Z", 7200), ("Europe/Berlin", "2099-10-25T01:00:00Z", 3600),
        ("Europe/Berlin", "2100-07-01T00:00:00Z", 7200), ("America/New_York", "2050-03-13T07:00:00Z", -14_400),
        ("America/New_York", "2050-03-13T06:59:59Z", -18_000), ("Australia/Sydney", "2060-01-01T00:00:00Z", 39_600),
        ("Australia/Sydney", "2060-07-01T00:00:00Z", 36_000), ("UTC", "2026-01-01T00:00:00Z", 0),
    ])
    func `the system's zones give the offset of the time`(name: String, moment: String, expected: Int) throws {
        #expect(try offset(readZone(named: name), moment) == expected)
    }

    @Test(arguments: [
        ("Asia/Shangai", "zone 'Asia/Shangai' is not in the tz database. Did you mean 'Asia/Shanghai'?"),
        ("Europe/Shanghai", "zone 'Europe/Shanghai' is not in the tz database. Did you mean 'Asia/Shanghai'?"),
        ("../../etc/passwd", "zone '../../etc/passwd' is not in the tz database. Zones are named like Asia/Shanghai."),
        ("/etc/passwd", "zone '/etc/passwd' is not in the tz database. Zones are named like Asia/Shanghai."),
        ("Asia", "zone 'Asia' is not in the tz database. Zones are named like Asia/Shanghai."),
        ("tzdata.zi", "zone 'tzdata.zi' is not in the tz database. Zones are named like Asia/Shanghai."),
    ])
    func `a zone that the database has not is refused with the nearest`(name: String, message: String) {
        do {
            _ = try readZone(named: name)
            Issue.record("\(name) was read")
        } catch {
            #expect("\(error)" == message)
        }
    }

    @Test func `a system without zones says which package is missing, and UTC works without it`() throws {
        let folder = try SiteFolder()
        #expect(try readZone(named: "UTC", zoneinfo: folder.path) == .utc)
        #expect(throws: ZoneProblem.noDatabase(folder.path)) {
            try readZone(named: "Asia/Shanghai", zoneinfo: folder.path)
        }
        try folder.write("Z Asia/Here 8 - X\n", to: "tzdata.zi")
        try folder.write("no zone at all", to: "Asia/Here")
        #expect(throws: ZoneProblem.unreadable("Asia/Here", reason: "it is not a TZif file")) {
            try readZone(named: "Asia/Here", zoneinfo: folder.path)
        }
        #expect(throws: ZoneProblem.unknown("Asia/Hera", nearest: "Asia/Here")) {
            try readZone(named: "Asia/Hera", zoneinfo: folder.path)
        }
    }

    /// A version 2 file with one type and no transition, and this rule at its end.
    private func zoneFile(offset: Int32, footer: String, version: UInt8 = 0x32, leapSeconds: UInt8 = 0) -> [UInt8] {
        func block(_ version: UInt8) -> [UInt8] {
            let counts: [UInt8] = [0, 0, leapSeconds, 0, 1, 4]
            let header = Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
            let big = UInt32(bitPattern: offset)
            let type = [UInt8(big >> 24), UInt8(big >> 16 & 0xFF), UInt8(big >> 8 & 0xFF), UInt8(big & 0xFF), 0, 0]
            return header + counts.flatMap { [0, 0, 0, $0] } + type + Array("XXX\0".utf8)
        }
        return block(version) + block(version) + Array("\n\(footer)\n".utf8)
    }

    @Test(arguments: [
        ("CST-8", 28_800, "2050-06-01T00:00:00Z"), ("<+0330>-3:30", 12_600, "2050-06-01T00:00:00Z"),
        ("EST5EDT,M3.2.0,M11.1.0", -14_400, "2050-06-01T00:00:00Z"),
        ("EST5EDT,M3.2.0,M11.1.0", -18_000, "2050-12-01T00:00:00Z"),
        // Days of the year: J60 is 1 March in every year, 59 is 1 March or 29 February.
        ("AAA0BBB,J60/0,J70/0", 0, "2024-02-29T23:59:59Z"), ("AAA0BBB,J60/0,J70/0", 3600, "2024-03-01T00:00:00Z"),
        ("AAA0BBB,59/0,69/0", 3600, "2024-02-29T00:00:00Z"), ("AAA0BBB,59/0,69/0", 0, "2023-02-28T23:59:59Z"),
        ("AAA0BBB,59/0,69/0", 3600, "2023-03-01T00:00:00Z"),
        // Hours before midnight, as RFC 9636 allows them.
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, "2026-03-29T00:59:59Z"),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -3600, "2026-03-29T01:00:00Z"),
    ])
    func `a rule at the end of a file holds for the years to come`(rule: String, expected: Int, moment: String) throws {
        let first = rule.hasPrefix("CST") ? 28_800 : rule.hasPrefix("EST") ? -18_000 : rule.hasPrefix("<-") ? -7200 : 0
        let initial = Int32(rule.hasPrefix("<+") ? 12_600 : first)
        let zone = try parseZoneFile(zoneFile(offset: initial, footer: rule), name: "Test")
        #expect(try offset(zone, moment) == expected)
        #expect(zone.transitions.allSatisfy { $0.at < Timestamp(seconds: 4_133_980_800) })
    }

    @Test(arguments: ["EST", "5", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST25", "EST5 "])
    func `a rule that is none is refused`(rule: String) {
        #expect(throws: ZoneFileRefusal.footer(rule)) {
            try parseZoneFile(zoneFile(offset: 0, footer: rule), name: "Test")
        }
    }

    @Test func `leap seconds are refused, and so is every file cut short`() throws {
        #expect(throws: ZoneFileRefusal.leapSeconds) {
            try parseZoneFile(zoneFile(offset: 0, footer: "UTC0", version: 0, leapSeconds: 1), name: "Test")
        }
        let whole = zoneFile(offset: 3600, footer: "")
        // The two line breaks at the end may be missing; nothing else may.
        for length in 0..<whole.count - 2 {
            #expect(throws: ZoneFileRefusal.malformed, "\(length) bytes") {
                try parseZoneFile(Array(whole[..<length]), name: "Test")
            }
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `no bytes make the parser trap`(batch: UInt64) throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/Europe/Berlin")))
        for seed in batch * 200..<batch * 200 + 200 {
            var random = SeededGenerator(seed: seed)
            var broken = bytes
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: 0..<(Bool.random(using: &random) ? 44 : broken.count), using: &random)
                broken[place] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { broken.removeLast(Int.random(in: 0...broken.count, using: &random)) }
            guard let zone = try? parseZoneFile(broken, name: "Test") else { continue }
            #expect(abs(zone.offsetSeconds(at: Timestamp(seconds: 0))) <= 93_599)
        }
    }
}
