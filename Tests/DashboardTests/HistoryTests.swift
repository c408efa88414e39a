// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Foundation
import Model
import Pipeline
import Testing

@testable import Dashboard

/// What a meter measured, as a page, as JSON and as a table.
@Suite struct HistoryTests {
    private static let flow = "/api/v1/points/inlet%2Fmain-meter%2Fflow/history"
    private static let total = "/api/v1/points/inlet%2Fmain-meter%2Ftotal/history"

    private struct Columns: Decodable {
        var schema: Int
        var point: String
        var unit: String
        var resolution: String
        var isTotal: Bool
        var start: [Int64]
        var count: [Int]
        var good: [Int]
        var least: [Double?]
        var mean: [Double?]
        var greatest: [Double?]
        var last: [Double?]
        var consumption: [Double?]
        var isOverGap: [Bool]
    }

    private func columns(_ path: String) async throws -> Columns {
        let answer = try await withDashboard { try await $0.get(path) }
        #expect(answer.status == 200, "\(answer.body.prefix(300))")
        return try JSONDecoder().decode(Columns.self, from: Data(answer.body.utf8))
    }

    @Test func `columns are of equal length, and of a level without consumption`() async throws {
        let hours = try await columns(Self.flow + "?resolution=1h&from=2026-11-21T00:00:00Z&to=2026-11-21T04:00:00Z")
        #expect((hours.schema, hours.point, hours.unit) == (1, "inlet/main-meter/flow", "m3/h"))
        #expect((hours.resolution, hours.isTotal) == ("1h", false))
        #expect(hours.start == (0..<4).map { 1_795_219_200_000 + Int64($0) * 3_600_000 })
        #expect(hours.count == [60, 60, 60, 60] && hours.good == [59, 59, 59, 59])
        // 08:00 to 08:59 by the site's clock.
        for (found, expected) in zip([hours.least[0], hours.mean[0], hours.greatest[0]], [1.68, 1.7095, 1.739]) {
            #expect(abs(try #require(found) - expected) < 1e-9)
        }
        #expect(hours.last == [nil, nil, nil, nil] && hours.consumption == [nil, nil, nil, nil])
        #expect(hours.isOverGap == [false, false, false, false])
    }

    @Test func `a total tells its consumption, and that it is one over a gap`() async throws {
        // Days of the site's calendar; nothing was read on the 10th.
        let days = try await columns(Self.total + "?resolution=1d&from=2026-11-07T16:00:00Z&to=2026-11-12T16:00:00Z")
        #expect(days.isTotal)
        #expect(days.start.count == 4)
        #expect(days.isOverGap == [false, false, true, false])
        let used = try #require(days.consumption[1])
        #expect(try #require(days.consumption[2]) > 1.9 * used)
        #expect(days.last.allSatisfy { $0 != nil })
    }

    @Test func `without a resolution it is the finest that makes a picture`() async throws {
        #expect(try await columns(Self.flow).resolution == "1m")
        let month = try await columns(Self.flow + "?from=2026-10-22T00:00:00Z&to=2026-11-22T00:00:00Z")
        #expect(month.resolution == "15m")
        #expect(month.start.count <= 3000)
    }

    @Test(arguments: [
        (path: "/api/v1/points/inlet%2Fnothing%2Fflow/history", status: 404, kind: "point-unknown"),
        (path: Self.flow + "?resolution=5m", status: 422, kind: "parameter-invalid"),
        (path: Self.flow + "?from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z", status: 422, kind: "range-invalid"),
        (path: Self.flow + "?resolution=1m&from=0&to=300000001", status: 422, kind: "history-too-long"),
        (path: Self.flow + "?unheard=of", status: 422, kind: "parameter-invalid"),
    ])
    private func `what cannot be answered is refused with its reason`(
        path: String, status: Int, kind: String
    ) async throws {
        let answer = try await withDashboard { try await $0.get(path) }
        #expect(answer.status == status)
        #expect(answer.header("content-type") == "application/problem+json")
        #expect(answer.body.contains("urn:sluice:problem:\(kind)\""))
    }

