// SPDX-License-Identifier: Apache-2.0

public import Analysis
public import Model

/// What a replay went through.
public struct LeakbenchReport: Sendable {
    public var estate = ""
    /// Rows of readings, without the header.
    public var rows = 0
    /// Rows that were handed to the analyzer.
    public var readings = 0
    /// Rows of points and devices that the analyzer does not look at.
    public var otherRows = 0
    /// Rows that could not be read; they are left out.
    public var unreadableRows = 0
    /// The first few of them, each with its line and what is wrong, and the announcements that could not be read.
    public var problems: [LeakbenchError] = []
    public var announcedEvents: [AnnouncedEvent] = []
    /// Findings raised, by rule.
    public var findings: [RuleIdentifier: Int] = [:]
    /// What the analyzer counted.
    public var statistics = AnalyzerStatistics()
    /// Data time after the last row.
    public var dataTime: Timestamp?

    public init() {}

    /// What went in and what came out, a line each.
    public var lines: [String] {
        let held = statistics.conflicts + statistics.refusedStamps + statistics.refusedValues + statistics.tooLate
        var lines = [
            "\(estate): \(rows) rows, \(readings) for the analyzer, \(otherRows) of other points, "
                + "\(unreadableRows) unreadable",
            "  \(statistics.duplicates) duplicates, \(statistics.late) late, \(statistics.bad) without a value, "
                + "\(held) refused",
            "  \(statistics.rollovers) rollovers, \(statistics.registerSteps) restarts or exchanges, "
                + "\(statistics.glitches) glitches, \(statistics.gaps) gaps",
        ]
        lines += findings.sorted { $0.key.text < $1.key.text }.map { "  \($0.key): \($0.value) raised" }
        if findings.isEmpty { lines.append("  no finding") }
        return lines + problems.map(\.description)
    }

    /// Most unreadable rows that are named.
    public static let namedProblems = 10
}

/// Replays the readings of a leakbench folder in their order of arrival and writes each finding that is raised.
///
/// It reads `topology.json`, `calendar.csv` and `readings.csv.gz`, and no other file: the labels beside them stay
/// unopened. Rows that cannot be read are counted and left out.
///
/// - Parameters:
///   - folder: The estate's folder.
///   - path: File for the findings, one JSON object a line; an old one is replaced.
///   - settings: Of the analyzer.
///   - each: Sees every change of every finding as it comes.
///   - zone: Gives the offsets of the time zone that the topology names.
/// - Throws: `LeakbenchError` for a file that is missing or broken as a whole, or that cannot be written.
public func replayLeakbench(
    folder: String, findings path: String, settings: AnalyzerSettings = AnalyzerSettings(),
    each: (FindingChange) throws -> Void = { _ in }, zone: (String) throws -> ZoneOffsets
) throws -> LeakbenchReport {
    var report = LeakbenchReport()
    let topologyPath = "\(folder)/topology.json"
    let topology = try Topology.read(topologyPath)
    let offsets: ZoneOffsets
    do {
        offsets = try zone(topology.timezone)
    } catch {
        throw LeakbenchError(path: topologyPath, "timezone: \(error)")
    }
    let site = try topology.site(zone: offsets, path: topologyPath)
    let announced = try AnnouncedEvents(path: "\(folder)/calendar.csv")
    let readingsPath = "\(folder)/readings.csv.gz"
    let lines = try GzipLines(path: readingsPath)
    let output = try FindingLines(path: path)

    report.estate = topology.estate
    report.announcedEvents = announced.events
    report.problems = announced.problems
    var rows = ReadingRows(topology, site)
    var analyzer = Analyzer(
        site: site, calendar: AnnouncedCalendar(announced.events.compactMap(\.announcement)), settings: settings)
    func take(_ reading: AnalyzerReading) throws {
        report.readings += 1
        for change in analyzer.ingest(reading) {
            if case .raised(let finding) = change {
                try output.write(finding)
                report.findings[finding.rule, default: 0] += 1
            }
            try each(change)
        }
    }
    try lines.forEach { bytes, line in
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
        case .reading(let reading): try take(reading)
        case .parts: for part in rows.parts { try take(part) }
        }
    }
    report.statistics = analyzer.statistics
    report.dataTime = analyzer.dataTime
    return report
}
