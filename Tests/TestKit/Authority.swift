// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// A certificate authority of the test's own, by openssl.
public final class Authority: Sendable {
    /// Where all that it makes is, removed with it.
    public let folder: URL

    public init(_ name: String = "Test authority") throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.openssl(
            in: folder,
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 3650 -subj",
            "/CN=\(name)")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    public func file(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// `<file>.pem` and `<file>.key`.
    ///
    /// - Parameter days: Until it expires; negative for one that has.
    @discardableResult
    public func issue(_ file: String, common: String, names: String? = nil, days: Int = 365) throws -> String {
        try Self.openssl(
            in: folder,
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(file).key -out \(file).csr -subj",
            "/CN=\(common)")
        try "\(names.map { "subjectAltName=\($0)\n" } ?? "basicConstraints=CA:FALSE\n")".write(
            toFile: self.file("\(file).ext"), atomically: true, encoding: .utf8)
        try Self.openssl(
            in: folder,
            "x509 -req -in \(file).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days \(days) -extfile \(file).ext -out \(file).pem"
        )
        return self.file("\(file).pem")
    }

    private static func openssl(in folder: URL, _ words: String, _ last: String? = nil) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = words.split(separator: " ").map(String.init) + [last].compactMap { $0 }
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw PeerProblem("openssl \(words)") }
    }
}
