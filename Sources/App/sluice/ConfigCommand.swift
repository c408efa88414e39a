// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Model
import Profiles
import SiteFiles

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show what a site's file says and may say.",
        discussion: """
            Examples:
              sluice config show --config site.yaml
              sluice config show --effective --origin --config site.yaml
              sluice config schema > site.schema.json
              sluice config diff --config site.yaml
            """,
        subcommands: [ShowConfig.self, SiteSchema.self, DiffConfig.self])
}

struct ShowConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print the settings as YAML, without secrets.",
        discussion: """
            Examples:
              sluice config show --effective --config site.yaml
              sluice config show --effective --origin --json --config site.yaml

            Defaults are those that the loader used while it read the file. A key without a default is shown only
            where the file gives it; nor are defaults shown that a section would have which the file does not begin,
            such as those of one more bus. Exits 78 when the file has mistakes.
            """)

    @OptionGroup var site: SiteOptions

    @Flag(help: "With every default that holds.")
    var effective = false

    @Flag(help: "Behind each value the file and line it came from, or 'default'.")
    var origin = false

    @Flag(help: "Print JSON: a list of settings with path, value, file and line.")
    var json = false

    func run() throws {
        let loaded = loadSite(
            at: site.config, profileFolders: ProfileFolders.standard + site.profiles, keepsRecord: true)
        for problem in loaded.problems { say(problem.description) }
        guard loaded.configuration != nil, let record = loaded.record else {
            say("The configuration was not accepted; `sluice check \(site.config)` shows each mistake with its line.")
            throw ExitStatus.configuration
        }
        let settings = record.settings(isEffective: effective)
        if json { return try tellJSON(settings, of: loaded) }
        let place: (FilePlace?) -> String = { place in
            place.map { "\(loaded.file(of: $0) ?? site.config):\($0.line)" } ?? "default"
        }
        for line in settings.lines(origin: origin ? place : nil) { tell(line) }
    }

    private struct Answer: Encodable {
        var schema = 1
        var settings: [Setting]

        struct Setting: Encodable {
            var path: [String]
            var value: String
            var isDefault: Bool
            /// Only with `--origin`, and not of a default.
            var file: String?
            var line: Int?
        }
    }

    private func tellJSON(_ settings: ShownSetting, of loaded: LoadedSite) throws {
        let list = settings.values.map { path, text, place in
            Answer.Setting(
                path: path, value: text, isDefault: place == nil,
                file: origin ? place.flatMap { loaded.file(of: $0) } : nil, line: origin ? place?.line : nil)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        tell(String(decoding: try encoder.encode(Answer(settings: list)), as: UTF8.self))
    }
}

struct SiteSchema: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of a site's file, for editors.",
        discussion: """
            `sluice check` finds more: what no schema can say, such as a bus that is not there or a unit taken twice. An
            editor with yaml-language-server takes the schema from the first line of the site's file:
              # yaml-language-server: $schema=site.schema.json

            Examples:
              sluice config schema > site.schema.json
              sluice config schema --part > part.schema.json
            """)

    @Flag(help: "The schema of a file in conf.d, in which no key has to be there.")
    var part = false

    func run() { tell(String((part ? laterFileSchema() : siteSchema()).dropLast())) }
}
