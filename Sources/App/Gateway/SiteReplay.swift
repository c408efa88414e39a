// SPDX-License-Identifier: Apache-2.0

public import Analysis
import FoundationEssentials
public import Model
public import Pipeline
public import Store

/// The analyzer of a site's gateway over readings that were kept, as it was while they came: a new one is given the same
/// readings in the same order, and between them what it was told.
public struct SiteReplay {
    public let catalogue: Catalogue
    public private(set) var analyzer: Analyzer
    /// Readings that the analyzer looked at.
    public private(set) var readings = 0
    private let feed: AnalyzerFeed
    private var told: [Told]

    /// Something that the analyzer was told beside readings.
    public struct Told: Sendable {
        /// The last reading that it knew then.
        public var cursor: SequenceNumber
        public var dataTime: Timestamp
        public var intervention: Intervention

        public init(cursor: SequenceNumber, dataTime: Timestamp, intervention: Intervention) {
            (self.cursor, self.dataTime, self.intervention) = (cursor, dataTime, intervention)
        }

        /// - Throws: What cannot be read of a stored row.
        public init(_ record: Judgement.InterventionRecord) throws {
            self.init(
                cursor: record.cursor, dataTime: record.dataTime,
                intervention: try JSONDecoder().decode(Intervention.self, from: Data(record.body)))
        }
    }

    /// - Parameter told: In the order in which it was told.
    public init(_ site: SiteConfiguration, told: [Told] = []) {
        catalogue = site.makeCatalogue()
        feed = AnalyzerFeed(site, catalogue: catalogue)
        analyzer = Analyzer(site: feed.site, calendar: feed.calendar, settings: AnalyzerSettings())
        self.told = told.reversed()
    }

    /// Takes the next stored sweep.
    public mutating func take(_ stored: StoredSweep) -> [FindingChange] {
        var changes: [FindingChange] = []
        while let next = told.last, next.cursor < stored.firstSequence {
            told.removeLast()
            changes += analyzer.take(next.intervention, at: next.dataTime)
        }
        feed.forEachReading(of: stored) {
            readings += 1
            changes += analyzer.ingest($0)
        }
        return changes
    }

    /// What was told after the last reading.
    public mutating func finish() -> [FindingChange] {
        defer { told = [] }
        return told.reversed().flatMap { analyzer.take($0.intervention, at: $0.dataTime) }
    }
}

/// What the analyzer of a gateway was told beside readings, oldest first, from its state directory.
///
/// - Throws: ``StoreError``, or what SQLite reports, or what cannot be read of a row.
public func readTold(directory: String) throws -> [SiteReplay.Told] {
    try SluiceStore.interventions(directory: directory).map { try SiteReplay.Told($0) }
}
