// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import NIOCore
import People
import Pipeline
import TestKit
import Testing

@testable import Dashboard

/// The page by TLS, asked by curl and openssl.
@Suite(.timeLimit(.minutes(2))) struct PageCertificateTests {
    /// What a program printed and how it ended.
    private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    private func curl(_ authority: Authority, _ arguments: [String]) throws -> (status: Int32, text: String) {
        try run("/usr/bin/curl", ["--silent", "--max-time", "20", "--cacert", authority.file("ca.pem")] + arguments)
    }

    private func files(_ authority: Authority, _ name: String) -> PageCertificateFiles {
        PageCertificateFiles(chain: authority.file("\(name).pem"), key: authority.file("\(name).key"))
    }

    private func replace(_ files: PageCertificateFiles, by other: PageCertificateFiles) throws {
        for (old, new) in [(files.chain, other.chain), (files.key, other.key)] {
            try Data(contentsOf: URL(filePath: new)).write(to: URL(filePath: old), options: .atomic)
        }
    }

    @Test func `pages and signing in go by TLS, with the cookie that needs it`() async throws {
        let authority = try Authority()
        try authority.issue("page", common: "localhost", names: "DNS:localhost")
        let people = try await TestPeople()
        let password = try await people.desk.make("boss", person: nil, roles: [.administrator], by: "test")
        try await withDashboard(
            door: people.door(proxy: "https://localhost/"), certificate: files(authority, "page")
        ) { dashboard in
            let address = "https://localhost:\(dashboard.port)"
            let page = try curl(authority, ["--include", address + "/sign-in?lang=en"])
            #expect(page.status == 0)
            #expect(page.text.hasPrefix("HTTP/1.1 200 OK"))
            #expect(page.text.lowercased().contains("strict-transport-security: max-age=31536000"))
            let entered = try curl(
                authority,
                [
                    "--include", "--header", "Origin: https://localhost", "--data-urlencode", "name=boss",
                    "--data-urlencode", "password=\(password)", address + "/sign-in",
                ])
            let cookie = try #require(
                entered.text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("set-cookie:") }, "\(entered)")
            #expect(cookie.contains("__Host-sluice_session=") && cookie.contains("Secure"))
            // Without the authority nobody believes it, without TLS nothing is answered, and TLS 1.1 is too old.
            #expect(try run("/usr/bin/curl", ["--silent", address]).status == 60)
            let plain = try run(
                "/usr/bin/curl", ["--silent", "--max-time", "20", "http://localhost:\(dashboard.port)"])
            #expect(plain.status != 0 && plain.text.isEmpty)
            #expect(try curl(authority, ["--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", address]).status == 35)
            #expect(try curl(authority, ["--tls-max", "1.2", "--output", "/dev/null", address]).status == 0)
        }
    }

    @Test func `a renewed certificate is shown at once, and half of one is not`() async throws {
        let authority = try Authority()
        try authority.issue("page", common: "first", names: "DNS:localhost")
        try authority.issue("next", common: "second", names: "DNS:localhost")
        try authority.issue("third", common: "third", names: "DNS:localhost")
        let shown = files(authority, "page")
        try await withDashboard(certificate: shown) { dashboard in
            func shownName() throws -> String {
                let hello = try run(
                    "/usr/bin/openssl",
                    ["s_client", "-connect", "127.0.0.1:\(dashboard.port)", "-CAfile", authority.file("ca.pem")])
                #expect(hello.text.contains("Verify return code: 0 (ok)"))
                return hello.text.split(separator: "\n").first { $0.hasPrefix("subject=") }.map(String.init) ?? ""
            }
            func expectName(_ name: String, at place: SourceLocation = #_sourceLocation) throws {
                let found = try shownName()
                #expect(found == name, sourceLocation: place)
            }
            try expectName("subject=CN = first")
            try replace(shown, by: files(authority, "next"))
            try expectName("subject=CN = second")
            try replace(
                shown, by: PageCertificateFiles(chain: authority.file("third.pem"), key: authority.file("next.key")))
            try expectName("subject=CN = second")
            try replace(shown, by: files(authority, "third"))
            try expectName("subject=CN = third")
            try FileManager.default.removeItem(atPath: shown.key)
            try expectName("subject=CN = third")
        }
    }

    @Test func `files that cannot be shown end the start with the file and the cause`() async throws {
        let authority = try Authority()
        try authority.issue("page", common: "first")
        try authority.issue("other", common: "second")
        let page = files(authority, "page")
        try Data("no certificate".utf8).write(to: URL(filePath: authority.file("empty")))
        for (chain, key, words) in [
            (
                page.chain, authority.file("other.key"),
                "\(authority.file("other.key")): this key is not the one of \(page.chain)"
            ),
            (
                authority.file("empty"), page.key,
                "\(authority.file("empty")): there is no certificate in PEM format in it"
            ),
            (page.chain, authority.file("empty"), "\(authority.file("empty")): there is no private key in PEM format"),
            (
                authority.file("none"), page.key,
                "\(authority.file("none")): there is no certificate in PEM format in it"
            ),
        ] {
            let server = DashboardServer(
                view: TestEstate(), host: "127.0.0.1", port: 0,
                certificate: PageCertificateFiles(chain: chain, key: key), socketPath: nil, language: .english,
                chartLibraryFolder: "/nowhere", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                clock: { TestEstate.now })
            let error = await #expect(throws: DashboardError.self) { try await server.run() }
            #expect(error?.description.contains(words) == true, "\(error.map { "\($0)" } ?? "no error")")
        }
    }

    @Test func `whoever never ends the handshake loses the place`() async throws {
        let authority = try Authority()
        try authority.issue("page", common: "localhost", names: "DNS:localhost")
        let limits = ConnectionPatience.Limits(head: .milliseconds(300))
        try await withDashboard(certificate: files(authority, "page"), patience: limits) { dashboard in
            // A client that says nothing; its connection ends by the page's doing.
            let silent = try run("/usr/bin/timeout", ["20", "bash", "-c", "cat </dev/tcp/127.0.0.1/\(dashboard.port)"])
            #expect(silent.status == 0)
        }
    }
}
