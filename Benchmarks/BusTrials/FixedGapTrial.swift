// SPDX-License-Identifier: Apache-2.0

public import Foundation
import Model
public import ModbusCodec
import Polling
import Profiles

/// The plans of the bundled profiles beside those that bridge every gap up to a fixed width.
public struct FixedGapTrial: Sendable {
    public static let gaps = [0, 10, 50, 100]
    public static let bauds = [9600, 19_200, 115_200]

    public struct Row: Sendable {
        public var profile: String
        public var baud: Int
        public var planned: Plan
        /// One for each of ``gaps``.
        public var fixed: [Plan]

        public var isMissed: Bool { fixed.contains { $0.time < planned.time } }
    }

    public struct Plan: Sendable {
        public var requests: Int
        public var time: Duration

        init(_ spans: [RegisterSpan], _ cost: CostModel) {
            requests = spans.count
            time = spans.reduce(.zero) { $0 + cost.duration(of: $1) }
        }
    }

    /// Everything that each profile below `folder` reads, with the defaults of its parameters; `nil` for a profile
    /// that cannot be read.
    public static func rows(profilesIn folder: URL) -> [Row?] {
        profileFiles(in: folder).flatMap { file -> [Row?] in
            guard let text = try? String(contentsOf: file, encoding: .utf8),
                let profile = readProfile(text, path: file.path).profile
            else { return [nil] }
            let device = profile.compile(parameters: [:])
            let items = device.values.flatMap(\.needs)
            return bauds.map { row(profile.identifier, baud: $0, items, device.limits) }
        }
    }

    static func row(_ profile: String, baud: Int, _ items: [RegisterSpan], _ limits: ReadLimits) -> Row {
        let cost = CostModel.serial(baud: baud, bitsPerCharacter: 11, turnaround: .milliseconds(20))
        return Row(
            profile: profile, baud: baud, planned: Plan(planReads(items, limits: limits, cost: cost), cost),
            fixed: gaps.map { Plan(fixedGapPlan(items, limits: limits, gap: $0), cost) })
    }

    private static func profileFiles(in folder: URL) -> [URL] {
        func folders(_ parent: URL) -> [URL] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
            return names.sorted().map { parent.appendingPathComponent($0) }
        }
        return folders(folder).flatMap(folders).map { $0.appendingPathComponent("profile.yaml") }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
    }
}

/// What a reader does that goes on with a request as long as the next item is at most `gap` addresses away.
public func fixedGapPlan(_ items: [RegisterSpan], limits: ReadLimits, gap: Int) -> [RegisterSpan] {
    var plan: [RegisterSpan] = []
    for table in RegisterTable.allCases {
        let wanted = Set(items.filter { $0.table == table }.map(\.range))
            .sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        var run: Range<Int>?
        for item in wanted {
            if let open = run, item.lowerBound - open.upperBound <= min(gap, Int(limits.maximumGap ?? .max)) {
                let joined = open.lowerBound..<max(open.upperBound, item.upperBound)
                if fits(widened(joined, table, limits), table, limits) {
                    run = joined
                    continue
                }
            }
            if let run { plan.append(span(widened(run, table, limits), table)) }
            run = item
        }
        if let run { plan.append(span(widened(run, table, limits), table)) }
    }
    return plan
}

private func fits(_ run: Range<Int>, _ table: RegisterTable, _ limits: ReadLimits) -> Bool {
    run.count <= Int(min(table.isBits ? limits.maximumBits : limits.maximumRegisters, table.maximumRead))
        && !limits.boundaries.contains { run.lowerBound < Int($0) && Int($0) < run.upperBound }
        && !limits.forbidden.contains { $0.table == table && $0.range.overlaps(run) }
}

/// Even start and even count where the device wants them.
private func widened(_ run: Range<Int>, _ table: RegisterTable, _ limits: ReadLimits) -> Range<Int> {
    let start = limits.needsEvenAddress ? run.lowerBound - run.lowerBound % 2 : run.lowerBound
    let count = run.upperBound - start
    return start..<start + (limits.needsEvenCount && !table.isBits ? count + count % 2 : count)
}

private func span(_ run: Range<Int>, _ table: RegisterTable) -> RegisterSpan {
    let end = min(run.upperBound, 65_536)
    return RegisterSpan(table, at: UInt16(min(run.lowerBound, end - run.count)), count: UInt16(run.count))
}
