// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import SiteFiles
import Testing

@Suite struct BundleTests {
    private static let profile = """
        profile: acme-p1
        kind: pump
        name: {zh: 泵, en: Pump}
        points:
          speed: {table: holding, address: 4, type: uint16, unit: "/min"}
        signals: {pump.speed: {from: speed}}
        """

    /// A folder of profiles, removed afterwards.
    private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: root) }
        for (path, text) in files {
            let file = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        try body(root.path)
    }

    private func capture(expecting reading: String) -> String {
        """
        profile: acme-p1
        origin: constructed
        registers:
          - {table: holding, address: 4, hex: "05DC"}
        expected:
          \(reading)
        """
    }

    @Test func `a capture that expects another reading is an error at its place`() throws {
        let captures = "pump/acme-p1/captures"
        let files = [
            "pump/acme-p1/profile.yaml": Self.profile, "\(captures)/good.yaml": capture(expecting: "speed: 1500"),
            "\(captures)/wrong.yaml": capture(expecting: "speed: 1501"),
            "\(captures)/unknown.yaml": capture(expecting: "sped: 1500"),
        ]
        try withFolder(files) { root in
            let bundle = loadProfileBundle(at: "\(root)/pump/acme-p1/profile.yaml")
            #expect(bundle.profile != nil)
            #expect(bundle.captures.map(\.file) == ["good.yaml", "wrong.yaml"])
            let found = bundle.problems.map {
                "\($0.path.dropFirst(root.count + 1)):\($0.line):\($0.column) \($0.code)"
            }
            #expect(
                found == ["\(captures)/unknown.yaml:6:3 SL-1204", "\(captures)/wrong.yaml:6:3 SL-1229"],
                "\(bundle.problems)")
            #expect(bundle.problems.allSatisfy { $0.severity == .error })
        }
    }

    @Test func `a profile without a capture is a warning`() throws {
        try withFolder(["pump/acme-p1/profile.yaml": Self.profile]) { root in
            let bundle = loadProfileBundle(at: "\(root)/pump/acme-p1/profile.yaml")
            #expect(bundle.problems.map(\.severity) == [.warning])
        }
    }

    @Test func `profiles are found from a file, their folder, their kind and the folder of kinds`() throws {
        let files = ["pump/acme-p1/profile.yaml": Self.profile, "lift/acme-l1/profile.yaml": "", "lift/readme": ""]
        try withFolder(files) { root in
            let pump = "\(root)/pump/acme-p1/profile.yaml"
            #expect(profileFiles(at: pump) == [pump])
            #expect(profileFiles(at: "\(root)/pump/acme-p1/") == [pump])
            #expect(profileFiles(at: "\(root)/pump") == [pump])
            #expect(profileFiles(at: root) == ["\(root)/lift/acme-l1/profile.yaml", pump])
            #expect(profileFiles(at: "\(root)/gate") == [])
        }
    }
}
