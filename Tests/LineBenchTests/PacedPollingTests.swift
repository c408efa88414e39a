// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import LineBench
import SimulatorServer
import Testing

/// The gateway's own transport and poller on a line whose characters take their time.
@Suite(.serialized) struct PacedPollingTests {
    private static func setup(timeout: Duration = .milliseconds(200)) -> LineRig.Setup {
        LineRig.Setup(
            pace: LinePace(baud: 115_200), units: 4, registers: [0, 1, 40, 200], period: .milliseconds(10),
            timeout: timeout)
    }

    @Test func `two hundred requests keep the silence`() async throws {
        let rig = try LineRig(Self.setup())
        let seen = try await rig.polling { rig in
            await rig.record.wait { rig.line.statistics.requests >= 200 }
            return rig.line.statistics
        }
        #expect(seen.violations == 0, "\(seen)")
        #expect(seen.answers >= 199)
        #expect((1...4).allSatisfy { rig.record.badSweeps(of: $0) == 0 })
    }

    @Test func `no master is quicker than the optimum`() async throws {
        let rig = try LineRig(Self.setup())
        let seen = try await rig.polling { rig in
            await rig.record.wait { rig.line.statistics.requests >= 200 }
            return rig.line.statistics
        }
        let cycle = try #require(seen.timePerRequest) * rig.requestsPerCycle
        #expect(cycle >= rig.predictedCycle, "\(cycle) against \(rig.predictedCycle)")
    }

    @Test func `a dead unit is given up alone and comes back`() async throws {
        let rig = try LineRig(Self.setup(timeout: .milliseconds(60)))
        try await rig.polling { rig in
            await rig.record.wait { (1...4).allSatisfy { rig.record.isOnline($0) } }
            let before = rig.line.statistics.requestsByUnit[2]
            rig.units.set(.dead, of: 2)
            await rig.record.wait { !rig.record.isOnline(2) }
            // One poll may have been answered before the unit died.
            #expect(rig.line.statistics.requestsByUnit[2] - before <= 5)
            rig.units.set(.answering, of: 2)
            await rig.record.wait { rig.record.isOnline(2) }
        }
        #expect([1, 3, 4].allSatisfy { rig.record.losses(of: $0) == 0 })
    }
}
