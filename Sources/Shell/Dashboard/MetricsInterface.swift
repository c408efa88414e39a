// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Telemetry
import NIOCore
import Pipeline

/// What monitoring systems ask: figures, and whether the gateway does its work.
struct MetricsInterface: Sendable {
    let view: any EstateView

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/metrics") { _, _ in
            text(MetricsText.write(await view.figures().families), as: MetricsText.mediaType)
        }
        // One reason a line; `ok` alone when there is none.
        router.get("/healthz") { _, _ in
            let complaints = await view.complaints()
            return text(
                complaints.isEmpty ? "ok\n" : complaints.map { $0 + "\n" }.joined(),
                as: "text/plain; charset=utf-8", status: complaints.isEmpty ? .ok : .serviceUnavailable)
        }
    }

    private func text(_ body: String, as type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}
