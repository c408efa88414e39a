// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Logging
import Pipeline
import Testing

@testable import Dashboard

@Suite(.timeLimit(.minutes(2))) struct ServerTests {
    private func server(port: Int, socketPath: String? = nil) -> DashboardServer {
        DashboardServer(
            view: TestEstate(), host: "127.0.0.1", port: port, socketPath: socketPath, language: .english,
            chartLibraryFolder: "/nowhere", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: { TestEstate.now })
    }

    @Test func `a busy port is named with the setting to change`() async throws {
        let message = try await withDashboard { dashboard -> String in
            do {
                try await server(port: dashboard.port).run()
                return "no error"
            } catch {
                return "\(error)".replacing(":\(dashboard.port)", with: ":PORT")
            }
        }
        #expect(
            message
                == "The dashboard cannot listen on 127.0.0.1:PORT: another program uses this port. Stop that program, or set 'dashboard.port' to another port (0 takes a free one)."
        )
    }

    @Test func `a socket that cannot be made is named with the setting to change`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/missing/socket"
            await #expect(
                throws: DashboardError.addressNotUsable(
                    path, reason: "No such file or directory", setting: "storage.directory")
            ) { try await server(port: 0, socketPath: path).run() }
            let long = folder + "/" + String(repeating: "x", count: 120)
            await #expect(throws: DashboardError.self) { try await server(port: 0, socketPath: long).run() }
        }
    }

    @Test func `the local socket is the owner's alone, replaces a stale one and is removed`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/socket"
            let stale = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            #expect(bound == 0)
            close(stale)
            let mode = try await withDashboard(socketPath: path) { dashboard in
                var status = stat()
                #expect(stat(path, &status) == 0)
                let answer = try await TestClient.send(
                    RunningDashboard.head("GET", "/healthz", ["Host: sluice", "Connection: close"]), to: .path(path))
                #expect(answer.body == "ok\n")
                return status.st_mode & 0o777
            }
            #expect(mode == 0o600)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `addresses that cannot be used are explained`() {
        #expect(
            DashboardError.addressNotUsable(
                "10.9.9.9:8420", reason: "Cannot assign requested address", setting: "dashboard.address"
            ).description
                == "The dashboard cannot listen on 10.9.9.9:8420: Cannot assign requested address. Change 'dashboard.address'."
        )
        #expect(
            DashboardError.resourceNotUsable(path: "x/en.json", reason: "it cannot be read").description
                == "The dashboard cannot use its file x/en.json: it cannot be read. Install Sluice again.")
    }
}
