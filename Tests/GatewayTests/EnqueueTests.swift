// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Events of other programs, against the running gateway.
@Suite(.serialized) struct EnqueueTests {
    private static func event(_ action: String, key: String? = "probe-7", summary: String = "Water in the cellar.")
        -> String
    {
        let named = key.map { #","dedup_key":"\#($0)""# } ?? ""
        return #"""
            {"routing_key":"wang-fang","event_action":"\#(action)"\#(named),"client":"probe","links":[],
            "payload":{"summary":"\#(summary)","source":"cellar","component":"inlet","severity":"error","custom_details":{"a":1}}}
            """#
    }

    private func tickets(_ peer: HTTPPeer) throws -> [[String: Any]] {
        try peer.get("/api/v1/tickets").json["tickets"] as? [[String: Any]] ?? []
    }

    @Test func `an event makes one ticket, is accepted and called off under its key, also after a restart`() throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let first = try gateway.peer.post("/v2/enqueue", Self.event("trigger"))
        #expect(first.status == 202, "\(first.body)")
        #expect(first.json["status"] as? String == "success" && first.json["dedup_key"] as? String == "probe-7")
        let number = try #require(first.json["ticket"] as? String)
        // The same again is nothing new; other words of the same fault are a line more.
        #expect(try gateway.peer.post("/v2/enqueue", Self.event("trigger")).body == first.body)
        try gateway.restart()
        #expect(try gateway.peer.post("/v2/enqueue", Self.event("trigger", summary: "It rises.")).status == 202)
        let all = try tickets(gateway.peer)
        #expect(all.map { $0["number"] as? String } == [number])
        #expect(all[0]["severity"] as? Int == 2)
        let reports = try #require(all[0]["reports"] as? [[String: Any]])
        #expect(reports.map { $0["text"] as? String } == ["Water in the cellar.", "It rises."])
        #expect(reports.map { $0["reference"] as? String } == ["probe-7", "probe-7"])
        let accepted = try gateway.peer.post("/v2/enqueue", Self.event("acknowledge"))
        #expect(accepted.status == 202, "\(accepted.body)")
        #expect(try tickets(gateway.peer)[0]["state"] as? String == "accepted")
        let over = try gateway.peer.post("/v2/enqueue", Self.event("resolve", summary: "Dry again."))
        #expect(over.status == 202, "\(over.body)")
        #expect(try tickets(gateway.peer)[0]["state"] as? String == "cancelled")
        // The fault comes again in the same words: that is news.
        let again = try gateway.peer.post("/v2/enqueue", Self.event("trigger"))
        #expect(again.status == 202 && again.json["ticket"] as? String != number, "\(again.body)")
        #expect(try tickets(gateway.peer).count == 2)
        #expect(try gateway.peer.post("/v2/enqueue", Self.event("trigger")).json["ticket"] as? String != number)
        #expect(try tickets(gateway.peer).count == 2)
    }

    @Test func `without a key the number of the ticket is the key`() throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let first = try gateway.peer.post("/v2/enqueue", Self.event("trigger", key: nil))
        let number = try #require(first.json["dedup_key"] as? String)
        #expect(first.json["ticket"] as? String == number)
        #expect(try gateway.peer.post("/v2/enqueue", Self.event("acknowledge", key: number)).status == 202)
    }

    @Test(arguments: [
        (event("trigger").replacing(#""component":"inlet","#, with: ""), 422, "asset-unknown"),
        (event("trigger").replacing("wang-fang", with: "nobody"), 422, "person-unknown"),
        (event("trigger").replacing("error", with: "fatal"), 422, "#/payload/severity"),
        (event("trigger").replacing("payload", with: "body"), 422, "#/payload"),
        (event("acknowledge", key: nil), 422, "#/dedup_key"),
        (event("resolve", key: "never-seen"), 404, "ticket-unknown"),
        ("[]", 422, "body-invalid"), ("{", 400, "json-invalid"),
    ])
    func `what is wrong is told as documented, and changes nothing`(body: String, status: Int, text: String) throws {
        let gateway = try LoneGateway(in: try TestFolder())
        defer { gateway.end() }
        let answer = try gateway.peer.post("/v2/enqueue", body)
        #expect(answer.status == status && answer.body.contains(text), "\(answer.status) \(answer.body)")
        #expect(try tickets(gateway.peer).isEmpty)
    }
}
