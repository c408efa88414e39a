// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Model
import Pipeline
import Store

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write what a gateway has kept as text.",
        subcommands: [Readings.self, ExportHistory.self])

    struct Readings: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every stored reading, one a line, in the order of arrival; `sluice replay` reads it again.",
            discussion: """
                UTF-8, fields with commas between them, the names of the columns first. Lines of kind 'told' are what
                the analyzer was told, at their place between the readings. The gateway may be running.

                Examples:
                  sluice export readings --config site.yaml > readings.csv
                  sluice export readings --from 2026-10-01 --config site.yaml | gzip > readings.csv.gz
                """)

        @OptionGroup var stored: StateOptions
        @Option(name: .customLong("from"), help: "First day, UTC, such as 2026-10-01 (default: all that is kept).")
        var firstDay: String?

        func run() throws {
            let site = try stored.site.load()
            let directory = stored.state ?? site.storage.directory
            let catalogue = site.makeCatalogue()
            var start = Timestamp(milliseconds: 0)
            if let firstDay {
                guard firstDay.utf8.count == 10, let moment = Timestamp(rfc3339: firstDay + "T00:00:00Z") else {
                    throw ValidationError("--from '\(firstDay)' is no day such as 2026-10-01.")
                }
                start = moment
            }
            do {
                var told = try SluiceStore.interventions(directory: directory)
                    .map { ToldLine(cursor: $0.cursor, dataTime: $0.dataTime, body: $0.body) }[...]
                var lines = OutputLines()
                lines.write(ReadingLine.header)
                try SluiceStore.forEachSweep(
                    in: directory, catalogue: catalogue, from: start, logger: stored.logger
                ) { sweep in
                    while let next = told.first, next.cursor < sweep.firstSequence {
                        lines.write(told.removeFirst().text)
                    }
                    for line in ReadingLine.lines(of: sweep) { lines.write(line.text(catalogue)) }
                }
                for line in told { lines.write(line.text) }
                lines.flush()
            } catch let error as StoreError {
                say("sluice export: \(error)")
                throw error.exitStatus
            }
        }
    }
}

/// Something that the analyzer was told, as a line among the readings: kind `told`, the value in Base64.
struct ToldLine {
    var cursor: SequenceNumber
    var dataTime: Timestamp
    var body: [UInt8]

    init(cursor: SequenceNumber, dataTime: Timestamp, body: [UInt8]) {
        (self.cursor, self.dataTime, self.body) = (cursor, dataTime, body)
    }

    /// `nil` for a line of another kind.
    init?(_ line: some StringProtocol) {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        guard fields.count == 9, fields[6] == "told", let cursor = Int64(fields[0]),
            let dataTime = Timestamp(rfc3339: fields[2]), let body = Data(base64Encoded: fields[7])
        else { return nil }
        self.init(cursor: SequenceNumber(cursor), dataTime: dataTime, body: Array(body))
    }

    var text: String { "\(cursor.value),,\(dataTime.rfc3339),,,,told,\(Data(body).base64EncodedString())," }
}

/// Lines to standard output, in large pieces.
struct OutputLines {
    private var waiting = ""

    mutating func write(_ line: String) {
        if !waiting.isEmpty { waiting += "\n" }
        waiting += line
        if waiting.utf8.count >= 1 << 18 { flush() }
    }

    mutating func flush() {
        guard !waiting.isEmpty else { return }
        tell(waiting)
        waiting = ""
    }
}
