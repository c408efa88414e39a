// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import FoundationEssentials
import NIOHTTP1
import Pipeline
import SiteFiles

struct DiffConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what differs between a site's file and what the running gateway holds.",
        discussion: """
            Examples:
              sluice config diff --config site.yaml
              sluice config diff --config site.yaml && echo nothing to reload

            A line for each setting: '+' is new in the file, '-' is not in it any more, '~' was one value and is another;
            behind it the place in the file. Defaults count: a key that is taken out changes to its default. Values are
            compared as they are written, items of a list by their places. Profiles that are in use and have changed are
            named. Secrets are not shown; what a file of secrets holds is not compared.

            Exit codes: 0 the same, 1 something differs, 69 no gateway answers, 78 the file has mistakes.
            """)

    @OptionGroup var site: SiteOptions

    @Option(help: "State directory of the gateway, instead of the one that the site's file names.")
    var state: String?

    @Flag(help: "Print JSON: a list of changes with path, running and file.")
    var json = false

    func run() throws {
        let loaded = try site.loadWithRecord()
        let running = try ask(LocalSocket.path(in: state ?? loaded.configuration.storage.directory))
        guard let file = HeldSettings(of: loaded.site, at: site.config, key: running.key) else {
            throw ExitStatus.internalError
        }
        let difference = SettingsDifference(from: running, to: file)
        if json { try tellJSON(difference) } else { tellLines(difference) }
        guard difference.isEmpty else {
            say("What differs is not in force; `sluice reload` lets the gateway read the file again.")
            throw ExitStatus.problemsFound
        }
        say("The running gateway holds what \(site.config) says.")
    }

    private func ask(_ socket: String) throws -> HeldSettings {
        let answer: LocalClient.Answer
        do {
            answer = try LocalClient(path: socket).send(.GET, "/api/v1/configuration")
        } catch let error as LocalClient.Unreachable {
            say("sluice config diff: \(error)")
            say("Has storage.directory changed? Then name the gateway's with --state.")
            throw ExitStatus.unavailable
        }
        guard answer.status == 200, let held = try? JSONDecoder().decode(HeldSettings.self, from: Data(answer.body))
        else {
            say("sluice config diff: the gateway does not tell its settings (\(answer.status)); is it an older one?")
            throw ExitStatus.unavailable
        }
        return held
    }

    private func tellLines(_ difference: SettingsDifference) {
        for change in difference.changes {
            let path = change.path.joined(separator: ".")
            let line =
                switch (change.running, change.file) {
                case (let old?, let new?):
                    old.value == new.value
                        ? "~ \(path): \(new.value), of which the hidden part differs"
                        : "~ \(path): \(old.value) -> \(new.value)"
                case (nil, let new?): "+ \(path): \(new.value)"
                case (let old?, nil): "- \(path): \(old.value)"
                case (nil, nil): ""
                }
            guard let new = change.file else {
                tell(line)
                continue
            }
            let place = new.line.map { "\(new.file ?? site.config):\($0)" } ?? "default"
            tell(line + String(repeating: " ", count: max(2, 56 - line.count)) + "# \(place)")
        }
        for name in difference.profiles { tell("~ profile \(name): its text has changed") }
    }

    private struct Answer: Encodable {
        var schema = 1
        var isSame: Bool
        var changes: [Change]
        var profiles: [String]

        struct Change: Encodable {
            var path: [String]
            var running: Value?
            var file: Value?
        }

        struct Value: Encodable {
            var value: String
            var isDefault: Bool
            /// In the file that it was read from.
            var line: Int?
            var file: String?

            init(_ setting: HeldSettings.Setting) {
                (value, isDefault, line) = (setting.value, setting.line == nil, setting.line)
                file = setting.file
            }
        }
    }

    private func tellJSON(_ difference: SettingsDifference) throws {
        let answer = Answer(
            isSame: difference.isEmpty,
            changes: difference.changes.map { change in
                Answer.Change(
                    path: change.path, running: change.running.map { Answer.Value($0) },
                    file: change.file.map { Answer.Value($0) })
            }, profiles: difference.profiles)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        tell(String(decoding: try encoder.encode(answer), as: UTF8.self))
    }
}
