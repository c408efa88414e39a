// SPDX-License-Identifier: Apache-2.0

public import Analysis
import FoundationEssentials
public import Model

/// An estate that is described as in a leakbench folder and whose rows come piece by piece, from no file.
public struct LeakbenchStream {
    public let site: SiteDescription
    /// What the analyzer makes of the announcements.
    public let calendar: AnnouncedCalendar
    /// Rows that could not be read.
    public private(set) var unreadableRows = 0
    private var rows: ReadingRows

    /// - Parameters:
    ///   - topology: Text of a `topology.json`.
    ///   - zone: Offsets of the time zone that it names.
    /// - Throws: `LeakbenchError` for a topology that is none.
    public init(topology text: String, announced: [AnnouncedEvent], zone: ZoneOffsets) throws(LeakbenchError) {
        let topology: Topology
        do {
            topology = try JSONDecoder().decode(Topology.self, from: Data(text.utf8))
        } catch {
            throw LeakbenchError(path: "topology.json", "is not JSON that can be read: \(error)")
        }
        site = try topology.site(zone: zone, path: "topology.json")
        calendar = AnnouncedCalendar(announced.compactMap(\.announcement))
        rows = ReadingRows(topology, site)
    }

    /// Readings of whole rows, each with its end of line, in their order; a header is passed over.
    public mutating func readings(of bytes: [UInt8]) -> [AnalyzerReading] {
        var readings: [AnalyzerReading] = []
        bytes.withUnsafeBytes { all in
            var start = 0
            for place in all.indices where all[place] == 0x0A {
                let line = UnsafeRawBufferPointer(rebasing: all[start..<place])
                start = place + 1
                guard !line.isEmpty, !line.elementsEqual(ReadingRows.header.utf8) else { continue }
                switch rows.row(line) {
                case .reading(let reading): readings.append(reading)
                case .parts: readings += rows.parts
                case .other: break
                case .unreadable: unreadableRows += 1
                }
            }
        }
        return readings
    }
}
