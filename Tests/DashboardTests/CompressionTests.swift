// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import Testing

@testable import Dashboard

/// Answers as gzip, unpacked by curl and gzip.
@Suite struct CompressionTests {
    @Test(arguments: [
        (nil, false), ("", false), ("gzip", true), ("br, gzip;q=0.8", true), ("GZIP", true), ("gzip;q=0", false),
        ("gzip; q=0.0", false), ("*", true), ("*;q=0", false), ("identity", false), ("gzip;q=0, *", false),
        ("deflate, br", false),
    ])
    func `gzip is sent to those who take it`(header: String?, isTaken: Bool) {
        #expect(Compression.isTaken(header) == isTaken)
    }

    /// What curl got: the names of headers in small letters, and the body, unpacked where it was packed.
    private func fetch(_ path: String, _ port: Int, _ options: [String]) throws -> (headers: String, body: String) {
        let curl = Process()
        let (output, headers) = (Pipe(), FileManager.default.temporaryDirectory.appending(path: "\(UUID())"))
        defer { try? FileManager.default.removeItem(at: headers) }
        curl.executableURL = URL(filePath: "/usr/bin/curl")
        curl.arguments =
            ["--silent", "--max-time", "20", "--dump-header", headers.path] + options
            + ["http://127.0.0.1:\(port)\(path)"]
        curl.standardOutput = output
        try curl.run()
        let body = output.fileHandleForReading.readDataToEndOfFile()
        curl.waitUntilExit()
        #expect(curl.terminationStatus == 0)
        return (try String(contentsOf: headers, encoding: .utf8).lowercased(), String(decoding: body, as: UTF8.self))
    }

    @Test(arguments: [
        "/?lang=en", "/tickets?lang=zh-Hans", "/static/sluice.css", "/api/v1/overview", "/static/live.js",
    ])
    func `what is unpacked is what is sent plainly, in fewer bytes`(path: String) async throws {
        try await withDashboard { dashboard in
            let plain = try fetch(path, dashboard.port, [])
            let packed = try fetch(path, dashboard.port, ["--compressed"])
            let raw = try fetch(
                path, dashboard.port,
                [
                    "--header", "Accept-Encoding: gzip", "--output", "/dev/null",
                    "--write-out", "%{size_download}",
                ])
            #expect(!plain.headers.contains("content-encoding"))
            #expect(packed.headers.contains("content-encoding: gzip\r\n"))
            for headers in [plain.headers, packed.headers] { #expect(headers.contains("vary: accept-encoding\r\n")) }
            #expect(packed.body == plain.body)
            #expect(try #require(Int(raw.body)) * 2 < plain.body.utf8.count)
        }
    }

    @Test func `short answers, refusals and the stream of changes go as they are`() async throws {
        try await withDashboard { dashboard in
            for path in ["/healthz", "/tickets/none"] {
                let answer = try fetch(path, dashboard.port, ["--compressed"])
                #expect(!answer.headers.contains("content-encoding"), "\(path)")
            }
            let stream = try await TestClient.open(
                "GET /events HTTP/1.1\r\nHost: 127.0.0.1:\(dashboard.port)\r\nAccept-Encoding: gzip\r\n\r\n",
                to: .port(dashboard.port)
            ) { $0.contains("retry: 2000") }
            #expect(!stream.firstText.lowercased().contains("content-encoding"))
        }
    }

    @Test func `a file is known again by the tag of the form it came in`() async throws {
        try await withDashboard { dashboard in
            func tag(_ options: [String]) throws -> String {
                let headers = try fetch("/static/sluice.css", dashboard.port, options).headers
                return String(try #require(headers.firstMatch(of: /etag: ("[^"]*")/)).output.1)
            }
            let (plain, packed) = (try tag([]), try tag(["--compressed"]))
            #expect(plain != packed)
            let again = try fetch(
                "/static/sluice.css", dashboard.port, ["--compressed", "--header", "If-None-Match: \(packed)"])
            #expect(again.headers.contains("304") && again.body.isEmpty)
            let other = try fetch(
                "/static/sluice.css", dashboard.port, ["--header", "If-None-Match: \(packed)"])
            #expect(other.headers.contains(" 200 ") && !other.body.isEmpty)
        }
    }
}
