// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import People

@Suite struct PasswordRuleTests {
    private static let names = ["lakeside", "湖畔花园 Lakeside Gardens", "li-wei"]

    @Test(arguments: [
        ("", PasswordRule.Fault.tooShort), ("elevenchars", .tooShort), ("水管漏水请快来人修理", .tooShort),
        (String(repeating: "x9 Lm", count: 26), .tooLong),
        ("abcdefghijk" + String(repeating: "\u{301}", count: 600), .tooLong),
    ])
    func `ASVS 6.2.1: shorter than twelve characters, and longer than 128, is refused`(
        password: String, fault: PasswordRule.Fault
    ) {
        #expect(PasswordRule.fault(of: password, names: Self.names) == fault)
    }

    @Test(arguments: [
        "correct horse battery staple", "rainy day, slow train", "漏水请打物业电话再等三十分钟", "gT7#vPq2!xLm",
        "xK4vQ9zR2mT7", "the kettle sings at noon", "drei Brote und ein Fisch",
        String(repeating: "x9 Lmq7w", count: 16),
    ])
    func `a long phrase or a random text is taken`(password: String) {
        #expect(PasswordRule.fault(of: password, names: Self.names) == nil)
    }

    @Test(arguments: [
        "password1234", "passwordpassword", "Password2026!", "P@ssw0rd1234", "qwertyuiop12", "qwertyuiopas",
        "1qaz2wsx3edc", "123456789012", "123456123456", "abcdefghijkl", "0987654321098", "administrator",
        "administrator1", "Admin123456!", "iloveyou2020", "welcome12345", "sunshine2024!", "lakeside2026",
        "li-wei123456",
        "LakesideGardens", "sluicesluice", "changeme1234", "letmein12345", "asdfghjkl123", "woaini123456",
        "dragonmonkey1", "waterpump2026", "Property2026!",
    ])
    func `ASVS 6.2.4: what is tried first is refused`(password: String) {
        #expect(PasswordRule.fault(of: password, names: Self.names) == .tooCommon)
    }

    @Test(arguments: ["aaaaaaaaaaaa", "abababababab", "111122223333", "😀😀😀😀😀😀😀😀😀😀😀😀"])
    func `a few characters over and over are refused`(password: String) {
        #expect(PasswordRule.fault(of: password, names: Self.names) == .tooUniform)
    }

    @Test func `a password that was given for the first sign-in would be taken`() {
        let password = Secret.oneTimePassword([UInt8](0..<20).map { $0 &* 37 })
        #expect(password.count == 23)
        #expect(PasswordRule.fault(of: password, names: Self.names) == nil)
    }
}
