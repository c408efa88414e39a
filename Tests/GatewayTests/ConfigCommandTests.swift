// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `sluice config` as a person meets it.
@Suite struct ConfigCommandTests {
    private static let site = "\(Programs.root)/deploy/examples/lakeside.yaml"

    private func sluice(
        _ arguments: [String], verb: String = "show"
    ) throws -> (status: Int32, output: [String]) {
        let program = try RunningProgram(try Programs.sluice, ["config", verb] + arguments)
        program.closeInput()
        try program.linesToEnd(within: 60)
        program.process.waitUntilExit()
        return (program.process.terminationStatus, program.output)
    }

    @Test func `defaults stand beside what the file says, each with its origin`() throws {
        let shown = try sluice(["--effective", "--origin", "--config", Self.site])
        #expect(shown.status == 0)
        #expect(shown.output.contains { $0.hasPrefix("  id: lakeside") && $0.contains("# \(Self.site):") })
        #expect(shown.output.contains { $0.hasPrefix("  standing_after_hours: 24") && $0.hasSuffix("# default") })
        let plain = try sluice(["--config", Self.site])
        #expect(!plain.output.contains { $0.contains("standing_after_hours") || $0.contains("#") })
        let json = try sluice(["--effective", "--origin", "--json", "--config", Self.site])
        let text = json.output.joined()
        #expect(text.contains(#"{"isDefault":true,"path":["alarms","standing_after_hours"],"value":"24"}"#))
        #expect(text.hasPrefix(#"{"schema":1,"settings":["#))
    }

    @Test func `the schema that is printed is the committed one`() throws {
        let printed = try sluice([], verb: "schema")
        #expect(printed.status == 0)
        let committed = try String(contentsOfFile: "\(Programs.root)/docs/site.schema.json", encoding: .utf8)
        #expect(printed.output.joined(separator: "\n") + "\n" == committed, "docs/site.schema.json is out of date")
    }

    @Test func `a file with mistakes is not shown`() throws {
        let folder = try TestFolder()
        try folder.write("site.yaml", "site: {id: x}\n")
        let refused = try sluice(["--config", "\(folder.path)/site.yaml"])
        #expect(refused.status == 78)
        #expect(refused.output.first?.contains(": error: SL-1105: ") == true)
    }
}
