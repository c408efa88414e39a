// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Dashboard

/// Announcements for programs.
@Suite struct AnnouncementTests {
    private static let path = "/api/v1/announcements"

    @Test func `what is announced is listed in the reader's words, and a day means its end`() async throws {
        let (chinese, english, added) = try await withDashboard { dashboard in
            let chinese = try await dashboard.get(Self.path, ["Accept-Language: zh-CN"])
            let english = try await dashboard.get(Self.path, ["Accept-Language: en"])
            let added = try await dashboard.postJSON(
                Self.path,
                #"{"kind":"liftService","asset":"lift-1","start":"2026-11-23","end":"2026-11-23","person":"li-wei"}"#)
            return (chinese, english, added)
        }
        #expect(chinese.body.contains(#""kindText":"施工用水""#) && chinese.body.contains(#""stateText":"进行中""#))
        #expect(english.body.contains(#""kindText":"Building works""#) && english.body.contains(#""zone":"riser-2""#))
        #expect(added.status == 201)
        // Midnight to midnight in Shanghai.
        #expect(added.body.contains(#""start":1795363200000"#) && added.body.contains(#""end":1795449600000"#))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var path = AnnouncementTests.path
        var body: String
        var status: Int
        var problem: String
        var testDescription: String { problem + body }
    }

    @Test(arguments: [
        Refusal(body: "no", status: 400, problem: "json-invalid"),
        Refusal(body: #"{"kind":"party"}"#, status: 422, problem: "body-invalid"),
        Refusal(
            body: #"{"kind":"vacancy","start":"soon","end":"2026-11-23","person":"li-wei"}"#, status: 422,
            problem: "announcement-invalid"),
        Refusal(
            body: #"{"kind":"vacancy","start":"2026-11-24T08:00","end":"2026-11-23","person":"li-wei"}"#, status: 422,
            problem: "announcement-invalid"),
        Refusal(
            body: #"{"kind":"vacancy","start":"2026-11-22","end":"2026-11-23","person":"nobody"}"#, status: 422,
            problem: "person-unknown"),
        Refusal(
            path: path + "/9/withdrawal", body: #"{"person":"li-wei","reason":"x"}"#, status: 404,
            problem: "announcement-unknown"),
        Refusal(
            path: path + "/x/withdrawal", body: #"{"person":"li-wei","reason":"x"}"#, status: 404,
            problem: "announcement-unknown"),
    ])
    func `the interface says why not`(_ refusal: Refusal) async throws {
        let answer = try await withDashboard { try await $0.postJSON(refusal.path, refusal.body) }
        #expect(answer.status == refusal.status)
        #expect(answer.body.contains("urn:sluice:problem:\(refusal.problem)\""), "\(answer.body)")
    }

    @Test func `a time that has passed is quoted as it was typed`() async throws {
        let answer = try await withDashboard {
            try await $0.postJSON(
                Self.path, #"{"kind":"vacancy","start":"2020-01-01","end":"2020-01-02T08:30","person":"li-wei"}"#)
        }
        #expect(answer.status == 422)
        #expect(answer.body.contains("2020-01-02T08:30") && !answer.body.contains("2020-01-02T00:30"), "\(answer.body)")
    }
}
