// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Hummingbird
import Model
import NIOCore
import People
import Pipeline

/// Accounts for `sluice people`: on the local socket only, never on the page's port. Whoever may open the socket owns the
/// state directory, and could read and write the database as well.
struct PeopleInterface: Sendable {
    let desk: PeopleDesk

    private struct Listing: Encodable {
        struct Row: Encodable {
            var name, person, roles, state: String
            var changedAt: Timestamp
        }
        var accounts: [Row]
    }

    private struct Order: Decodable {
        /// `add`, `disable`, `enable`, `reset`.
        var deed: String
        var name: String
        var person: String?
        var roles: [String]?
    }

    private struct Done: Encodable { var password: String? }

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/api/v1/people") { _, _ in
            let rows = await desk.accounts.map { account in
                Listing.Row(
                    name: account.name.text, person: account.person?.text ?? "", roles: account.roles.text,
                    state: account.isEnabled ? account.mustChange ? "one-time" : "active" : "disabled",
                    changedAt: account.changedAt)
            }
            return JSONText.response(Versioned(Listing(accounts: rows)))
        }
        router.post("/api/v1/people") { request, _ in
            let buffer = try await BodyLimit.body(of: request)
            guard let order = try? JSONDecoder().decode(Order.self, from: Data(buffer.readableBytesView)) else {
                throw Problem(.bodyInvalid)
            }
            let actor = "sluice people"
            do {
                switch order.deed {
                case "add":
                    let roles = Set((order.roles ?? []).compactMap(Role.init(rawValue:)))
                    guard roles.count == Set(order.roles ?? []).count else { throw Problem(.bodyInvalid) }
                    return JSONText.response(
                        Done(password: try await desk.make(order.name, person: order.person, roles: roles, by: actor)))
                case "reset": return JSONText.response(Done(password: try await desk.reset(order.name, by: actor)))
                case "disable": try await desk.setEnabled(false, order.name, by: actor)
                case "enable": try await desk.setEnabled(true, order.name, by: actor)
                default: throw Problem(.bodyInvalid)
                }
            } catch let refusal as PeopleRefusal {
                throw Problem(refusal)
            }
            return JSONText.response(Done(password: nil))
        }
    }
}
