// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

private struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var method = "POST"
    var path = "/api/v1/tickets"
    var headers: [String: String] = ["Idempotency-Key": "k"]
    var body: String
    var status: Int
    var text: String
    var testDescription: String { name }
}

/// Tickets over HTTP, against the running gateway.
@Suite(.serialized) struct TicketInterfaceTests {
    static let leak =
        #"{"person":"wang-fang","asset":"inlet","failure_mode":"reported_leak","text":"Water on the stairs.","reporter":"Mr Chen","phone":"13812345621"}"#

    /// The place of a new ticket.
    private func create(_ peer: HTTPPeer, _ body: String = Self.leak, key: String) throws -> String {
        let answer = try peer.post("/api/v1/tickets", body, ["Idempotency-Key": key])
        #expect(answer.status == 201, "\(answer.body)")
        return try #require(answer.headers["location"])
    }

    private func numbers(_ answer: HTTPAnswer) -> [String] {
        (answer.json["tickets"] as? [[String: Any]] ?? []).compactMap { $0["number"] as? String }
    }

    @Test func `a request that is sent again is answered as it was, also after a power cut`() throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let first = try gateway.peer.post("/api/v1/tickets", Self.leak, ["Idempotency-Key": "call-1"])
        #expect(first.status == 201)
        #expect(first.headers["etag"] == "\"1\"")
        let place = try #require(first.headers["location"])
        #expect(place.hasPrefix("/api/v1/tickets/lakeside-"))
        let ticket = try #require(first.json["ticket"] as? [String: Any])
        #expect(ticket["source"] as? String == "person")
        #expect(ticket["state"] as? String == "new")
        #expect(ticket["severity"] as? Int == 3)
        let report = try #require((ticket["reports"] as? [[String: Any]])?.first)
        #expect(report["text"] as? String == "Water on the stairs.")
        #expect(report["phone"] as? String == "138******21")
        #expect(!first.body.contains("13812345621"))
        // What was answered stays what it was, whatever became of the ticket.
        let accepted = try gateway.peer.post(
            place + "/events", #"{"event":"accept","person":"li-wei"}"#, ["If-Match": "\"1\""])
        #expect(accepted.status == 200)
        let again = try gateway.peer.post("/api/v1/tickets", Self.leak, ["Idempotency-Key": "call-1"])
        #expect((again.status, again.body) == (201, first.body))
        try gateway.restart()
        let later = try gateway.peer.post("/api/v1/tickets", Self.leak, ["Idempotency-Key": "call-1"])
        #expect((later.status, later.body) == (201, first.body))
        #expect(numbers(try gateway.peer.get("/api/v1/tickets")).count == 1)
        let other = try gateway.peer.post(
            "/api/v1/tickets", Self.leak.replacing("stairs", with: "roof"), ["Idempotency-Key": "call-1"])
        #expect(other.status == 422)
        #expect(
            other.body
                == #"{"detail":"A request with another content came under this Idempotency-Key within 48 hours. Give a new request a new key.","instance":"/api/v1/tickets","status":422,"title":"Idempotency-Key used for another request","type":"urn:sluice:problem:idempotency-key-reused"}"#
        )
    }

    @Test func `a form that is sent twice makes one ticket, of the same kind`() throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let page = try gateway.peer.get("/report?asset=inlet", ["Accept-Language": "en"])
        let token = try #require(page.body.firstMatch(of: /name="token" value="([0-9a-f]+)"/)).output.1
        let form = "token=\(token)&asset=inlet&mode=reported_leak&text=Water+on+the+stairs.&phone=13812345621"
        let headers = ["Content-Type": "application/x-www-form-urlencoded"]
        let first = try gateway.peer.post("/report", form, headers)
        #expect(first.status == 303, "\(first.body)")
        let place = try #require(first.headers["location"])
        #expect(try gateway.peer.post("/report", form, headers).headers["location"] == place)
        let tickets = try gateway.peer.get("/api/v1/tickets")
        #expect(numbers(tickets).map { "/report?ticket=\($0)" } == [place])
        let ticket = try #require((tickets.json["tickets"] as? [[String: Any]])?.first)
        #expect(ticket["source"] as? String == "person" && ticket["owner"] as? String == "wang-fang")
        #expect((ticket["reports"] as? [[String: Any]])?.map { $0["phone"] as? String } == ["138******21"])
        #expect(try gateway.peer.get(place, ["Accept-Language": "en"]).body.contains("Wang Fang is accountable"))
        let other = try gateway.peer.post("/report", form.replacing("stairs", with: "roof"), headers)
        #expect(other.status == 422 && other.body.contains("Idempotency-Key"))
    }

    @Test func `a second report of the same fault is a line of its ticket and may make it more urgent`() throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let place = try create(gateway.peer, key: "a")
        let worse = Self.leak.replacing(#""reporter""#, with: #""severity":"p1","reporter""#)
        let second = try gateway.peer.post("/api/v1/tickets", worse, ["Idempotency-Key": "b"])
        #expect(second.status == 200)
        #expect(second.headers["location"] == place)
        let ticket = try #require(second.json["ticket"] as? [String: Any])
        #expect(ticket["severity"] as? Int == 1)
        #expect((ticket["reports"] as? [Any])?.count == 2)
        let history = try #require(second.json["history"] as? [[String: Any]])
        #expect(history.compactMap { $0["event"] as? String }.prefix(2) == ["raised", "reported"])
        // Another fault of the same asset is another job.
        #expect(
            try create(gateway.peer, Self.leak.replacing("reported_leak", with: "reported_noise"), key: "c") != place)
    }

    @Test func `of those who act on one version at once, one does`() async throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let place = try create(gateway.peer, key: "a")
        let peer = gateway.peer
        let answers = try await withThrowingTaskGroup(of: HTTPAnswer.self) { group in
            for person in ["li-wei", "wang-fang", "zhao-lei", "li-wei", "wang-fang", "zhao-lei"] {
                group.addTask {
                    try peer.post(
                        place + "/events", #"{"event":"accept","person":"\#(person)"}"#, ["If-Match": "\"1\""])
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.map(\.status).sorted() == [200, 412, 412, 412, 412, 412])
        for answer in answers {
            #expect(answer.headers["etag"] == "\"2\"")
            if answer.status == 412 { #expect(answer.json["version"] as? Int == 2) }
        }
    }

    @Test func `an action needs the version that was seen, and one that the state allows`() throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let place = try create(gateway.peer, key: "a")
        let number = place.replacing("/api/v1/tickets/", with: "")
        let events = place + "/events"
        let accept = #"{"event":"accept","person":"li-wei"}"#
        let shown = try gateway.peer.get(place)
        #expect(shown.headers["etag"] == "\"1\"")
        let missing = try gateway.peer.post(events, accept)
        #expect(missing.status == 428)
        #expect(
            missing.body
                == #"{"detail":"Say in the header If-Match which version of the ticket you saw: its ETag.","instance":"\#(events)","status":428,"title":"Version missing","type":"urn:sluice:problem:version-missing"}"#
        )
        for text in ["1", "\"1", "\"1\"x", "W/1"] {
            let answer = try gateway.peer.post(events, accept, ["If-Match": text])
            #expect(answer.status == 400, "\(text)")
            #expect(answer.json["type"] as? String == "urn:sluice:problem:version-invalid")
        }
        for text in ["\"7\"", "W/\"1\"", "\"one\"", "\"7\", \"8\""] {
            let answer = try gateway.peer.post(events, accept, ["If-Match": text])
            #expect(answer.status == 412, "\(text)")
            #expect(
                answer.body
                    == #"{"detail":"Ticket \#(number) has changed in the meantime; it is at version 1 now. Look at it again, then act.","instance":"\#(events)","status":412,"title":"Ticket has changed","type":"urn:sluice:problem:ticket-changed","version":1}"#
            )
        }
        let early = try gateway.peer.post(
            events, #"{"event":"resolve","person":"li-wei","note":"x"}"#, ["If-Match": "\"1\""])
        #expect(early.status == 409)
        #expect(early.json["state"] as? String == "new")
        #expect((early.json["allowed"] as? [String])?.contains("accept") == true)
        // A list of tags fits when one does; `*` fits whatever is there.
        #expect(try gateway.peer.post(events, accept, ["If-Match": "\"7\", \"1\""]).status == 200)
        #expect(
            try gateway.peer.post(events, #"{"event":"arrive","person":"li-wei"}"#, ["If-Match": "*"]).status == 200)
    }

    @Test func `the list comes in pages that lose nothing and tell nothing twice`() throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let modes = ["leak", "no_water", "water_quality", "lift", "gate", "noise", "other"].map { "reported_\($0)" }
        var made: [String] = []
        for mode in modes {
            made.append(
                try create(gateway.peer, Self.leak.replacing("reported_leak", with: mode), key: mode)
                    .replacing("/api/v1/tickets/", with: ""))
        }
        var (seen, cursor, pages) = ([String](), String?.none, 0)
        repeat {
            let page = try gateway.peer.get("/api/v1/tickets?limit=3" + (cursor.map { "&cursor=\($0)" } ?? ""))
            seen += numbers(page)
            cursor = page.json["next"] as? String
            pages += 1
        } while cursor != nil
        #expect(seen == made.reversed())
        #expect(pages == 3)
        let cancelled = try gateway.peer.post(
            "/api/v1/tickets/\(made[2])/events", #"{"event":"cancel","person":"wang-fang","note":"twice"}"#,
            ["If-Match": "\"1\""])
        #expect(cancelled.status == 200)
        #expect(numbers(try gateway.peer.get("/api/v1/tickets?state=open")).count == 6)
        #expect(numbers(try gateway.peer.get("/api/v1/tickets?state=ended")) == [made[2]])
        #expect(numbers(try gateway.peer.get("/api/v1/tickets?state=cancelled")) == [made[2]])
        let ticket = try #require(cancelled.json["ticket"] as? [String: Any])
        let changed = try #require(ticket["updatedAt"] as? Int)
        let moment = Date(timeIntervalSince1970: Double(changed) / 1000)
            .ISO8601Format(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        #expect(numbers(try gateway.peer.get("/api/v1/tickets?updated_since=\(moment)")) == [made[2]])
    }

    @Test(arguments: [
        Case(
            name: "no key", headers: [:], body: leak, status: 400,
            text:
                #"{"detail":"Name this request in the header Idempotency-Key; sent again under the same name, nothing is done twice.","instance":"/api/v1/tickets","status":400,"title":"Idempotency-Key missing","type":"urn:sluice:problem:idempotency-key-missing"}"#
        ),
        Case(
            name: "key with a blank", headers: ["Idempotency-Key": "a b"], body: leak, status: 400,
            text:
                #"{"detail":"Idempotency-Key stands once, with 1 to 255 visible ASCII characters.","instance":"/api/v1/tickets","status":400,"title":"Idempotency-Key not valid","type":"urn:sluice:problem:idempotency-key-invalid"}"#
        ),
        Case(
            name: "not JSON", body: "{", status: 400,
            text:
                #"{"detail":"What was sent is not valid JSON.","instance":"/api/v1/tickets","status":400,"title":"Not valid JSON","type":"urn:sluice:problem:json-invalid"}"#
        ),
        Case(
            name: "everything that is wrong is said",
            body: #"{"person":7,"asset":"inlet","failure_mode":"x","text":"","a/b":1}"#, status: 422,
            text:
                ##"{"detail":"What was sent cannot be understood.","errors":[{"detail":"It must be a text of 1 to 100 characters.","pointer":"#/person"},{"detail":"It must be one of MODES.","pointer":"#/failure_mode"},{"detail":"It must be a text of 1 to 2000 characters.","pointer":"#/text"},{"detail":"It is not known here, or stands twice.","pointer":"#/a~1b"}],"instance":"/api/v1/tickets","status":422,"title":"Body not valid","type":"urn:sluice:problem:body-invalid"}"##
        ),
        Case(
            name: "no object", body: "[]", status: 422,
            text:
                ##"{"detail":"What was sent cannot be understood.","errors":[{"detail":"It must be a JSON object.","pointer":"#"}],"instance":"/api/v1/tickets","status":422,"title":"Body not valid","type":"urn:sluice:problem:body-invalid"}"##
        ),
        Case(
            name: "unknown asset", body: leak.replacing("inlet", with: "outlet"), status: 422,
            text:
                #"{"detail":"This site has no asset “outlet”.","instance":"/api/v1/tickets","status":422,"title":"Asset not known","type":"urn:sluice:problem:asset-unknown"}"#
        ),
        Case(
            name: "unknown person", body: leak.replacing("wang-fang", with: "nobody"), status: 422,
            text:
                #"{"detail":"“nobody” is not on this site's list of persons. Choose one of the list.","instance":"/api/v1/tickets","status":422,"title":"Person not known","type":"urn:sluice:problem:person-unknown"}"#
        ),
        Case(
            name: "another media type", headers: ["Idempotency-Key": "k", "Content-Type": "text/plain"], body: leak,
            status: 415,
            text:
                #"{"detail":"Send it as Content-Type: application/json.","instance":"/api/v1/tickets","status":415,"title":"Media type not supported","type":"urn:sluice:problem:media-type-unsupported"}"#
        ),
        Case(
            name: "too large", body: "\"" + String(repeating: "x", count: 256 * 1024) + "\"", status: 413,
            text:
                #"{"detail":"What was sent is larger than 256 KiB.","instance":"/api/v1/tickets","status":413,"title":"Body too large","type":"urn:sluice:problem:body-too-large"}"#
        ),
        Case(
            name: "another method", method: "DELETE", headers: [:], body: "", status: 405,
            text:
                #"{"allowed":["GET","HEAD","POST"],"detail":"This address does not take DELETE; it takes GET, HEAD, POST.","instance":"/api/v1/tickets","status":405,"title":"Method not allowed","type":"urn:sluice:problem:method-not-allowed"}"#
        ),
        Case(
            name: "unknown parameters", method: "GET",
            path: "/api/v1/tickets?state=lost&updated_since=yesterday&limit=0&page=2", headers: [:], body: "",
            status: 422,
            text:
                #"{"detail":"A parameter of the address is not valid; errors says which.","errors":[{"detail":"It must be one of open, ended, new, assigned, accepted, onSite, inProgress, onHold, resolved, verifying, awaitingSignOff, closed, cancelled, merged, falseAlarm.","parameter":"state"},{"detail":"It must be an RFC 3339 moment, such as 2026-11-27T09:00:00+08:00.","parameter":"updated_since"},{"detail":"It must be a whole number from 1 to 200.","parameter":"limit"},{"detail":"It is not known here, or stands twice.","parameter":"page"}],"instance":"/api/v1/tickets","status":422,"title":"Parameter not valid","type":"urn:sluice:problem:parameter-invalid"}"#
        ),
        Case(
            name: "a page that is not there", method: "GET", path: "/api/v1/tickets?cursor=x", headers: [:], body: "",
            status: 422,
            text:
                #"{"detail":"A parameter of the address is not valid; errors says which.","errors":[{"detail":"There is no such page; use the next of the page before.","parameter":"cursor"}],"instance":"/api/v1/tickets","status":422,"title":"Parameter not valid","type":"urn:sluice:problem:parameter-invalid"}"#
        ),
    ])
    private func `a refused request says why in whole`(refusal: Case) throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let answer = try gateway.peer.send(refusal.method, refusal.path, refusal.headers, body: refusal.body)
        #expect(answer.status == refusal.status)
        #expect(answer.headers["content-type"] == "application/problem+json")
        let modes =
            "reported_leak, reported_no_water, reported_water_quality, reported_lift, reported_gate, reported_noise, reported_other, "
        let text = answer.body.replacing(/It must be one of reported_leak[^"]*\./) { match in
            #expect(match.output.hasPrefix("It must be one of " + modes + "leak, toilet_leak, "))
            return "It must be one of MODES."
        }
        #expect(text == refusal.text)
        if refusal.status == 405 { #expect(answer.headers["allow"] == "GET, HEAD, POST") }
        #expect(numbers(try gateway.peer.get("/api/v1/tickets")) == [])
    }

    @Test func `a foreign page creates nothing`() throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let answer = try gateway.peer.send(
            "POST", "/api/v1/tickets", ["Idempotency-Key": "k", "Origin": "http://evil.example"], body: Self.leak,
            isOwn: false)
        #expect(answer.status == 403)
        #expect(numbers(try gateway.peer.get("/api/v1/tickets")) == [])
    }

    @Test func `the commands report, list and act`() throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let made = try gateway.command([
            "tickets", "report", "--asset", "inlet", "--fault", "reported_no_water", "--by", "wang-fang", "--text",
            "No water in block 1.", "--severity", "p2",
        ])
        #expect(made.status == 0, "\(made.lines)")
        let number = try #require(made.lines.first?.split(separator: " ").first.map(String.init))
        let list = try gateway.command(["tickets", "list"])
        #expect(list.lines.count == 1 && list.lines[0].hasPrefix("\(number)  p2  new  inlet  reported_no_water  "))
        let accepted = try gateway.command(["tickets", "accept", number, "--by", "li-wei"])
        #expect(accepted.lines.first?.hasPrefix("\(number)  p2  accepted") == true, "\(accepted.lines)")
        let refused = try gateway.command(["tickets", "accept", number, "--by", "li-wei"])
        #expect(refused.status == 1)
        #expect(refused.lines.first?.contains("does not allow") == true, "\(refused.lines)")
    }

    @Test func `a report reaches the broker without the phone number, and its state is retained`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let gateway = try LoneGateway(in: folder, brokerPort: broker.port)
        defer { gateway.end() }
        let place = try create(gateway.peer, key: "a")
        let number = place.replacing("/api/v1/tickets/", with: "")
        let topic = "sluice/lakeside/ticket/\(number)/state"
        let witness = try broker.subscriber()
        defer { witness.end() }
        try witness.line(within: 30, "the state") { Message($0)?.topic == topic }
        // One who comes later is told what is retained.
        let latecomer = try broker.subscriber()
        defer { latecomer.end() }
        let line = try latecomer.line(within: 30, "the retained state") {
            Message($0).map { $0.topic == topic && $0.isRetained } ?? false
        }
        #expect(Message(line)?.payload["state"] as? String == "new")
        _ = try gateway.peer.post(
            place + "/events", #"{"event":"accept","person":"li-wei"}"#, ["If-Match": "\"1\""])
        try witness.line(within: 30, "the new state") {
            Message($0).map { $0.topic == topic && $0.payload["state"] as? String == "accepted" } ?? false
        }
        #expect(!witness.output.joined().contains("13812345621"))
    }
}
