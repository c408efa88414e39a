// SPDX-License-Identifier: Apache-2.0

import Analysis
import EstateMaker
import FoundationEssentials
import Leakbench
public import Logging
import Model
public import Pipeline
import SiteFiles
import Store
import Tickets

/// One month of an estate, for looking at reports: its readings go through the analyzer, what that finds becomes alarms,
/// incidents and tickets, the persons of a roster act on them, and everything is stored as a gateway stores it. Where
/// the estate is made up, a repair ends the trouble in the readings too.
///
/// The same seed gives the same month to the last byte. Nothing is polled, and nothing leaves the machine.
public struct SimulatedMonth {
    /// The folder cannot be used; the text says why and how to mend it.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public struct Options: Sendable {
        public var seed: UInt64 = 1
        /// Empty or not there yet.
        public var folder: String
        /// Folder of recorded readings in the form of leakbench; `nil` makes an estate up.
        public var recording: String?
        /// Of the estate that is made up.
        public var dwellings = 24
        /// Of its month, from the first of October on; 1 ... 31.
        public var days = 31
        public var profileFolders: [String]

        public init(folder: String, profileFolders: [String]) {
            (self.folder, self.profileFolders) = (folder, profileFolders)
        }
    }

    /// What came of it.
    public struct Result: Sendable {
        public var readings = 0
        public var findings = 0
        public var tickets = 0
        /// The days that its report is about.
        public var words: ReportRequest.Words
    }

    /// The site's file, for `sluice reports --config`.
    public let siteFile: String
    public let configuration: SiteConfiguration
    private let source: MonthSource
    private let seed: UInt64
    private let days: Int
    private let logger: Logger

    /// Writes the site's file.
    ///
    /// - Throws: ``Failure``, or what the system reports.
    public init(_ options: Options, logger: Logger) throws {
        let files = FileManager.default
        let folder = options.folder
        if let inside = try? files.contentsOfDirectory(atPath: folder), !inside.isEmpty {
            throw Failure(description: "the folder '\(folder)' is not empty; name one that is, or that is not there")
        }
        var zone = MonthSource.zone
        do {
            if let recording = options.recording {
                source = .recorded(
                    try LeakbenchRecording(folder: recording) { name in
                        zone = name
                        return try readZone(named: name)
                    })
            } else {
                source = try .make(seed: options.seed, dwellings: options.dwellings, days: options.days)
            }
        } catch let error as LeakbenchError {
            throw Failure(description: "\(error)")
        }
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        siteFile = "\(folder)/site.yaml"
        let file = MonthSite.file(
            source.site, name: source.name(seed: options.seed), zone: zone, stateDirectory: "\(folder)/state")
        try file.write(toFile: siteFile, atomically: true, encoding: .utf8)
        let loaded = loadSite(at: siteFile, profileFolders: options.profileFolders)
        guard let configuration = loaded.configuration else {
            throw Failure(description: loaded.problems.map(\.description).joined(separator: "\n"))
        }
        (self.configuration, seed, days, self.logger) = (configuration, options.seed, options.days, logger)
    }

    /// Lives through the month and stores it.
    ///
    /// - Throws: ``Failure`` for readings that cannot be read, ``StoreError``, or what SQLite reports.
    public func run() async throws -> Result {
        do {
            switch source {
            case .made(let estate, let stream): return try await live(in: estate, stream)
            case .recorded(let recording): return try await live(through: recording)
            }
        } catch let error as LeakbenchError {
            throw Failure(description: "\(error)")
        }
    }

    private func life(from start: Timestamp) -> MonthLife {
        MonthLife(
            configuration, of: source.site, calendar: source.calendar, estate: source.estate, seed: seed, from: start)
    }

    private func live(in estate: LivingEstate, _ stream: LeakbenchStream) async throws -> Result {
        let first = MonthSource.firstDay
        let last = CivilDate(daysSince1970: first.daysSince1970 + days - 1)
        var result = Result(words: .init(from: first.text, to: last.text))
        var stream = stream
        var life = life(from: estate.start)
        let keeper = try MonthKeeper(configuration, seed: seed, start: estate.start, logger: logger)
        do {
            while let (rows, at) = life.nextMinute() {
                var pages: [MonthKeeper.Page] = []
                try life.live(until: at) { pages.append(try keeper.page(of: $0)) }
                let readings = stream.readings(of: rows)
                result.readings += readings.count
                try life.take(readings, at: at) { moment in
                    result.findings += moment.raised
                    pages.append(try keeper.page(of: moment))
                }
                for page in pages { try await keeper.store(page) }
            }
            try keeper.close()
        } catch {
            try? keeper.close()
            throw error
        }
        result.tickets = life.judge.tickets.tickets.count
        return result
    }

    /// Rows come without the time of their arrival: the analyzer's time of the data stands for it.
    private func live(through recording: LeakbenchRecording) async throws -> Result {
        var start: Timestamp?
        var report = LeakbenchReport()
        try recording.forEachReading(report: &report) { reading in start = min(start ?? reading.at, reading.at) }
        guard let start else { throw Failure(description: "\(recording.estate): there is no reading to live through") }
        var result = Result(words: .init())
        let keeper = try MonthKeeper(configuration, seed: seed, start: start, logger: logger)
        do {
            var life = life(from: start)
            var pages: [MonthKeeper.Page] = []
            var batch: [AnalyzerReading] = []
            func flush() throws {
                let at = life.judge.analyzer.dataTime ?? start
                try life.live(until: at) { pages.append(try keeper.page(of: $0)) }
                result.readings += batch.count
                try life.take(batch, at: at) { moment in
                    result.findings += moment.raised
                    pages.append(try keeper.page(of: moment))
                }
                batch.removeAll(keepingCapacity: true)
            }
            try recording.forEachReading(report: &report) { reading in
                batch.append(reading)
                if batch.count == 32 { try flush() }
            }
            try flush()
            for page in pages { try await keeper.store(page) }
            try keeper.close()
            result.tickets = life.judge.tickets.tickets.count
            let zone = configuration.site.zone
            let end = life.judge.analyzer.dataTime ?? start
            result.words = .init(from: zone.local(start).date.text, to: zone.local(end).date.text)
        } catch {
            try? keeper.close()
            throw error
        }
        return result
    }
}

extension MonthLife.Moment {
    fileprivate var raised: Int { verdict.findings.count { if case .raised = $0 { true } else { false } } }
}
