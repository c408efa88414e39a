// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Glibc
import Model
import Pipeline
import SiteFiles

struct BundleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "Pack a problem report to attach when you tell of a mistake of the program.",
        discussion: """
            Examples:
              sluice bundle --config site.yaml
              sluice bundle --dry-run --config site.yaml

            It lists what it holds before it writes: versions, the settings that hold, what check and doctor find, status
            and figures of a running gateway, the newest warnings and errors of the journal, sizes of files and tables.
            Secrets, and the names, phones and mail addresses of persons are taken out; no ticket and no reading is in it.
            A site's file with mistakes and a gateway that does not run are no hindrance. Look through it before you send
            it: names of the estate and its devices and addresses in your network stand in it.

            The broker is tried as by doctor --broker, a few seconds at most. Exit codes: 0 done, 73 the file is there
            already or cannot be made, 74 it could not be written.
            """)

    @OptionGroup var site: SiteOptions

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: "File to write; - writes to standard output (default: sluice-bundle-TIME.tar.gz in this folder).")
    var output: String?

    @Flag(help: "Write over a file that is there.") var force = false
    @Flag(help: "Only list what it would hold.") var dryRun = false
    @Flag(help: "Do not try what the broker can do.") var noBroker = false
    @Flag(help: "Print the list as JSON, one object.") var json = false
    @OptionGroup var consent: Consent

    private var isToStandardOutput: Bool { output == "-" && !dryRun }

    func validate() throws {
        guard !json || !isToStandardOutput else {
            throw ValidationError("--json and --output - both go to standard output. Name a file, or add --dry-run.")
        }
    }

    func run() async throws {
        let now = SystemClock().now().wall
        let folder =
            "sluice-bundle-" + now.rfc3339.filter { $0 != "-" && $0 != ":" }.prefix { $0 != "." && $0 != "Z" } + "Z"
        let file = output ?? folder + ".tar.gz"
        if isToStandardOutput, isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("The archive is no text for a terminal. Name a file, or send it on by a pipe.")
        }
        if !isToStandardOutput, !dryRun, !force { try refuseWhatIsThere(file) }

        let loaded = loadSite(
            at: site.config, profileFolders: ProfileFolders.standard + site.profiles, keepsRecord: true)
        if loaded.configuration == nil {
            say("sluice bundle: \(site.config) was not accepted, so that parts are left out; check.txt says why.")
        }
        var gathering = BundleParts(loaded, now: now)
        await gathering.gather(triesBroker: !noBroker)
        let parts = gathering.parts
        try list(parts, file: file)
        guard !dryRun else { return }
        guard consent.isGiven("Write \(isToStandardOutput ? "it to standard output" : file)?") else {
            return say("Nothing was written.")
        }
        guard let archive = TarArchive.packed(parts.map { ($0.name, $0.bytes) }, in: folder, at: now) else {
            say("sluice bundle: there is no memory to pack it.")
            throw ExitStatus.system
        }
        try write(archive, to: file)
    }

    // MARK: What it says

    private struct Answer: Encodable {
        struct Part: Encodable {
            var name, holds: String
            var bytes: Int
        }
        var schema = 1
        /// `nil` when nothing is to be written.
        var file: String?
        var parts: [Part]
    }

    /// Before anything is written.
    private func list(_ parts: [BundleParts.Part], file: String) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let answer = Answer(
                file: dryRun ? nil : file,
                parts: parts.map { .init(name: $0.name, holds: $0.holds, bytes: $0.bytes.count) })
            return tell(String(decoding: try encoder.encode(answer), as: UTF8.self))
        }
        let print = isToStandardOutput ? say : tell
        let width = parts.map(\.name.count).max() ?? 0
        for part in parts {
            let size = String(part.bytes.count)
            let name = part.name + String(repeating: " ", count: width - part.name.count)
            print("\(name) \(String(repeating: " ", count: max(0, 8 - size.count)))\(size)  \(part.holds)")
        }
    }

    // MARK: The file

    private func refuseWhatIsThere(_ file: String) throws {
        var status = stat()
        guard lstat(file, &status) == 0 else { return }
        say("sluice bundle: \(file) is there already. Name another file with --output, or write over it with --force.")
        throw ExitStatus.cannotCreate
    }

    private func write(_ archive: [UInt8], to file: String) throws {
        if isToStandardOutput {
            guard put(archive, to: STDOUT_FILENO) else { throw failed(file, "written", ExitStatus.inputOutput) }
            return
        }
        // What is there is replaced by a whole file, or not at all.
        var path = Array("\(file)\(force ? ".XXXXXX" : "")".utf8CString)
        let descriptor = force ? mkstemp(&path) : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { try refuseWhatIsThere(file) }
            throw failed(file, "made", ExitStatus.cannotCreate)
        }
        let isWritten = put(archive, to: descriptor) && fsync(descriptor) == 0
        guard close(descriptor) == 0, isWritten, !force || rename(path, file) == 0 else {
            let error = failed(file, "written", ExitStatus.inputOutput)
            unlink(path)
            throw error
        }
        say("\(file): \(archive.count) bytes. Look through it before you send it: tar xzf \(file)")
    }

    /// Says why, of the system's last error.
    private func failed(_ file: String, _ what: String, _ status: ExitCode) -> ExitCode {
        say("sluice bundle: \(file) cannot be \(what): \(String(cString: strerror(errno)))")
        return status
    }
}
