// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Profiles
import TestKit
import Testing

@Suite struct FileShapeTests {
    private static let good = """
        profile: acme
        kind: pump
        name: {zh: 泵, en: Pump}
        points:
          state: {table: holding, address: 0, type: uint16}

        """

    private func lines(_ text: String, path: String = "profile.yaml") -> [String] {
        readProfile(text, path: path).problems.map(\.description)
    }

    @Test func `Windows line ends and a byte order mark change nothing`() {
        let dressed = "\u{FEFF}" + Self.good.replacing("\n", with: "\r\n")
        #expect(readProfile(dressed, path: "profile.yaml").profile != nil)
        #expect(
            lines(dressed.replacing("holding", with: "holdin")) == [
                "profile.yaml:5:18: error: SL-1206: point 'state': register table 'holdin' is not known."
                    + " Did you mean 'holding'?"
            ])
    }

    @Test func `columns count characters, whatever their width`() {
        #expect(
            lines(Self.good.replacing("en: Pump}", with: "en: Pump, de: Pumpe}")) == [
                "profile.yaml:3:25: error: SL-1204: name: key 'de' is not known. Allowed: en, zh."
            ])
    }

    @Test(arguments: ["", "\n# nothing\n", "---\n"])
    func `an empty file is said to be empty`(text: String) {
        let problems = lines(text)
        #expect(problems.count == 1)
        #expect(
            problems.first == "profile.yaml:1:1: error: SL-1207: the file is empty."
                || problems.first == "profile.yaml:1:4: error: SL-1207: the file must be a map of keys, not nothing."
                || problems.first == "profile.yaml:2:1: error: SL-1207: the file must be a map of keys, not nothing.")
    }

    @Test func `the folder of a profile bears its name`() {
        #expect(lines(Self.good, path: "profiles/pump/acme/profile.yaml") == [])
        #expect(
            lines(Self.good, path: "profiles/pump/acne/profile.yaml") == [
                "profiles/pump/acne/profile.yaml:1:10: error: SL-1212: profile 'acme' stands in a folder named 'acne';"
                    + " give both one name."
            ])
    }

    @Test func `an alias stands for what it names, and a file that grows without end is refused`() {
        let aliased = Self.good.replacing("kind: pump", with: "kind: &kind pump").replacing("zh: 泵", with: "zh: *kind")
        #expect(readProfile(aliased, path: "profile.yaml").profile?.name.zh == "pump")
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...8 {
            let names = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(names)]\n"
        }
        let refused = lines(bomb)
        #expect(refused.contains { $0.hasSuffix("the file nests deeper than 64 or has more than 200000 values.") })
        let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(
            lines("points: " + deep).contains {
                $0.hasSuffix("the file nests deeper than 64 or has more than 200000 values.")
            })
    }

    @Test func `bytes that are no text are placed`() {
        #expect(throws: UnreadableText.self) { try decodeText([0x61, 0x0A, 0xC4, 0xE3]) }
        do {
            _ = try decodeText([0x61, 0x0A, 0x62, 0xC4, 0xE3])
        } catch {
            #expect(error.place == FilePlace(line: 2, column: 2))
            #expect(error.message == "this is not UTF-8. Save the file as UTF-8; GBK and other encodings are not read.")
        }
        do {
            _ = try decodeText([0xFF, 0xFE, 0x61, 0x00])
        } catch {
            #expect(error.message == "the file is UTF-16. Save it as UTF-8.")
        }
        #expect((try? decodeText([0xEF, 0xBB, 0xBF, 0x61])) == "a")
    }

    @Test func `each code is explained once, by a sentence of its own kind of file`() {
        for code in ErrorCode.allCases {
            #expect(["SL-11", "SL-12", "SL-13"].contains { code.rawValue.hasPrefix($0) })
            #expect(code.explanation.hasSuffix("."))
        }
        for mistake in ShapeMistake.allCases {
            let (site, profile) = (mistake.code(in: .site).rawValue, mistake.code(in: .profile).rawValue)
            #expect(site.hasPrefix("SL-11") && profile.hasPrefix("SL-12"))
            #expect(site.suffix(2) == profile.suffix(2))
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `no slip of the keyboard makes the reader trap`(batch: UInt64) throws {
        for seed in batch * 100..<batch * 100 + 100 {
            var random = SeededGenerator(seed: seed)
            let text = mutated(RefusalTests.good, using: &random)
            let (profile, problems) = readProfile(text, path: "profile.yaml")
            #expect((profile == nil) == problems.contains { $0.severity == .error }, "seed \(seed)")
            #expect(
                problems.allSatisfy { $0.line >= 1 && $0.column >= 1 && !$0.message.contains("\n") }, "seed \(seed)")
            // Whatever is accepted can be bound and asked.
            guard let device = profile?.compile(parameters: [:]) else { continue }
            for place in device.values.indices { _ = device.decode(place, from: RegisterImage()) }
        }
    }
}
