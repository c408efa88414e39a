// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Glibc
import Model
import Pipeline
import SiteFiles
import Store

struct PurgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Take a person out of everything that a gateway keeps; the gateway must be stopped.",
        discussion: """
            Examples:
              sluice purge --person 13800001111 --person 王芳 --dry-run --config site.yaml
              sluice purge --person wang-fang --config site.yaml

            Give every word by which the person is known: the identifier, names as they were written, numbers to call.
            An identifier that the site's file has goes with names and number. Identifiers become "purged-1" and the
            like, so that the log still says that two deeds were one person's; other words become ***. Accounts of the
            person are deleted. Tickets, their times and what was found stay.

            The chains of hashes over tickets and audit are made anew from the first changed line; the hashes before and
            after are a line of the audit. Copies made by backup, photos and the journal of the machine are not touched.

            Exit codes: 0 done, 1 words are left that this command cannot take out (it says where), 64 a word is no
            person's, 74 a chain does not hold, 75 a gateway works in the state directory.
            """)

    @Option(help: "A word by which the person is known; may be given more than once.") var person: [String]
    @Flag(help: "Only say what would be changed; a gateway may be running.") var dryRun = false
    @OptionGroup var consent: Consent
    @OptionGroup var site: SiteOptions

    func run() throws {
        let (loaded, configuration) = try site.loadWithRecord()
        let directory = configuration.storage.directory
        let now = SystemClock().now().wall
        let words = try words(configuration)
        let traces = try keeping("purge") {
            try SluiceStore.tracesOfPerson(inDirectory: directory) { words.taken(outOf: $0) }
        }
        list(traces)
        if traces.isEmpty { tell("\(directory): nothing names this person") }
        if dryRun || traces.isEmpty { return try tellLeft(loaded, words, traces, directory) }
        guard consent.isGiven("Take this out of \(directory)? It cannot be undone.") else {
            return say("Nothing was changed.")
        }
        let purge = try keeping("purge") {
            try SluiceStore.purge(inDirectory: directory, by: "sluice purge", at: now) { words.taken(outOf: $0) }
        }
        for anchor in purge.anchors {
            tell("chain of the \(anchor.chain): new from line \(anchor.line), \(anchor.before) became \(anchor.after)")
        }
        tell("\(directory): done")
        try tellLeft(loaded, words, purge, directory)
    }

    private func words(_ configuration: SiteConfiguration) throws -> PersonWords {
        let directory = configuration.storage.directory
        let known = try keeping("purge") { try SluiceStore.personsKnown(inDirectory: directory) }
        let count = try keeping("purge") { try SluiceStore.purgeCount(inDirectory: directory) }
        do throws(PersonWords.Refusal) {
            return try PersonWords(
                person, persons: configuration.persons, known: known, mark: "purged-\(count + 1)")
        } catch {
            throw ValidationError(error.description)
        }
    }

    private func list(_ traces: PersonPurge) {
        for (table, count) in traces.rows.sorted(by: { $0.key < $1.key }) { tell("\(table): \(counted(count, "row"))") }
        if traces.accounts > 0 { tell("account: \(counted(traces.accounts, "account")) to be deleted") }
    }

    /// What only a person can see to.
    private func tellLeft(
        _ loaded: LoadedSite, _ words: PersonWords, _ purge: PersonPurge, _ directory: String
    ) throws {
        var isLeft = false
        for file in loaded.siteFiles {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { continue }
            for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            where words.taken(outOf: String(line)) != line {
                isLeft = true
                say("\(file):\(place + 1): still names the person; take it out there")
            }
        }
        for ticket in purge.ticketsWithPhotos {
            say("ticket \(ticket) has photos; look whether the person is on one, and delete it on the ticket's page")
        }
        for file in (try? FileManager.default.contentsOfDirectory(atPath: directory).sorted()) ?? []
        where file.hasPrefix("sluice.db.") && !file.hasSuffix(".keys") && !file.hasSuffix(".reserve") {
            say("\(directory)/\(file): an older database was not looked through; delete it when it is not needed")
        }
        if let reason = purge.notRewritten {
            isLeft = true
            say("The file could not be written anew, so free pages of it may still hold the words: \(reason).")
        }
        if isLeft { throw ExitStatus.problemsFound }
    }
}
