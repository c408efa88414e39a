// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import EstateMaker
import Model

@main
struct MakeEstate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-estate",
        abstract: "Write a made-up estate with labelled faults, in the form that `sluice replay` reads.",
        discussion: "The same seed gives the same files, byte for byte.")

    @Option(help: "Number that the estate comes from.")
    var seed: UInt64 = 1

    @Option(help: "Days of readings.")
    var days = 60

    @Option(help: "Number of dwellings (default: drawn from the seed, 10 to 200).")
    var dwellings: Int?

    @Flag(help: "Leave all faults out.")
    var healthy = false

    @Option(help: "Folder to write to.")
    var out: String

    func validate() throws {
        guard (1...1000).contains(days) else { throw ValidationError("--days is \(days); it must be 1 ... 1000.") }
        guard (1...2000).contains(dwellings ?? 1) else {
            throw ValidationError("--dwellings is \(dwellings ?? 0); it must be 1 ... 2000.")
        }
    }

    func run() throws {
        let estate = Estate(seed: seed, days: days, dwellings: dwellings, isHealthy: healthy)
        let rows = try estate.write(to: out)
        print("\(estate.name): \(estate.summary)")
        print("  \(rows) readings, \(estate.labels.count) faults, \(estate.context.count) harmless events")
        for label in estate.labels {
            print("  \(label.type.rawValue) \(label.device) \(label.magnitude) \(label.unit) \(label.start.rfc3339)")
        }
    }
}
