// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
public import Model

/// Until when certificates hold, read from PEM files (RFC 7468, RFC 5280 section 4.1).
public enum CertificateDates {
    /// The earliest end of all certificates in a file; `nil` when it holds none that can be read.
    public static func expiry(ofFile path: String) -> Timestamp? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), text.utf8.count <= 1 << 20 else {
            return nil
        }
        return text.split(separator: "-----BEGIN CERTIFICATE-----").dropFirst(text.hasPrefix("-----BEGIN C") ? 0 : 1)
            .compactMap { part -> Timestamp? in
                let body = part.prefix { $0 != "-" }.filter { !$0.isWhitespace }
                return Data(base64Encoded: String(body)).flatMap { expiry(ofDER: [UInt8]($0)) }
            }.min()
    }

    /// `Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { [0] version, serial, signature, issuer, validity ... } }`.
    static func expiry(ofDER bytes: [UInt8]) -> Timestamp? {
        guard let certificate = element(bytes[...], 0x30), var fields = element(certificate.body, 0x30)?.body else {
            return nil
        }
        if let version = element(fields, 0xA0) { fields = version.rest }
        guard let serial = element(fields, 0x02), let signature = element(serial.rest, 0x30),
            let issuer = element(signature.rest, 0x30), let validity = element(issuer.rest, 0x30)?.body
        else { return nil }
        guard let start = element(validity, 0x17) ?? element(validity, 0x18) else { return nil }
        if let end = element(start.rest, 0x17) { return moment(end.body, yearDigits: 2) }
        return element(start.rest, 0x18).flatMap { moment($0.body, yearDigits: 4) }
    }

    private static func element(_ bytes: ArraySlice<UInt8>, _ tag: UInt8)
        -> (body: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)?
    {
        guard bytes.count >= 2, bytes.first == tag else { return nil }
        var place = bytes.startIndex + 1
        var length = Int(bytes[place])
        place += 1
        if length >= 0x80 {
            let count = length - 0x80
            guard (1...3).contains(count), bytes.endIndex - place >= count else { return nil }
            length = bytes[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
            place += count
        }
        guard bytes.endIndex - place >= length else { return nil }
        return (bytes[place..<place + length], bytes[(place + length)...])
    }

    /// `YYMMDDHHMMSSZ` or with four digits of the year.
    private static func moment(_ bytes: ArraySlice<UInt8>, yearDigits: Int) -> Timestamp? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.utf8.count == yearDigits + 11, text.hasSuffix("Z"),
            text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let digits = text.dropLast().utf8.map { Int($0 - 0x30) }
        func number(_ place: Int, _ count: Int) -> Int { digits[place..<place + count].reduce(0) { $0 * 10 + $1 } }
        var year = number(0, yearDigits)
        if yearDigits == 2 { year += year < 50 ? 2000 : 1900 }
        let rest = (0..<5).map { number(yearDigits + 2 * $0, 2) }
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return Timestamp(
            rfc3339: "\(year)-\(two(rest[0]))-\(two(rest[1]))T\(two(rest[2])):\(two(rest[3])):\(two(rest[4]))Z")
    }
}
