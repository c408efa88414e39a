// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model
import ModbusCodec
import Pipeline
import Polling
import SiteFiles
import Store
import Testing

/// `sluice plan`, whole outputs.
@Suite struct PlanTests {
    private static let profile = """
        profile: acme-pump
        kind: pump
        name: {zh: 水泵, en: Pump}
        points:
          running: {table: holding, address: 0, type: uint16, poll: fast}
          pressure: {table: holding, address: 12, type: uint16, scale: 0.1, unit: bar, poll: normal}
          level: {table: holding, address: 14, type: uint16, poll: normal}
          hours: {table: input, address: 100, type: uint32, order: ABCD, unit: h, poll: slow}
          model: {table: holding, address: 200, type: uint16, poll: once}
        """

    private func site(in folder: TestFolder, baud: Int = 9600, fast: Double = 1) throws -> [String] {
        try folder.write("profiles/pump/acme-pump/profile.yaml", Self.profile)
        try folder.write(
            "site.yaml",
            """
            site: {id: lakeside, name: {zh: 湖畔花园, en: Lakeside}, zone: Asia/Shanghai, language: en}
            storage: {directory: "\(folder.path)/state"}
            mqtt: {url: "mqtt://127.0.0.1:1883"}
            polling: {fast_seconds: \(fast), normal_seconds: 5, slow_seconds: 30}
            buses:
              line-1: {serial: /dev/ttyUSB0, baud: \(baud), parity: none, stop_bits: 1, timeout_milliseconds: 500}
              plant: {tcp: 192.0.2.10}
              spare: {tcp: 192.0.2.11}
            devices:
              pump-1: {profile: acme-pump, bus: line-1, unit: 1, area: pump-room, asset: pump-1, name: {zh: 泵, en: Pump}, responsible: utility}
              pump-2: {profile: acme-pump, bus: plant, unit: 9, area: pump-room, asset: pump-2, name: {zh: 泵, en: Pump}, responsible: utility}
            persons:
              wang-fang: {name: {zh: 王芳, en: Wang Fang}, role: receiver}
            duty: {owner: wang-fang}
            """)
        return ["plan", "--config", "\(folder.path)/site.yaml", "--profiles", "\(folder.path)/profiles"]
    }

    private func sluice(_ arguments: [String]) throws -> (status: Int32, output: [String]) {
        let program = try RunningProgram(try Programs.sluice, arguments)
        program.closeInput()
        try program.linesToEnd(within: 60)
        program.process.waitUntilExit()
        return (program.process.terminationStatus, program.output)
    }

