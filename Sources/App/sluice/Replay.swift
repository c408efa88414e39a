// SPDX-License-Identifier: Apache-2.0

import Analysis
import ArgumentParser
import FoundationEssentials
import Gateway
import Leakbench
import Model
import Pipeline
import SiteFiles
import Store

struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the analyzer over recorded readings and write what it finds.",
        discussion: """
            Formats: leakbench is a folder (topology.json, calendar.csv, readings.csv.gz); store is the state directory
            of a gateway, which may be running and is only read; export is a file that `sluice export readings` wrote,
            packed by gzip or not. The last two need the site's file and give what the gateway found, as far back as
            readings are kept.

            Examples:
              sluice replay --format leakbench estate/ --findings findings.jsonl
              sluice replay --format store /var/lib/sluice --config site.yaml --findings findings.jsonl
              sluice replay --format export readings.csv --config site.yaml --findings findings.jsonl
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case leakbench, store, export }

    @Option(help: "Form of the recording: leakbench, store or export.")
    var format: Format = .leakbench

    @Argument(help: "The folder or file of the recording.")
    var recording: String

    @Option(help: "File for the findings, one JSON object a line.")
    var findings: String

    @Option(help: "File for the litres of each finding, as it said them last, one JSON object a line.")
    var litres: String?

    @Flag(help: "Find every finding again from what a gateway would keep of it; exit 1 when one differs (leakbench).")
    var explain = false

    @OptionGroup var site: SiteOptions

    func validate() throws {
        guard !explain || format == .leakbench else {
            throw ValidationError("--explain goes with leakbench; `sluice explain` does it for a gateway's findings.")
        }
    }

    func run() throws {
        do {
            switch format {
            case .leakbench: try replayFolder()
            case .store: try replayStore()
            case .export: try replayExport()
            }
        } catch let error as LeakbenchError {
            say("sluice replay: \(error)")
            throw ExitStatus.inputOutput
        } catch let error as StoreError {
            say("sluice replay: \(error)")
            throw error.exitStatus
        }
    }

    private func replayFolder() throws {
        let report = try replayLeakbench(
            folder: recording, findings: findings, losses: litres, recomputes: explain
        ) {
            try readZone(named: $0)
        }
        for line in report.lines { say(line) }
        if let recomputed = report.recomputed, recomputed.same < recomputed.of { throw ExitStatus.problemsFound }
    }

    private func replayStore() throws {
        let told = try readTold(directory: recording)
        var replay = SiteReplay(try site.load(), told: told)
        var changes: [FindingChange] = []
        try SluiceStore.forEachSweep(
            in: recording, catalogue: replay.catalogue, from: Timestamp(milliseconds: 0),
            logger: LogOptions.parseOrExit([]).makeLogger()
        ) { changes += replay.take($0) }
        try write(changes + replay.finish(), replay)
    }

    private func replayExport() throws {
        let configuration = try site.load()
        // What was told stands among the readings, and is known before the first of them here.
        var told: [SiteReplay.Told] = []
        try forEachLineOfText(in: recording) { line, _ in
            guard let line = ToldLine(line) else { return }
            told.append(
                SiteReplay.Told(
                    cursor: line.cursor, dataTime: line.dataTime,
                    intervention: try JSONDecoder().decode(Intervention.self, from: Data(line.body))))
        }
        var replay = SiteReplay(configuration, told: told)
        let points = replay.catalogue.pointsByPath
        var changes: [FindingChange] = []
        var unreadable = 0
        try forEachLineOfText(in: recording) { line, number in
            if number == 1 {
                guard line == ReadingLine.header else {
                    throw LeakbenchError(path: recording, line: 1, "the header must be '\(ReadingLine.header)'.")
                }
                return
            }
            guard !line.isEmpty, ToldLine(line) == nil else { return }
            do {
                changes += replay.take(try ReadingLine(line, points: points).sweep(of: replay.catalogue))
            } catch let fault as ReadingLine.Fault {
                unreadable += 1
                if unreadable <= LeakbenchReport.namedProblems {
                    say("\(recording):\(number): \(fault); the line is left out.")
                }
            }
        }
        try write(changes + replay.finish(), replay)
        if unreadable > 0 { say("\(unreadable) lines are no readings of this site and were left out.") }
    }

    private func write(_ changes: [FindingChange], _ replay: SiteReplay) throws {
        try writeFindings(changes, findings: findings, losses: litres)
        let raised = changes.count { if case .raised = $0 { true } else { false } }
        say("\(replay.readings) readings for the analyzer, \(raised) findings raised")
    }
}
