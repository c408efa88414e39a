// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Several estates on one box, as one program.
@Suite(.serialized) struct SeveralEstatesTests {
    private static func site(_ name: String, port: Int = 0, directory: String? = nil, extra: String = "") -> String {
        """
        site: {id: \(name), name: \(name), zone: Asia/Shanghai, language: en, area: riverside}
        storage: {directory: \(directory ?? "state-" + name)}
        mqtt: {url: "mqtt://127.0.0.1:1"}
        dashboard: {address: 127.0.0.1, port: \(port)}
        buses:
          line: {tcp: 127.0.0.1, port: 1}
        devices:
          inlet:
            profile: tuf-2000-ultrasonic
            bus: line
            unit: 1
            area: inlet
            asset: inlet
            responsible: utility
        persons:
          wang-fang: {name: Wang Fang, role: receiver}
        duty: {owner: wang-fang}
        \(extra)
        """
    }

    private func start(_ folder: TestFolder, _ files: [String]) throws -> RunningProgram {
        try RunningProgram(
            try Programs.sluice,
            ["run", "--profiles", "\(Programs.root)/DeviceProfiles", "--config"] + files.map { "\(folder.path)/\($0)" },
            environment: ["LC_ALL": "C.UTF-8"])
    }

    private func ports(of program: RunningProgram, _ names: [String]) throws -> [String: Int] {
        var ports: [String: Int] = [:]
        for name in names {
            let line = try program.line(within: 60, "the running gateway of \(name)") {
                $0.contains("Gateway is running.") && $0.contains("site=\(name)")
            }
            ports[name] = Int(try #require(line.firstMatch(of: /http:\/\/127\.0\.0\.1:(\d+)\//)).output.1)
        }
        return ports
    }

    private static let report =
        #"{"person":"wang-fang","asset":"inlet","failure_mode":"reported_leak","text":"Water on the stairs."}"#

    @Test func `each keeps its own books, one that is broken stops no other, and an area adds them up`() throws {
        let folder = try TestFolder()
        try folder.write("east.yaml", Self.site("east"))
        try folder.write("west.yaml", Self.site("west"))
        try folder.write("broken.yaml", Self.site("broken", extra: "nonsense: true"))
        let program = try start(folder, ["east.yaml", "broken.yaml", "west.yaml"])
        defer { program.end(SIGTERM) }
        let ports = try ports(of: program, ["east", "west"])
        for (name, count) in [("east", 1), ("west", 2)] {
            let peer = HTTPPeer(port: try #require(ports[name]))
            for place in 0..<count {
                let mode = place == 0 ? "reported_leak" : "reported_noise"
                let answer = try peer.post(
                    "/api/v1/tickets", Self.report.replacing("reported_leak", with: mode),
                    ["Idempotency-Key": "k\(place)"])
                #expect(answer.status == 201, "\(answer.body)")
            }
            let tickets = try peer.get("/api/v1/tickets").json["tickets"] as? [[String: Any]] ?? []
            #expect(tickets.count == count)
            #expect(tickets.allSatisfy { ($0["number"] as? String)?.hasPrefix(name + "-") == true })
        }
        // One page leads to all of them and adds them up, in the reader's language.
        let east = HTTPPeer(port: try #require(ports["east"]))
        let page = try east.get("/estates").body
        let west = "http://127.0.0.1:\(try #require(ports["west"]))/"
        #expect(page.contains("<h2>riverside</h2>"))
        #expect(
            page.contains(
                #"<th scope="row"><a href="\#(west)">west</a></th><td data-name="Open tickets">2</td>"#), "\(page)")
        #expect(page.contains(#"<th scope="row">Together</th><td data-name="Open tickets">3</td>"#))
        #expect(
            try east.get("/estates?lang=zh-Hans").body.contains(
                #"<th scope="row">合计</th><td data-name="未完成工单">3</td>"#))
        let header = try east.get("/tickets").body
        #expect(header.contains(#"<a href="\#(west)">west</a>"#) && header.contains(#"href="/estates""#))
        #expect(header.contains(#"aria-current="true">east</a>"#))
        let command = try RunningProgram(
            try Programs.sluice,
            [
                "reports", "area", "\(folder.path)/east.yaml", "\(folder.path)/west.yaml", "--area", "riverside",
                "--json",
            ])
        try command.linesToEnd(within: 60)
        command.process.waitUntilExit()
        #expect(command.process.terminationStatus == 0)
        let line = try #require(command.output.first { $0.hasPrefix("{") })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let whole = try #require(object["whole"] as? [[String: Any]])
        let open = try #require(whole.first { $0["key"] as? String == "falseAlarms" })
        #expect(open["denominator"] as? Int == 3)
        #expect((object["estates"] as? [[String: Any]])?.compactMap { $0["site"] as? String } == ["east", "west"])
    }

    @Test(arguments: [
        (site("east"), "site: id 'east' is the same as in"),
        (site("west", directory: "state-east"), "is the same as in"),
        (site("west", port: 18_420), "dashboard: port 18420 is the same as in"),
    ])
    func `what two estates may not share is told before anything starts`(other: String, text: String) throws {
        let folder = try TestFolder()
        try folder.write("a.yaml", Self.site("east", port: text.contains("18420") ? 18_420 : 0))
        try folder.write("b.yaml", other)
        let program = try start(folder, ["a.yaml", "b.yaml"])
        try program.linesToEnd(within: 60)
        program.process.waitUntilExit()
        #expect(program.process.terminationStatus == 78)
        #expect(program.output.contains { $0.contains("b.yaml: error:") && $0.contains(text) }, "\(program.output)")
    }
}
