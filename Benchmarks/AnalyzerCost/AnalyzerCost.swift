// SPDX-License-Identifier: Apache-2.0

import Analysis
import ArgumentParser
import EstateMaker
import Foundation
import HeapCount
import Leakbench
import Model

/// What the analyzer costs: nanoseconds, blocks of the heap and bytes of state.
@main
struct AnalyzerCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what a reading costs the analyzer, and how much it remembers of a meter.",
        discussion: """
            Readings are made beforehand and given to the analyzer from memory. Blocks of the heap are counted by a
            definition of malloc that stands before the C library's, in the second half of the readings, when the state
            has reached its size. Bytes of a meter are those of the heap that are in use with and without sixteen of it.

            Example:
              AnalyzerCost --dwellings 120 --days 20
            """)

    @Option(help: "Dwellings of an estate.") var dwellings = 120
    @Option(help: "Days of readings.") var days = 20
    @Option(help: "Seed of the estate with machines.") var seed: UInt64 = 3
    @Flag(help: "Show the parts of each kind of meter, not of a dwelling's alone.") var parts = false

    func validate() throws {
        guard (1...500).contains(dwellings), (4...200).contains(days) else {
            throw ValidationError("dwellings 1-500, days 4-200.")
        }
    }

    func run() throws {
        guard HeapProbe.isAtWork else {
            print("AnalyzerCost: malloc is not the program's own here, so that no block can be counted.")
            throw ExitCode(1)
        }
        let plain = PlainEstate(risers: 4, dwellings: max(1, dwellings / 4))
        print("Meters alone: " + measure(plain.site, AnnouncedCalendar(), plain.readings(days: days)))
        let made = try MadeEstate(seed: seed, days: days, dwellings: dwellings)
        print("With machines: " + measure(made.site, made.calendar, made.readings))
        print("")
        print("State of a meter after \(days) days, bytes    in memory    saved    and where 9 L are drawn at most")
        for kind in MeterKind.allCases {
            let (size, plain) = (try kind.size(days: days), try kind.size(days: days, isPlain: true))
            print(
                kind.rawValue.padded(to: 41) + "\(size.memory)".padded(to: 13) + "\(size.saved)".padded(to: 9)
                    + "\(plain.memory), \(plain.saved)")
        }
        for kind in parts ? MeterKind.allCases : [.dwelling] { print("\n" + table(of: kind)) }
    }

    /// The parts of one meter, the largest first.
    private func table(of kind: MeterKind) -> String {
        guard let weighed = kind.parts(days: days) else { return "\(kind.rawValue): its parts cannot be seen." }
        let heap = weighed.parts.reduce(0) { $0 + $1.heap }
        var lines = [
            "\(kind.rawValue): \(weighed.inline) bytes in one piece, \(heap) in blocks of the heap",
            "  part".padded(to: 28) + "in it".padded(to: 9) + "heap",
        ]
        for part in weighed.parts.sorted(by: { $0.inline + $0.heap > $1.inline + $1.heap }) {
            lines.append("  \(part.name)".padded(to: 28) + "\(part.inline)".padded(to: 9) + "\(part.heap)")
        }
        return lines.joined(separator: "\n")
    }

    private func measure(
        _ site: SiteDescription, _ calendar: AnnouncedCalendar, _ readings: [AnalyzerReading]
    ) -> String {
        var analyzer = Analyzer(site: site, calendar: calendar)
        var changes = 0
        let half = readings.count / 2
        let clock = ContinuousClock()
        var elapsed = clock.measure { for reading in readings[..<half] { changes += analyzer.ingest(reading).count } }
        var heap = HeapProbe()
        elapsed += clock.measure {
            for reading in readings[half...] {
                heap.begin(analyzer.dataTime)
                changes += analyzer.ingest(reading).count
                heap.end(analyzer.dataTime)
            }
        }
        let nanoseconds = elapsed / .nanoseconds(1) / Double(max(1, readings.count))
        return """
            \(site.meters.count) meters, \(site.signals.count + site.gates.count) signals, \(readings.count) readings, \
            \(changes) changes of findings
              time of a reading      \(Int(nanoseconds)) ns (\(Int(1e9 / nanoseconds)) readings a second)
            \(heap.text)
            """
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
