// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import Testing

@testable import Dashboard

@Suite struct TicketSheetTests {
    @Test func `the page tells what is known of the asset`() async throws {
        let page = try await withDashboard { try await $0.get("/tickets/20261122-002?lang=en") }
        for text in [
            "<dt>Responsible</dt><dd>Utility</dd>", "utility up to the riser&#39;s valve", "Close valve 7.",
            "Last service", "2026-10-01", "Corroded joint", "3 times, 1 of them here; last: Clamp set", "clamp DN50",
            "Building works", "/tickets/20261118-001", "Call them, note the number of the call",
            "href=\"/tickets/20261122-002/sheet\"",
        ] { #expect(page.body.contains(text), "\(text)") }
        let other = try await withDashboard { try await $0.get("/tickets/20261120-001?lang=en") }
        #expect(!other.body.contains("The asset"))
    }

    @Test(arguments: [("en", "Ticket 20261122-002"), ("zh-Hans", "工单 20261122-002")])
    func `the sheet asks nothing of another host and fits A5`(language: String, title: String) async throws {
        let (sheet, style) = try await withDashboard { dashboard in
            (
                try await dashboard.get("/tickets/20261122-002/sheet?lang=\(language)"),
                try await dashboard.get("/static/sheet.css")
            )
        }
        #expect(sheet.status == 200 && sheet.body.contains(title))
        #expect(sheet.body.contains("<svg") && !sheet.body.contains("<script"))
        #expect(style.body.contains("@page { size: A5"))
    }

    @Test func `what was reported stands on the page and on paper`() async throws {
        var ticket = TestEstate.tickets[0]
        ticket.ticket.reports = [ReportSnapshot(text: "Water <on> the stairs.", reporter: nil, phone: nil)]
        try await withDashboard(TestEstate(tickets: [ticket])) { dashboard in
            for path in ["", "/sheet"] {
                let page = try await dashboard.get("/tickets/20261122-002\(path)?lang=en")
                #expect(page.body.contains("Water &lt;on&gt; the stairs."), "\(path)")
            }
        }
    }

    @Test func `an asset that is not there has no label`() async throws {
        let answer = try await withDashboard { try await $0.get("/assets/nowhere/label?lang=en") }
        #expect(answer.status == 404 && answer.body.contains("nowhere"))
    }

    @Test func `a text that no code can hold gives none`() {
        #expect(QRCode("") == nil && QRCode(String(repeating: "x", count: 3000)) == nil)
    }
}

/// Codes as an independent reader (Debian's zbar-tools) sees them on the pages that Chromium draws.
@Suite(
    .serialized,
    .enabled(
        if: Browser.isInstalled && FileManager.default.isExecutableFile(atPath: "/usr/bin/zbarimg"),
        "chromium, chromium-driver and zbar-tools are not installed"))
struct PrintedCodeTests {
    @Test(arguments: [
        ("/tickets/20261122-002/sheet?lang=zh-Hans", nil, "20261122-002"),
        (
            "/tickets/20261122-002/sheet?lang=en", "https://lakeside.example/",
            "https://lakeside.example/tickets/20261122-002"
        ),
        ("/assets/east-gate/label?lang=en", nil, "lakeside/east-gate"),
        (
            "/assets/east-gate/label?lang=zh-Hans", "https://lakeside.example",
            "https://lakeside.example/report?asset=east-gate"
        ),
    ])
    func `the code on paper is read as what it says`(path: String, address: String?, text: String) async throws {
        var overview = TestEstate.lakeside
        overview.publicAddress = address
        let read = try await withDashboard(TestEstate(overview: overview)) { dashboard in
            try await Browser.run { browser in
                try await browser.open("http://127.0.0.1:\(dashboard.port)\(path)")
                let picture = try await browser.screenshot()
                return try await withTemporaryFolder { folder in
                    let file = folder + "/page.png"
                    try picture.write(to: URL(fileURLWithPath: file))
                    return try await onThread { try Self.decode(file) }
                }
            }
        }
        #expect(read == text)
    }

    private static func decode(_ file: String) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/zbarimg")
        process.arguments = ["--quiet", "--raw", file]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
