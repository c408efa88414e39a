// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import Model
import Notices
import Pipeline
import SiteFiles

struct Consume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write every row of a site once into a CSV file, and acknowledge what is durable there.",
        discussion: """
            The reference consumer for `delivery: {confirm: consumer}`: repeated rows are left out, corrected ones follow
            with their revision, and `_ack` is published only after the file is on disk. It may be killed at any moment.

            Examples:
              sluice consume --site lakeside --output readings.csv
              sluice consume --broker mqtt://10.0.0.5:1883 --site lakeside --output readings.csv --no-acknowledge

            Beside the file stands FILE.ledger with what is known of its rows. Exit codes: 0 stopped by a signal,
            74 the file cannot be written.
            """)

    @Option(help: "The broker.")
    var broker = "mqtt://127.0.0.1:1883"

    @Option(help: "Identifier of the site, such as lakeside.")
    var site: String

    @Option(help: "Name of this consumer at the broker; needs --password-file.")
    var userName: String?

    @Option(help: "File with its password, which only its owner and group may read.")
    var passwordFile: String?

    @Option(help: "The CSV file; it goes on where it ended.")
    var output: String

    @Flag(inversion: .prefixedNo, help: "Whether what is stored is acknowledged on `_ack`.")
    var acknowledge = true

    func run() async throws {
        guard SiteIdentifier.isValid(site) else { throw ValidationError("--site '\(site)' is no name of a site.") }
        var options = Consumer.Options(site: SiteIdentifier(site), output: output)
        guard let (host, port) = Self.address(broker) else {
            throw ValidationError("--broker '\(broker)' is not mqtt://HOST:PORT.")
        }
        (options.host, options.port, options.acknowledges) = (host, port, acknowledge)
        options.login = try login()
        do {
            try await Consumer(options) { say("sluice consume: \($0)") }.run()
        } catch {
            say("sluice consume: \(error)")
            throw ExitStatus.inputOutput
        }
    }

    private func login() throws -> BrokerLogin? {
        switch (userName, passwordFile) {
        case (nil, nil): return nil
        case (let name?, let path?):
            do throws(SecretFile.Fault) {
                return BrokerLogin(userName: name, password: Secret(try SecretFile.password(at: path)))
            } catch {
                throw ValidationError("--password-file '\(path)' \(error.sentence(path))")
            }
        default: throw ValidationError("--user-name and --password-file go together.")
        }
    }

    private static func address(_ text: String) -> (host: String, port: Int)? {
        guard text.hasPrefix("mqtt://") else { return nil }
        let rest = text.dropFirst(7)
        guard let colon = rest.lastIndex(of: ":") else { return rest.isEmpty ? nil : (String(rest), 1883) }
        guard let port = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(port), colon > rest.startIndex
        else { return nil }
        return (String(rest[..<colon]), port)
    }
}
