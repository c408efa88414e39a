// SPDX-License-Identifier: Apache-2.0

import Foundation
import Gateway
import Testing

/// `sluice bundle`: a problem report without secrets and persons, with a running gateway and without.
@Suite(.serialized) struct BundleCommandTests {
    private let folder: TestFolder
    private var site: String { "\(folder.path)/site.yaml" }
    private var archive: String { "\(folder.path)/report.tar.gz" }

    /// What must never leave, as it stands in the site's files or was told to the gateway.
    private static let untold = [
        "wang-fang", "Wang Fang", "王芳", "li-wei", "Li Wei", "李伟", "13812345678", "0571-88880000", "057188880000",
        "gateway-user", "sesame-77", "T0KENPATH", "qqq111", "SECabc", "0123456789abcdef", "webhook-secret-5",
        "duty.officer", "sluice@example.org", "mailer-3", "mailpw-99",
    ]

    init() throws {
        folder = try TestFolder()
        try folder.write(
            "site.yaml",
            """
            site: {id: lakeside, name: {zh: 湖畔花园, en: Lakeside}, zone: Asia/Shanghai, language: en}
            storage: {directory: state}
            mqtt: {url: "mqtt://127.0.0.1:1", user_name: gateway-user, password_file: secrets/mqtt}
            dashboard: {address: 127.0.0.1, port: 0, sign_in: required}
            buses:
              wire: {tcp: 127.0.0.1, port: 1}
            devices:
              inlet: {profile: usw-dn15-40-ultrasonic, bus: wire, unit: 1, area: block-1, asset: inlet, responsible: propertyCompany, meter: {role: bulk}}
            persons:
              wang-fang: {name: {zh: 王芳, en: Wang Fang}, role: receiver, phone: "13812345678"}
              li-wei: {name: {zh: 李伟, en: Li Wei}, role: technician, phone: "0571-88880000"}
            duty: {owner: wang-fang}
            channels:
              robot: {kind: dingtalk, secret_file: secrets/robot, priorities: []}
              erp: {kind: webhook, url: "https://erp.example.org/hook/T0KENPATH?key=qqq111", secret_file: secrets/erp, priorities: []}
              mail: {kind: email, host: mail.example.org, from: sluice@example.org, to: [duty.officer@example.org], user: mailer-3, secret_file: secrets/mail, priorities: []}
            """)
        try folder.write("secrets/mqtt", "sesame-77\n")
        try folder.write(
            "secrets/robot", "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef\nSECabc\n")
        try folder.write("secrets/erp", "webhook-secret-5\n")
        try folder.write("secrets/mail", "mailpw-99\n")
        for name in ["mqtt", "robot", "erp", "mail"] {
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: "\(folder.path)/secrets/\(name)")
        }
    }

    private func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> (lines: [String], status: Int32) {
        let command = try RunningProgram(program, arguments, environment: environment)
        command.closeInput()
        try command.linesToEnd(within: 90)
        command.process.waitUntilExit()
        return (command.output, command.process.terminationStatus)
    }

    private func bundle(_ options: [String], path: String? = nil) throws -> (lines: [String], status: Int32) {
        try run(
            try Programs.sluice,
            ["bundle", "--config", site, "--profiles", "\(Programs.root)/DeviceProfiles"] + options,
            environment: path.map { ["PATH": $0] } ?? [:])
    }

    private struct Listed: Decodable {
        struct Part: Decodable {
            var name, holds: String
            var bytes: Int
        }
        var schema: Int
        var file: String?
        var parts: [Part]
    }

    /// The texts of an archive, unpacked by Debian's tar, by their names.
    private func unpacked(_ archive: String) throws -> [String: String] {
        let place = try TestFolder()
        let tar = try run("/bin/tar", ["xzf", archive, "-C", place.path])
        try #require(tar.status == 0 && tar.lines.isEmpty, "\(tar.lines)")
        let roots = try FileManager.default.contentsOfDirectory(atPath: place.path)
        let root = try #require(roots.count == 1 && roots[0].hasPrefix("sluice-bundle-2") ? roots[0] : nil, "\(roots)")
        var texts: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(place.path)/\(root)") {
            texts[name] = try String(contentsOfFile: "\(place.path)/\(root)/\(name)", encoding: .utf8)
        }
        return texts
    }

    private func expectNothingPrivate(in texts: [String: String], _ more: [String] = []) {
        for (name, text) in texts {
            for word in Self.untold + more where text.range(of: word, options: .caseInsensitive) != nil {
                Issue.record("\(name) holds '\(word)':\n\(text)")
            }
        }
    }

    @Test func `without a gateway it is what was listed, for the owner alone, and tells of no person and no secret`()
        throws
    {
        // A journal with what it must not keep.
        try folder.write(
            "bin/journalctl",
            """
            #!/bin/sh
            echo "Hint: only a part of the journal is seen." >&2
            echo "2026-11-22T08:00:00+0800 sluice[7]: 2026-11-22T08:00:00+0800 notice sluice: token=feedbeef [sluice] There is no administrator."
            echo "2026-11-22T08:00:01+0800 sluice[7]: goes on with a secret of the notice"
            echo "2026-11-22T08:00:02+0800 sluice[7]: 2026-11-22T08:00:02+0800 warning sluice: to=duty.officer@example.org [sluice] wang-fang (13812345678, 13988887777) was not reached by sesame-77."
            echo "2026-11-22T08:00:03+0800 systemd[1]: sluice.service: Main process exited, code=dumped, status=5/TRAP"
            """)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: "\(folder.path)/bin/journalctl")
        let told = try bundle(["-o", archive], path: "\(folder.path)/bin:/usr/bin:/bin")
        #expect(told.status == 0, "\(told.lines)")
        #expect(try FileManager.default.attributesOfItem(atPath: archive)[.posixPermissions] as? Int == 0o600)
        let texts = try unpacked(archive)
        var listed: [String: Int] = [:]
        for line in told.lines {
            if let match = line.firstMatch(of: /^(\S+) +(\d+)  \S/) { listed[String(match.1)] = Int(match.2) }
        }
        #expect(listed == texts.mapValues(\.utf8.count))
        #expect(
            listed.keys.sorted() == [
                "check.txt", "configuration.yaml", "contents.txt", "doctor-broker.txt", "doctor-security.txt",
                "gateway.txt",
                "journal.txt", "machine.txt", "state.txt", "tables.txt", "version.txt",
            ])
        expectNothingPrivate(in: texts, ["feedbeef", "goes on", "13988887777"])
        #expect(texts["version.txt"] == (try run(try Programs.sluice, ["version"])).lines.map { $0 + "\n" }.joined())
        #expect(
            texts["check.txt"]?.hasSuffix("0 errors, 0 warnings in 2 files\n") == true, "\(texts["check.txt"] ?? "")")
        #expect(texts["configuration.yaml"]?.contains("  owner: person-1 ") == true)
        #expect(texts["configuration.yaml"]?.contains("  fast_seconds: 1 ") == true)
        #expect(texts["doctor-broker.txt"]?.contains("This broker cannot be used as it is.") == true)
        #expect(texts["doctor-security.txt"]?.contains("no gateway runs") == true)
        #expect(texts["gateway.txt"]?.contains("no gateway runs with this configuration") == true)
        let journal = texts["journal.txt"] ?? ""
        #expect(journal.contains("Hint: ") && journal.contains("status=5/TRAP"))
        #expect(journal.contains("person-1 (***, 139******77) was not reached by ***."), "\(journal)")
        #expect(texts["state.txt"]?.contains("No such file or directory") == true)
    }

    @Test func `with a gateway its status and figures are in it, and nothing of a ticket or an account`() throws {
        let gateway = try RunningProgram(
            try Programs.sluice, ["run", "--config", site, "--profiles", "\(Programs.root)/DeviceProfiles"],
            environment: ["LC_ALL": "C.UTF-8"])
        try gateway.line(within: 60, "the running gateway") { $0.contains("Gateway is running.") }
        let people = try run(
            try Programs.sluice, ["people", "add", "boss-lady", "--role", "administrator", "--config", site])
        #expect(people.status == 0)
        let report = try run(
            try Programs.sluice,
            [
                "tickets", "report", "--asset", "inlet", "--by", "wang-fang", "--text", "Water below the piano.",
                "--reporter", "Mr Quimby", "--phone", "13755556666", "--config", site,
            ])
        #expect(report.status == 0, "\(report.lines)")
        let told = try bundle(["-o", archive, "--json", "--no-input"])
        #expect(told.status == 0, "\(told.lines)")
        let line = try #require(told.lines.first { $0.hasPrefix("{") }, "\(told.lines)")
        let listed = try JSONDecoder().decode(Listed.self, from: Data(line.utf8))
        let texts = try unpacked(archive)
        #expect(listed.schema == 1 && listed.file == archive)
        #expect(
            Dictionary(uniqueKeysWithValues: listed.parts.map { ($0.name, $0.bytes) }) == texts.mapValues(\.utf8.count))
        expectNothingPrivate(
            in: texts, ["boss-lady", "piano", "Quimby", "13755556666", people.lines.last ?? "the password"])
        let status = try JSONSerialization.jsonObject(with: Data((texts["status.json"] ?? "").utf8)) as? [String: Any]
        #expect(status?["site"] as? String == "lakeside")
        #expect((status?["openTickets"] as? [Int])?.reduce(0, +) == 1)
        #expect(texts["metrics.txt"]?.contains("sluice_build_info{") == true)
        #expect(texts["healthz.txt"]?.isEmpty == false && texts["gateway.txt"] == nil)
        #expect(texts["doctor-security.txt"]?.contains("[one-time-password] account-1: ") == true)
        let tables = texts["tables.txt"] ?? ""
        for table in ["account", "ticket_event", "asset"] {
            let counted = try run(
                "/usr/bin/sqlite3", ["-readonly", "\(folder.path)/state/sluice.db", "SELECT count(*) FROM \(table)"])
            #expect(tables.contains("  \(table) \(counted.lines.first ?? "?")\n"), "\(table) in\n\(tables)")
        }
        #expect(tables.contains("history.db: schema 1"), "\(tables)")
        let size = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/state/gateway.sock")[.size] as? Int
        #expect(texts["state.txt"]?.contains("gateway.sock \(size ?? -1)\n") == true, "\(texts["state.txt"] ?? "")")
        #expect(gateway.end(SIGTERM) == 0)
    }

    @Test func `a file that is there stays unless it is to go, and nothing is written where nothing was asked for`()
        throws
    {
        try folder.write("report.tar.gz", "mine")
        let there = try bundle(["-o", archive, "--no-broker"])
        #expect(there.status == 73)
        #expect(
            there.lines == [
                "sluice bundle: \(archive) is there already. Name another file with --output, or write over it with --force."
            ])
        #expect(try String(contentsOfFile: archive, encoding: .utf8) == "mine")
        let dry = try bundle(["-o", archive, "--no-broker", "--dry-run"])
        #expect(dry.status == 0 && dry.lines.contains { $0.hasPrefix("contents.txt ") }, "\(dry.lines)")
        #expect(try String(contentsOfFile: archive, encoding: .utf8) == "mine")
        #expect(try bundle(["-o", archive, "--no-broker", "--force"]).status == 0)
        #expect(try unpacked(archive)["doctor-broker.txt"] == "not tried: --no-broker was given.\n")
        #expect(try FileManager.default.attributesOfItem(atPath: archive)[.posixPermissions] as? Int == 0o600)
        let nowhere = try bundle(["-o", "\(folder.path)/none/b.tar.gz", "--no-broker"])
        #expect(nowhere.status == 73)
        #expect(nowhere.lines.last?.hasSuffix("cannot be made: No such file or directory") == true, "\(nowhere.lines)")
        #expect(try bundle(["-o", "-", "--json"]).status == 64)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(left == ["report.tar.gz", "secrets", "site.yaml"], "a trial left something")
    }

    @Test func `it goes down a pipe, and a full disk is told`() throws {
        let command = "'\(try Programs.sluice)' bundle --no-broker --config '\(site)' -o - "
        let piped = try run("/bin/bash", ["-c", command + "> '\(archive)'"])
        #expect(piped.status == 0 && piped.lines.contains { $0.hasPrefix("contents.txt ") }, "\(piped.lines)")
        #expect(try unpacked(archive)["contents.txt"]?.hasPrefix("Problem report of sluice ") == true)
        let full = try run("/bin/bash", ["-c", command + "> /dev/full"])
        #expect(full.status == 74)
        #expect(full.lines.last == "sluice bundle: - cannot be written: No space left on device")
    }

    @Test func `on a terminal it asks first, unless it was told not to`() throws {
        let command = "'\(try Programs.sluice)' bundle --no-broker --config '\(site)' -o '\(archive)'"
        func typed(_ answer: String, _ command: String) throws -> [String] {
            try run("/bin/bash", ["-c", "echo \(answer) | script -qec \"\(command)\" /dev/null"]).lines
        }
        let refused = try typed("n", command)
        #expect(refused.contains { $0.contains("Write \(archive)? (y or n)") }, "\(refused)")
        #expect(refused.contains { $0.contains("Nothing was written.") }, "\(refused)")
        #expect(!FileManager.default.fileExists(atPath: archive))
        let agreed = try typed("y", command)
        #expect(FileManager.default.fileExists(atPath: archive), "\(agreed)")
        let unasked = try typed("n", command + " --force --yes")
        #expect(!unasked.contains { $0.contains("(y or n)") } && unasked.contains { $0.contains("Look through it") })
    }

    @Test func `a file with mistakes is reported with them, and one that is no YAML without a word of it`() throws {
        let text = try String(contentsOfFile: site, encoding: .utf8)
        try folder.write(
            "site.yaml",
            text.replacing("user_name: gateway-user,", with: "user_name: gateway-user, password: sesame-77,")
                .replacing("owner: wang-fang", with: "owner: Wang-Fang"))
        let told = try bundle(["-o", archive])
        #expect(told.status == 0)
        #expect(
            told.lines.contains(
                "sluice bundle: \(site) was not accepted, so that parts are left out; check.txt says why."))
        let refused = try unpacked(archive)
        #expect(refused["check.txt"]?.contains("error: SL-1127: mqtt: a password (***) stands here") == true)
        #expect(refused["check.txt"]?.contains("2 errors, 0 warnings in 2 files") == true)
        #expect(refused["configuration.yaml"]?.contains("  password: \"***\" ") == true)
        #expect(refused["doctor-broker.txt"]?.hasPrefix("not tried: the configuration was not accepted") == true)
        expectNothingPrivate(in: refused)

        try folder.write("site.yaml", text + "\n  - 'Wang Fang\n")
        #expect(try bundle(["-o", archive, "--force"]).status == 0)
        let broken = try unpacked(archive)
        #expect(broken["check.txt"]?.contains("error: SL-1") == true, "\(broken["check.txt"] ?? "")")
        #expect(broken["configuration.yaml"]?.hasPrefix("# left out: the site's file cannot be read") == true)
        expectNothingPrivate(in: broken)
    }

    @Test func `of a long log the newest warnings and errors are kept, in bounds`() {
        let log = (0..<2000).map { number in
            "2026-11-22T08:00:00+0800 sluice[7]: 2026-11-22T08:00:00+0800 \(number % 2 == 0 ? "info" : "error") sluice: n=\(number) [sluice] \(String(repeating: "x", count: 600))"
        }
        let kept = ServiceJournal.troubles(in: log.joined(separator: "\n"))
        #expect(kept.last?.contains(" n=1999 ") == true)
        #expect(kept.allSatisfy { $0.contains(" error ") })
        let bytes = kept.reduce(0) { $0 + $1.utf8.count + 1 }
        #expect(bytes <= ServiceJournal.mostBytes && bytes > ServiceJournal.mostBytes - 1000)
        let short = (0..<2000).map { "t 2026 warning sluice: n=\($0)" }
        #expect(ServiceJournal.troubles(in: short.joined(separator: "\n")) == Array(short.suffix(500)))
    }
}
