// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What each room may import beside the modules that Package.swift gives it: read off the import lines.
@Suite struct ImportRulesTests {
    private static let sources = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources")

    /// Modules imported by each Swift file below `folder`, by path.
    private func imports(below folder: String) throws -> [(path: String, modules: [String])] {
        let root = Self.sources.appendingPathComponent(folder)
        let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
        var found: [(String, [String])] = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            let modules = text.split(separator: "\n").compactMap { line -> String? in
                var words = line.split(separator: " ")
                while let first = words.first,
                    first.hasPrefix("@") || ["public", "package", "internal"].contains(first)
                {
                    words.removeFirst()
                }
                guard words.first == "import", words.count > 1 else { return nil }
                let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "typealias", "var"]
                let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
                return String(name.split(separator: ".")[0])
            }
            found.append((file.path, modules))
        }
        #expect(!found.isEmpty, "no Swift file below \(folder)")
        return found
    }

    @Test func `the model imports nothing`() throws {
        for file in try imports(below: "Model") { #expect(file.modules.isEmpty, "\(file.path)") }
    }

    @Test func `a core sees no clock, file, socket, thread or logger`() throws {
        let allowed: Set<String> = [
            "Model", "ModbusCodec", "Profiles", "Polling", "Analysis", "Counters", "Savings", "Aggregation", "Alarms",
            "Tickets", "Outbox", "Notices", "Prevention", "Telemetry", "People",
            "Yams",
            "DequeModule", "Crypto",
        ]
        for folder in ["Core", "Pipeline"] {
            for file in try imports(below: folder) {
                #expect(Set(file.modules).isSubset(of: allowed), "\(file.path) imports \(file.modules)")
            }
        }
    }

    @Test func `cores do not import each other, save for the codec and the writer of JSON`() throws {
        let cores = [
            "ModbusCodec", "Profiles", "Polling", "Analysis", "Counters", "Savings", "Aggregation", "Alarms", "Tickets",
            "Outbox", "Notices", "Prevention", "Telemetry", "People",
        ]
        let allowed = ["Profiles": "ModbusCodec", "Polling": "ModbusCodec", "Notices": "Outbox"]
        for core in cores {
            for file in try imports(below: "Core/\(core)") {
                let siblings = Set(file.modules).intersection(cores)
                let mayUse = Set([allowed[core]].compactMap { $0 })
                #expect(siblings.isSubset(of: mayUse), "\(file.path) imports \(siblings)")
            }
        }
    }

    @Test func `a shell never imports a shell, nor anything above it`() throws {
        let shells = [
            "ModbusTransport", "MQTTTransport", "Store", "Dashboard", "SiteFiles", "Leakbench", "Delivery",
            "Supervision", "Passwords",
        ]
        for shell in shells {
            for file in try imports(below: "Shell/\(shell)") {
                let forbidden = Set(
                    shells + ["Gateway", "sluice", "EstateMaker", "EstateSimulator", "SimulatorServer"])
                #expect(Set(file.modules).isDisjoint(with: forbidden), "\(file.path) imports \(file.modules)")
            }
        }
    }

    @Test func `each library of the outside is imported in its own room only`() throws {
        let home = [
            "CModbus": "Shell/ModbusTransport", "CMosquitto": "Shell/MQTTTransport",
            "CCurl": "Shell/Delivery", "CSystemd": "Shell/Supervision", "GRDB": "Shell/Store",
            "Hummingbird": "Shell/Dashboard", "Mustache": "Shell/Dashboard", "CryptoExtras": "Shell/Passwords",
        ]
        for file in try imports(below: "") {
            for module in file.modules {
                guard let room = home[module] else { continue }
                #expect(file.path.contains("/Sources/\(room)/"), "\(file.path) imports \(module)")
            }
        }
    }

    @Test func `a core asks no clock and no chance`() throws {
        let root = Self.sources
        for folder in ["Model", "Core", "Pipeline"] {
            let files = try #require(
                FileManager.default.enumerator(at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
            )
            for case let file as URL in files where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                for word in ["Date()", "ContinuousClock()", "SystemRandomNumberGenerator", " print("] {
                    #expect(!text.contains(word), "\(file.path) contains \(word)")
                }
                for line in text.split(separator: "\n") where line.contains(".random(") {
                    #expect(line.contains("using: &"), "\(file.path): chance is an argument: \(line)")
                }
            }
        }
    }
}
