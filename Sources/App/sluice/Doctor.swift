// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Model
import Pipeline

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try what the broker of a site can do, or look for what lets strangers in, and say what that means.",
        discussion: """
            Examples:
              sluice doctor --broker --config site.yaml
              sluice doctor --security --config site.yaml

            --broker publishes below sluice/<site>/_doctor only, and once on a topic of another site to see whether that
            is refused. --security changes nothing; accounts and the service are looked at while a gateway runs. The
            gateway may be running. Exit codes: 0 nothing to complain of, 1 the broker cannot be used, or not safely, or
            something was found.
            """)

    @Flag(help: "Examine the broker.") var broker = false
    @Flag(help: "Look at rights, the page, the broker's door, certificates, libraries and the service.")
    var security = false
    @Flag(help: "Print JSON, one object; with --security alone.") var json = false
    @Option(help: "Language of what --security finds: en or zh-Hans.") var language = "en"
    @OptionGroup var site: SiteOptions

    func run() async throws {
        guard broker || security else { throw ValidationError("Say what to examine: --broker or --security.") }
        guard !json || !broker else { throw ValidationError("--json goes with --security alone.") }
        guard let language = Language(rawValue: language) else {
            throw ValidationError("'\(language)' is no language of Sluice. Use en or zh-Hans.")
        }
        let configuration = try site.load()
        var isGood = true
        if broker {
            let report = await BrokerReport.make(configuration)
            for line in report.lines { tell(line) }
            isGood = report.isUsable
        }
        if security {
            let report = SecurityReport(
                configuration, service: try await service(of: configuration), now: SystemClock().now().wall)
            try show(report.findings, in: language)
            isGood = isGood && report.findings.isEmpty
        }
        if !isGood { throw ExitStatus.problemsFound }
    }

    private func show(_ findings: [SecurityReport.Finding], in language: Language) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            tell(String(decoding: try encoder.encode(Answer(findings: findings)), as: UTF8.self))
            return
        }
        for finding in findings {
            let isChinese = language == .chinese
            tell("\(finding.place)\(isChinese ? "：" : ": ")\(isChinese ? finding.says.zh : finding.says.en)")
            tell("  \(isChinese ? finding.remedy.zh : finding.remedy.en)")
        }
        if findings.isEmpty { tell(language == .chinese ? "没有发现问题。" : "Nothing was found.") }
    }

    private struct Answer: Encodable {
        var schema = 1
        var findings: [SecurityReport.Finding]
    }

    /// The gateway that runs on the site's state directory, with its accounts; `nil` without one.
    private func service(of configuration: SiteConfiguration) async throws -> SecurityReport.Service? {
        guard let process = StateLock.holder(of: configuration.storage.directory) else {
            say("sluice doctor: no gateway runs, so its accounts and its process were not looked at.")
            return nil
        }
        // Who asked has said why there is no answer; what else there is to find is looked for all the same.
        let accounts = try? await PeopleWay(site).list().map(\.seenByDoctor)
        return SecurityReport.Service(process: process, accounts: accounts)
    }
}
