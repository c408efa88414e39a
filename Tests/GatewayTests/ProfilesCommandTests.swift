// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `sluice profiles` as a person meets it.
@Suite struct ProfilesCommandTests {
    private static let profile = """
        profile: acme-p1
        kind: pump
        name: {zh: 泵, en: Pump of Acme}
        points:
          speed: {table: holding, address: 4, type: uint16, unit: "/min"}
        signals: {pump.speed: {from: speed}}
        """

    private static let capture = """
        profile: acme-p1
        origin: constructed
        registers:
          - {table: holding, address: 4, hex: "05DC"}
        expected:
          speed: 1500
        """

    private func sluice(_ arguments: [String]) throws -> (status: Int32, output: [String]) {
        let program = try RunningProgram(try Programs.sluice, ["profiles"] + arguments)
        program.closeInput()
        try program.linesToEnd(within: 60)
        program.process.waitUntilExit()
        return (program.process.terminationStatus, program.output)
    }

    @Test func `lint says every mistake with its place and exits 1 for errors only`() throws {
        let folder = try TestFolder()
        let (profile, capture) = ("pump/acme-p1/profile.yaml", "pump/acme-p1/captures/running.yaml")
        try folder.write(profile, Self.profile)
        let warned = try sluice(["lint", folder.path])
        #expect(warned.status == 0)
        #expect(warned.output.first?.hasPrefix("\(folder.path)/\(profile):1:1: warning: SL-1229: ") == true)
        #expect(warned.output.last == "0 errors, 1 warning in 1 profile and 0 captures")

        try folder.write(capture, Self.capture)
        let sound = try sluice(["lint", folder.path])
        #expect(sound.status == 0)
        #expect(sound.output == ["0 errors, 0 warnings in 1 profile and 1 capture"])

        try folder.write(capture, Self.capture.replacing("1500", with: "1499"))
        let vain = try sluice(["lint", "\(folder.path)/\(profile)"])
        #expect(vain.status == 1)
        #expect(vain.output.first?.hasPrefix("\(folder.path)/\(capture):6:3: error: SL-1229: ") == true)

        try folder.write(profile, Self.profile.replacing("holding", with: "holdng"))
        let wrong = try sluice(["lint", folder.path])
        #expect(wrong.status == 1)
        #expect(wrong.output.first?.hasPrefix("\(folder.path)/\(profile):5:18: error: SL-1206: ") == true)
    }

    @Test func `list and catalogue refuse what lint would`() throws {
        let folder = try TestFolder()
        try folder.write("pump/acme-p1/profile.yaml", Self.profile)
        let list = try sluice(["list", folder.path])
        #expect(list.status == 0)
        #expect(list.output.count == 1)
        #expect(
            list.output.first?.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
                == "pump acme-p1 not bench-tested 1 point, 1 signal Pump of Acme")
        #expect(try sluice(["catalogue", folder.path]).output.contains("### acme-p1"))
        try folder.write("pump/acme-p1/profile.yaml", "profile: [")
        for command in ["list", "catalogue"] {
            let refused = try sluice([command, folder.path])
            #expect(refused.status == 78)
            #expect(refused.output.allSatisfy { $0.hasPrefix("\(folder.path)/pump/acme-p1/profile.yaml:") })
        }
        let none = try sluice(["lint", "\(folder.path)/gate"])
        #expect(none.status == 78)
        #expect(none.output.first?.hasPrefix("\(folder.path)/gate: no profile is here.") == true)
    }

    @Test func `the bundled profiles have no errors, and page and schema are the committed ones`() throws {
        let bundled = "\(Programs.root)/DeviceProfiles"
        let lint = try sluice(["lint", bundled])
        #expect(lint.status == 0, "\(lint.output)")
        for (command, file) in [(["catalogue", bundled], "devices.md"), (["schema"], "profile.schema.json")] {
            let printed = try sluice(command)
            let committed = try String(contentsOfFile: "\(Programs.root)/docs/\(file)", encoding: .utf8)
            #expect(printed.status == 0)
            #expect(printed.output.joined(separator: "\n") + "\n" == committed, "docs/\(file) is out of date")
        }
    }
}
