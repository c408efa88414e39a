// SPDX-License-Identifier: Apache-2.0

import Hummingbird
public import Pipeline

/// Who may come in by the page's port: people with accounts where sign-in is needed, anybody on this machine where it
/// is not.
public struct SignInDoor: Sendable {
    public var desk: PeopleDesk
    /// Whether nothing but what is open to all is answered without an account.
    public var isRequired: Bool
    /// What browsers ask for where they come by TLS, such as `https://estate.example/`; `nil` on plain loopback.
    public var encryptedAddress: String?
    /// Distinguishes the sessions of estates that one browser reaches under the same host name; `nil` where there is
    /// only one.
    public var estate: String?

    public init(desk: PeopleDesk, isRequired: Bool, encryptedAddress: String? = nil, estate: String? = nil) {
        (self.desk, self.isRequired) = (desk, isRequired)
        (self.encryptedAddress, self.estate) = (encryptedAddress, estate)
    }

    /// Scheme and authority of that address, as an `Origin` header has them.
    var encryptedOrigin: String? { encryptedAddress.flatMap { Origin.origin(ofURL: $0)?.lowercased() } }
    var encryptedHost: String? {
        encryptedOrigin.flatMap { $0.split(separator: "/").last }.flatMap { Origin.host(ofAuthority: String($0)) }
    }

    // MARK: The cookie

    /// `__Host-` ties it to the very host that set it over TLS; browsers refuse the prefix on plain HTTP.
    var cookieName: String {
        (encryptedAddress == nil ? "" : "__Host-") + "sluice_session" + (estate.map { "_" + $0 } ?? "")
    }

    /// Whether the sessions of a door that stood here before may go on: sign-in was not off meanwhile, and browsers send
    /// the same cookie, by the same way.
    public func keepsSessions(of earlier: SignInDoor) -> Bool {
        isRequired && earlier.isRequired && cookieName == earlier.cookieName
            && encryptedAddress == earlier.encryptedAddress
    }

    /// - Parameter text: Of the session; empty takes the cookie away.
    func cookie(_ text: String) -> Cookie {
        Cookie(
            name: cookieName, value: text, maxAge: text.isEmpty ? 0 : nil, path: "/", secure: encryptedAddress != nil,
            httpOnly: true, sameSite: .strict)
    }

    func sessionText(of request: Request) -> String? {
        request.cookies[cookieName]?.value.nonEmpty
    }

    /// The text behind `Authorization: Bearer`.
    static func bearer(of request: Request) -> String? {
        guard let value = request.headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
        return String(value.dropFirst(7).drop { $0 == " " }).nonEmpty
    }
}

extension String {
    var nonEmpty: String? { isEmpty ? nil : self }
}
