// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The whole program with sign-in: the first administrator, restarts, and the command for when nobody can sign in.
@Suite struct PeopleTests {
    private static let password = "the kettle sings at noon"

    static func site(_ signIn: String) -> String {
        """
        site: {id: lakeside, name: {zh: 湖畔花园, en: Lakeside}, zone: Asia/Shanghai, language: en}
        storage: {directory: state}
        mqtt: {url: "mqtt://127.0.0.1:1"}
        dashboard: {address: 127.0.0.1, port: 0, sign_in: \(signIn)}
        buses:
          wire: {tcp: 127.0.0.1, port: 1}
        devices:
          inlet: {profile: usw-dn15-40-ultrasonic, bus: wire, unit: 1, area: block-1, asset: inlet, responsible: propertyCompany, meter: {role: bulk}}
        persons:
          wang-fang: {name: {zh: 王芳, en: Wang Fang}, role: receiver}
          li-wei: {name: {zh: 李伟, en: Li Wei}, role: technician}
        duty: {owner: wang-fang}
        """
    }

    private static func start(_ folder: TestFolder) throws -> (RunningProgram, HTTPPeer) {
        let program = try RunningProgram(
            try Programs.sluice,
            ["run", "--config", "\(folder.path)/site.yaml", "--profiles", "\(Programs.root)/DeviceProfiles"],
            environment: ["LC_ALL": "C.UTF-8"])
        return (program, try peer(program, starts: 1))
    }

    private static func peer(_ program: RunningProgram, starts: Int) throws -> HTTPPeer {
        func lines(_ lines: [String]) -> [String] { lines.filter { $0.contains("Gateway is running.") } }
        try program.lines(within: 60, "start \(starts)") { lines($0).count == starts }
        let line = try #require(lines(program.output).last)
        let port = try #require(line.firstMatch(of: /http:\/\/127\.0\.0\.1:(\d+)\//).flatMap { Int($0.output.1) })
        return HTTPPeer(port: port)
    }

    /// Has the program read its file again, which says something else now.
    private static func reload(_ text: String, _ folder: TestFolder, _ program: RunningProgram, starts: Int) throws
        -> HTTPPeer
    {
        try folder.write("site.yaml", text)
        program.kill(SIGHUP)
        return try peer(program, starts: starts)
    }

    private static func command(_ arguments: [String], _ folder: TestFolder) throws -> (lines: [String], status: Int32)
    {
        let command = try RunningProgram(
            try Programs.sluice, ["people"] + arguments + ["--config", "\(folder.path)/site.yaml"])
        try command.linesToEnd(within: 60)
        command.process.waitUntilExit()
        return (command.output, command.process.terminationStatus)
    }

