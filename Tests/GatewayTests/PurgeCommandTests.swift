// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `sluice purge`: a person is gone from what is kept, and everything else is as it was.
@Suite(.serialized) struct PurgeCommandTests {
    private let folder: TestFolder
    private var site: String { "\(folder.path)/site.yaml" }
    private var database: String { "\(folder.path)/state/sluice.db" }

    init() throws {
        folder = try TestFolder()
        try folder.write(
            "site.yaml",
            """
            site: {id: lakeside, name: {zh: 湖畔花园, en: Lakeside}, zone: Asia/Shanghai, language: en}
            storage: {directory: state}
            mqtt: {url: "mqtt://127.0.0.1:1"}
            dashboard: {address: 127.0.0.1, port: 0}
            buses:
              wire: {tcp: 127.0.0.1, port: 1}
            devices:
              inlet: {profile: usw-dn15-40-ultrasonic, bus: wire, unit: 1, area: block-1, asset: inlet, responsible: propertyCompany, meter: {role: bulk}}
            persons:
              chen-jie: {name: {zh: 陈杰, en: Chen Jie}, role: receiver}
              wang-fang: {name: {zh: 王芳, en: Wang Fang}, role: receiver}
              wang-fang-2: {name: {zh: 王方, en: Wang Fang jr}, role: technician}
            duty: {owner: chen-jie}
            """)
    }

    private func sluice(_ arguments: String...) throws -> (lines: [String], status: Int32) {
        let command = try RunningProgram(
            try Programs.sluice, arguments + ["--config", site, "--profiles", "\(Programs.root)/DeviceProfiles"])
        command.closeInput()
        try command.linesToEnd(within: 90)
        command.process.waitUntilExit()
        return (command.output, command.process.terminationStatus)
    }

    private func sql(_ text: String) throws -> [String] {
        let command = try RunningProgram("/usr/bin/sqlite3", ["-cmd", ".timeout 10000", database, text])
        command.closeInput()
        try command.linesToEnd(within: 30)
        return command.output
    }

    /// A gateway that is told of two faults by two people, and of an account.
    private func live(_ body: () throws -> Void = {}) throws {
        let gateway = try RunningProgram(
            try Programs.sluice, ["run", "--config", site, "--profiles", "\(Programs.root)/DeviceProfiles"],
            environment: ["LC_ALL": "C.UTF-8"])
        try gateway.line(within: 60, "the running gateway") { $0.contains("Gateway is running.") }
        try body()
        #expect(gateway.end(SIGTERM) == 0)
    }

    private func report(_ fault: String, by person: String, _ text: String, _ more: [String]) throws {
        let command = try RunningProgram(
            try Programs.sluice,
            [
                "tickets", "report", "--asset", "inlet", "--fault", fault, "--by", person, "--text", text, "--config",
                site,
            ]
                + more)
        try command.linesToEnd(within: 60)
        command.process.waitUntilExit()
        try #require(command.process.terminationStatus == 0, "\(command.output)")
    }

    private func tellFaults() throws {
        try report(
            "reported_leak", by: "wang-fang", "Water below the piano. Call 137 5555 6666.",
            ["--reporter", "Mr Quimby", "--phone", "13755556666"])
        try report(
            "reported_noise", by: "wang-fang-2", "It hums.", ["--reporter", "Ms Ogden", "--phone", "13799990000"])
        try #require(try sluice("people", "add", "boss-lady", "--person", "wang-fang", "--role", "manager").status == 0)
    }

    /// Whether the words stand anywhere in the files of the state directory, packed pages and free ones included.
    private func found(_ word: String) throws -> Bool {
        try ["sluice.db", "sluice.db-wal"].contains { name in
            guard let bytes = FileManager.default.contents(atPath: "\(folder.path)/state/\(name)") else { return false }
            return bytes.range(of: Data(word.utf8)) != nil
        }
    }

