// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Logging
import Model
import NIOHTTP1
import People
import Pipeline
import Store

struct PeopleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "people",
        abstract: "Who may sign in on the page; also the way back in when nobody can.",
        discussion: """
            A running gateway is asked over its local socket; without one the database is opened. Whoever may do that owns
            the state directory. Passwords are shown once, hold for 72 hours and are changed at the first sign-in.

            Examples:
              sluice people list --config site.yaml
              sluice people add li-wei --person li-wei --role technician --config site.yaml
              sluice people reset li-wei --config site.yaml
              sluice people disable li-wei --config site.yaml
            """,
        subcommands: [List.self, Add.self, Disable.self, Enable.self, Reset.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Accounts with their roles.")
        @OptionGroup var site: SiteOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let rows = try await PeopleWay(site).list()
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys]
                return tell(String(decoding: try encoder.encode(["accounts": rows]), as: UTF8.self))
            }
            if rows.isEmpty { say("There is no account yet.") }
            for row in rows {
                tell([row.name, row.roles, row.person.isEmpty ? "-" : row.person, row.state].joined(separator: "  "))
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make an account; its first password is printed.")
        @Argument(help: "Name to sign in with.") var name: String
        @Option(name: .customLong("role"), help: "What it may; give it once for each role.") var roles: [String] = []
        @Option(help: "Whose it is: an identifier from the site's list of persons.") var person: String?
        @OptionGroup var site: SiteOptions

        func validate() throws {
            let known = Role.allCases.map(\.rawValue)
            if roles.isEmpty { throw ValidationError("Give --role. Roles: \(known.joined(separator: ", ")).") }
            for role in roles where !known.contains(role) {
                throw ValidationError(
                    "'\(role)' is no role.\(suggestion(for: role, in: known)) Roles: \(known.joined(separator: ", ")).")
            }
        }

        func run() async throws {
            try await PeopleWay(site).order(.init(deed: "add", name: name, person: person, roles: roles))
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let an account in no more, and end its sessions.")
        @Argument(help: "Name of the account.") var name: String
        @OptionGroup var site: SiteOptions
        func run() async throws { try await PeopleWay(site).order(.init(deed: "disable", name: name)) }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a disabled account in again.")
        @Argument(help: "Name of the account.") var name: String
        @OptionGroup var site: SiteOptions
        func run() async throws { try await PeopleWay(site).order(.init(deed: "enable", name: name)) }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give an account a new password, which is printed.")
        @Argument(help: "Name of the account.") var name: String
        @OptionGroup var site: SiteOptions
        func run() async throws { try await PeopleWay(site).order(.init(deed: "reset", name: name)) }
    }
}

/// The way to the accounts of a site: through the gateway that runs, else through its database.
struct PeopleWay {
    struct Row: Codable {
        var name, person, roles, state: String

        /// What `sluice doctor --security` looks at.
        var seenByDoctor: (name: String, isOneTime: Bool, isAdministrator: Bool) {
            (name, state == "one-time", state != "disabled" && roles.contains("administrator"))
        }
    }

    struct Order: Encodable {
        var deed, name: String
        var person: String?
        var roles: [String]?
    }

    private struct Listing: Decodable { var accounts: [Row] }
    private struct Done: Decodable { var password: String? }
    private struct Refusal: Decodable { var detail: String? }

    private static let actor = "sluice people"
    private let configuration: SiteConfiguration
    private var directory: String { configuration.storage.directory }

    init(_ site: SiteOptions) throws { configuration = try site.load() }

    private var isRunning: Bool { StateLock.holder(of: directory) != nil }

    func list() async throws -> [Row] {
        if isRunning { return try JSONDecoder().decode(Listing.self, from: Data(ask(.GET))).accounts }
        return try await alone { desk in
            await desk.accounts.map { account in
                Row(
                    name: account.name.text, person: account.person?.text ?? "", roles: account.roles.text,
                    state: account.isEnabled ? account.mustChange ? "one-time" : "active" : "disabled")
            }
        }
    }

    /// Carries it out; prints a password that is to be handed over.
    func order(_ order: Order) async throws {
        let password: String?
        if isRunning {
            let body = Array(try JSONEncoder().encode(order))
            password = try JSONDecoder().decode(Done.self, from: Data(ask(.POST, body))).password
        } else {
            password = try await alone { desk in
                switch order.deed {
                case "add":
                    return try await desk.make(
                        order.name, person: order.person,
                        roles: Set((order.roles ?? []).compactMap(Role.init(rawValue:))), by: Self.actor)
                case "reset": return try await desk.reset(order.name, by: Self.actor)
                default:
                    try await desk.setEnabled(order.deed == "enable", order.name, by: Self.actor)
                    return nil
                }
            }
        }
        if let password { tell(password) }
    }

    private func ask(_ method: HTTPMethod, _ body: [UInt8] = []) throws -> [UInt8] {
        do {
            let answer = try LocalClient(path: LocalSocket.path(in: directory)).send(
                method, "/api/v1/people", body: body)
            guard answer.status == 200 else {
                let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(answer.body))
                say("sluice people: \(refusal?.detail ?? "the gateway answered \(answer.status)")")
                throw ExitStatus.problemsFound
            }
            return answer.body
        } catch let error as LocalClient.Unreachable {
            say("sluice people: \(error)")
            throw ExitStatus.unavailable
        }
    }

    private func alone<Value: Sendable>(_ body: (PeopleDesk) async throws -> Value) async throws -> Value {
        do {
            let clock = SystemClock()
            var logger = Logger(label: "sluice") { StreamLogHandler.standardError(label: $0) }
            logger.logLevel = .warning
            let store = try SluiceStore.open(
                directory: directory, boot: clock.boot, now: clock.now(), logger: logger)
            defer { try? store.close() }
            return try await body(PeopleDesk(configuration, store: store) { clock.now() })
        } catch let error as StoreError {
            say("sluice people: \(error)")
            throw error.exitStatus
        } catch let refusal as PeopleRefusal {
            say("sluice people: \(Self.sentence(refusal))")
            throw ExitStatus.problemsFound
        }
    }

    private static func sentence(_ refusal: PeopleRefusal) -> String {
        switch refusal {
        case .account(.badName(let name)):
            "'\(name)' is no account name: 2 to 32 of a-z, 0-9, dot, hyphen and underscore, a letter or digit first"
        case .account(.taken(let name)): "there is an account '\(name)' already"
        case .account(.unknown(let name)): "there is no account '\(name)'"
        case .account(.unknownPerson(let person)): "'\(person)' is not under 'persons'"
        case .account(.personTaken(let person, let name)): "'\(person)' has the account '\(name)' already"
        case .account(.lastAdministrator): "it is the last administrator; nobody could manage accounts any more"
        case .account(.noRole): "an account needs a role"
        case .account(.tooMany(let limit)): "there are \(limit) accounts, which is the most"
        case .notStored(let reason): "not stored: \(reason)"
        default: "\(refusal)"
        }
    }
}
