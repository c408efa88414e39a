// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import Analysis

@Suite struct WaterQualityTests {
    struct Case {
        var name: String
        var signal: Signal = .chlorine
        /// A reading each ten minutes from minute 600 on.
        var values: [Double?]
        var raised: Double?
        var cleared: Double?
        var worst: Double?
    }

    private static func line(_ limits: [SignalLimits]? = nil) -> MachineLine {
        MachineLine([.chlorine, .turbidity], everySeconds: 600) {
            $0.sensors = [
                SensorDescription(
                    asset: machine,
                    limits: limits ?? [
                        SignalLimits(signal: .chlorine, lowest: 0.2, highest: 0.5),
                        SignalLimits(signal: .turbidity, highest: 1),
                    ])
            ]
        }
    }

    @Test(arguments: [
        Case(name: "inside", values: [0.3, 0.2, 0.5, 0.25]),
        Case(name: "too little", values: [0.3, 0.15, 0.1, 0.12], raised: 630, worst: 0.1),
        Case(name: "too much", values: [0.6, 0.7, 0.65], raised: 620, worst: 0.7),
        Case(name: "two readings", values: [0.3, 0.1, 0.1, 0.3, 0.1, 0.1, 0.3]),
        Case(name: "a poll that failed neither counts nor ends it", values: [0.1, nil, 0.1, nil, 0.1], raised: 640),
        Case(name: "over", values: [0.1, 0.1, 0.1, 0.3, 0.3, 0.3], raised: 620, cleared: 650),
        Case(name: "not over", values: [0.1, 0.1, 0.1, 0.3, 0.3, 0.1, 0.3], raised: 620),
        Case(name: "cloudy", signal: .turbidity, values: [0.4, 1.5, 1.2, 3], raised: 630, worst: 3),
    ])
    func `water outside the limits for three readings is found`(_ c: Case) throws {
        var line = Self.line()
        let told = c.values.enumerated().map { Told(600 + 10 * Double($0.offset), c.signal, $0.element) }
        let changes = try line.tellWithReloads(told, every: 1)
        #expect(changes.raised.first?.raisedAt.minute == c.raised, "\(c.name)")
        #expect(changes.cleared.first?.clearedAt?.minute == c.cleared, "\(c.name)")
        if let worst = c.worst { #expect(changes.raised.first?.evidence.value("measured") == worst) }
        #expect(changes.raised.count <= 1)
        #expect(line.analyzer.statistics.evaluations.waterQuality > 0)
    }

    @Test func `without a limit nothing is judged`() {
        var line = Self.line([])
        #expect(line.tell((0..<10).map { Told(600 + Double($0), .chlorine, 9) }).isEmpty)
        #expect(line.analyzer.statistics.evaluations.waterQuality == 0)
    }

    @Test func `a damaged state is refused`() throws {
        let saved = String(decoding: try JSONEncoder().encode(Self.line().analyzer), as: UTF8.self)
        let damaged = saved.replacingOccurrences(of: #""outside":0"#, with: #""outside":-3"#)
        #expect(damaged != saved)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Analyzer.self, from: Data(damaged.utf8)) }
    }
}

/// Estate practice, shared facilities: drains and sewers clear, fire-water ready.
@Suite struct FacilityTests {
    private static func line(_ facility: Facility, _ limits: [SignalLimits]) -> MachineLine {
        MachineLine([.level, .pressure], everySeconds: 60) {
            var sensor = SensorDescription(asset: machine, limits: limits)
            sensor.facility = facility
            $0.sensors = [sensor]
        }
    }

    @Test("drains and sewers clear: a sump that stands high is found and needs a visit")
    func drain() throws {
        var line = Self.line(.drain, [SignalLimits(signal: .level, highest: 1.2)])
        let levels = [0.4, 0.9, 1.3, 0.8, 1.25, 1.4, 1.5, 1.6]
        let changes = line.tell(levels.enumerated().map { Told(600 + Double($0.offset), .level, $0.element) })
        let finding = try #require(changes.raised.first)
        #expect(finding.rule == .sewageLevel && finding.severity == .p2 && finding.raisedAt.minute == 606)
        #expect(finding.evidence.measures.first?.unit == .metre)
        #expect(line.analyzer.statistics.evaluations.sewageLevel == 8)
        let over = line.tell((0..<3).map { Told(620 + Double($0), .level, 0.3) })
        #expect(over.cleared.first?.clearedAt?.minute == 622)
    }

    @Test("fire-water ready: too low a level or pressure is urgent", arguments: [Signal.level, .pressure])
    func fireWater(signal: Signal) throws {
        var line = Self.line(
            .fireWater, [SignalLimits(signal: .level, lowest: 2.5), SignalLimits(signal: .pressure, lowest: 2.5)])
        let changes = line.tell(
            [3, 2.4, 2.3, 2.2].enumerated().map { Told(600 + Double($0.offset), signal, $0.element) })
        let finding = try #require(changes.raised.first)
        #expect(finding.rule == .fireWater && finding.severity == .p1)
        #expect(finding.evidence.value("lowest") == 2.5)
        #expect(changes.raised.count == 1)
    }
}
