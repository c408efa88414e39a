// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Hummingbird
import NIOCore
import Pipeline

/// Reads from buses for commands on this machine: on the local socket only, never on the page's port.
struct BusInterface: Sendable {
    let view: any EstateView

    private struct Buses: Encodable { var buses: [String] }

    func addRoutes(to router: Router<DashboardContext>) {
        let group = router.group("/api/v1/buses")
        group.get("") { _, _ in JSONText.response(Versioned(Buses(buses: await view.polledBuses))) }
        group.get("/:bus/line") { _, context in
            guard let evidence = await view.lineEvidence(of: try context.parameters.require("bus")) else {
                throw Problem(.notFound)
            }
            return JSONText.response(Versioned(evidence))
        }
        group.post("/:bus/read") { request, context in
            try await read(request, bus: context.parameters.require("bus"))
        }
    }

    private func read(_ request: Request, bus: String) async throws -> Response {
        let buffer = try await BodyLimit.body(of: request)
        guard let question = try? JSONDecoder().decode(BusQuestion.self, from: Data(buffer.readableBytesView)) else {
            throw Problem(.bodyInvalid)
        }
        do {
            return JSONText.response(Versioned(try await view.ask(question, on: bus)))
        } catch {
            switch error {
            case .unknownBus: throw Problem(.notFound)
            case .impossible: throw Problem(.bodyInvalid)
            }
        }
    }
}
