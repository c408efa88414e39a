// SPDX-License-Identifier: Apache-2.0

public import Analysis
public import Model

/// A leakbench folder: an estate, what was announced, and its readings in their order of arrival.
///
/// Of the folder `topology.json`, `calendar.csv` and `readings.csv.gz` are read, and no other file: the labels beside
/// them stay unopened.
public struct LeakbenchRecording {
    public let estate: String
    public let site: SiteDescription
    public let announcedEvents: [AnnouncedEvent]
    /// What the analyzer makes of the announcements.
    public let calendar: AnnouncedCalendar
    let problems: [LeakbenchError]
    private let topology: Topology
    private let readingsPath: String

    /// - Parameter zone: Gives the offsets of the time zone that the topology names.
    /// - Throws: `LeakbenchError` for a file that is missing or broken as a whole.
    public init(folder: String, zone: (String) throws -> ZoneOffsets) throws {
        let topologyPath = "\(folder)/topology.json"
        topology = try Topology.read(topologyPath)
        let offsets: ZoneOffsets
        do {
            offsets = try zone(topology.timezone)
        } catch {
            throw LeakbenchError(path: topologyPath, "timezone: \(error)")
        }
        estate = topology.estate
        site = try topology.site(zone: offsets, path: topologyPath)
        let announced = try AnnouncedEvents(path: "\(folder)/calendar.csv")
        announcedEvents = announced.events
        calendar = AnnouncedCalendar(announced.events.compactMap(\.announcement))
        problems = announced.problems
        readingsPath = "\(folder)/readings.csv.gz"
        _ = try GzipLines(path: readingsPath)
    }

    /// Hands every reading to `body` in the order of arrival; rows that cannot be read are counted and left out.
    ///
    /// - Throws: `LeakbenchError` for readings that are damaged as a whole, and what `body` throws.
    public func forEachReading(
        report: inout LeakbenchReport, _ body: (AnalyzerReading) throws -> Void
    ) throws {
        report.estate = estate
        report.announcedEvents = announcedEvents
        report.problems = problems
        var rows = ReadingRows(topology, site)
        try GzipLines(path: readingsPath).forEach { bytes, line in
            if line == 1 {
                guard bytes.elementsEqual(ReadingRows.header.utf8) else {
                    throw LeakbenchError(path: readingsPath, line: 1, "the header must be '\(ReadingRows.header)'.")
                }
                return
            }
            guard !bytes.isEmpty else { return }
            report.rows += 1
            switch rows.row(bytes) {
            case .other:
                report.otherRows += 1
            case .unreadable(let reason):
                report.unreadableRows += 1
                if report.problems.count < LeakbenchReport.namedProblems {
                    report.problems.append(
                        LeakbenchError(path: readingsPath, line: line, "\(reason); the row is left out."))
                }
            case .reading(let reading):
                report.readings += 1
                try body(reading)
            case .parts:
                for part in rows.parts {
                    report.readings += 1
                    try body(part)
                }
            }
        }
    }
}