    @Test func `a resident is gone from every page of the file, and the chains hold and say what was done`() throws {
        try live {
            try tellFaults()
            let refused = try sluice("purge", "--person", "Mr Quimby")
            #expect(
                refused.status == 75 && refused.lines.contains { $0.contains("already works in this state directory") })
            let dry = try sluice("purge", "--person", "Mr Quimby", "--person", "13755556666", "--dry-run")
            #expect(dry.status == 0 && dry.lines.contains("ticket_event: 1 row"), "\(dry.lines)")
        }
        #expect(try found("Mr Quimby") && found("13755556666") && found("137 5555 6666"))
        let lines = try sql("SELECT count(*), max(at) FROM ticket_event")
        let told = try sluice("purge", "--person", "Mr Quimby", "--person", "13755556666")
        #expect(told.status == 0, "\(told.lines)")
        for word in ["Mr Quimby", "13755556666", "137 5555 6666"] { #expect(try !found(word), "\(word)") }
        #expect(try found("Ms Ogden") && found("13799990000"))
        #expect(try sql("SELECT count(*), max(at) FROM ticket_event") == lines)
        let anchor = try #require(told.lines.first { $0.hasPrefix("chain of the tickets: new from line ") })
        let hashes = anchor.matches(of: /[0-9a-f]{64}/).map { String($0.output) }
        #expect(hashes.count == 2)
        let noted = try sql("SELECT actor, action, subject, result FROM audit ORDER BY seq DESC LIMIT 1").joined()
        #expect(noted.hasPrefix("sluice purge|purge person|") && hashes.allSatisfy(noted.contains))
        #expect(try sql("SELECT lower(hex(hash)) FROM ticket_chain ORDER BY seq DESC LIMIT 1") == [hashes.last ?? ""])
        let checked = try sluice("verify")
        #expect(checked.status == 0, "\(checked.lines)")
        // What is append-only was so before and is again.
        #expect(try sql("UPDATE ticket_event SET at = 0").contains { $0.contains("append-only") })
        try live {
            let tickets = try sluice("tickets", "list")
            #expect(tickets.lines.joined().contains("reported_leak") || tickets.lines.joined().contains("inlet"))
        }
        let again = try sluice("purge", "--person", "Mr Quimby")
        #expect(again.lines.contains { $0.hasSuffix("nothing names this person") }, "\(again.lines)")
    }

    @Test func `a colleague becomes a number, the account goes, and whose name begins so stays`() throws {
        try live { try tellFaults() }
        let told = try sluice("purge", "--person", "wang-fang")
        // The site's file is the manager's to change.
        #expect(told.status == 1)
        #expect(told.lines.contains { $0.hasPrefix("\(site):11: still names the person") }, "\(told.lines)")
        let actors = try sql("SELECT DISTINCT json_extract(body, '$.actor') FROM ticket_event ORDER BY 1")
        #expect(actors.contains("person:purged-1") && actors.contains("person:wang-fang-2"), "\(actors)")
        #expect(!actors.contains("person:wang-fang"))
        #expect(try sql("SELECT count(*) FROM account") == ["0"])
        #expect(try sluice("verify").status == 0)
        let text = try String(contentsOfFile: site, encoding: .utf8)
        try folder.write(
            "site.yaml",
            text.split(separator: "\n").filter { !$0.contains("wang-fang:") }.joined(separator: "\n"))
        let next = try sluice("purge", "--person", "wang-fang-2")
        #expect(next.lines.contains { $0.hasPrefix("\(site):11: still names") }, "\(next.lines)")
        let others = try sql("SELECT DISTINCT json_extract(body, '$.actor') FROM ticket_event ORDER BY 1")
        #expect(
            others.filter { $0.hasPrefix("person:purged-") } == ["person:purged-1", "person:purged-2"],
            "\(others), \(next.lines)")
        try live()
    }

    @Test func `a word of the log is refused, and a chain that was broken before is not mended by it`() throws {
        try live { try tellFaults() }
        for word in ["note", "open", "Quimby", "12345"] {
            let refused = try sluice("purge", "--person", word)
            #expect(refused.status == 64, "\(word): \(refused.lines)")
        }
        _ = try sql("DROP TRIGGER ticket_event_stays; UPDATE ticket_event SET at = at + 1 WHERE idx = 0")
        let before = try sql("SELECT hex(body) FROM ticket_event")
        let broken = try sluice("purge", "--person", "Mr Quimby")
        #expect(
            broken.status == 74 && broken.lines.contains { $0.contains("is not as it was written") }, "\(broken.lines)")
        #expect(try sql("SELECT hex(body) FROM ticket_event") == before)
    }
}
