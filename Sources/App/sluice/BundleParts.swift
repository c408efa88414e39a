// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Gateway
import Model
import NIOHTTP1
import Pipeline
import SiteFiles
import Store

/// What a problem report holds, gathered from a site that may have mistakes and whose gateway may run or not.
struct BundleParts {
    struct Part {
        var name: String
        /// What it holds, for people.
        var holds: String
        var text: String

        var bytes: [UInt8] { Array(text.utf8) }
    }

    private let site: LoadedSite
    /// `nil` when it is not known who and what must not be named.
    private let settings: SettingsForStrangers?
    private let now: Timestamp
    private var words: HiddenWords
    private(set) var parts: [Part] = []

    private static let namesUnknown =
        "left out: the site's file cannot be read, so that it is not known whose names to take out."
    private static let notAccepted = "not tried: the configuration was not accepted; check.txt says why."

    init(_ site: LoadedSite, now: Timestamp) {
        (self.site, self.now) = (site, now)
        settings = SettingsForStrangers(site)
        words = settings?.words ?? HiddenWords()
        if let directory = settings?.stateDirectory {
            let names = (try? SluiceStore.accountNames(in: directory)) ?? []
            for (place, name) in names.enumerated() { words.hide(name, as: "account-\(place + 1)") }
        }
    }

    mutating func gather(triesBroker: Bool) async {
        add("version.txt", "versions of the program and its libraries", Version.all.map { "\($0.name) \($0.version)" })
        add("machine.txt", "system, kernel, processors, memory", MachineText.machine)
        addCheck()
        add(
            "configuration.yaml", "settings that hold, without secrets and persons",
            settings?.lines ?? ["# \(Self.namesUnknown)"])
        var broker = ["not tried: --no-broker was given."]
        if triesBroker {
            broker =
                if let site = site.configuration { await BrokerReport.make(site).lines } else { [Self.notAccepted] }
        }
        add("doctor-broker.txt", "what the broker can do", broker.map(words.taken(outOf:)))
        addGateway()
        await addLog()
        addState()
        addContents()
    }

    private mutating func add(_ name: String, _ holds: String, _ lines: [String]) {
        parts.append(Part(name: name, holds: holds, text: lines.map { $0 + "\n" }.joined()))
    }

    private mutating func addCheck() {
        let lines = site.problems.map { problem in
            let line = words.taken(outOf: problem.description)
            // Without a list of names each piece of the file that a message cites may be one.
            return settings == nil ? line.replacing(/'[^']*'/, with: "'\(HiddenWords.nothing)'") : line
        }
        add("check.txt", "mistakes of the configuration", lines + [site.summary])
    }

    // MARK: The gateway

    private struct Listing: Decodable { var accounts: [PeopleWay.Row] }

    private mutating func addGateway() {
        guard let settings else {
            add("gateway.txt", "why no running gateway was asked", [Self.namesUnknown])
            return
        }
        let client = LocalClient(path: LocalSocket.path(in: settings.stateDirectory))
        addSecurity(client)
        let asked = [
            ("status.json", "how the running gateway is", "/api/v1/status"),
            ("healthz.txt", "whether it does its work, and why not", "/healthz"),
            ("metrics.txt", "its figures", "/metrics"),
        ]
        do {
            let answers = try asked.map { try client.send(.GET, $0.2) }
            for ((name, holds, path), answer) in zip(asked, answers) {
                // `/healthz` answers 503 with its reasons.
                let isAnswer = answer.status == 200 || path == "/healthz"
                let text =
                    isAnswer ? String(decoding: answer.body, as: UTF8.self) : "the gateway answered \(answer.status)"
                add(name, holds, words.withoutWords(text).split(separator: "\n").map(String.init))
            }
        } catch {
            add("gateway.txt", "why no running gateway was asked", [words.taken(outOf: "\(error)")])
        }
    }

    private mutating func addSecurity(_ client: LocalClient) {
        let name = "doctor-security.txt"
        let holds = "what lets strangers in"
        guard let configuration = site.configuration else { return add(name, holds, [Self.notAccepted]) }
        var service: SecurityReport.Service?
        var lines: [String] = []
        if let process = StateLock.holder(of: configuration.storage.directory) {
            let answer = try? client.send(.GET, "/api/v1/people")
            let rows = answer.flatMap { try? JSONDecoder().decode(Listing.self, from: Data($0.body)).accounts }
            service = .init(process: process, accounts: rows?.map(\.seenByDoctor))
        } else {
            lines.append("no gateway runs, so its accounts and its process were not looked at.")
        }
        for finding in SecurityReport(configuration, service: service, now: now).findings {
            lines += ["[\(finding.check)] \(finding.place): \(finding.says.en)", "  \(finding.remedy.en)"]
        }
        if lines.isEmpty { lines.append("Nothing was found.") }
        add(name, holds, lines.map(words.taken(outOf:)))
    }

    // MARK: Log and state

    private mutating func addLog() async {
        var lines = [Self.namesUnknown]
        if settings != nil {
            do {
                lines = try await ServiceJournal.troubles().map(words.taken(outOf:))
                if lines.isEmpty { lines = ["the journal has no warning and no error of the unit sluice."] }
            } catch {
                lines = ["left out: \(error)"]
            }
        }
        add("journal.txt", "newest warnings and errors of the unit sluice", lines)
    }

    private mutating func addState() {
        guard let directory = settings?.stateDirectory else { return }
        let files = MachineText.files(of: directory).map(words.taken(outOf:))
        add("state.txt", "sizes of the files in the state directory", files)
        let tables = ["sluice.db", "history.db"].flatMap { file in
            do {
                return try SluiceStore.rowCounts(of: file, in: directory)
            } catch {
                return ["\(file): cannot be counted: \(words.taken(outOf: "\(error)"))"]
            }
        }
        add("tables.txt", "number of rows of each table", tables)
    }

    private mutating func addContents() {
        let width = parts.map(\.name.count).max() ?? 0
        let lines =
            ["Problem report of sluice \(Version.sluice), made at \(now.rfc3339).", ""]
            + parts.map { part in
                "\(part.name)\(String(repeating: " ", count: width - part.name.count))  \(part.bytes.count) bytes: \(part.holds)"
            } + [
                "",
                "Taken out (***): passwords, keys, tokens, the path of webhooks, addresses of mail. Persons and accounts have",
                "numbers in place of their names, and numbers to call keep five digits. No reading, ticket or photo is in it.",
                "Left in: names of the estate, of buses, devices and points; addresses in the network; names of files.",
            ]
        let contents = Part(
            name: "contents.txt", holds: "this list, and what was taken out",
            text: lines.map { $0 + "\n" }.joined())
        parts.insert(contents, at: 0)
    }
}
