// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import People
import Pipeline

/// Who sent the request that is being answered; there is none where nobody signs in, and on the local socket.
struct Caller: Sendable {
    var visitor: Visitor
    /// Whether the session, or the token, still holds: long answers ask from time to time.
    var isStillIn: @Sendable () async -> Bool

    /// Set by ``Guard`` around each answer, so that no route can forget to hand it on.
    @TaskLocal static var current: Caller?

    /// In whose name something is done.
    ///
    /// - Parameter person: Whom the request names; whoever is signed in when it names nobody.
    /// - Throws: `otherPerson` when that is somebody else, and the caller may not act for others.
    static func acting(as person: String?) throws(Problem) -> PersonIdentifier {
        let named = person?.nonEmpty.map { PersonIdentifier($0) }
        guard let visitor = current?.visitor else { return named ?? PersonIdentifier("") }
        if let own = visitor.person, named == nil || named == own { return own }
        guard let named, visitor.permissions.contains(.actForOthers) else {
            throw Problem(.otherPerson, ["person": named?.text ?? "—", "account": visitor.name.text])
        }
        return named
    }

    /// The same for one who agrees to something, who may be missing.
    static func agreeing(_ person: String?) throws(Problem) -> PersonIdentifier? {
        guard let person = person?.nonEmpty else { return nil }
        return try acting(as: person)
    }

    /// Puts the caller's own name, and what the caller agrees to, under an action on a ticket.
    ///
    /// - Throws: `otherPerson`, `notPermitted`.
    static func vouch(for action: inout TicketAction) throws(Problem) {
        action.person = try acting(as: action.person.text)
        action.approver = try agreeing(action.approver?.text)
        if action.verb == .signOff { try demand(.signOff) }
    }

    /// Demands more than the route does.
    ///
    /// - Throws: `notPermitted`.
    static func demand(_ permission: Permission) throws(Problem) {
        guard let visitor = current?.visitor else { return }
        guard visitor.permissions.contains(permission) else {
            throw Problem(.notPermitted, ["account": visitor.name.text])
        }
    }

    /// The person whose name stands first in a form: whoever is signed in, else the one who acted last from this browser.
    static func usualPerson(_ request: Request) -> String? {
        current?.visitor.person?.text ?? request.cookies[ActionForm.cookieName]?.value
    }
}
