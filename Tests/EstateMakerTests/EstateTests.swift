// SPDX-License-Identifier: Apache-2.0

import Analysis
import Foundation
import Leakbench
import Model
import SiteFiles
import Testing

@testable import EstateMaker

/// A temporary folder, removed with the last reference to it.
private final class Folder {
    let path = NSTemporaryDirectory() + "estate-test-" + UUID().uuidString
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")) }
}

@Suite struct EstateTests {
    private static let files = ["topology.json", "calendar.csv", "context.csv", "truth.csv", "readings.csv.gz"]

    @Test func `a seed gives the same files every time, and another seed others`() throws {
        let (first, second, other) = (Folder(), Folder(), Folder())
        try Estate(seed: 4, days: 3, dwellings: 9).write(to: first.path)
        try Estate(seed: 4, days: 3, dwellings: 9).write(to: second.path)
        try Estate(seed: 5, days: 3, dwellings: 9).write(to: other.path)
        for name in Self.files { #expect(try first.file(name) == second.file(name), "\(name)") }
        #expect(try first.file("readings.csv.gz") != other.file("readings.csv.gz"))
    }

    @Test func `a folder that cannot be made is named`() {
        #expect(throws: EstateFolderError.self) {
            try Estate(seed: 1, days: 1, dwellings: 2).write(to: "/proc/none/estate")
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a replay understands every row, and meets late and repeated ones`(seed: UInt64) throws {
        let folder = Folder()
        let rows = try Estate(seed: seed, days: 4, dwellings: 8).write(to: folder.path)
        let report = try replayLeakbench(folder: folder.path, findings: folder.path + "/findings.jsonl") { name in
            try #require(estateZone(named: name))
        }
        #expect(report.rows == rows)
        #expect(report.unreadableRows == 0)
        #expect(report.problems.isEmpty)
        #expect(report.statistics.duplicates > 20)
        #expect(report.statistics.late > 5)
        #expect(report.statistics.bad > 5)
    }

    @Test func `every type of fault occurs, in the period and on a device that there is`() {
        var types: Set<FaultType> = []
        var isOld = false
        var hasPair = false
        for seed in 1...60 as ClosedRange<UInt64> {
            let plan = EstatePlan(seed: seed, days: 60, dwellingCount: 40)
            let drafts = FaultDrawing.draw(plan, seed: seed, vacant: [:])
            for draft in drafts {
                types.insert(draft.type)
                if draft.span.lowerBound == 0 { isOld = true }
                #expect(draft.span.lowerBound >= 0 && draft.span.upperBound <= plan.period.minutes, "seed \(seed)")
                #expect(!draft.span.isEmpty)
                if case .dwelling(let home) = draft.target { #expect(plan.dwellings[home].meter.name == draft.device) }
                if draft.type == .drippingTap, case .dwelling(let home) = draft.target {
                    #expect(plan.dwellings[home].isUltrasonic, "no other meter can see a drip")
                }
            }
            let water = drafts.filter { [.burst, .slabLeak, .stuckMeter, .tankOverflow].contains($0.type) }
            hasPair =
                hasPair
                || water.contains { one in
                    water.contains { $0.target != one.target && $0.span.overlaps(one.span) }
                }
        }
        #expect(types == Set(FaultType.allCases))
        #expect(isOld, "no leak from the first day on")
        #expect(hasPair, "no two troubles of water at once")
    }

    @Test(arguments: 1..<9 as Range<UInt64>)
    func `what flows in comes out again`(seed: UInt64) throws {
        let estate = Estate(seed: seed, days: 5, dwellings: 14, isHealthy: true)
        let plan = EstatePlan(seed: seed, days: 5, dwellingCount: 14)
        #expect(estate.labels.isEmpty)
        func litres(_ meter: MeterPlan) throws -> Double {
            let samples = try #require(estate.signals.first { $0.device == meter.name && $0.point == "total" }).samples
            var counts: Int64 = 0
            for (one, next) in zip(samples, samples.dropFirst()) {
                let step = next.value - one.value
                // A register that has passed its end, or was exchanged.
                counts += step < -(1 << 31) ? step + 1 << 32 : max(0, step)
            }
            return Double(counts) * meter.litresPerCount
        }
        let risers = try plan.risers.map { try litres($0.meter) }
        for (place, riser) in risers.enumerated() {
            let homes = try plan.dwellings(of: place).reduce(0) { try $0 + litres(plan.dwellings[$1].meter) }
            // Mechanical meters miss small flows, meters err, and stairs are washed; works and pools are not here.
            let isQuiet = !estate.context.contains {
                $0.device == plan.risers[place].meter.name && $0.kind != "comms_gap"
            }
            if isQuiet { #expect(homes > riser * 0.88 && homes < riser * 1.03, "seed \(seed), riser \(place)") }
        }
        let garden = try plan.irrigation.map { try litres($0.meter) } ?? 0
        let out = risers.reduce(garden, +)
        let stored = (plan.supply.tank?.volume ?? 0) + (plan.supply.roofTank?.volume ?? 0)
        let into = try litres(plan.inlet)
        #expect(abs(into - out) < out * 0.03 + stored * 0.35 + 700, "seed \(seed): in \(into), out \(out)")
    }

    @Test(arguments: Country.all.map(\.zone))
    func `clocks are changed as the tz database says`(zone: String) throws {
        let (ours, theirs) = (try #require(estateZone(named: zone)), try readZone(named: zone))
        var moment = try #require(Timestamp(rfc3339: "2024-01-01T00:00:00Z"))
        let end = try #require(Timestamp(rfc3339: "2029-01-01T00:00:00Z"))
        while moment < end {
            let (one, other) = (ours.offsetSeconds(at: moment), theirs.offsetSeconds(at: moment))
            guard one == other else {
                Issue.record("\(zone) at \(moment.rfc3339): \(one), not \(other)")
                return
            }
            moment = moment + .seconds(1800)
        }
    }

    @Test func `a mechanical meter stands still below its least flow and passes its end`() {
        let plan = MeterPlan(name: "m", litresPerCount: 1, gain: 1, startFlow: 4, firstCount: (1 << 32) - 2)
        // 3 L/h for an hour, then 60 L/h for five minutes.
        let litres = [Float](repeating: 0.05, count: 60) + [Float](repeating: 1, count: 5)
        let shown = Register(plan: plan).samples(litres, at: [0, 3599, 3660, 3720, 3780]).map(\.value)
        #expect(shown == [(1 << 32) - 2, (1 << 32) - 2, (1 << 32) - 1, 0, 1])
    }

    @Test func `a stuck meter goes on where it stood, a slipping one counts less`() {
        let plan = MeterPlan(name: "m", litresPerCount: 1, gain: 1, startFlow: 0, firstCount: 100)
        let litres = [Float](repeating: 10, count: 40)
        var register = Register(plan: plan)
        register.troubles = [(10..<20, .stuck), (20..<30, .slip(0.5))]
        #expect(register.samples(litres, at: [600, 1200, 1800, 2399]).map(\.value) == [200, 200, 250, 349])
    }
}
