// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `sluice points` as a person meets it.
@Suite struct PointsCommandTests {
    private static let list = """
        设备,站号,功能码,寄存器地址,变量名,数据类型,字节序,单位,信号
        inlet,5,3,9,total,uint32,CDAB,m³,water.total
        inlet,5,3,11,flow,float,CDAB,m³/h,water.flow
        """

    private func sluice(_ arguments: [String]) throws -> (status: Int32, output: [String]) {
        let program = try RunningProgram(try Programs.sluice, ["points"] + arguments)
        program.closeInput()
        try program.linesToEnd(within: 60)
        program.process.waitUntilExit()
        return (program.process.terminationStatus, program.output)
    }

    @Test func `a list is imported once, then shows what would change and waits for a word`() throws {
        let folder = try TestFolder()
        try folder.write("list.csv", Self.list)
        let (list, out) = ("\(folder.path)/list.csv", "\(folder.path)/profiles")
        let open = try sluice(["import", list, "--out", out])
        #expect(open.status == 1 && open.output.last == "1 error; nothing was written.", "\(open.output)")
        #expect(!FileManager.default.fileExists(atPath: out))

        let arguments = ["import", list, "--address-base", "1", "--kind", "water-meter", "--out", out]
        let first = try sluice(arguments)
        #expect(first.status == 0, "\(first.output)")
        #expect(first.output.contains("\(list): utf-8 (all of it is valid), separated by comma."))
        #expect(
            first.output.contains(
                "  R2 total: 9 in the list; counted from 0 it is holding 9, counted from 1 it is holding 8"))
        #expect(first.output.last == "  inlet: {profile: inlet, bus: BUS, unit: 5}")
        let path = "\(out)/water-meter/inlet/profile.yaml"
        let written = try String(contentsOfFile: path, encoding: .utf8)
        let again = try sluice(arguments)
        #expect(again.status == 0 && again.output.contains("\(path): 2 points, as it was."))

        try folder.write("list.csv", Self.list.replacing("3,11,", with: "3,13,"))
        let changed = try sluice(arguments)
        #expect(changed.status == 1)
        let lines = changed.output.filter { $0.hasPrefix("-  ") || $0.hasPrefix("+  ") }
        #expect(
            lines.count == 2 && lines[0].contains("address: 10") && lines[1].contains("address: 12"),
            "\(changed.output)")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == written)
        #expect(try sluice(arguments + ["--force"]).status == 0)
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("address: 12"))
    }

    @Test func `a bundled profile is exported with a mark, and what is left out is said`() throws {
        let folder = try TestFolder()
        let list = "\(folder.path)/list.csv"
        let export = try sluice([
            "export", "\(Programs.root)/DeviceProfiles/water-meter/tuf-2000-ultrasonic", "--headers", "zh", "--out",
            list,
        ])
        #expect(export.status == 0)
        #expect(export.output.first == "5 points of tuf-2000-ultrasonic. Not in the list:")
        #expect(export.output.contains("  signal 'water.total': it is more than one point as it stands."))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: list))
        #expect(bytes.prefix(3) == Data([0xEF, 0xBB, 0xBF]))
        #expect(try sluice(["import", list, "--out", "\(folder.path)/p"]).status == 0)
    }
}
