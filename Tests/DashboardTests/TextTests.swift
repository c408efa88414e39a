// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Testing

@testable import Dashboard

@Suite struct TextTests {
    @Test(
        arguments: [
            (0, "0"), (-0.0001, "0"), (0.05, "0.05"), (3.4712, "3.471"), (12.3456, "12.35"), (-182.44, "-182.4"),
            (48_213.507, "48,213.5"), (1_480, "1,480"), (999.96, "1,000"), (1e17, "100,000,000,000,000,000"),
            (1e18, "1e+18"),
            (1e300, "1e+300"), (.nan, "—"), (.infinity, "—"),
        ] as [(Double, String)])
    func `numbers have the decimals they deserve`(value: Double, text: String) {
        #expect(NumberText.number(value) == text)
    }

    @Test(arguments: [(0, "0"), (-1234, "-1,234"), (.min, "-9,223,372,036,854,775,808")] as [(Int64, String)])
    func `counts are grouped`(value: Int64, text: String) { #expect(NumberText.integer(value) == text) }

    private func time(_ language: Language) throws -> TimeText {
        TimeText(
            wording: Wording(language: language, texts: try PageResources.catalogue(of: language)),
            zone: TestEstate.shanghai)
    }

    @Test func `moments are written in the site's zone`() throws {
        #expect(try time(.chinese).moment(TestEstate.now) == "2026年11月22日 16:00")
        #expect(try time(.english).moment(TestEstate.now) == "22 Nov 2026 16:00")
    }

    @Test(
        arguments: [
            (0, "0 s left", "还剩 0 秒"), (59, "59 s left", "还剩 59 秒"), (750, "12 min left", "还剩 12 分钟"),
            (-185, "overdue by 3 min", "已超时 3 分钟"), (7200, "2 h left", "还剩 2 小时"),
            (28_440, "7 h 54 min left", "还剩 7 小时 54 分钟"), (-90_000, "overdue by 1 d 1 h", "已超时 1 天 1 小时"),
            (172_800, "2 d left", "还剩 2 天"),
        ] as [(Int64, String, String)])
    func `remaining time is said in words`(seconds: Int64, english: String, chinese: String) throws {
        let deadline = TestEstate.now + .seconds(seconds)
        #expect(try time(.english).remaining(until: deadline, at: TestEstate.now) == english)
        #expect(try time(.chinese).remaining(until: deadline, at: TestEstate.now) == chinese)
    }

    @Test(
        arguments: [(-5, "0 s ago"), (59, "59 s ago"), (60, "1 min ago"), (7300, "2 h ago"), (200_000, "2 d ago")]
            as [(Int64, String)])
    func `ages are rounded down and never negative`(seconds: Int64, text: String) throws {
        #expect(try time(.english).age(of: TestEstate.now - .seconds(seconds), at: TestEstate.now) == text)
    }

    @Test func `moments at the ends of time do not trap`() throws {
        let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
        let text = try time(.english)
        #expect(!text.remaining(until: last, at: first).isEmpty)
        #expect(!text.remaining(until: first, at: last).isEmpty)
        #expect(!text.moment(last).isEmpty)
    }

    @Test(
        arguments: [
            ("en", .english), ("zh-CN,zh;q=0.9,en;q=0.8", .chinese), ("en;q=0.5, zh;q=0.6", .chinese), ("fr-FR", nil),
            ("zh;q=0, en;q=0.1", .english), ("*", nil), (";;,,q=", nil),
        ] as [(String, Language?)])
    func `the browser's weights decide`(header: String, language: Language?) {
        #expect(LanguageChoice.preferred(in: header) == language)
    }

    @Test(arguments: ["T-1", "a b/c?d#e%", "工单", "\"<>'&"])
    func `a path segment comes back as it went`(text: String) {
        let encoded = PercentText.encoded(text)
        #expect(encoded.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._~%".contains($0)) })
        #expect(PercentText.decoded(encoded) == text)
    }

    @Test(arguments: ["%", "%4", "%zz", "%FF"])
    func `a segment that is no text is refused`(segment: String) { #expect(PercentText.decoded(segment) == nil) }
}

@Suite struct FindingSentenceTests {
    private func sentence(_ rule: RuleIdentifier, _ measures: [Measure], _ language: Language = .english) throws
        -> String
    {
        let finding = Finding(
            rule: rule, ruleVersion: 1, severity: .p2, asset: .init("x"), startedAt: TestEstate.now,
            raisedAt: TestEstate.now, loss: nil,
            evidence: Evidence(from: TestEstate.now, to: TestEstate.now, measures: measures))
        return FindingCard.sentence(
            finding, Wording(language: language, texts: try PageResources.catalogue(of: language)))
    }

    @Test func `the sentence names the figures`() throws {
        let measures = [Measure("open_minutes", 34.2, .minute), Measure("limit_minutes", 20)]
        #expect(
            try sentence(.gateHeldOpen, measures) == "The gate has been open for 34.2 minutes; 20 are allowed.")
        #expect(try sentence(.gateHeldOpen, measures, .chinese) == "门已打开 34.2 分钟，允许 20 分钟。")
    }

    @Test func `a missing figure leaves a whole sentence`() throws {
        #expect(
            try sentence(.continuousFlow, [Measure("hours", 24, .hour)])
                == "This meter stands still every day, and this time it did not.")
        #expect(try sentence(.burst, []) == "Far more water entered this meter than its dwellings took.")
    }

    @Test func `a rule the page does not know is named`() throws {
        #expect(try sentence(.init("tomorrow"), []) == "The condition of the rule “tomorrow” is met.")
    }
}

@Suite struct SystemStatusTests {
    private func status(_ assets: [AssetSnapshot], _ findings: [Finding] = []) throws -> (SystemStatus.Level, String) {
        let status = SystemStatus(of: assets, findings: findings, at: TestEstate.now)
        let wording = Wording(language: .english, texts: try PageResources.catalogue(of: .english))
        return (status.level, status.reason(in: wording))
    }

    private func asset(_ availability: Availability, _ points: [PointSnapshot]) -> AssetSnapshot {
        TestEstate.asset("a", "b", "b", "b", "pump", "p", availability, points: points)
    }

    @Test func `the light shows the worst there is`() throws {
        let good = TestEstate.point("a/b/c", .bar, .number(1))
        let stale = TestEstate.point("a/b/d", .bar, .number(1), age: 31)
        let bad = TestEstate.point("a/b/e", .bar, nil, quality: .bad, reason: "crc")
        let none = TestEstate.point("a/b/f", .bar, nil, quality: nil)
        var minor = TestEstate.leak.finding
        minor.asset = .init("b")
        var major = TestEstate.burst.finding
        major.asset = .init("b")
        var over = major
        over.clearedAt = TestEstate.now
        #expect(try status([asset(.online, [good])]) == (.normal, "1 device answers"))
        #expect(try status([asset(.unknown, [none])]) == (.nodata, "0 devices answer"))
        #expect(try status([asset(.online, [good, stale])]) == (.attention, "1 stale value"))
        #expect(try status([asset(.online, [good, bad])]) == (.attention, "1 bad value"))
        #expect(try status([asset(.offline, [bad, bad])]) == (.attention, "1 device down"))
        #expect(try status([asset(.online, [good])], [minor]) == (.attention, "1 finding"))
        #expect(try status([asset(.online, [good])], [minor, major]) == (.urgent, "2 findings"))
        #expect(try status([asset(.online, [good])], [over]) == (.normal, "1 device answers"))
    }
}
