// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import Model
import Pipeline
import Store

/// Where the state of a gateway is, without its site's file when `--state` names it.
struct StateFolder: ParsableArguments {
    @OptionGroup var site: SiteOptions
    @Option(help: "State directory of the gateway, instead of the one that the site's file names.")
    var state: String?

    func directory() throws -> String { try state ?? site.load().storage.directory }
}

/// Carries out `body`; what the store refuses is said and becomes the exit code.
func keeping<Value>(_ command: String, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as StoreError {
        say("sluice \(command): \(error)")
        throw error.exitStatus
    }
}

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy everything a gateway keeps into one file, while it runs.",
        discussion: """
            The copy is what stood in the database at one moment. It is looked through before it gets its name, and
            never replaces a file. Photos of tickets go into the folder "photos" beside it, which copies share. History,
            which reaches further back than readings, is copied beside it under the same name and .history; keep the two
            together.

            Examples:
              sluice backup /mnt/stick --config site.yaml            makes /mnt/stick/sluice-20261122T080000Z.db
              sluice backup today.db --state /var/lib/sluice
            """)
    @Argument(help: "A file that is not there yet, or a directory.") var destination: String
    @OptionGroup var folder: StateFolder

    func run() throws {
        let directory = try folder.directory()
        let (path, report) = try keeping("backup") {
            try SluiceStore.backUp(directory, to: destination, now: SystemClock().now().wall)
        }
        for lost in report.lostPhotos { say("sluice backup: \(lost)") }
        tell(
            "\(path): \(counted(report.sweeps, "sweep")), \(counted(report.ticketLines, "line")) of tickets, "
                + "\(counted(report.photos, "photo")) in the folder 'photos' beside it, \(report.hasHistory ? "history beside it, " : "")"
                + "epoch \(report.epoch), verified")
    }
}

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a copy made by `sluice backup` in the place of the database; the gateway must be stopped.",
        discussion: """
            The database before stays beside it. The copy begins a new epoch, so that receivers do not take new readings
            for those they have; what waited for the broker when the copy was made is sent once more. History beside the
            copy is restored with it; without it the readings of the copy are summed up again.

            Exit codes: 0 done, 74 the copy is not sound, 75 a gateway works in the state directory.
            """)
    @Argument(help: "The copy.") var source: String
    @OptionGroup var folder: StateFolder

    func run() throws {
        let directory = try folder.directory()
        let (epoch, before) = try keeping("restore") {
            try SluiceStore.restore(source, into: directory, now: SystemClock().now().wall)
        }
        tell("\(directory): restored from \(source), epoch \(epoch)")
        if let before { tell("the database before is \(before)") }
    }
}

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Look through a database or a copy: its pages, the chains of tickets and audit, its numbers.",
        discussion: """
            A gateway may be running. It reads everything once.

            Exit codes: 0 all is well, 1 something is wrong (one line each), 74 it cannot be read at all.
            """)
    @Argument(help: "A copy, or a state directory (default: that of the site's file).") var path: String?
    @OptionGroup var folder: StateFolder

    func run() throws {
        let place = try path ?? folder.directory()
        let report = try keeping("verify") { try SluiceStore.verify(place) }
        for defect in report.defects + report.lostPhotos { tell("\(place): \(defect)") }
        guard report.defects.isEmpty, report.lostPhotos.isEmpty else { throw ExitStatus.problemsFound }
        let last = report.lastReading.map { ", the last of \($0.rfc3339)" } ?? ""
        tell(
            "\(place): sound; schema \(report.schema), epoch \(report.epoch), \(counted(report.sweeps, "sweep")) with "
                + "\(counted(report.readings, "reading"))\(last), \(counted(report.ticketLines, "line")) of tickets, "
                + "\(counted(report.photos, "photo"))\(report.hasHistory ? ", history" : "")")
    }
}