    @Test func `a refusal of too long a time says the limit`() async throws {
        let answer = try await withDashboard { try await $0.get(Self.flow + "?resolution=1m&from=0&to=300000001") }
        #expect(
            answer.body.contains(
                "More than 5000 pieces of 1m lie between from and to. Ask for a shorter time or a coarser resolution."))
        #expect(
            try await withDashboard { try await $0.get(Self.flow + "?resolution=1m&from=0&to=300000000") }.status == 200
        )
    }

    @Test func `history that cannot be read is a refusal, and a page that says so`() async throws {
        let estate = TestEstate(failsToRead: true)
        let (answer, page) = try await withDashboard(estate) {
            (try await $0.get(Self.flow), try await $0.get("/history?lang=en"))
        }
        #expect(answer.status == 503)
        #expect(page.status == 200)
        #expect(page.body.contains("The stored values cannot be read at the moment."))
    }

    @Test func `the page tells the month of a total in both languages`() async throws {
        let (english, chinese) = try await withDashboard {
            (
                try await $0.get("/history?point=inlet%2Fmain-meter%2Ftotal&period=month&lang=en"),
                try await $0.get("/history?point=inlet%2Fmain-meter%2Ftotal&period=month&lang=zh-Hans")
            )
        }
        for text in [
            "<title>History · Lakeside</title>", "2026-11-01 to 2026-11-30", "Consumption", "Total at the end",
            "Good readings", "98.3 %", "data-resolution=\"1d\"", "data-from=\"1793462400000\"",
            "data-to=\"1796054400000\"", "data-offsets=\"28800\"", "(over a gap)", "period=month&amp;on=2026-10-31",
            "period=month&amp;on=2026-12-01", "<option value=\"inlet/main-meter/total\" selected>",
        ] { #expect(english.body.contains(text), "\(text)") }
        for text in ["<title>历史 · 湖畔花园</title>", "用量", "期末累计", "（跨越缺失时段）"] {
            #expect(chinese.body.contains(text), "\(text)")
        }
    }

    @Test func `a week begins on Monday and a day has hours`() async throws {
        let (week, day) = try await withDashboard {
            (
                try await $0.get("/history?point=inlet%2Fmain-meter%2Fflow&period=week&on=2026-11-22&lang=en"),
                try await $0.get("/history?point=inlet%2Fmain-meter%2Fflow&period=day&on=2026-11-21&lang=en")
            )
        }
        #expect(week.body.contains("2026-11-16 to 2026-11-22"))
        #expect(week.body.contains("data-resolution=\"15m\""))
        #expect(day.body.contains("data-resolution=\"1m\""))
        #expect(day.body.contains("<th scope=\"row\">23:00</th>"))
        #expect(day.body.contains("Least"))
        // What is no day is the present one.
        let odd = try await withDashboard { try await $0.get("/history?period=day&on=2026-02-30&lang=en") }
        #expect(odd.body.contains("<strong>2026-11-22</strong>"))
    }

    @Test func `the table holds what the picture shows`() async throws {
        let answer = try await withDashboard {
            try await $0.get("/history.csv?point=inlet%2Fmain-meter%2Ftotal&period=month")
        }
        #expect(answer.header("content-type") == "text/csv; charset=utf-8")
        let lines = answer.body.split(separator: "\n")
        #expect(lines.first.map(String.init) == HistoryCSV.header)
        #expect(lines.count == 1 + 21)
        #expect(
            lines[1].hasPrefix(
                "inlet/main-meter/total,m3,2026-10-31T16:00:00.000Z,2026-11-01T16:00:00.000Z,2026-11-01 00:00,1440,1416,"
            ))
    }

    @Test func `computed numbers carry no dust`() {
        #expect(NumberText.short(0.1 + 0.2) == 0.3)
        #expect(NumberText.short(405.00000000000006) == 405)
        #expect(NumberText.short(-0.00012345678901) == -0.00012345679)
        #expect(NumberText.short(123_456_789_012.5) == 123_456_789_013)
        #expect(NumberText.short(0) == 0)
        #expect(NumberText.short(1e-30).isFinite)
    }
}
