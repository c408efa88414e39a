// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `/system/settings` of the whole program: what is changed there is taken over as a reload does, and stays.
@Suite struct SettingsPageTests {
    private static let password = "the kettle sings at noon"

    private static func form(_ fields: [(String, String)]) -> String {
        fields.map { name, value in
            name + "=" + (value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
        }.joined(separator: "&")
    }

    private static let type = ["Content-Type": "application/x-www-form-urlencoded"]

    private static func peer(_ program: RunningProgram, starts: Int) throws -> HTTPPeer {
        func lines(_ lines: [String]) -> [String] { lines.filter { $0.contains("Gateway is running.") } }
        try program.lines(within: 60, "start \(starts)") { lines($0).count == starts }
        let line = try #require(lines(program.output).last)
        let port = try #require(line.firstMatch(of: /http:\/\/127\.0\.0\.1:(\d+)\//).flatMap { Int($0.output.1) })
        return HTTPPeer(port: port)
    }

    private static func start(_ folder: TestFolder) throws -> RunningProgram {
        try RunningProgram(
            try Programs.sluice,
            ["run", "--config", "\(folder.path)/site.yaml", "--profiles", "\(Programs.root)/DeviceProfiles"],
            environment: ["LC_ALL": "C.UTF-8"])
    }

    private static func session(_ answer: HTTPAnswer) throws -> [String: String] {
        let match = answer.headers["set-cookie"]?.firstMatch(of: /sluice_session=([0-9a-f]{64})/)
        return ["Cookie": "sluice_session=\(try #require(match?.output.1))"]
    }

    private static func signIn(_ peer: HTTPPeer) throws -> [String: String] {
        try session(peer.post("/sign-in", form([("name", "boss"), ("password", password)]), type))
    }

    /// Where the forms of the page go, with what a foreign page cannot know.
    private static func action(_ peer: HTTPPeer, _ session: [String: String]) throws -> (path: String, page: String) {
        let page = try peer.get("/system/settings", session).body
        let match = try #require(page.firstMatch(of: /action="(\/system\/settings\?[^"]+)"/), "\(page.prefix(2000))")
        return (String(match.output.1), page)
    }

    @Test func `a change is checked, written, taken over, put on record and there after a restart`() throws {
        let folder = try TestFolder()
        try folder.write("site.yaml", PeopleTests.site("required") + "\ndelivery: {backlog_rate: 50}\n")
        let pageFile = folder.path + "/state/page-settings.yaml"
        var program = try Self.start(folder)
        var peer = try Self.peer(program, starts: 1)
        let token = try #require(
            program.output.lazy.compactMap { $0.firstMatch(of: /token=([0-9a-f]{64})/).map { String($0.output.1) } }
                .first)
        var session = try Self.session(
            peer.post(
                "/first-run", Self.form([("token", token), ("name", "boss"), ("password", Self.password)]), Self.type))
        #expect(try peer.get("/system", session).body.contains("href=\"/system/settings\""))
        var (action, page) = try Self.action(peer, session)
        #expect(page.contains("name=\"delivery.backlog_rate\" value=\"50\" min=\"1\" max=\"100000\" step=\"any\""))
        #expect(page.contains("site.yaml:") && page.contains("<select name=\"site.language\""))
        #expect(page.contains("<select name=\"mqtt.units\">\n<option value=\"true\" selected>yes</option>"))

        // Without the form's token, and without a session, nothing is changed.
        let wanted = Self.form([("delivery.backlog_rate", "70")])
        #expect(try peer.post("/system/settings", wanted, Self.type.merging(session) { $1 }).status == 403)
        #expect(try peer.post(action, wanted, Self.type).status == 303)
        // What the loader refuses is told at its field.
        let refused = try peer.post(
            action, Self.form([("delivery.backlog_rate", "0")]), Self.type.merging(session) { $1 })
        #expect(refused.status == 422)
        #expect(refused.body.contains("id=\"problem-delivery.backlog_rate\">SL-1109: delivery: backlog_rate 0 is out"))
        #expect(refused.body.contains("value=\"0\" min=\"1\""), "the draft stays")
        #expect(!FileManager.default.fileExists(atPath: pageFile))
        #expect(!program.output.contains { $0.contains("taken over") })

        let changed = try peer.post(action, wanted, Self.type.merging(session) { $1 })
        #expect(changed.status == 200 && changed.body.contains("50 → 70"), "\(changed.status)")
        peer = try Self.peer(program, starts: 2)
        #expect(program.output.contains { $0.contains("The configuration has changed and is taken over.") })
        // Who is signed in stays so, and a form that was open before can still be sent.
        #expect(try peer.get("/system/settings", session).body.contains("name=\"delivery.backlog_rate\" value=\"70\""))
        let same = try peer.post(action, wanted, Self.type.merging(session) { $1 })
        #expect(same.status == 200 && same.body.contains("These values hold already"), "\(same.status)")
        program.end(SIGTERM)

        program = try Self.start(folder)
        peer = try Self.peer(program, starts: 1)
        session = try Self.signIn(peer)
        (action, page) = try Self.action(peer, session)
        #expect(page.contains("name=\"delivery.backlog_rate\" value=\"70\""))
        #expect(page.contains("page (\(pageFile):3)"))
        let audit = try peer.get("/people/audit", session).body
        #expect(audit.contains("<td>delivery.backlog_rate</td><td lang=\"en\">50 -&gt; 70</td>"), "\(audit)")

        let back = try peer.post(
            action, Self.form([("return", "delivery.backlog_rate")]), Self.type.merging(session) { $1 })
        #expect(back.status == 200 && back.body.contains("70 → the file"))
        peer = try Self.peer(program, starts: 2)
        #expect(try Self.action(peer, session).page.contains("name=\"delivery.backlog_rate\" value=\"50\""))
        #expect(program.end(SIGTERM) == 0)
    }
}
