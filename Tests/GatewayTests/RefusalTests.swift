// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the commands say to mistakes, as a person meets them.
@Suite struct RefusalTests {
    private static let sixMistakes = """
        site: {id: Lakeside, zone: Asia/Shangai}
        mqtt: {url: "mqtt://127.0.0.1:1883"}
        buses:
          line-1: {serial: /dev/ttyUSB0, baud: 9601}
        devices:
          meter-1: {profile: tuf-200-ultrasonic, bus: line-1, unit: 250, area: inlet, asset: main, responsible: utility}
        persons:
          wang-fang: {name: Wang Fang, role: receiver}
        duty: {owner: wang-fan}
        """

    private func sluice(_ arguments: [String]) throws -> (status: Int32, output: [String]) {
        let program = try RunningProgram(try Programs.sluice, arguments)
        program.closeInput()
        try program.linesToEnd(within: 60)
        program.process.waitUntilExit()
        return (program.process.terminationStatus, program.output)
    }

    @Test func `check reports six mistakes with their places and exits 1; run exits 78`() throws {
        let folder = try TestFolder()
        try folder.write("site.yaml", Self.sixMistakes)
        let file = "\(folder.path)/site.yaml"
        let checked = try sluice(["check", file])
        #expect(checked.status == 1)
        let problems = checked.output.filter { $0.hasPrefix(file) && $0.contains(": error: SL-") }
        let places = problems.map { $0.dropFirst(file.count + 1).prefix { $0 != " " } }
        #expect(places == ["1:12:", "1:28:", "4:40:", "6:22:", "6:61:", "9:15:"], "\(checked.output)")
        #expect(checked.output.last?.hasPrefix("6 errors, 0 warnings in ") == true, "\(checked.output)")
        let run = try sluice(["run", "--config", file])
        #expect(run.status == 78)
        #expect(
            run.output.last
                == "The configuration was not accepted; `sluice check \(file)` shows each mistake with its line.")
    }

    @Test func `a file that is not there is named`() throws {
        let run = try sluice(["run", "--config", "/nonexistent/site.yaml"])
        #expect(run.status == 78)
        #expect(run.output.contains { $0.hasPrefix("/nonexistent/site.yaml:1:1: error: SL-") }, "\(run.output)")
    }

    @Test func `an unknown verb gets help and code 64`() throws {
        #expect(try sluice(["runn"]).status == 64)
        #expect(try sluice(["poll"]).status == 64)
    }

    @Test func `version names the libraries`() throws {
        let version = try sluice(["version"])
        #expect(version.status == 0)
        #expect(
            version.output.map { $0.split(separator: " ").first ?? "" } == [
                "sluice", "libmodbus", "libmosquitto", "sqlite",
            ])
        #expect(version.output.contains { $0.hasPrefix("sqlite 3.") })
    }

    @Test func `no help says a default twice`() throws {
        let dump = try sluice(["--experimental-dump-help"])
        #expect(dump.status == 0)
        var (arguments, twice): (Int, [String]) = (0, [])
        func look(at command: [String: Any], _ path: String) {
            let name = "\(path) \(command["commandName"] as? String ?? "")"
            for argument in command["arguments"] as? [[String: Any]] ?? [] {
                arguments += 1
                guard let value = argument["defaultValue"] as? String, let about = argument["abstract"] as? String,
                    about.contains("(default:")
                else { continue }
                twice.append("\(name): \(about) (default: \(value))")
            }
            for sub in command["subcommands"] as? [[String: Any]] ?? [] { look(at: sub, name) }
        }
        let json = try JSONSerialization.jsonObject(with: Data(dump.output.joined(separator: "\n").utf8))
        look(at: try #require((json as? [String: Any])?["command"] as? [String: Any]), "")
        #expect(arguments > 300 && twice == [])
    }

    private static let site = OneMeterSite.text(
        """
        storage: {directory: state}
        mqtt: {url: "mqtt://127.0.0.1:1"}
        channels:
          erp: {kind: webhook, url: "https://erp.example.org/sluice"}
        """)

    @Test func `what is not there is said with what is, and nothing sent is no mistake`() throws {
        let folder = try TestFolder()
        try folder.write("site.yaml", Self.site)
        try folder.write("profiles/water-meter/acme-wm40/profile.yaml", OneMeterSite.profile())
        let place = ["--config", "\(folder.path)/site.yaml", "--profiles", "\(folder.path)/profiles"]
        let device = try sluice(["poll", "--once", "--device", "zzz"] + place)
        #expect(device.status == 64)
        #expect(
            device.output.contains { $0.contains("no device 'zzz'. The site's devices are inlet-meter.") }, "\(device)")
        let unit = try sluice(["decode", "0000 0001", "--face", "1.234", "--unit", "degC"])
        #expect(unit.output.contains { $0.hasSuffix("'degC' is not a unit of Sluice. Did you mean 'Cel'?") }, "\(unit)")
        let strange = try sluice(["decode", "0000 0001", "--face", "1.234", "--unit", "furlongs"])
        #expect(strange.output.contains { $0.hasSuffix("such as m3, m3/h, L, bar, kPa, kW.h or Cel.") }, "\(strange)")
        let channels = try sluice(["channels", "list"] + place)
        #expect(channels.status == 0)
        #expect(channels.output == ["erp  webhook  nothing sent yet"])
        // A file in the place of the database is read, and refused for what it is.
        try folder.write("state/sluice.db", "no database")
        #expect(try sluice(["channels", "list"] + place).status != 0)
        let tickets = try sluice(["tickets", "list"] + place)
        #expect(tickets.status == 69)
        #expect(
            tickets.output == [
                "sluice tickets: no gateway runs with this configuration: there is no socket "
                    + "\(folder.path)/state/gateway.sock. Start it with `sluice run --config FILE` or `systemctl start "
                    + "sluice`, or name the file that the running one has with --config."
            ])
        for spelling in ["--language", "--lang"] {
            let demo = try sluice(["demo", spelling, "fr"])
            #expect(
                demo.output.contains { $0.hasSuffix("'fr' is no language of Sluice. Use en or zh-Hans.") }, "\(demo)")
        }
    }
}
