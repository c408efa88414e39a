// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import Glibc
import Logging
import Pipeline
import Savings
import Store

/// The state directory of a gateway that may be running, read without asking it, and the language of the answer.
struct StateOptions: ParsableArguments {
    @OptionGroup var site: SiteOptions

    @Option(help: "State directory of the gateway, instead of the one that the site's file names.")
    var state: String?

    @Option(help: "Language of the sentences: en or zh-Hans.")
    var language = "en"

    func directory() throws -> String { try state ?? site.load().storage.directory }

    /// How findings are priced; `nil` without a tariff, and where only a state directory was named.
    func costing() throws -> Costing? {
        guard state == nil || access(site.config, R_OK) == 0 else { return nil }
        return try readCosting(of: site.load(), in: directory())
    }

    func chosenLanguage() throws -> Language {
        guard let chosen = Language(rawValue: language) else {
            throw ValidationError("'\(language)' is no language of Sluice. Use en or zh-Hans.")
        }
        return chosen
    }

    /// Warnings go where messages for people go.
    var logger: Logger { Logger(label: "sluice") { StreamLogHandler.standardError(label: $0) } }
}
