// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model
import Profiles
import SiteFiles

struct ProfilesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profiles",
        abstract: "List, check and describe device profiles.",
        discussion: """
            Examples:
              sluice profiles list
              sluice profiles lint my-profiles
              sluice profiles catalogue DeviceProfiles > docs/devices.md
              sluice profiles schema > docs/profile.schema.json
            """,
        subcommands: [ListProfiles.self, LintProfiles.self, Catalogue.self, Schema.self])
}

/// Which profiles a command is about.
struct ProfilePaths: ParsableArguments {
    @Argument(help: "Profiles, or folders of them (default: the standard folders).")
    var paths: [String] = []

    /// The profiles' files; a path without any is said and exits 78.
    func files() throws -> [String] {
        guard !paths.isEmpty else {
            return loadProfiles(in: ProfileFolders.standard).paths.sorted { $0.value < $1.value }.map(\.value)
        }
        return try paths.flatMap { path in
            let files = profileFiles(at: path)
            guard !files.isEmpty else {
                say("\(path): no profile is here. Profiles are named like DeviceProfiles/pump/acme-p1/profile.yaml.")
                throw ExitStatus.configuration
            }
            return files
        }
    }

    /// The profiles with their captures; a mistake is said and exits 78.
    func devices() throws -> [CataloguedDevice] {
        let bundles = try files().map { loadProfileBundle(at: $0, folders: ProfileFolders.standard) }
        let errors = bundles.flatMap(\.problems).filter { $0.severity == .error }
        for problem in errors { say(problem.description) }
        guard errors.isEmpty else { throw ExitStatus.configuration }
        return bundles.compactMap(\.device)
    }
}

struct ListProfiles: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "One line for each profile: kind, name, evidence, size, device.")

    @OptionGroup var profiles: ProfilePaths

    func run() throws {
        let devices = try profiles.devices().map(\.profile).sorted {
            ($0.kind, $0.identifier) < ($1.kind, $1.identifier)
        }
        func width(_ column: (DeviceProfile) -> String) -> Int { devices.map { column($0).count }.max() ?? 0 }
        let (kind, name) = (width(\.kind), width(\.identifier))
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        for device in devices {
            let evidence = device.isBenchTested ? "bench-tested" : notBenchTested
            let size = "\(counted(device.points.count, "point")), \(counted(device.signals.count, "signal"))"
            tell(
                "\(padded(device.kind, kind))  \(padded(device.identifier, name))  "
                    + "\(padded(evidence, notBenchTested.count))  \(padded(size, 22))  \(device.name.en)")
        }
    }
}

struct LintProfiles: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "Report every mistake of profiles and of their captures.",
        discussion: "Each line is path:line:column. Exits 1 if there was an error; warnings alone exit 0.")

    @OptionGroup var profiles: ProfilePaths

    func run() throws {
        let bundles = try profiles.files().map { loadProfileBundle(at: $0, folders: ProfileFolders.standard) }
        let problems = bundles.flatMap(\.problems)
        for problem in problems { tell(problem.description) }
        let errors = problems.count { $0.severity == .error }
        let captures = bundles.reduce(0) { $0 + $1.captures.count }
        say(
            "\(counted(errors, "error")), \(counted(problems.count - errors, "warning")) in "
                + "\(counted(bundles.count, "profile")) and \(counted(captures, "capture"))")
        if errors > 0 { throw ExitStatus.problemsFound }
    }
}

struct Catalogue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalogue", abstract: "Print the page of all devices as Markdown.")

    @OptionGroup var profiles: ProfilePaths

    func run() throws {
        let page = cataloguePage(
            of: try profiles.devices(), madeBy: "sluice profiles catalogue DeviceProfiles > docs/devices.md")
        tell(String(page.dropLast()))
    }
}

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of profiles, for editors.",
        discussion: "`sluice profiles lint` finds more: what no schema can say, such as overlaps and missing points.")

    func run() { tell(String(profileSchema().dropLast())) }
}
