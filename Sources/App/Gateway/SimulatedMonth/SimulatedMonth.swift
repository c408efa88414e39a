// SPDX-License-Identifier: Apache-2.0

import Alarms
import EstateSimulator
import FoundationEssentials
public import Logging
import Model
public import Pipeline
import SiteFiles
import Store
import Tickets

/// One month of a small estate, for looking at reports: faults become alarms, incidents and tickets, the persons of a
/// roster act on them, and everything is stored as a gateway stores it.
///
/// The same seed gives the same month to the last byte. Nothing is polled and nothing is sent.
public struct SimulatedMonth: Sendable {
    /// The folder cannot be used; the text says why and how to mend it.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// October 2025: a month with a long holiday and a working Saturday, which every reader's clock has passed.
    public static let month = "2025-10"
    private static let first = CivilTime(date: CivilDate(year: 2025, month: 10, day: 1), hour: 0, minute: 0)
    /// The month, and the days in which what became of its tickets still counts.
    private static let days = 31 + 4
    private static let faultsADay = 4

    /// The site's file, for `sluice reports --config`.
    public let siteFile: String
    public let configuration: SiteConfiguration
    private let seed: UInt64
    private let logger: Logger

    /// Writes the site's file.
    ///
    /// - Parameter folder: Empty or not there yet.
    /// - Throws: ``Failure``, or what the system reports.
    public init(seed: UInt64, folder: String, profileFolders: [String], logger: Logger) throws {
        let files = FileManager.default
        if let inside = try? files.contentsOfDirectory(atPath: folder), !inside.isEmpty {
            throw Failure(description: "the folder '\(folder)' is not empty; name one that is, or that is not there")
        }
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let zone = try readZone(named: "Asia/Shanghai")
        let estate = EstateSimulator(seed: seed, start: Timestamp(milliseconds: 0), zone: zone)
        // Addresses for documentation (RFC 5737): whoever runs a gateway on this file reaches nothing.
        let nowhere = Dictionary(
            uniqueKeysWithValues: EstateSimulator.buses.enumerated().map { place, bus in
                (bus.name, BusAddress.tcp(host: "192.0.2.\(place + 1)", port: 502))
            })
        let file = estate.siteFile(
            addresses: nowhere, stateDirectory: "\(folder)/state", mqttURL: "mqtt://192.0.2.100:1883",
            dashboardPort: 0)
        guard let end = file.firstRange(of: "\npersons:") else {
            throw Failure(description: "the simulated estate's file has no persons")
        }
        siteFile = "\(folder)/site.yaml"
        try (file[..<end.lowerBound] + "\n" + Self.duty).write(toFile: siteFile, atomically: true, encoding: .utf8)
        let loaded = loadSite(at: siteFile, profileFolders: profileFolders)
        guard let configuration = loaded.configuration else {
            throw Failure(description: loaded.problems.map(\.description).joined(separator: "\n"))
        }
        (self.configuration, self.seed, self.logger) = (configuration, seed, logger)
    }

    /// Closed and working days of October 2025 by the State Council's notice on the holidays of 2025.
    private static let duty = """
        persons:
          wang-fang: {name: {zh: 王芳, en: Wang Fang}, role: receiver}
          liu-yang: {name: {zh: 刘洋, en: Liu Yang}, role: receiver}
          li-wei: {name: {zh: 李伟, en: Li Wei}, role: technician}
          sun-tao: {name: {zh: 孙涛, en: Sun Tao}, role: technician}
          he-jun: {name: {zh: 何军, en: He Jun}, role: technician}
          chen-jie: {name: {zh: 陈杰, en: Chen Jie}, role: shiftLeader}
          guo-lei: {name: {zh: 郭磊, en: Guo Lei}, role: shiftLeader}
          zhao-min: {name: {zh: 赵敏, en: Zhao Min}, role: manager}
        duty: {owner: wang-fang}
        roster:
          shifts:
            - {post: repairCrew, persons: [li-wei, sun-tao], from: "08:00", hours: 12}
            - {post: repairCrew, persons: [he-jun], from: "20:00", hours: 12}
            - {post: serviceCentre, persons: [wang-fang], from: "06:00", hours: 16}
            - {post: shiftLeader, persons: [chen-jie], from: "08:00", hours: 12}
            - {post: shiftLeader, persons: [guo-lei], from: "20:00", hours: 12}
            - {post: manager, persons: [zhao-min], from: "08:30", hours: 9, weekdays: [1, 2, 3, 4, 5]}
          absences:
            - {person: wang-fang, from: 2025-10-13, to: 2025-10-15, substitute: liu-yang}
        calendars:
          working_days:
            hours: ["08:30-12:00", "14:00-17:30"]
            closed: [2025-10-01/2025-10-08]
            make_up: [2025-09-28, 2025-10-11]
        tickets: {verify_for_minutes: 30, verify_leak_for_hours: 24}
        """ + "\n"

    /// Lives through the month and stores it; tells how many tickets there were.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public func run() async throws -> Int {
        let zone = configuration.site.zone
        let start = Timestamp(Self.first, offsetSeconds: zone.offsetSeconds(at: Timestamp(Self.first)))
        let store = try SluiceStore.open(
            directory: configuration.storage.directory, boot: BootIdentifier("simulated-\(seed)"),
            now: ClockReading(instant: MonotonicInstant(nanoseconds: 0), wall: start, timeQuality: .synced),
            logger: logger)
        do {
            try store.bind(catalogue: configuration.makeCatalogue())
            var life = MonthLife(
                configuration, seed: seed, faults: Self.faultsADay * 31, from: start,
                faultsUntil: start + .seconds(31 * 86_400))
            let end = start + .seconds(86_400 * Int64(Self.days))
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            var before = life.books.alarms
            while let (now, verdict) = life.step(until: end) {
                guard !verdict.isEmpty else { continue }
                var judgement = Judgement()
                try judgement.take(verdict, books: life.books, before: before, messages: nil, encoder)
                before = life.books.alarms
                try await store.save(judgement, at: now)
            }
            try store.close()
            return life.books.tickets.tickets.count
        } catch {
            try? store.close()
            throw error
        }
    }
}