    private static func form(_ fields: [(String, String)]) -> String {
        fields.map { name, value in
            name + "=" + (value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
        }.joined(separator: "&")
    }

    private static let type = ["Content-Type": "application/x-www-form-urlencoded"]

    private static func session(_ answer: HTTPAnswer) throws -> [String: String] {
        let match = answer.headers["set-cookie"]?.firstMatch(of: /sluice_session=([0-9a-f]{64})/)
        return ["Cookie": "sluice_session=\(try #require(match?.output.1))"]
    }

    private static func signIn(_ peer: HTTPPeer, _ name: String, _ password: String) throws -> HTTPAnswer {
        try peer.post("/sign-in", form([("name", name), ("password", password)]), type)
    }

    @Test func `ASVS 6.4.1: each start without an administrator logs another token, which works once`() throws {
        let folder = try TestFolder()
        try folder.write("site.yaml", Self.site("required"))
        func token(_ program: RunningProgram) -> String? {
            program.output.lazy.compactMap { $0.firstMatch(of: /token=([0-9a-f]{64})/).map { String($0.output.1) } }
                .first
        }
        var (program, peer) = try Self.start(folder)
        let old = try #require(token(program))
        #expect(try peer.get("/tickets").headers["location"] == "/sign-in?next=%2Ftickets")
        #expect(try peer.get("/api/v1/tickets").status == 401)
        #expect(try peer.get("/metrics").status == 401)
        #expect(try peer.get("/healthz").status == 200)
        program.end(SIGKILL)

        (program, peer) = try Self.start(folder)
        let new = try #require(token(program))
        #expect(new != old)
        func open(_ token: String, _ name: String) throws -> HTTPAnswer {
            try peer.post(
                "/first-run", Self.form([("token", token), ("name", name), ("password", Self.password)]), Self.type)
        }
        #expect(try open(old, "boss").status == 403)
        let entered = try open(new, "boss")
        #expect(entered.status == 303)
        #expect(try open(new, "second").status == 403)
        let session = try Self.session(entered)
        #expect(try peer.get("/people", session).status == 200)
        program.end(SIGKILL)

        // A restart signs everybody out and keeps the account; there is no token any more.
        (program, peer) = try Self.start(folder)
        #expect(token(program) == nil)
        #expect(try peer.get("/people", session).status == 303)
        #expect(try Self.signIn(peer, "boss", Self.password).status == 303)
        #expect(try Self.signIn(peer, "boss", Self.password + "!").status == 403)
        let all = program.output.joined()
        #expect(!all.contains(Self.password))
        program.end(SIGTERM)
        let stored = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/state/sluice.db"))
        #expect(stored.range(of: Data(Self.password.utf8)) == nil)
        #expect(stored.range(of: Data(new.utf8)) == nil)
    }

    @Test func `the command makes, resets and disables accounts, with the gateway and without`() throws {
        let folder = try TestFolder()
        try folder.write("site.yaml", Self.site("required"))
        // Before the first start.
        let boss = try Self.command(["add", "boss", "--role", "administrator"], folder)
        #expect(boss.status == 0)
        let (program, peer) = try Self.start(folder)
        #expect(!program.output.contains { $0.contains("There is no administrator.") })
        #expect(try Self.signIn(peer, "boss", boss.lines.last ?? "").status == 303)
        let made = try Self.command(["add", "wei", "--role", "technician", "--person", "li-wei"], folder)
        #expect(made.status == 0)
        let session = try Self.session(try Self.signIn(peer, "wei", made.lines.last ?? ""))
        #expect(try peer.get("/tickets", session).headers["location"] == "/account")
        #expect(
            try Self.command(["list"], folder).lines == [
                "boss  administrator  -  one-time", "wei  technician  li-wei  one-time",
            ])
        let twice = try Self.command(["add", "wei", "--role", "auditor"], folder)
        #expect(twice.status == 1)
        #expect(twice.lines == ["sluice people: Nothing was changed: there is an account “wei” already."])
        let unknown = try Self.command(["add", "x1", "--role", "auditor", "--person", "nobody"], folder)
        #expect(unknown.lines == ["sluice people: Nothing was changed: “nobody” is not in the site's list of persons."])
        #expect(try Self.command(["disable", "boss"], folder).status == 1)
        #expect(try Self.command(["disable", "wei"], folder).status == 0)
        #expect(try peer.get("/tickets", session).headers["location"] == "/sign-in?next=%2Ftickets")
        #expect(try Self.signIn(peer, "wei", made.lines.last ?? "").status == 403)
        program.end(SIGTERM)

        #expect(try Self.command(["enable", "wei"], folder).status == 0)
        let reset = try Self.command(["reset", "wei"], folder)
        #expect(reset.status == 0 && reset.lines.count == 1)
        #expect(
            try Self.command(["reset", "nobody"], folder).lines == ["sluice people: there is no account 'nobody'"])
        let (again, other) = try Self.start(folder)
        #expect(try Self.signIn(other, "wei", made.lines.last ?? "").status == 403)
        #expect(try Self.signIn(other, "wei", reset.lines.last ?? "").status == 303)
        again.end(SIGTERM)
    }

    @Test func `a reload signs nobody out, opens no name that must wait and makes no other token`() throws {
        let folder = try TestFolder()
        let site = Self.site("required")
        try folder.write("site.yaml", site)
        var (program, peer) = try Self.start(folder)
        defer { program.end() }
        func tokens() -> [String] {
            program.output.compactMap { $0.firstMatch(of: /token=([0-9a-f]{64})/).map { String($0.output.1) } }
        }
        peer = try Self.reload(site + "\ndelivery: {backlog_rate: 50}\n", folder, program, starts: 2)
        #expect(tokens().count == 1, "the one that was shown still fits")
        let boss = try Self.session(
            peer.post(
                "/first-run",
                Self.form([("token", try #require(tokens().first)), ("name", "boss"), ("password", Self.password)]),
                Self.type))
        let made = try #require(try Self.command(["add", "wei", "--role", "technician"], folder).lines.last)
        let wei = try Self.session(Self.signIn(peer, "wei", made))
        for _ in 0..<5 { #expect(try Self.signIn(peer, "wei", "wrong password here").status == 403) }
        #expect(try Self.signIn(peer, "wei", made).status == 429)

        peer = try Self.reload(site + "\ndelivery: {backlog_rate: 60}\n", folder, program, starts: 3)
        #expect(try Self.signIn(peer, "wei", made).status == 429)
        #expect(try peer.get("/people", boss).status == 200)
        #expect(try peer.get("/tickets", wei).headers["location"] == "/account", "in, with a password to be changed")
        #expect(try peer.get("/people").status == 303, "and nobody else is")
        #expect(try Self.command(["disable", "wei"], folder).status == 0)
        #expect(try peer.get("/tickets", wei).headers["location"] == "/sign-in?next=%2Ftickets")
        // A configuration that cannot be started gives way to the one before, and that signs nobody out either.
        peer = try Self.reload(
            site.replacingOccurrences(of: "{directory: state}", with: "{directory: site.yaml}"), folder, program,
            starts: 4)
        #expect(program.output.contains { $0.contains("the one before runs again.") })
        #expect(try peer.get("/people", boss).status == 200)

        // Where sign-in was off meanwhile everybody signs in again.
        peer = try Self.reload(Self.site("none"), folder, program, starts: 5)
        #expect(try peer.get("/tickets").status == 200)
        peer = try Self.reload(site, folder, program, starts: 6)
        #expect(try peer.get("/people", boss).status == 303)
        #expect(try Self.signIn(peer, "boss", Self.password).status == 303)
        #expect(tokens().count == 1)
        #expect(program.end(SIGTERM) == 0)
    }

    @Test func `on loopback nobody signs in unless the file asks for it`() throws {
        let folder = try TestFolder()
        try folder.write("site.yaml", Self.site("none"))
        let (program, peer) = try Self.start(folder)
        #expect(try peer.get("/tickets").status == 200)
        #expect(try peer.get("/people").status == 404)
        #expect(try peer.get("/sign-in").status == 404)
        #expect(!program.output.contains { $0.contains("token") })
        program.end(SIGTERM)
    }
}
