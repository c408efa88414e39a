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
    /// How many findings were found again to the last bit, and how many there were; `nil` when it was not tried.
    public var recomputed: (same: Int, of: Int)?
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
        if let recomputed {
            lines.append("  \(recomputed.same) of \(recomputed.of) findings found again to the last bit")
        }
        return lines + problems.map(\.description)
    }

    /// Most unreadable rows that are named.
    public static let namedProblems = 10
}

/// Replays the readings of a leakbench folder in their order of arrival and writes each finding that is raised.
///
/// - Parameters:
///   - folder: The estate's folder.
///   - path: File for the findings, one JSON object a line; an old one is replaced.
///   - losses: File for what each finding that accounts for water said last; `nil` for none.
///   - settings: Of the analyzer.
///   - recomputes: Whether every finding is found again from what would be kept of it.
///   - each: Sees every change of every finding as it comes.
///   - zone: Gives the offsets of the time zone that the topology names.
/// - Throws: `LeakbenchError` for a file that is missing or broken as a whole, or that cannot be written.
public func replayLeakbench(
    folder: String, findings path: String, losses: String? = nil, settings: AnalyzerSettings = AnalyzerSettings(),
    recomputes: Bool = false,
    each: (FindingChange) throws -> Void = { _ in }, zone: (String) throws -> ZoneOffsets
) throws -> LeakbenchReport {
    var report = LeakbenchReport()
    let recording = try LeakbenchRecording(folder: folder, zone: zone)
    let output = try FindingLines(path: path)
    var analyzer = Analyzer(site: recording.site, calendar: recording.calendar, settings: settings)
    var trails = recomputes ? try TrailRecorder(analyzer) : nil
    var latest = LossLines()
    var (found, recomputed, findings) = ([RuleIdentifier: Int](), 0, 0)
    try recording.forEachReading(report: &report) { reading in
        try trails?.note(reading, analyzer)
        for change in analyzer.ingest(reading) {
            if case .raised(let finding) = change {
                try output.write(finding)
                found[finding.rule, default: 0] += 1
                if let trails {
                    findings += 1
                    recomputed += try trails.trail(of: finding).recompute().differences.isEmpty ? 1 : 0
                }
            }
            latest.note(change)
            try each(change)
        }
    }
    if let losses { try latest.write(to: losses) }
    report.findings = found
    if recomputes { report.recomputed = (recomputed, findings) }
    report.statistics = analyzer.statistics
    report.dataTime = analyzer.dataTime
    return report
}
