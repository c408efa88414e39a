// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import EstateSimulator
import LineBench
import SimulatorServer

/// How close polling comes to the best that a serial line allows, with the gateway's own transport and poller on a
/// pseudo-terminal whose characters take their time.
@main
struct SerialLineBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "SerialLine",
        abstract: "Measures the polling cycle of a serial line against its optimum. Exits 1 when a target is missed.")

    @Option(help: "Bits a second (8N1).")
    var baud = 9600

    @Option(help: "Requests to measure; 10,000 take five minutes at 9600 baud.")
    var requests = 2000

    @Option(help: "Units on the line, 1 ... 247.")
    var units = 10

    @Option(help: "Time a unit takes to answer, in milliseconds.")
    var turnaround = 2

    /// Runs and single registers, near ones and far ones.
    private static let registers = [0, 3, 9, 30, 31, 50, 58, 100, 112, 150, 163, 300]

    func validate() throws {
        guard 1...247 ~= units, 1200...921_600 ~= baud, requests > 0, 0...1000 ~= turnaround else {
            throw ValidationError("units are 1 ... 247, baud 1200 ... 921600, requests above 0, turnaround 0 ... 1000.")
        }
    }

    func run() async throws {
        let pace = LinePace(baud: baud, turnaround: .milliseconds(turnaround))
        // Everything is due always, so that the line is never idle for want of work.
        let rig = try LineRig(
            LineRig.Setup(pace: pace, units: units, registers: Self.registers, period: .milliseconds(20)))
        let wanted = requests
        let units = units
        // After 200 answers the turnaround of a unit is learned; its plans are then those of a long run.
        let (before, start, after) = try await rig.polling { rig in
            await rig.record.wait {
                rig.line.statistics.requestsByUnit.count { $0 >= 210 } == units
            }
            let before = rig.line.statistics
            rig.line.resetStatistics()
            let start = LineRig.now()
            await rig.record.wait { rig.line.statistics.requests > wanted }
            return (before, start, rig.line.statistics)
        }
        let cycle = (rig.record.timePerSweep(since: start) ?? .zero) * units
        let usual = (rig.record.medianTimePerSweep(since: start) ?? .zero) * units
        let ratio = cycle / rig.predictedCycle
        let own = (after.lateness / max(1, after.requests)) * rig.requestsPerCycle
        let violations = before.violations + after.violations
        print("baud \(baud) 8N1, \(units) units of \(Self.registers.count) registers, turnaround \(turnaround) ms")
        let perCycle = cycle / (after.timePerRequest ?? cycle)
        print("requests per cycle          \(rounded(perCycle, 1)) (optimum \(rig.requestsPerCycle))")
        print("theoretical optimum         \(milliseconds(rig.predictedCycle)) ms a cycle")
        print("measured                    \(milliseconds(cycle)) ms a cycle")
        print(
            "median                      \(milliseconds(usual)) ms a cycle (\(rounded(usual / rig.predictedCycle, 4)))")
        print("of which the simulator's    \(milliseconds(own)) ms")
        print("ratio                       \(rounded(ratio, 4)) (target 1.02 at most)")
        print("prediction off by           \(rounded((ratio - 1) * 100, 2)) % (target 5 % at most)")
        print("silence violations          \(violations) of \(before.requests + after.requests) (target 0)")
        print("line                        \(after)")
        let polled = after.requestsByUnit.filter { $0 > 0 }
        print("requests to a unit          \(polled.min() ?? 0) ... \(polled.max() ?? 0)")
        guard violations == 0, ratio <= 1.02, abs(ratio - 1) <= 0.05 else { throw ExitCode(1) }
    }

    private func milliseconds(_ span: Duration) -> Double { rounded(span / .milliseconds(1), 2) }

    private func rounded(_ value: Double, _ places: Int) -> Double {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        return (value * scale).rounded() / scale
    }
}
