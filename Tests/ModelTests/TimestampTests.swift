// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0 as Int64),
        ("2026-11-22T08:00:00.000Z", 1_795_334_400_000),
        ("2026-11-22T16:00:00.123+08:00", 1_795_334_400_123),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2000-02-29T12:00:00.5Z", 951_825_600_500),
        ("2026-11-22t08:00:00.1239z", 1_795_334_400_123),
    ])
    func `a moment is read from RFC 3339`(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(milliseconds: milliseconds))
    }

    @Test(arguments: [
        "", "2026", "2026-11-22", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T08:00:00", "2026-11-22T08:00:00.Z", "2026-11-22T08:00:00+0800", "2026-11-22T08:00:00Z ",
        "２０２６-11-22T08:00:00Z",
    ])
    func `what is not RFC 3339 is refused`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(arguments: 0..<500 as Range<UInt64>)
    func `writing and reading give the same moment`(seed: UInt64) {
        let milliseconds = Int64(bitPattern: seed &* 0x9E37_79B9_7F4A_7C15) % 4_102_444_800_000
        let moment = Timestamp(milliseconds: max(0, milliseconds))
        #expect(Timestamp(rfc3339: moment.rfc3339) == moment)
    }

    @Test func `arithmetic saturates at the ends instead of trapping`() {
        #expect(Timestamp(milliseconds: .max) + .seconds(1) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: .min) - .seconds(1) == Timestamp(milliseconds: .min))
        #expect(Timestamp(seconds: .max) == Timestamp(milliseconds: .max))
        #expect((Timestamp(milliseconds: .max) - Timestamp(milliseconds: .min)).wholeMilliseconds == .max)
    }

    @Test func `flooring goes down on both sides of 1970`() {
        #expect(Timestamp(milliseconds: 125).floored(to: .milliseconds(100)).milliseconds == 100)
        #expect(Timestamp(milliseconds: -125).floored(to: .milliseconds(100)).milliseconds == -200)
    }
}

@Suite struct CivilTimeTests {
    @Test func `days count through four centuries without a hole`() {
        var last = CivilDate(daysSince1970: -150_000)
        for day in -149_999...150_000 {
            let date = CivilDate(daysSince1970: day)
            #expect(date > last)
            #expect(date.daysSince1970 == day)
            last = date
        }
    }

    @Test func `a Sunday is the seventh day`() {
        #expect(CivilDate(year: 2026, month: 11, day: 22).weekday == 7)
        #expect(CivilDate(year: 1970, month: 1, day: 1).weekday == 4)
    }

    @Test func `a zone changes its offset at the transition, not before`() {
        let change = Timestamp(seconds: 1_000_000)
        let zone = ZoneOffsets(
            name: "test", initialOffsetSeconds: 3600, transitions: [.init(at: change, offsetSeconds: 7200)])
        #expect(zone.offsetSeconds(at: change - .milliseconds(1)) == 3600)
        #expect(zone.offsetSeconds(at: change) == 7200)
        #expect(zone.local(change).hour == change.civil(offsetSeconds: 7200).hour)
    }
}

@Suite struct NameTests {
    @Test(arguments: [
        ("main-meter", true), ("b1_2", true), ("", false), ("Main", false), ("-x", false), ("a/b", false),
    ])
    func `an identifier keeps to the alphabet of a topic level`(text: String, isValid: Bool) {
        #expect(AssetIdentifier.isValid(text) == isValid)
    }

    @Test func `sixty-four bytes are the longest identifier`() {
        #expect(AssetIdentifier.isValid(String(repeating: "a", count: 64)))
        #expect(!AssetIdentifier.isValid(String(repeating: "a", count: 65)))
    }

    @Test(arguments: [
        ("holdng", "holding"), ("tuf-200-ultrasonic", "tuf-2000-ultrasonic"), ("Coil", "coil"), ("ocil", "coil"),
    ])
    func `the nearest name is suggested`(typed: String, meant: String) {
        let known = ["holding", "coil", "input", "discrete", "tuf-2000-ultrasonic"]
        #expect(nearestName(to: typed, in: known) == meant)
        #expect(suggestion(for: typed, in: known) == " Did you mean '\(meant)'?")
    }

    @Test func `a name that is like none gets the list`() {
        #expect(suggestion(for: "zzz", in: ["b", "a"]) == " Allowed: a, b.")
    }

    @Test func `a problem is one line that editors understand`() {
        let problem = FileProblem(path: "a.yaml", line: 3, column: 7, code: "SL-1101", message: "what and how.")
        #expect(problem.description == "a.yaml:3:7: error: SL-1101: what and how.")
    }

    @Test func `a quality reason survives its storage number`() {
        for code in UInt16(0)...600 {
            guard let reason = QualityReason(code: code) else { continue }
            #expect(reason.code == code)
        }
        #expect(QualityReason(code: 258) == .exception(2))
        #expect(QualityReason(code: 999) == nil)
    }

    @Test func `a finding has the same name on every replay`() {
        let one = FindingIdentifier(rule: .burst, asset: AssetIdentifier("riser-1"), startedAt: Timestamp(seconds: 5))
        let same = FindingIdentifier(rule: .burst, asset: AssetIdentifier("riser-1"), startedAt: Timestamp(seconds: 5))
        let other = FindingIdentifier(rule: .burst, asset: AssetIdentifier("riser-2"), startedAt: Timestamp(seconds: 5))
        #expect(one == same && one != other && one.text.count == 16)
    }
}
