// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import Foundation
import SimulatorServer

/// CPU, memory and delay of the whole gateway, dashboard on, every reading stored and published.
///
/// Runs `sluice run` beside a simulated estate and a private mosquitto, all on loopback, and prints figures read from
/// `/proc`. Usage: EndToEnd [DEVICES] [REGISTERS] [SECONDS] [SLUICE]
@main
struct EndToEnd {
    static func main() async throws {
        let arguments = CommandLine.arguments
        func argument(_ place: Int, _ standard: Int) -> Int {
            arguments.count > place ? Int(arguments[place]) ?? standard : standard
        }
        let (devices, registers, seconds) = (argument(1, 50), argument(2, 40), argument(3, 20))
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let sluice = arguments.count > 4 ? arguments[4] : own.appendingPathComponent("sluice").path
        guard FileManager.default.isExecutableFile(atPath: sluice) else {
            print("There is no program at \(sluice). Build it: swift build -c release")
            exit(69)
        }
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("sluice-load-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }

        let estate = LoadEstate(devices: devices, registers: registers, hasPortPerDevice: true)
        let addresses = try await estate.start()
        let brokerPort = 20_000 + Int(getpid()) % 20_000
        let site = try Site(folder: folder, addresses: addresses, registers: registers, brokerPort: brokerPort)
        let broker = try start("/usr/sbin/mosquitto", ["-c", site.brokerFile])
        defer { end(broker) }
        let witness = Process()
        let pipe = Pipe()
        witness.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        witness.arguments = ["--default-signal", "/usr/bin/mosquitto_sub", "-h", "127.0.0.1", "-p", String(brokerPort), "-t", "sluice/load/area/+", "-F", "%t"]
        witness.standardOutput = pipe
        while !canConnect(brokerPort) { usleep(20_000) }
        try witness.run()
        defer { end(witness) }

        let begun = Date()
        let gateway = try start(sluice, ["run", "--config", site.file, "--profiles", site.profiles, "--log-level", "warning"])
        defer { end(gateway) }
        let first = pipe.fileHandleForReading.availableData
        guard !first.isEmpty, gateway.isRunning else {
            print("The gateway published nothing; run it by hand: \(sluice) run --config \(site.file)")
            exit(70)
        }
        let startToFirst = Date().timeIntervalSince(begun)
        let counter = MessageCounter(pipe.fileHandleForReading)
        // The first seconds hold the start; what is measured is the steady state.
        wait(3)
        let (before, cpuBefore) = (counter.count, cpuSeconds(of: gateway.processIdentifier))
        let clock = Date()
        wait(seconds)
        let elapsed = Date().timeIntervalSince(clock)
        let messages = counter.count - before
        let cpu = cpuSeconds(of: gateway.processIdentifier) - cpuBefore
        let readings = messages * registers
        let memory = try Memory(of: gateway.processIdentifier)
        print("devices \(devices), registers \(registers), period 1 s, measured \(rounded(elapsed)) s")
        print("readings published and stored    \(readings) (\(Int(Double(readings) / elapsed)) per second)")
        print("missed polls                     \(max(0, Int(elapsed.rounded()) * devices - messages))")
        print("CPU per reading                  \(rounded(cpu / Double(max(1, readings)) * 1e6)) us")
        print("CPU of one core                  \(rounded(cpu / elapsed * 100)) %")
        print("resident memory                  \(rounded(memory.resident / 1024)) MB")
        print("proportional memory (PSS)        \(rounded(memory.proportional / 1024)) MB")
        print("threads                          \(memory.threads)")
        print("start to first published reading \(rounded(startToFirst)) s")
        try await estate.stop()
    }

    private static func start(_ program: String, _ arguments: [String]) throws -> Process {
        // A child inherits the signals that this thread blocks; `env` hands them back before it becomes the program.
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["--default-signal", program] + arguments
        try process.run()
        return process
    }

    private static func end(_ process: Process) {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    private static func wait(_ seconds: Int) { Thread.sleep(forTimeInterval: Double(seconds)) }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private static func canConnect(_ port: Int) -> Bool {
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

    /// User and system time of a process.
    private static func cpuSeconds(of process: Int32) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return 0 }
        // After the name come state (3), and user and system time as fields 14 and 15, in clock ticks.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

/// Memory and threads of a process, in kB.
private struct Memory {
    var resident = 0.0
    var proportional = 0.0
    var threads = 0

    init(of process: Int32) throws {
        for line in try String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8).split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 2, let value = Double(fields[1]) else { continue }
            if fields[0] == "Rss:" { resident = value }
            if fields[0] == "Pss:" { proportional = value }
        }
        threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").count
    }
}

/// Counts the lines that a pipe brings.
private final class MessageCounter: @unchecked Sendable {
    private let lock = NSLock()
    private var lines = 0

    var count: Int { lock.withLock { lines } }

    init(_ handle: FileHandle) {
        Thread.detachNewThread { [self] in
            while true {
                let data = handle.availableData
                if data.isEmpty { return }
                let found = data.count { $0 == 10 }
                lock.withLock { lines += found }
            }
        }
    }
}

/// The files of a site with one device an address.
private struct Site {
    let file: String
    let profiles: String
    let brokerFile: String

    init(folder: URL, addresses: [BusAddress], registers: Int, brokerPort: Int) throws {
        file = folder.appendingPathComponent("site.yaml").path
        profiles = folder.appendingPathComponent("profiles").path
        brokerFile = folder.appendingPathComponent("mosquitto.conf").path
        let profile = folder.appendingPathComponent("profiles/water-meter/load/profile.yaml")
        try FileManager.default.createDirectory(
            at: profile.deletingLastPathComponent(), withIntermediateDirectories: true)
        var text = """
            profile: load
            kind: water-meter
            name: {zh: 负载, en: Load}
            sources: {S1: {title: "Made for this benchmark"}}
            order: ABCD
            signals: {}
            points:

            """
        for register in 0..<registers {
            text += "  r\(register): {table: holding, address: \(register), type: uint16, scale: 0.1, unit: bar, poll: fast, source: S1, confidence: A}\n"
        }
        try text.write(to: profile, atomically: true, encoding: .utf8)
        var site = """
            site: {id: load, name: Load}
            storage: {directory: state}
            mqtt: {url: "mqtt://127.0.0.1:\(brokerPort)"}
            dashboard: {address: 127.0.0.1, port: 0}
            polling: {fast_seconds: 1, normal_seconds: 10, slow_seconds: 60}
            persons:
              wang-fang: {name: Wang Fang, role: receiver}
            duty: {owner: wang-fang}

            """
        var buses = "buses:\n"
        var devices = "devices:\n"
        for (place, address) in addresses.enumerated() {
            guard case .tcp(let host, let port) = address else { continue }
            buses += "  bus-\(place): {tcp: \(host), port: \(port)}\n"
            devices += "  device-\(place): {profile: load, bus: bus-\(place), unit: 1, area: area, asset: asset-\(place), responsible: contractor}\n"
        }
        site += buses + devices
        try site.write(toFile: file, atomically: true, encoding: .utf8)
        try "listener \(brokerPort) 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\n"
            .write(toFile: brokerFile, atomically: true, encoding: .utf8)
    }
}
