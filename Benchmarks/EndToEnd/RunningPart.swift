// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A program of the benchmark: gateway, broker or witness, ended with this object.
final class RunningPart {
    let process = Process()
    let output = Pipe()

    /// - Parameter isHeard: Whether what it prints is read from ``output``.
    init(_ program: String, _ arguments: [String], isHeard: Bool = false) throws {
        // A child inherits the signals that this thread blocks; `env` hands them back before it becomes the program.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["--default-signal", program] + arguments
        if isHeard { process.standardOutput = output }
        try process.run()
    }

    func end() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    deinit { end() }

    /// User and system time so far, in seconds.
    var cpuSeconds: Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return 0 }
        // After the name come state (3), and user and system time as fields 14 and 15, in clock ticks.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident and proportional memory in megabytes, and the number of threads.
    func memory() throws -> (resident: Double, proportional: Double, threads: Int) {
        var (resident, proportional) = (0.0, 0.0)
        let folder = "/proc/\(process.processIdentifier)"
        for line in try String(contentsOfFile: "\(folder)/smaps_rollup", encoding: .utf8).split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 2, let value = Double(fields[1]) else { continue }
            if fields[0] == "Rss:" { resident = value / 1024 }
            if fields[0] == "Pss:" { proportional = value / 1024 }
        }
        return (resident, proportional, try FileManager.default.contentsOfDirectory(atPath: "\(folder)/task").count)
    }
}
