// SPDX-License-Identifier: Apache-2.0

import CMosquitto
import Glibc
import Pipeline

/// What libmosquitto and OpenSSL say while a connection is made, kept for the one who must mend it.
struct TLSTrouble {
    /// OpenSSL's verdict on the broker's certificate; 0 is good (X509_V_ERR_... of its documentation).
    private(set) var verdict: Int = 0
    private(set) var isNameWrong = false
    private(set) var lastError = ""

    /// Takes a line of the library's log, while the TLS session still stands.
    mutating func take(_ line: String, of handle: OpaquePointer) {
        if line.contains("host name verification failed") { isNameWrong = true }
        guard line.contains("OpenSSL Error") else { return }
        // `OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed`
        lastError = String(line.split(separator: ":").last ?? "")
        guard let session = mosquitto_ssl_get(handle), let verify = Self.verifyResult else { return }
        verdict = verify(session)
    }

    /// Why no TLS came about; `nil` when TLS was not the trouble.
    func reason(expecting host: String) -> String? {
        if isNameWrong {
            return
                "the broker's certificate is not for '\(host)'. Use the name in the certificate in 'mqtt.url', or give "
                + "the broker a certificate for '\(host)'"
        }
        switch verdict {
        case 0: return lastError.isEmpty ? nil : refusal
        case 9: return "the broker's certificate is not valid yet. Check the clocks of this machine and of the issuer"
        case 10: return "the broker's certificate has expired. Renew it, or check this machine's clock"
        case 2, 18, 19, 20, 21:
            return
                "the broker's certificate was issued by an authority that is not in 'mqtt.ca_file'. Give the right one"
        case 23: return "the broker's certificate was revoked"
        case 62, 64:
            return "the broker's certificate is not for '\(host)'. Use the name in the certificate in 'mqtt.url'"
        default: return "the broker's certificate is not accepted (OpenSSL verdict \(verdict))"
        }
    }

    private var refusal: String {
        if lastError.contains("alert") {
            return "the broker refused this client's certificate (\(lastError)). Check 'mqtt.certificate_file' and "
                + "'mqtt.key_file', and that the broker knows their issuer"
        }
        return "\(lastError). Check that this port speaks TLS"
    }

    /// A function of the libssl that libmosquitto brings along.
    private static var verifyResult: (@convention(c) (UnsafeMutableRawPointer) -> Int)? {
        dlsym(nil, "SSL_get_verify_result").map {
            unsafeBitCast($0, to: (@convention(c) (UnsafeMutableRawPointer) -> Int).self)
        }
    }
}

extension BrokerLogin {
    /// Makes the library say name and password with every CONNECT; its code.
    func apply(to handle: OpaquePointer) -> Int32 { mosquitto_username_pw_set(handle, userName, revealedPassword) }
}

extension BrokerTLS {
    /// Files that cannot be read, with why; libmosquitto would only say that something is invalid.
    var unreadable: String? {
        for (path, key) in [(caFile, "ca_file"), (certificateFile, "certificate_file"), (keyFile, "key_file")] {
            guard let path, access(path, R_OK) != 0 else { continue }
            return "'mqtt.\(key)' \(path): \(errorText(errno))"
        }
        return nil
    }

    /// Where Debian keeps the authorities that everybody trusts.
    static let systemAuthorities = "/etc/ssl/certs"

    /// Makes the library speak TLS 1.2 or later, and check chain and name.
    func apply(to handle: OpaquePointer) -> String? {
        if let unreadable { return unreadable }
        let codes = [
            mosquitto_tls_set(
                handle, caFile, caFile == nil ? Self.systemAuthorities : nil, certificateFile, keyFile, nil),
            mosquitto_tls_opts_set(handle, 1, nil, nil),
            mosquitto_tls_insecure_set(handle, false),
        ]
        return codes.first { $0 != MOSQ_ERR_SUCCESS.code }.map(libraryText)
    }
}
