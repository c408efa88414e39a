// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import Logging
import Pipeline

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a simulated estate with a leak and a burst: broker, gateway and page on loopback.",
        discussion: """
            Examples:
              sluice demo
              sluice demo --for 90 --language zh-Hans
              sluice demo --month --seed 7 --folder /tmp/month

            Nothing is written outside a temporary folder, which is removed at the end.
            """)

    @Option(name: .customLong("for"), help: "End by itself so many seconds after going live.")
    var seconds: Double?

    @Option(
        name: [.customLong("language"), .customLong("lang")],
        help: "Language of the page and of these messages: en or zh-Hans.")
    var language = "en"

    @Option(help: "Port of the page; a free one is taken when it is in use.")
    var port = 8420

    @Option(help: "A folder of device profiles that wins over the standard ones; may be given more than once.")
    var profiles: [String] = []

    @Flag(help: "Live through a month of findings, tickets and repairs instead, and tell its report.")
    var month = false

    @Option(help: "The month that this number gives, always the same: readings, faults and what the staff does.")
    var seed: UInt64 = 1

    @Option(help: "Folder in which the site's file and the database of the month stay; it must be empty or new.")
    var folder: String?

    @Option(
        help: ArgumentHelp(
            "Folder of recorded readings (topology.json, calendar.csv, readings.csv.gz) to live through instead of a made-up month.",
            valueName: "folder"))
    var readings: String?

    @Option(help: "Dwellings of the made-up estate of the month.")
    var dwellings = 24

    @Option(help: "Days of the made-up month, from the first of October 2025 on.")
    var days = 31

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard month || (folder == nil && readings == nil) else {
            throw ValidationError("--folder and --readings go with --month only.")
        }
        guard (1...500).contains(dwellings) else {
            throw ValidationError("--dwellings is \(dwellings); it must be 1 ... 500.")
        }
        guard (1...31).contains(days) else { throw ValidationError("--days is \(days); it must be 1 ... 31.") }
        guard Language(rawValue: language) != nil else {
            throw ValidationError("'\(language)' is no language of Sluice. Use en or zh-Hans.")
        }
        guard (0...65_535).contains(port) else {
            throw ValidationError("Port \(port) is not in 0 ... 65535.")
        }
        if let seconds, !(seconds > 0 && seconds < 1e7) {
            throw ValidationError("--for takes seconds, more than 0.")
        }
    }

    func run() async throws {
        if month { return try await runMonth() }
        var options = DemoEstate.Options()
        options.stopsAfter = seconds.map { .seconds($0) }
        options.language = Language(rawValue: language) ?? .english
        options.port = port
        options.profileFolders = ProfileFolders.standard + profiles
        var logger = try log.makeLogger()
        // The terminal belongs to the demo's own lines unless somebody asked for more.
        if log.logLevel == "info" { logger.logLevel = .warning }
        let stop = StopSwitch()
        let demo = DemoEstate(options: options, logger: logger) { tell($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await untilStopped(after: nil)
                stop.engage()
                // The demo ends in order now; this task must not be the one that ends the group.
                try await Task.sleep(for: .seconds(60))
            }
            group.addTask { try await demo.run(stop: stop) }
            defer { group.cancelAll() }
            do {
                try await group.next()
            } catch let failure as DemoEstate.Failure {
                say("sluice demo: \(failure)")
                throw ExitStatus.configuration
            }
        }
    }
}
