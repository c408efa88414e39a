// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
import Profiles
import Testing

/// A profile that takes most of its facts from another one.
@Suite struct ProfileExtensionTests {
    private static let base = """
        profile: acme-b1
        kind: pump
        name: B1
        sources: {S1: {title: Manual}}
        order: CDAB
        gap_milliseconds: 20
        limits: {maximum_read: 10, maximum_gap: 0}
        identify: [{table: holding, address: 9, expect: 1}]
        points:
          speed: {table: holding, address: 0, type: uint16, unit: "/min", source: S1}
          hours: {table: holding, address: 2, type: uint32, unit: h}
        signals:
          pump.speed: {from: speed}
          pump.run_hours: {from: hours}

        """
    private static let good = """
        profile: acme-b2
        extends: acme-b1
        kind: pump
        name: B2
        limits: {maximum_read: 20}
        points:
          speed: {table: holding, address: 100, type: uint16, scale: 10, unit: "/min", source: S1}
          code: {table: holding, address: 101, type: uint16}

        """
    private static let bases = ProfileBases(names: ["acme-b1", "acme-b2", "acme-bad", "acme-deep"]) { name in
        switch name {
        case "acme-b1": base
        case "acme-b2": good
        case "acme-bad": base.replacing("type: uint32", with: "type: uint33")
        case "acme-deep": good.replacing("acme-b2", with: "acme-deep")
        default: nil
        }
    }

    @Test func `what the file gives overrides its base by name`() throws {
        let (profile, problems) = readProfile(Self.good, path: "profile.yaml", bases: Self.bases)
        #expect(problems.map(\.description) == [])
        let read = try #require(profile)
        #expect(read.identifier == "acme-b2" && read.name == BilingualText("B2") && read.identity.isEmpty)
        #expect(read.limits.maximumRegisters == 20 && read.limits.maximumGap == 0)
        #expect(read.manners.gap == .milliseconds(20))
        let device = read.compile(parameters: [:])
        #expect(device.values.map(\.name) == ["speed", "run_hours", "code"])
        var image = RegisterImage()
        image.store(.success([145]), for: RegisterSpan(.holdingRegister, at: 100))
        image.store(.success([7, 0]), for: RegisterSpan(.holdingRegister, at: 2, count: 2))
        #expect(device.decode(0, from: image) == .good(.number(1450), raw: 145))
        #expect(device.decode(1, from: image) == .good(.integer(7), raw: 0x70000))
    }

    @Test(arguments: [
        (
            "acme-b11",
            "2:10: error: SL-1235: extends: profile 'acme-b11' is in no profile folder. Did you mean 'acme-b1'?"
        ),
        ("acme-b2", "2:10: error: SL-1235: extends: a profile cannot extend itself. Name another one."),
        (
            "acme-bad",
            "2:10: error: SL-1235: extends: profile 'acme-bad' has mistakes of its own. Mend them first."
        ),
        (
            "acme-deep",
            "2:10: error: SL-1235: extends: profile 'acme-deep' extends another one itself; only one level is read."
        ),
    ])
    func `a base that cannot be used is told once`(name: String, line: String) {
        let text = Self.good.replacing("extends: acme-b1", with: "extends: \(name)")
        let (profile, problems) = readProfile(text, path: "profile.yaml", bases: Self.bases)
        #expect(profile == nil && problems.map(\.description) == ["profile.yaml:" + line])
    }

    @Test func `a mistake between the two files is told where the base is named`() {
        let text = Self.good.replacing("address: 101", with: "address: 3")
        #expect(
            readProfile(text, path: "profile.yaml", bases: Self.bases).problems.map(\.description) == [
                "profile.yaml:8:35: error: SL-1217: point 'code': holding 3..<4 overlaps point 'hours' (holding 2..<4)."
            ])
    }
}
