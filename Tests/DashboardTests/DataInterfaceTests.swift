// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import Testing

@testable import Dashboard

private struct Refusal: Sendable, CustomTestStringConvertible {
    var name: String
    var path = "/api/v1/tickets/20261122-002/events"
    var body: String
    var ifMatch: String? = "*"
    var status: Int
    var text: String
    var testDescription: String { name }
}

@Suite struct DataInterfaceTests {
    @Test(arguments: [
        Refusal(
            name: "unknown ticket", path: "/api/v1/tickets/999/events", body: #"{"event":"accept","person":"li-wei"}"#,
            status: 404,
            text:
                #"{"detail":"There is no ticket “999”.","instance":"/api/v1/tickets/999/events","status":404,"title":"Ticket not known","type":"urn:sluice:problem:ticket-unknown"}"#
        ),
        Refusal(
            name: "unknown person", body: #"{"event":"accept","person":"nobody"}"#, status: 422,
            text:
                #"{"detail":"“nobody” is not on this site's list of persons. Choose one of the list.","instance":"/api/v1/tickets/20261122-002/events","status":422,"title":"Person not known","type":"urn:sluice:problem:person-unknown"}"#
        ),
        Refusal(
            name: "stale", body: #"{"event":"accept","person":"li-wei"}"#, ifMatch: "\"1\"", status: 412,
            text:
                #"{"detail":"Ticket 20261122-002 has changed in the meantime; it is at version 2 now. Look at it again, then act.","instance":"/api/v1/tickets/20261122-002/events","status":412,"title":"Ticket has changed","type":"urn:sluice:problem:ticket-changed","version":2}"#
        ),
        Refusal(
            name: "not allowed", body: #"{"event":"resolve","person":"li-wei","note":"x"}"#, status: 409,
            text:
                #"{"allowed":["accept"],"detail":"Ticket 20261122-002 is “new”, which does not allow “Repaired”. Possible now: Accept.","instance":"/api/v1/tickets/20261122-002/events","state":"new","status":409,"title":"Not possible now","type":"urn:sluice:problem:action-not-allowed"}"#
        ),
        Refusal(
            name: "nothing allowed", path: "/api/v1/tickets/20261118-001/events",
            body: #"{"event":"accept","person":"li-wei"}"#, status: 409,
            text:
                #"{"allowed":[],"detail":"Ticket 20261118-001 is “closed”, which does not allow “Accept”. Possible now: —.","instance":"/api/v1/tickets/20261118-001/events","state":"closed","status":409,"title":"Not possible now","type":"urn:sluice:problem:action-not-allowed"}"#
        ),
        Refusal(
            name: "note missing", path: "/api/v1/tickets/20261120-001/events",
            body: #"{"event":"resolve","person":"li-wei"}"#, status: 422,
            text:
                #"{"detail":"Say what was found and done.","instance":"/api/v1/tickets/20261120-001/events","status":422,"title":"Note missing","type":"urn:sluice:problem:note-missing"}"#
        ),
        Refusal(
            name: "unknown event", body: #"{"event":"explode","person":"li-wei"}"#, status: 422,
            text: invalid(
                "/event",
                "It must be one of accept, grab, assign, arrive, start, attempt, hold, resume, postpone, resolve, sign-off, inform, follow-up, reopen, hand-over, take-over, cancel, false-alarm, merge."
            )),
        Refusal(
            name: "no person", body: #"{"event":"accept"}"#, status: 422, text: invalid("/person", "It is missing.")),
        Refusal(
            name: "wrong type", body: #"{"event":"follow-up","person":"li-wei","score":"two"}"#, status: 422,
            text: invalid("/score", "It must be a whole number from 1 to 5.")),
        Refusal(
            name: "no moment", body: #"{"event":"hold","person":"li-wei","until":"tomorrow"}"#, status: 422,
            text: invalid("/until", "It must be an RFC 3339 moment, such as 2026-11-27T09:00:00+08:00.")),
        Refusal(
            name: "no version in the body", body: #"{"event":"accept","person":"li-wei","version":2}"#, status: 422,
            text: invalid("/version", "It is not known here, or stands twice.")),
        Refusal(name: "empty", body: "", status: 400, text: Self.noJSON),
        Refusal(name: "not JSON", body: "event=accept", status: 400, text: Self.noJSON),
        Refusal(
            name: "too large",
            body: #"{"event":"accept","person":"li-wei","note":""# + String(repeating: "x", count: 256 * 1024) + #""}"#,
            status: 413,
            text:
                #"{"detail":"What was sent is larger than 256 KiB.","instance":"/api/v1/tickets/20261122-002/events","status":413,"title":"Body too large","type":"urn:sluice:problem:body-too-large"}"#
        ),
    ])
    private func `a refused action says why`(refusal: Refusal) async throws {
        let (answer, tickets) = try await withDashboard { dashboard in
            (
                try await dashboard.postJSON(refusal.path, refusal.body, ifMatch: refusal.ifMatch),
                await dashboard.estate.tickets()
            )
        }
        #expect(answer.status == refusal.status)
        #expect(answer.header("content-type") == "application/problem+json")
        #expect(answer.body == refusal.text)
        #expect(tickets == TestEstate.tickets.map(\.ticket))
    }

    private static func invalid(_ pointer: String, _ detail: String) -> String {
        ##"{"detail":"What was sent cannot be understood.","errors":[{"detail":"\##(detail)","pointer":"#\##(pointer)"}],"instance":"/api/v1/tickets/20261122-002/events","status":422,"title":"Body not valid","type":"urn:sluice:problem:body-invalid"}"##
    }

    private static let noJSON =
        #"{"detail":"What was sent is not valid JSON.","instance":"/api/v1/tickets/20261122-002/events","status":400,"title":"Not valid JSON","type":"urn:sluice:problem:json-invalid"}"#

    @Test func `a refusal speaks the caller's language`() async throws {
        let answer = try await withDashboard {
            try await $0.get("/api/v1/tickets/999", ["Accept-Language: zh-CN"])
        }
        #expect(
            answer.body
                == #"{"detail":"没有编号为“999”的工单。","instance":"/api/v1/tickets/999","status":404,"title":"没有这张工单","type":"urn:sluice:problem:ticket-unknown"}"#
        )
    }

