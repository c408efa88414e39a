// SPDX-License-Identifier: Apache-2.0

import Crypto

/// How a receiver knows that a message is ours.
enum Signature {
    /// `t=<seconds>,v1=hex(HMAC-SHA256(secret, t + "." + body))`, with one `v1` for each secret: two while one follows
    /// the other.
    static func webhook(_ body: [UInt8], secrets: [Secret], seconds: Int64) -> String {
        let message = Array("\(seconds).".utf8) + body
        return (["t=\(seconds)"] + secrets.map { "v1=" + Hexadecimal.text(code(message, key: $0.revealed)) })
            .joined(separator: ",")
    }

    /// DingTalk: base64(HMAC-SHA256(key = secret, milliseconds + "\n" + secret)), not yet percent-encoded.
    static func dingtalk(secret: Secret, milliseconds: Int64) -> String {
        Base64.text(code(Array("\(milliseconds)\n\(secret.revealed)".utf8), key: secret.revealed))
    }

    /// Feishu: base64(HMAC-SHA256(key = seconds + "\n" + secret, nothing)).
    static func feishu(secret: Secret, seconds: Int64) -> String {
        Base64.text(code([], key: "\(seconds)\n\(secret.revealed)"))
    }

    private static func code(_ message: [UInt8], key: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: Array(key.utf8))))
    }
}
