// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import EstateSimulator
import FoundationEssentials
import Gateway
import Glibc
import Logging
import Model
import Pipeline
import SimulatorServer

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve a virtual estate to practise on, or let whole sites live under faults in virtual time.",
        discussion: """
            Examples:
              sluice simulate --serve --site-file practice.yaml
              sluice simulate --serve --site-file practice.yaml --for 60
              sluice simulate --serve --site-file practice.yaml --line-baud 9600
              sluice simulate --seed 7 --hours 50
              sluice simulate --seeds 200 --hours 50

            The site's file it writes is ready for `sluice check`, `sluice poll --once` and `sluice run`.
            """)

    @Flag(help: "Answer Modbus requests until stopped.")
    var serve = false

    @Option(help: "Where to write a site's file for this estate.")
    var siteFile: String?

    @Option(help: "State directory that the site's file names.")
    var state = "sluice-state"

    @Option(help: "MQTT broker that the site's file names.")
    var mqtt = "mqtt://127.0.0.1:1883"

    @Option(name: .customLong("for"), help: "Stop by itself after so many seconds.")
    var seconds: Double?

    @Option(help: "Seed of the estate: the same seed gives the same draws.")
    var seed: UInt64 = 1

    @Option(help: "A leak in dwelling u201, in litres per hour.")
    var leak: Double?

    @Option(help: "A burst on riser-2, in litres per hour.")
    var burst: Double?

    @Flag(help: "The gate stands open.")
    var gateOpen = false

    @Option(help: "A device that never answers, such as riser-1; may be given more than once.")
    var dead: [String] = []

    @Option(
        help: ArgumentHelp(
            "Let the characters of serial lines take their time at so many baud (8N1; default: no time at all).",
            valueName: "baud"))
    var lineBaud: Int?

    @Option(
        help: ArgumentHelp(
            "Time a unit of a paced line takes to answer after the end of the request is known.",
            valueName: "milliseconds"))
    var lineTurnaround: Double = 2

    @Option(help: "Hours of a site under faults drawn from the seed: kills, full disks, dead brokers.")
    var hours: Int?

    @Option(help: "With --hours: so many sites, with rising seeds.")
    var seeds = 1

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard serve != (hours != nil) else { throw ValidationError("Say --serve or --hours.") }
        guard 1...1000 ~= hours ?? 1, 1...100_000 ~= seeds, seed < 1 << 62 else {
            throw ValidationError("--hours is 1 to 1000, --seeds 1 to 100000.")
        }
        if let lineBaud, !(1200...921_600 ~= lineBaud) {
            throw ValidationError("--line-baud \(lineBaud) is outside 1200 ... 921600 baud.")
        }
        guard 0...60_000 ~= lineTurnaround else {
            throw ValidationError("--line-turnaround \(lineTurnaround) is outside 0 ... 60000 milliseconds.")
        }
    }

    func run() async throws {
        if let hours { return try runFaults(hours: hours) }
        let clock = SystemClock()
        let start = clock.now().wall
        var faults: [ScriptedFault] = []
        if let leak { faults.append(ScriptedFault(.leak(dwelling: "u201", LitresPerHour(leak)), from: start)) }
        if let burst { faults.append(ScriptedFault(.burst(meter: "riser-2", LitresPerHour(burst)), from: start)) }
        if gateOpen { faults.append(ScriptedFault(.gateHeldOpen(gate: "gate-1"), from: start)) }
        for device in dead { faults.append(ScriptedFault(.dead(device: device), from: start)) }
        let server = SimulatorServer(
            estate: EstateSimulator(seed: seed, start: start, zone: .utc, faults: faults),
            clock: { clock.now().wall }, logger: try log.makeLogger(),
            linePace: lineBaud.map { LinePace(baud: $0, turnaround: .microseconds(lineTurnaround * 1000)) })
        let addresses = try await server.start()
        for (bus, address) in addresses.sorted(by: { $0.key < $1.key }) { tell("\(bus)  \(address)") }
        if let siteFile {
            let text = server.withEstate {
                $0.siteFile(
                    addresses: addresses, stateDirectory: state, mqttURL: mqtt, dashboardPort: 8420,
                    baud: lineBaud ?? 9600)
            }
            try text.write(toFile: siteFile, atomically: true, encoding: .utf8)
            tell("site's file  \(siteFile)")
        }
        await untilStopped(after: seconds.map { .seconds($0) })
        for (bus, statistics) in server.lineStatistics { tell("\(bus)  \(statistics)") }
        try await server.stop()
    }
}
