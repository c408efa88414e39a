// SPDX-License-Identifier: Apache-2.0

import Profiles
import Testing

@Suite struct DecimalNumberTests {
    @Test(
        arguments: [
            ("0.001", 1, 3), ("1", 1, 0), ("10", 10, 0), ("-12.50", -125, 1), ("1e-3", 1, 3), ("2.5E2", 250, 0),
            ("0", 0, 0), ("0.0", 0, 0), ("+3", 3, 0), ("123456789012345678", 123_456_789_012_345_678, 0),
        ] as [(String, Int64, Int)])
    func `a decimal number is kept as it is written`(text: String, mantissa: Int64, decimals: Int) {
        #expect(DecimalNumber(text) == DecimalNumber(mantissa: mantissa, decimals: decimals))
    }

    @Test(arguments: [
        "", "-", ".", "1.", ".5", "1e", "1e+", "e3", "0x10", "1,5", "nan", "inf", "1e99", "1e-40", "1 ", "1.2.3",
        "1234567890123456789", "１",
    ])
    func `anything else is no decimal number`(text: String) {
        #expect(DecimalNumber(text) == nil)
    }

    @Test func `its double is the nearest one`() {
        #expect(DecimalNumber("0.001")?.asDouble == 0.001)
        #expect(DecimalNumber("-273.15")?.asDouble == -273.15)
    }

    @Test(
        arguments: [
            ("0", 0), ("42", 42), ("-7", -7), ("0x1F", 31), ("9223372036854775807", Int.max),
            ("0123", nil), ("00", nil), ("1_000", nil), ("+1", nil), ("1.0", nil), ("0x", nil), ("", nil), ("-", nil),
            ("9223372036854775808", nil), ("0xFFFFFFFFFFFFFFFF", nil), ("٣", nil),
        ] as [(String, Int?)])
    func `whole numbers have no leading zero, sign or group`(text: String, expected: Int?) {
        #expect(wholeNumber(text) == expected)
    }

    @Test(
        arguments: [
            ("0.5", 0.5), ("-1e3", -1000), ("007", nil), (".5", nil), ("0x1p3", nil), ("inf", nil), ("nan", nil),
            ("1e999", nil), ("1.5.2", nil), ("", nil),
        ] as [(String, Double?)])
    func `real numbers are decimal and finite`(text: String, expected: Double?) {
        #expect(realNumber(text) == expected)
    }
}