    @Test func `what cannot be stored is refused and said`() async throws {
        let answer = try await withDashboard(TestEstate(failsToStore: true)) {
            try await $0.postJSON("/api/v1/tickets/20261122-002/events", #"{"event":"accept","person":"li-wei"}"#)
        }
        #expect(answer.status == 503)
        #expect(
            answer.body
                == #"{"detail":"It could not be stored and nothing changed: disk full. Try again later.","instance":"/api/v1/tickets/20261122-002/events","status":503,"title":"Not stored","type":"urn:sluice:problem:not-stored"}"#
        )
    }

    @Test func `a ticket goes from new to closed`() async throws {
        let path = "/api/v1/tickets/20261122-002/events"
        let answers = try await withDashboard { dashboard in
            var answers: [Answer] = []
            for body in [
                #"{"event":"accept","person":"li-wei"}"#, #"{"event":"arrive","person":"li-wei"}"#,
                #"{"event":"resolve","person":"li-wei","note":"joint replaced"}"#,
                #"{"event":"sign-off","person":"li-wei","passed":true}"#,
                #"{"event":"sign-off","person":"zhao-lei","passed":false,"note":"still wet"}"#,
                #"{"event":"resolve","person":"li-wei","note":"sealed"}"#,
                #"{"event":"sign-off","person":"zhao-lei","passed":true}"#,
            ] { answers.append(try await dashboard.postJSON(path, body)) }
            return answers
        }
        #expect(answers.map(\.status) == [200, 200, 200, 409, 200, 200, 200])
        #expect(
            answers[3].body
                == #"{"detail":"“li-wei” made the repair; somebody else must sign it off.","instance":"/api/v1/tickets/20261122-002/events","status":409,"title":"Somebody else must sign off","type":"urn:sluice:problem:signer-is-resolver"}"#
        )
        let last = try JSONDecoder().decode(TicketDetail.self, from: Data(answers[6].body.utf8))
        #expect(last.ticket.state == "closed")
        #expect(last.ticket.version == 8)
        #expect(last.history.last?.actor == "zhao-lei")
    }

    @Test func `lists and details can be read back as the gateway's own types`() async throws {
        struct List: Decodable {
            var schema: Int
            var tickets: [TicketSnapshot]
        }
        let (list, detail) = try await withDashboard {
            (try await $0.get("/api/v1/tickets"), try await $0.get("/api/v1/tickets/20261120-001"))
        }
        let read = try JSONDecoder().decode(List.self, from: Data(list.body.utf8))
        #expect(read.schema == 1)
        #expect(read.tickets == TestEstate.tickets.map(\.ticket))
        #expect(try JSONDecoder().decode(TicketDetail.self, from: Data(detail.body.utf8)) == TestEstate.tickets[1])
        #expect(detail.body.contains(#""schema":1"#))
    }

    @Test func `the overview gives plain values and no value that is bad`() async throws {
        let answer = try await withDashboard { try await $0.get("/api/v1/overview") }
        #expect(answer.header("content-type") == "application/json")
        for text in [
            #"{"isStale":false,"name":"flow","path":"inlet/main-meter/flow","quality":"good","sourceTime":1795334396000,"unit":"m3/h","value":3.4712}"#,
            #"{"isStale":false,"name":"total","path":"block-2/unit-303/total","quality":"bad","reason":"device_down","sourceTime":1795334397000,"unit":"L"}"#,
            #"{"isStale":true,"name":"level","path":"pump-room/roof-tank/level","quality":"good","sourceTime":1795334305000,"unit":"cm","value":182.4}"#,
            #"{"isStale":false,"name":"door","path":"block-1/lift-1/door","quality":"good","sourceTime":1795334396000,"unit":"1","value":"closed"}"#,
            #"{"isStale":false,"name":"running","path":"pump-room/booster-1/running","quality":"good","sourceTime":1795334396000,"unit":"1","value":true}"#,
            #"{"isStale":false,"name":"position","path":"entrance/east-gate/position","unit":"1"}"#,
            #""schema":1,"site":"lakeside""#,
        ] { #expect(answer.body.contains(text), "\(text)") }
    }

    @Test func `a trend has its samples and its gaps`() async throws {
        let answer = try await withDashboard {
            try await $0.get(
                "/api/v1/trend?point=inlet/main-meter/flow&from=2026-11-22T00:00:00Z&to=1795334400000&limit=10")
        }
        let trend = try JSONDecoder().decode(Trend.self, from: Data(answer.body.utf8))
        #expect(trend.path == "inlet/main-meter/flow")
        #expect(trend.samples.first?.at == Timestamp(milliseconds: 1_795_305_600_000))
        #expect(trend.samples.count == 9)
        #expect(answer.body.contains(#""schema":1"#))
    }

    @Test(arguments: [
        (query: "", name: "point", detail: "It is missing."),
        (query: "point=", name: "point", detail: "It must be a text of 1 to 500 characters."),
        (
            query: "point=inlet/main-meter/flow&from=yesterday", name: "from",
            detail: "It must have the form of 2026-11-27T09:00:00+08:00."
        ),
        (
            query: "point=inlet/main-meter/flow&to=99999999999999999999", name: "to",
            detail: "It must have the form of 2026-11-27T09:00:00+08:00."
        ),
        (
            query: "point=inlet/main-meter/flow&limit=1", name: "limit",
            detail: "It must be a whole number from 2 to 5000."
        ),
        (
            query: "point=inlet/main-meter/flow&limit=5001", name: "limit",
            detail: "It must be a whole number from 2 to 5000."
        ),
        (query: "point=inlet/main-meter/flow&x=1", name: "x", detail: "It is not known here, or stands twice."),
    ])
    func `a trend with a wrong parameter names it`(query: String, name: String, detail: String) async throws {
        let answer = try await withDashboard { try await $0.get("/api/v1/trend?" + query) }
        #expect(answer.status == 422)
        #expect(
            answer.body
                == #"{"detail":"A parameter of the address is not valid; errors says which.","errors":[{"detail":"DETAIL","parameter":"NAME"}],"instance":"/api/v1/trend","status":422,"title":"Parameter not valid","type":"urn:sluice:problem:parameter-invalid"}"#
                .replacing("NAME", with: name).replacing("DETAIL", with: detail))
    }

    @Test func `a trend that ends before it begins is refused`() async throws {
        let answer = try await withDashboard {
            try await $0.get("/api/v1/trend?point=inlet/main-meter/flow&from=5&to=5")
        }
        #expect(
            answer.body
                == #"{"detail":"The parameter “from” is not valid. point is needed; from and to are RFC 3339 moments or milliseconds since 1970, from before to; limit is 2 to 5000.","instance":"/api/v1/trend","status":422,"title":"Parameter not valid","type":"urn:sluice:problem:range-invalid"}"#
        )
    }

    @Test func `an unknown point and an unreadable store are told apart`() async throws {
        let (unknown, unreadable) = try await withDashboard(TestEstate(failsToRead: true)) {
            (
                try await $0.get("/api/v1/trend?point=a/b/c"),
                try await $0.get("/api/v1/trend?point=inlet/main-meter/flow")
            )
        }
        #expect(unknown.status == 404)
        #expect(
            unknown.body
                == #"{"detail":"There is no point “a/b/c”.","instance":"/api/v1/trend","status":404,"title":"Point not known","type":"urn:sluice:problem:point-unknown"}"#
        )
        #expect(unreadable.status == 503)
        #expect(
            unreadable.body
                == #"{"detail":"The stored values cannot be read at the moment. Try again later.","instance":"/api/v1/trend","status":503,"title":"Stored values unavailable","type":"urn:sluice:problem:trend-unavailable"}"#
        )
    }

    @Test func `an unknown address below the interface is a problem too`() async throws {
        let answer = try await withDashboard { try await $0.get("/api/v1/nothing") }
        #expect(answer.status == 404)
        #expect(
            answer.body
                == #"{"detail":"This gateway has no “/api/v1/nothing”.","instance":"/api/v1/nothing","status":404,"title":"Not found","type":"urn:sluice:problem:not-found"}"#
        )
    }
}
