// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import EstateSimulator
import LineBench
import SimulatorServer

/// What dead units cost the others of their line, with the gateway's own transport and poller on pseudo-terminals
/// whose characters take their time.
@main
struct DeadUnits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures what dead units cost the living ones. Exits 1 when a target is missed.")

    @Option(help: "Bits a second (8N1).")
    var baud = 38_400

    @Option(help: "Units on the line, 7 ... 247.")
    var units = 30

    @Option(help: "Time measured with each number of dead units, in seconds.")
    var seconds = 12

    private static let timeout = Duration.milliseconds(200)

    func validate() throws {
        guard 7...247 ~= units, 1200...921_600 ~= baud, seconds > 0 else {
            throw ValidationError("units are 7 ... 247, baud 1200 ... 921600, seconds above 0.")
        }
    }

    func run() async throws {
        let pace = LinePace(baud: baud)
        let probe = try LineRig(setup(pace, period: .seconds(1)))
        probe.line.stop()
        // Seven tenths of the line are in use while all units live: beyond that `sluice plan` warns.
        let period = probe.predictedCycle * 10 / 7
        let rig = try LineRig(setup(pace, period: period))
        let twin = try LineRig(setup(pace, period: period))
        print(
            "\(units) units at \(baud) baud, period \(milliseconds(period)) ms, timeout \(milliseconds(Self.timeout)) ms"
        )
        async let neighbour = watchNeighbour(twin)
        let targetsMet = try await rig.polling { rig in try await measure(rig) }
        let isNeighbourFine = try await neighbour
        guard targetsMet, isNeighbourFine else { throw ExitCode(1) }
    }

    private func setup(_ pace: LinePace, period: Duration) -> LineRig.Setup {
        LineRig.Setup(pace: pace, units: units, registers: [0, 1], period: period, timeout: Self.timeout)
    }

    private func measure(_ rig: LineRig) async throws -> Bool {
        let all = Array(1...units)
        await rig.record.wait { all.allSatisfy { rig.record.goodSweeps(of: $0) >= 10 } }
        let healthy = await period(rig, living: all)
        print("all alive      period \(milliseconds(healthy.mean)) ms (longest \(milliseconds(healthy.longest)) ms)")
        var isFine = true
        for (dead, target) in [([7], 1.05), ([3, 4, 5, 6, 7], 1.15)] {
            let before = rig.line.statistics.requestsByUnit
            for unit in dead { rig.units.set(.dead, of: UInt8(unit)) }
            await rig.record.wait { dead.allSatisfy { !rig.record.isOnline($0) } }
            let asked = rig.line.statistics.requestsByUnit
            let living = all.filter { !dead.contains($0) }
            let found = await period(rig, living: living)
            let ratio = found.mean / healthy.mean
            let timeouts = dead.map { asked[$0] - before[$0] }.max() ?? 0
            let lost = living.reduce(0) { $0 + rig.record.losses(of: $1) }
            print(
                "\(dead.count) dead         period \(milliseconds(found.mean)) ms (longest \(milliseconds(found.longest)) ms), "
                    + "ratio \(rounded(ratio)) (target \(target) at most); given up after \(timeouts) requests at most, "
                    + "living units given up: \(lost)")
            isFine = isFine && ratio <= target && lost == 0
            if dead.count == 1 { isFine = await recover(7, rig) && isFine }
        }
        print("line           \(rig.line.statistics)")
        return isFine && rig.line.statistics.violations == 0
    }

    /// Mean period of the slowest of `living`, and the longest single one, over the time measured.
    private func period(_ rig: LineRig, living: [Int]) async -> (mean: Duration, longest: Duration) {
        let start = LineRig.now()
        let end = start + Int64(seconds) * 1_000_000_000
        await rig.record.wait { LineRig.now() >= end }
        let found = living.map { rig.record.period(of: $0, since: start) ?? (.seconds(seconds), .seconds(seconds)) }
        return (found.map(\.mean).max() ?? .zero, found.map(\.longest).max() ?? .zero)
    }

    /// Whether a unit that lives again is seen within one probe interval.
    private func recover(_ unit: Int, _ rig: LineRig) async -> Bool {
        // The interval doubles from 1 s with each probe, and is never shorter than twenty times its cost.
        let probes = max(0, rig.line.statistics.requestsByUnit[unit] - rig.record.goodSweeps(of: unit) - 2)
        let cost = rig.predictedCycle / units + Self.timeout
        let interval = max(.seconds(1 << min(probes, 6)), cost * 20)
        let begun = LineRig.now()
        rig.units.set(.answering, of: UInt8(unit))
        await rig.record.wait { rig.record.isOnline(unit) }
        let taken = Duration.nanoseconds(LineRig.now() - begun)
        print(
            "back           seen after \(milliseconds(taken)) ms (target one probe interval, \(milliseconds(interval)) ms)"
        )
        return taken <= interval + cost
    }

    /// A second line with the same unit numbers, none of which is dead, polled by the same process meanwhile.
    private func watchNeighbour(_ twin: LineRig) async throws -> Bool {
        let (units, span) = (Array(1...units), seconds * 3)
        return try await twin.polling { twin in
            await twin.record.wait { units.allSatisfy { twin.record.goodSweeps(of: $0) >= 10 } }
            let start = LineRig.now()
            let end = start + Int64(span) * 1_000_000_000
            await twin.record.wait { LineRig.now() >= end }
            let means = units.compactMap { twin.record.period(of: $0, since: start)?.mean }
            let ratio = (means.max() ?? .zero) / twin.setup.period
            let lost = units.reduce(0) { $0 + twin.record.losses(of: $1) + twin.record.badSweeps(of: $1) }
            print(
                "other line     same unit numbers: period \(rounded(ratio)) x, failed polls \(lost) (target 1.02 and 0)"
            )
            return ratio <= 1.02 && lost == 0
        }
    }

    private func milliseconds(_ span: Duration) -> Double { rounded(span / .milliseconds(1)) }
    private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
