// SPDX-License-Identifier: Apache-2.0

import Pipeline
import TestKit
import Testing

@Suite struct MaskedPhoneTests {
    @Test(arguments: [
        ("call 13812345678 please", "call 138******78 please"),
        ("请拨打13812345678，谢谢", "请拨打138******78，谢谢"),
        ("138 1234 5678", "138 **** **78"),
        ("+86 138-1234-5678", "+86 1**-****-**78"),
        ("office 0571-88880000.", "office 057*-******00."),
        ("(0)10 12345678", "(0)10 ******78"),
        ("two: 13812345678, 13912345679", "two: 138******78, 139******79"),
    ])
    func `numbers to call are masked`(text: String, masked: String) {
        #expect(MaskedPhone.inText(text) == masked)
    }

    @Test(arguments: [
        "ticket lakeside-20261122-001", "20261122-001", "12345678901", "reading 00012345",
        "1234567 L at 2026-11-26 08:00",
        "call no. 2026112600123", "pump P13812345678x", "0.123456", "v1.2.3", "",
    ])
    func `other numbers stay`(text: String) { #expect(MaskedPhone.inText(text) == text) }

    @Test func `no number to call is left in anything that people may write`() {
        var random = SeededGenerator(seed: 5)
        let pieces = [
            "13812345678", "139-1234-5678", "+8613812345678", "057188880000", "ok", " ", "，", "42 L", "\n", "#",
        ]
        for _ in 0..<2000 {
            let text = (0..<6).map { _ in pieces.randomElement(using: &random) ?? "" }.joined(separator: " | ")
            let masked = MaskedPhone.inText(text)
            #expect(masked.count == text.count)
            #expect(MaskedPhone.inText(masked) == masked)
            #expect(!masked.contains(/1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}/), "\(masked)")
            #expect(!masked.contains("057188880000"))
        }
    }
}
