// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import EstateSimulator
import Foundation
import SimulatorServer

/// CPU, memory and delay of the whole gateway, dashboard on, every reading stored and published; and of a bare C loop
/// that neither stores nor survives anything, on the same devices.
///
/// Runs `sluice run` beside a simulated estate and a private mosquitto, all on loopback. Figures come from `/proc` and
/// from `mosquitto_sub`.
@main
struct EndToEnd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures the whole gateway under load. Build everything with -c release first.")

    @Option(help: "Modbus TCP devices, each with a connection of its own.") var devices = 50
    @Option(help: "Registers of a device, each a point, read once a second.") var registers = 40
    @Option(help: "Seconds to measure, after a start of five.") var seconds = 20
    @Option(help: "Per cent of the devices that never answer.") var dead = 0
    @Option(help: "Per cent of the devices that answer 200 ms late.") var slow = 0
    @Flag(help: "Leave out the C loop.") var withoutLoop = false
    @Option(help: "The program to measure (default: beside this one).") var sluice: String?

    private func manner(_ place: Int) -> LoadEstate.Manner {
        // Dead and slow devices are spread over the list.
        let share = place * 37 % 100
        if share < dead { return .silent }
        return share < dead + slow ? .late(.milliseconds(200)) : .prompt
    }

    func run() async throws {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let program = sluice ?? own.appendingPathComponent("sluice").path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            print("There is no program at \(program). Build it: swift build -c release")
            throw ExitCode(69)
        }
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent(
            "sluice-load-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (dead, slow) = (dead, slow)
        let estate = LoadEstate(devices: devices, registers: registers, hasPortPerDevice: true) { [self] in manner($0) }
        let addresses = try await estate.start()
        let brokerPort = 20_000 + Int(getpid()) % 20_000
        let site = try LoadSite(folder: folder, addresses: addresses, registers: registers, brokerPort: brokerPort)
        let broker = try RunningPart("/usr/sbin/mosquitto", ["-c", site.brokerFile])
        defer { broker.end() }
        while !canConnect(brokerPort) { usleep(20_000) }

        print("\(devices) devices x \(registers) registers each second, \(dead) % dead, \(slow) % 200 ms late")
        printDisk(Ranks(commitTimes(in: folder)))
        try measureGateway(program, site, brokerPort)
        if !withoutLoop { try measureLoop(own.appendingPathComponent("PlainLoop").path, addresses, brokerPort) }
        try await estate.stop()
    }

    private func measureGateway(_ program: String, _ site: LoadSite, _ brokerPort: Int) throws {
        let (listener, witness) = try listen(to: brokerPort)
        defer { listener.end() }
        let begun = Date()
        let gateway = try RunningPart(
            program, ["run", "--config", site.file, "--profiles", site.profiles, "--log-level", "warning"])
        defer { gateway.end() }
        guard witness.sawMessage(within: 60), gateway.process.isRunning else {
            print("The gateway published nothing; run it by hand: \(program) run --config \(site.file)")
            throw ExitCode(70)
        }
        let startToFirst = Date().timeIntervalSince(begun)
        // The first seconds hold the start and the verdict on dead devices; what is measured is the steady state.
        Thread.sleep(forTimeInterval: 5)
        let (from, cpu) = (Date().timeIntervalSince1970, gateway.cpuSeconds)
        Thread.sleep(forTimeInterval: Double(seconds))
        let (to, used) = (Date().timeIntervalSince1970, gateway.cpuSeconds - cpu)
        let memory = try gateway.memory()
        Thread.sleep(forTimeInterval: 1)
        let arrivals = witness.arrivals(from: from, to: to)
        let report = Steadiness(arrivals, seconds: to - from)
        print("gateway: every reading stored (synchronous=FULL) and published")
        print(
            "  readings                    \(arrivals.count * registers) (\(Int(Double(arrivals.count * registers) / (to - from))) a second)"
        )
        print("  CPU a reading               \(text(used / Double(max(1, arrivals.count * registers)) * 1e6)) us")
        print("  CPU of one core             \(text(used / (to - from) * 100)) %")
        print(
            "  answer to MQTT p50, p99     \(text(report.delay.percent(50) * 1000)) ms, \(text(report.delay.percent(99) * 1000)) ms (commit included)"
        )
        print(
            "  lateness of polls p50, p99  \(text(report.lateness.percent(50) * 1000)) ms, \(text(report.lateness.percent(99) * 1000)) ms"
        )
        let prompt = (0..<devices).filter { manner($0) == .prompt }
        let late = (0..<devices).filter { if case .late = manner($0) { true } else { false } }
        print("  missed polls of \(prompt.count) healthy devices  \(report.missed(prompt))")
        if !late.isEmpty { print("  missed polls of \(late.count) slow devices     \(report.missed(late))") }
        print("  resident, proportional      \(text(memory.resident)) MB, \(text(memory.proportional)) MB")
        print("  threads                     \(memory.threads)")
        print("  start to first reading      \(text(startToFirst)) s")
    }

    private func measureLoop(_ program: String, _ addresses: [BusAddress], _ brokerPort: Int) throws {
        guard FileManager.default.isExecutableFile(atPath: program) else {
            print("C loop: there is no program at \(program)")
            return
        }
        // A blocking loop would wait for each silent or slow device in turn; it is given the prompt ones only.
        let ports = addresses.enumerated().compactMap { place, address -> String? in
            guard case .tcp(_, let port) = address, manner(place) == .prompt else { return nil }
            return String(port)
        }
        let loop = try RunningPart(
            program, [String(brokerPort), String(registers), String(seconds)] + ports, isHeard: true)
        defer { loop.end() }
        let said = String(decoding: loop.output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        print("C loop on libmodbus and libmosquitto: nothing stored, blocking, \(ports.count) prompt devices only")
        print(said, terminator: "")
    }

    private func listen(to brokerPort: Int) throws -> (RunningPart, Witness) {
        let listener = try RunningPart(
            "/usr/bin/mosquitto_sub",
            ["-h", "127.0.0.1", "-p", String(brokerPort), "-t", "sluice/load/area/+", "-F", "%U %t %p"], isHeard: true)
        return (listener, Witness(listener.output.fileHandleForReading))
    }

    private func printDisk(_ times: Ranks) {
        print(
            "disk: append of 16 KiB and fdatasync p50, p99  \(text(times.percent(50) * 1000)) ms, \(text(times.percent(99) * 1000)) ms"
        )
    }

    /// What the disk itself takes for a commit of this size, without the gateway.
    private func commitTimes(in folder: URL) -> [Double] {
        let descriptor = open(folder.appendingPathComponent("commit").path, O_CREAT | O_WRONLY, 0o600)
        defer { close(descriptor) }
        let bytes = [UInt8](repeating: 7, count: 16_384)
        return (0..<200).map { _ in
            let start = Date()
            write(descriptor, bytes, bytes.count)
            fdatasync(descriptor)
            return Date().timeIntervalSince(start)
        }
    }

    private func text(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }

    private func canConnect(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// How evenly and how soon the readings came.
private struct Steadiness {
    let delay: Ranks
    let lateness: Ranks
    private let counts: [Int: Int]
    private let expected: Int

    init(_ arrivals: [Witness.Arrival], seconds: Double) {
        delay = Ranks(arrivals.map { $0.received - $0.read })
        let byAsset = Dictionary(grouping: arrivals, by: \.asset)
        // The grid of a device is taken from its earliest poll.
        lateness = Ranks(
            byAsset.values.flatMap { polls in
                let first = polls.map(\.read).min() ?? 0
                let offsets = polls.map { ($0.read - first) - ($0.read - first).rounded() }
                let earliest = offsets.min() ?? 0
                return offsets.map { $0 - earliest }
            })
        counts = byAsset.mapValues(\.count)
        expected = Int(seconds.rounded(.down))
    }

    func missed(_ devices: [Int]) -> Int { devices.reduce(0) { $0 + max(0, expected - counts[$1, default: 0]) } }
}
