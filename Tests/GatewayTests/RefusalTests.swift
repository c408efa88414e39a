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
}
