// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A headless Chromium, driven over WebDriver by Debian's chromium-driver.
final class Browser: Sendable {
    static let driverPath = "/usr/bin/chromedriver"
    static let browserPath = "/usr/bin/chromium"
    static var isInstalled: Bool {
        [driverPath, browserPath].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private let port: Int
    private let session: String

    private init(port: Int, session: String) { (self.port, self.session) = (port, session) }

    struct Failure: Error { var what: String }

    /// Runs a browser of its own for the length of `body`; driver and browser are gone afterwards.
    static func run<Value: Sendable>(
        width: Int = 1280, _ body: @Sendable (Browser) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryFolder { folder in
            let process = Process()
            let output = Pipe()
            // A child inherits the signals that this thread blocks; `env` hands them back before it becomes the driver.
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["--default-signal", driverPath, "--port=0"]
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            defer {
                process.terminate()
                process.waitUntilExit()
            }
            let port = try await onThread { try portNumber(in: output.fileHandleForReading) }
            let options: [String: Any] = [
                "binary": browserPath,
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--user-data-dir=\(folder)/profile", "--window-size=\(width),1000",
                ],
            ]
            let wanted: [String: Any] = [
                "capabilities": [
                    "alwaysMatch": ["goog:chromeOptions": options, "goog:loggingPrefs": ["browser": "ALL"]]
                ]
            ]
            let data = try JSONSerialization.data(withJSONObject: wanted)
            let answer = try await ask(port, "POST", "/session", String(decoding: data, as: UTF8.self))
            guard let started = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any],
                let value = started["value"] as? [String: Any], let session = value["sessionId"] as? String
            else { throw Failure(what: answer) }
            let browser = Browser(port: port, session: session)
            do {
                let value = try await body(browser)
                _ = try await ask(port, "DELETE", "/session/\(session)", "")
                return value
            } catch {
                _ = try? await ask(port, "DELETE", "/session/\(session)", "")
                throw error
            }
        }
    }

    func open(_ address: String) async throws { _ = try await ask("url", ["url": address]) }

    /// Shows pages as a phone of this width does; a window of its own cannot be as narrow.
    func becomePhone(width: Int) async throws {
        let screen: [String: Any] = ["width": width, "height": 800, "deviceScaleFactor": 2, "mobile": true]
        _ = try await ask("goog/cdp/execute", ["cmd": "Emulation.setDeviceMetricsOverride", "params": screen])
    }

    /// Waits until the expression holds in the page, 30 s at most.
    func wait(until expression: String) async throws -> Bool {
        let script = """
            const done = arguments[0], end = performance.now() + 30000;
            (function look() {
              if (\(expression)) done(true);
              else if (performance.now() > end) done(false);
              else setTimeout(look, 50);
            })();
            """
        return try await ask("execute/async", ["script": script, "args": [String]()]) as? Bool ?? false
    }

    /// The value of an expression in the page.
    func evaluate(_ expression: String) async throws -> String {
        let value = try await ask("execute/sync", ["script": "return String(\(expression))", "args": [String]()])
        return value as? String ?? ""
    }

    /// What the window shows, as PNG.
    func screenshot() async throws -> Data {
        let answer = try await Self.ask(port, "GET", "/session/\(session)/screenshot", "")
        let object = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
        guard let text = object?["value"] as? String, let data = Data(base64Encoded: text) else {
            throw Failure(what: "screenshot: \(answer.prefix(200))")
        }
        return data
    }

    /// What was written to the console since the last call: errors, refused styles, missing files.
    func console() async throws -> [String] {
        let entries = try await ask("se/log", ["type": "browser"]) as? [[String: Any]] ?? []
        return entries.compactMap { $0["message"] as? String }
    }

    private func ask(_ command: String, _ body: [String: Any]) async throws -> Any? {
        let data = try JSONSerialization.data(withJSONObject: body)
        let answer = try await Self.ask(
            port, "POST", "/session/\(session)/\(command)", String(decoding: data, as: UTF8.self))
        let object = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
        if let error = object?["value"] as? [String: Any], let what = error["error"] as? String {
            throw Failure(what: "\(command): \(what): \(error["message"] ?? "")")
        }
        return object?["value"]
    }

    private static func ask(_ port: Int, _ method: String, _ path: String, _ body: String) async throws -> String {
        let head = RunningDashboard.head(
            method, path,
            [
                "Host: 127.0.0.1:\(port)", "Content-Type: application/json; charset=utf-8",
                "Content-Length: \(body.utf8.count)", "Connection: close",
            ])
        return try await TestClient.send(head + body, to: .port(port)).body
    }

    private static func portNumber(in output: FileHandle) throws -> Int {
        var text = ""
        while true {
            let data = output.availableData
            guard !data.isEmpty else { throw Failure(what: "chromedriver ended: \(text)") }
            text += String(decoding: data, as: UTF8.self)
            if let match = text.firstMatch(of: /started successfully on port (\d+)/), let port = Int(match.output.1) {
                return port
            }
        }
    }
}
