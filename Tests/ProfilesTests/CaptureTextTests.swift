// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModbusCodec
import Profiles
import Testing

/// What `sluice poll --once --capture` writes loads in the tests of the catalogue.
@Suite struct CaptureTextTests {
    @Test(arguments: CatalogueEntry.all)
    func `a written capture gives back the readings that it expects`(entry: CatalogueEntry) throws {
        let profile = try #require(try entry.read().profile)
        for (file, capture, _) in try entry.captures(of: profile) {
            let capture = try #require(capture, "\(file)")
            let device = profile.compile(parameters: capture.parameters)
            var answers: [(span: RegisterSpan, result: Result<[UInt16], ReadFailure>)] = []
            for span in device.values.flatMap(\.needs) where !answers.contains(where: { $0.span == span }) {
                answers.append((span, capture.image.words(span).map(Array.init)))
            }
            let text = captureText(
                of: profile, parameters: capture.parameters, taken: "2026-11-25", answers: answers)
            let (written, problems) = readCapture(text, path: "written.yaml", of: profile)
            #expect(problems.map(\.description) == [], "\(text)")
            let again = try #require(written)
            #expect(again.origin == .device)
            #expect(again.mismatches(with: profile) == [], "\(text)")
            #expect(again.expected.count == device.values.count)
        }
    }

    @Test func `a capture says no more than profile, day, choices and registers`() throws {
        let entry = try #require(CatalogueEntry.all.first { $0.name == "usw-dn15-40-ultrasonic" })
        let profile = try #require(try entry.read().profile)
        let text = captureText(
            of: profile, parameters: [:], taken: "2026-11-25",
            answers: [
                (RegisterSpan(.holdingRegister, at: 0x204, count: 4), .success([0, 0, 1, 0xF089])),
                (RegisterSpan(.holdingRegister, at: 0x804), .failure(.exception(2))),
            ])
        #expect(
            text == """
                # SPDX-License-Identifier: Apache-2.0
                profile: usw-dn15-40-ultrasonic
                origin: device
                taken: "2026-11-25"
                note: Registers of a device as read; compare what is expected with its face.
                registers:
                  - {table: holding, address: 516, hex: "0000 0000 0001 F089"}
                  - {table: holding, address: 2052, count: 1, failure: exception_2}
                expected:
                  total: 127.113
                  reverse_total: {bad: frame}
                  status: {bad: exception_2}

                """)
    }
}
