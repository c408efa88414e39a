// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import NIOCore

/// Bodies of requests that are JSON.
enum JSONBody {
    /// The body of a request that says it is JSON.
    ///
    /// - Throws: `mediaTypeUnsupported`, `bodyTooLarge`.
    static func bytes(of request: Request) async throws -> [UInt8] {
        let type = (request.headers[.contentType] ?? "").prefix { $0 != ";" }.lowercased()
        guard type.filter({ !$0.isWhitespace }) == "application/json" else {
            throw Problem(.mediaTypeUnsupported, ["wanted": "application/json"])
        }
        return Array(try await BodyLimit.body(of: request).readableBytesView)
    }
}

/// Which version of a thing a request is meant for (RFC 9110, section 13.1.1).
enum VersionCondition: Hashable, Sendable {
    /// `*`: whatever is there.
    case any
    /// One of these tags; a weak one never fits.
    case oneOf([String])

    /// The version to act on; `nil` for whatever is there, one that never is where no tag fits.
    func version(besides present: Int) -> Int? {
        switch self {
        case .any: nil
        case .oneOf(let tags): tags.contains(EntityTag.text(present)) ? present : -1
        }
    }
}

enum RequestHeaders {
    static let idempotencyKeyName = "Idempotency-Key"
    private static let keyField = HTTPFields.Element.Name("Idempotency-Key")!
    /// Most characters of a key.
    static let longestKey = 255

    /// The name that the sender gave to the request: 1 to 255 visible ASCII characters.
    ///
    /// - Throws: `keyMissing`, `keyInvalid`.
    static func idempotencyKey(of request: Request) throws(Problem) -> String {
        let values = request.headers[values: keyField]
        guard let key = values.first else { throw Problem(.keyMissing) }
        guard values.count == 1, (1...longestKey).contains(key.utf8.count),
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw Problem(.keyInvalid) }
        return key
    }

    /// The same for a request that may go without; `nil` when it does.
    ///
    /// - Throws: `keyInvalid`.
    static func idempotencyKeyIfGiven(in request: Request) throws(Problem) -> String? {
        request.headers[keyField] == nil ? nil : try idempotencyKey(of: request)
    }

    /// The condition under which a change is asked for.
    ///
    /// - Throws: `versionMissing`, `versionInvalid`.
    static func ifMatch(of request: Request) throws(Problem) -> VersionCondition {
        let values = request.headers[values: .ifMatch]
        guard !values.isEmpty else { throw Problem(.versionMissing) }
        let text = values.joined(separator: ",")
        if text.filter({ !$0.isWhitespace }) == "*" { return .any }
        guard let tags = entityTags(in: text), !tags.isEmpty else { throw Problem(.versionInvalid) }
        return .oneOf(tags)
    }

    /// The tags of a list such as `"3", W/"4"`; `nil` when it is no such list.
    static func entityTags(in text: String) -> [String]? {
        var tags: [String] = []
        var rest = Array(text.utf8)[...]
        while true {
            while let byte = rest.first, byte == 0x20 || byte == 0x09 || byte == UInt8(ascii: ",") {
                rest.removeFirst()
            }
            guard !rest.isEmpty else { return tags }
            var tag: [UInt8] = []
            if rest.starts(with: "W/".utf8) {
                tag += rest.prefix(2)
                rest = rest.dropFirst(2)
            }
            guard rest.first == UInt8(ascii: "\""),
                let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\""))
            else { return nil }
            tag += rest[...end]
            rest = rest[(end + 1)...]
            guard rest.first.map({ $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }) ?? true else { return nil }
            tags.append(String(decoding: tag, as: UTF8.self))
        }
    }
}