    @Test func `a plan names every request with its price, and what it bridges`() throws {
        let folder = try TestFolder()
        let plan = try sluice(try site(in: folder))
        #expect(plan.status == 0)
        #expect(
            plan.output.joined(separator: "\n") == """
                bus line-1: serial /dev/ttyUSB0, 9600 baud, 10 bits a character, 20 ms to answer, timeout 500 ms
                  load 0.055; all at once: 3 requests, 75 bytes, 162.2 ms
                  with one unit silent: 545.7 ms at most (pump-1)
                  device pump-1, unit 1, acme-pump: 162.2 ms
                    every 1 s: 1 point
                      holding 0..<1: 15 bytes, 43.6 ms
                    every 5 s: 2 points
                      holding 12..<15: 19 bytes, 47.8 ms, bridges 13..<14
                    every 30 s: 1 point
                      input 100..<102: 17 bytes, 45.7 ms
                    once: 1 point
                      holding 200..<201: 15 bytes, 43.6 ms
                  every point keeps its rate (tried out over 90 s)
                bus plant: tcp 192.0.2.10:502, 2 ms a round trip, timeout 1000 ms
                  load 0.002; all at once: 3 requests, 99 bytes, 6.2 ms
                  with one unit silent: 1002.0 ms at most (pump-2)
                  device pump-2, unit 9, acme-pump: 6.2 ms
                    every 1 s: 1 point
                      holding 0..<1: 23 bytes, 2.0 ms
                    every 5 s: 2 points
                      holding 12..<15: 27 bytes, 2.0 ms, bridges 13..<14
                    every 30 s: 1 point
                      input 100..<102: 25 bytes, 2.0 ms
                    once: 1 point
                      holding 200..<201: 23 bytes, 2.0 ms
                  every point keeps its rate (tried out over 90 s)
                """)
    }

    @Test func `a bus that is too full is an error with the points that miss their rate`() throws {
        let folder = try TestFolder()
        let plan = try sluice(try site(in: folder, baud: 1200, fast: 0.2))
        #expect(plan.status == 1)
        #expect(plan.output.contains("  MISSES ITS RATE: pump-1 running, every 0.200 s"), "\(plan.output)")
        #expect(
            plan.output.last
                == "error: bus line-1: load 1.137 is above 0.90. Lengthen poll periods, raise the baud rate, or move "
                + "devices to another bus.")
        let tolerated = try sluice(try site(in: folder, baud: 4800, fast: 0.1) + ["--fail-above", "0.95"])
        #expect(tolerated.status == 0)
        #expect(
            tolerated.output.last
                == "warning: bus line-1: load 0.702 is above 0.70. Lengthen poll periods, raise the baud rate, or move "
                + "devices to another bus.")
        #expect(try sluice(try site(in: folder) + ["--fail-above", "0.05"]).status == 1)
        #expect(try sluice(try site(in: folder) + ["--fail-above", "1.5"]).status == 64)
    }

    @Test func `JSON says the same`() throws {
        let folder = try TestFolder()
        let plan = try sluice(try site(in: folder) + ["--json", "--fail-above", "0.05"])
        #expect(plan.status == 1 && plan.output.count == 1)
        let once =
            #""requests":[{"table":"holding","address":200,"count":1,"bytes":15,"milliseconds":43.646,"bridged":[]}]"#
        let expected =
            #"{"schema":1,"limit":0.05,"buses":[{"bus":"line-1","wire":"serial /dev/ttyUSB0, 9600 baud, 10 bits a "#
            + #"character, 20 ms to answer","timeout_milliseconds":500.0,"load":0.055,"overloaded":true,"requests":3,"#
            + #""bytes":75,"cycle_milliseconds":162.187,"cycle_milliseconds_one_silent":545.729,"#
            + #""silent_device":"pump-1","misses":[],"rehearsed_seconds":90.0,"devices":[{"device":"pump-1","unit":1,"#
            + #""profile":"acme-pump","cycle_milliseconds":162.187,"groups":[{"period_seconds":1.0,"#
            + #""points":["running"],"requests":[{"table":"holding","address":0,"count":1,"bytes":15,"#
            + #""milliseconds":43.646,"bridged":[]}]},{"period_seconds":5.0,"points":["pressure","level"],"#
            + #""requests":[{"table":"holding","address":12,"count":3,"bytes":19,"milliseconds":47.812,"#
            + #""bridged":[{"address":13,"count":1}]}]},{"period_seconds":30.0,"points":["hours"],"#
            + #""requests":[{"table":"input","address":100,"count":2,"bytes":17,"milliseconds":45.729,"bridged":[]}]},"#
            + #"{"period_seconds":0.0,"points":["model"],"# + once + #"}],"together":[{"table":"input","#
            + #""address":100,"count":2,"bytes":17,"milliseconds":45.729,"bridged":[]},{"table":"holding","#
            + #""address":0,"count":15,"bytes":43,"milliseconds":72.812,"bridged":[{"address":1,"count":11},"#
            + #"{"address":13,"count":1}]},{"table":"holding","address":200,"count":1,"bytes":15,"#
            + #""milliseconds":43.646,"bridged":[]}],"learned":[],"refused_points":[]}]},{"bus":"plant","#
        let text = try #require(plan.output.first)
        #expect(text.hasPrefix(expected), "\(text)")
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?["schema"] as? Int == 1)
        #expect((object?["buses"] as? [[String: Any]])?.map { $0["bus"] as? String } == ["line-1", "plant"])
    }

    @Test func `what the gateway has learned is planned around and listed on request`() async throws {
        let folder = try TestFolder()
        let arguments = try site(in: folder)
        let loaded = loadSite(at: "\(folder.path)/site.yaml", profileFolders: ["\(folder.path)/profiles"])
        let configuration = try #require(loaded.configuration)
        let device = PolledDevice(
            configuration.devices[0], at: 0, in: configuration.makeCatalogue(), polling: configuration.polling)
        let at = Timestamp(milliseconds: 1_790_000_000_000)
        let store = try SluiceStore.open(
            directory: "\(folder.path)/state", boot: BootIdentifier("b"),
            now: ClockReading(instant: MonotonicInstant(nanoseconds: 0), wall: at, timeQuality: .synced),
            logger: Logger(label: "plan"))
        let gap = RegisterSpan(.holdingRegister, at: 13)
        let hours = RegisterSpan(.inputRegister, at: 100, count: 2)
        func learned(_ unit: UInt8, _ fingerprint: String) -> LearnedDevice {
            LearnedDevice(
                bus: BusIdentifier("line-1"), unit: UnitIdentifier(unit), fingerprint: fingerprint,
                facts: [
                    LearnedFact(
                        cause: .gap(gap), refused: RegisterSpan(.holdingRegister, at: 12, count: 3), refusedAt: at),
                    LearnedFact(cause: .item(hours), refused: hours, refusedAt: at),
                ])
        }
        try await store.save(learned(1, device.fingerprint))
        try store.close()
        #expect(try sluice(arguments).output.contains("    every 30 s: 1 point"))
        let plan = try sluice(arguments + ["--learned"]).output
        #expect(
            plan.prefix(13).joined(separator: "\n") == """
                bus line-1: serial /dev/ttyUSB0, 9600 baud, 10 bits a character, 20 ms to answer, timeout 500 ms
                  load 0.061; all at once: 3 requests, 69 bytes, 155.9 ms
                  with one unit silent: 568.6 ms at most (pump-1)
                  device pump-1, unit 1, acme-pump: 155.9 ms
                    every 1 s: 1 point
                      holding 0..<1: 15 bytes, 43.6 ms
                    every 5 s: 2 points
                      holding 12..<13: 15 bytes, 43.6 ms
                      holding 14..<15: 15 bytes, 43.6 ms
                    every 30 s: 1 point
                    once: 1 point
                      holding 200..<201: 15 bytes, 43.6 ms
                    refused: gap holding 13..<14, last at \(at.rfc3339)
                """)
        #expect(plan.dropFirst(13).first == "    refused: registers input 100..<102, last at \(at.rfc3339)")
        #expect(plan.dropFirst(14).first == "    cannot be read: hours")
        // What was learned of another profile at this unit says nothing.
        let again = try SluiceStore.open(
            directory: "\(folder.path)/state", boot: BootIdentifier("b"),
            now: ClockReading(instant: MonotonicInstant(nanoseconds: 0), wall: at, timeQuality: .synced),
            logger: Logger(label: "plan"))
        try await again.save(learned(1, "other"))
        try again.close()
        #expect(try sluice(arguments + ["--learned"]).output == sluice(arguments).output)
    }

    @Test func `a turnaround that the gateway has learned is reckoned with, and named`() async throws {
        let folder = try TestFolder()
        let arguments = try site(in: folder)
        let loaded = loadSite(at: "\(folder.path)/site.yaml", profileFolders: ["\(folder.path)/profiles"])
        let configuration = try #require(loaded.configuration)
        let device = PolledDevice(
            configuration.devices[0], at: 0, in: configuration.makeCatalogue(), polling: configuration.polling)
        let at = Timestamp(milliseconds: 1_790_000_000_000)
        let store = try SluiceStore.open(
            directory: "\(folder.path)/state", boot: BootIdentifier("b"),
            now: ClockReading(instant: MonotonicInstant(nanoseconds: 0), wall: at, timeQuality: .synced),
            logger: Logger(label: "plan"))
        // 4.0 ms of silence by which the unit knows the end of the request, 1.0 ms of its first character, 55 ms of its own.
        try await store.save(
            LearnedTurnaround(
                bus: BusIdentifier("line-1"), unit: UnitIdentifier(1), fingerprint: device.fingerprint,
                median: .microseconds(60_052), p99: .milliseconds(80), learnedAt: at))
        try store.close()
        let plan = try sluice(arguments).output
        #expect(plan[4] == "    answers after 60.1 ms, as the gateway learned by \(at.rfc3339)", "\(plan)")
        #expect(plan.contains("      holding 200..<201: 15 bytes, 78.6 ms"), "\(plan)")
        #expect(plan.contains("      holding 200..<201: 23 bytes, 2.0 ms"), "the other bus is as configured")
        #expect(try sluice(arguments + ["--json"]).output[0].contains(#""learned_turnaround_milliseconds":60.052,"#))
    }

    @Test func `a state directory that cannot be read is told, and no reason not to plan`() throws {
        let folder = try TestFolder()
        let arguments = try site(in: folder)
        let usual = try sluice(arguments).output
        try folder.write("state/sluice.db", String(repeating: "no database ", count: 100))
        let plan = try sluice(arguments)
        #expect(plan.status == 0)
        #expect(plan.output.dropLast() == usual[...])
        #expect(
            plan.output.last?.hasPrefix("note: what the gateway has learned cannot be read") == true, "\(plan.output)")
        #expect(try sluice(arguments + ["--learned"]).status != 0)
    }
}
