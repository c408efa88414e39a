// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Model
import ModbusCodec
import Pipeline
import Profiles

struct Line: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Line doctor: what a bus has seen, and the suspected cause of its trouble in plain words.",
        discussion: """
            Examples:
              sluice line line-1 --config site.yaml
              sluice line line-1 --json --config site.yaml > at-19200.json
              sluice line line-1 --compare at-9600.json --config site.yaml

            Takes the counts of the running gateway; without one it reads the devices' probes for some seconds.
            Exits 1 when a cause is suspected.
            """)

    @Argument(help: "A bus of the site's file.")
    var bus: String

    @Option(name: .customLong("for"), help: "Seconds of reading when no gateway runs.")
    var seconds = 5.0

    @Option(help: "What `sluice line --json` printed of this bus at another baud.")
    var compare: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var site: SiteOptions

    func validate() throws {
        guard seconds > 0, seconds <= 3600 else {
            throw ValidationError("--for takes seconds, more than 0, 3600 at most.")
        }
    }

    func run() async throws {
        let configuration = try site.load()
        let settings = try configuration.bus(named: bus)
        let earlier = try earlierEvidence()
        let evidence = try await evidence(of: settings, in: configuration)
        let findings = diagnose(evidence, comparedWith: earlier)
        if json { try tellJSON(evidence, findings) } else { show(evidence, findings) }
        if findings != [.healthy] { throw ExitStatus.problemsFound }
    }

    private func evidence(of settings: BusSettings, in configuration: SiteConfiguration) async throws -> LineEvidence {
        let door = try BusDoor(to: configuration, for: "sluice line", logger: .quiet)
        if let counted = try door.evidence(of: settings) { return counted }
        let devices = configuration.devices.filter { $0.bus == settings.identifier }
        guard !devices.isEmpty else {
            say("sluice line: bus \(settings.identifier) has no device in the site's file. `sluice scan` finds some.")
            throw ExitStatus.configuration
        }
        say("sluice line: reads \(counted(devices.count, "device")) for \(seconds) s.")
        let port = try door.open(settings)
        let evidence = await watchLine(
            settings, units: devices.map { ($0.unit, $0.device.manners.answersAs, $0.device.probe) }, on: port,
            for: .seconds(seconds))
        await port.close()
        return evidence
    }

    private func earlierEvidence() throws -> LineEvidence? {
        guard let compare else { return nil }
        guard let data = try? Data(contentsOf: URL(filePath: compare)),
            let answer = try? JSONDecoder().decode(Answer.self, from: data)
        else { throw ValidationError("'\(compare)' is not what `sluice line --json` prints.") }
        return answer.evidence
    }

    private func show(_ evidence: LineEvidence, _ findings: [LineFinding]) {
        if let gap = evidence.gapMilliseconds {
            let latency = evidence.usbLatencyMilliseconds.map { ", USB latency \($0) ms" } ?? ""
            tell("gap kept \((gap * 100).rounded() / 100) ms, timeout \(evidence.timeoutMilliseconds) ms\(latency)")
        }
        tell("unit requests answers timeouts crc torn refused exceptions late stray p50-ms p99-ms")
        for unit in evidence.units {
            let columns: [Any] = [
                unit.unit, unit.requests, unit.answers, unit.timeouts, unit.checksumErrors, unit.tornFrames,
                unit.refusals, unit.exceptions, unit.lateReplies, unit.strayBytes,
                unit.turnaroundP50Milliseconds.map { "\($0)" } ?? "-",
                unit.turnaroundP99Milliseconds.map { "\($0)" } ?? "-",
            ]
            tell(columns.map { "\($0)" }.joined(separator: " "))
        }
        for finding in findings { tell(finding.sentence) }
    }

    private struct Answer: Codable {
        var schema = 1
        var evidence: LineEvidence
        var findings: [String]
    }

    private func tellJSON(_ evidence: LineEvidence, _ findings: [LineFinding]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let answer = Answer(evidence: evidence, findings: findings.map(\.sentence))
        tell(String(decoding: try encoder.encode(answer), as: UTF8.self))
    }
}
