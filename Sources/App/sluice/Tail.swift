// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Glibc
import Model
import NIOHTTP1
import Pipeline
import Profiles

struct Tail: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Readings of the running gateway as they come.",
        discussion: """
            Examples:
              sluice tail --config site.yaml
              sluice tail 'riser-*' inlet-meter/total --for 60 --config site.yaml

            First the newest reading of each point, then each one that is newer. The gateway is asked twice a second, so
            that of points polled faster some readings are not shown.
            Exit codes: 0 the time or the number is over, 1 there is no such point, 69 no gateway answers any more.
            """)

    @OptionGroup var gateway: GatewayOptions

    @Argument(
        help: "Points, such as inlet/inlet-meter/total or riser-1/total, whole assets, or patterns with *; else all.")
    var points: [String] = []

    @Option(help: "Lines after which it ends.") var count: Int?
    @Option(name: .customLong("for"), help: "Seconds after which it ends.") var seconds: Double?
    @Flag(help: "Print JSON, one object a line.") var json = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count is 1 or more.") }
        if let seconds, !(seconds > 0 && seconds <= 1e9) { throw ValidationError("--for is above 0 s.") }
    }

    func run() throws {
        let site = try gateway.site.load()
        let zone = site.site.zone
        var gateway = gateway
        gateway.state = gateway.state ?? site.storage.directory
        var feed = TailFeed(wanted: points)
        var rest = count ?? .max
        let clock = ContinuousClock()
        let end = seconds.map { clock.now + .seconds($0) }
        while true {
            let estate = try gateway.decode(
                TailFeed.Estate.self, from: try gateway.ask(.GET, "/api/v1/overview", for: "tail"))
            if let unknown = feed.unknown(in: estate) {
                let near = suggestion(for: unknown, in: estate.names)
                say("sluice tail: there is no point or asset '\(unknown)'.\(near)")
                throw ExitStatus.problemsFound
            }
            for line in feed.newer(in: estate) {
                rest -= 1
                if !tellReader(json ? line.json : line.text(in: zone, width: feed.width)) || rest == 0 { return }
            }
            let pause = end.map { min(.milliseconds(500), $0 - clock.now) } ?? .milliseconds(500)
            guard pause > .zero else { return }
            usleep(UInt32(pause / .microseconds(1)))
        }
    }
}

/// Which readings have not been shown yet.
struct TailFeed {
    /// What the interface tells of the estate.
    struct Estate: Decodable {
        struct Asset: Decodable {
            var identifier: String
            var points: [Point]
        }

        struct Point: Decodable {
            var path: String
            var unit: String
            var value: Value?
            var quality: String?
            var reason: String?
            /// Milliseconds since 1970.
            var sourceTime: Int64?
        }

        var assets: [Asset]

        /// What can be asked for.
        var names: [String] { assets.flatMap { [$0.identifier] + $0.points.map(\.path) } }
    }

    /// A number, a switch or the word of a state.
    enum Value: Codable {
        case number(Double)
        case flag(Bool)
        case word(String)

        init(from decoder: any Decoder) throws {
            let box = try decoder.singleValueContainer()
            if let flag = try? box.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? box.decode(Double.self) {
                self = .number(number)
            } else {
                self = .word(try box.decode(String.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var box = encoder.singleValueContainer()
            switch self {
            case .number(let number): try box.encode(number)
            case .flag(let flag): try box.encode(flag)
            case .word(let word): try box.encode(word)
            }
        }

        var text: String {
            switch self {
            case .number(let number): "\(number)"
            case .flag(let flag): flag ? "on" : "off"
            case .word(let word): word
            }
        }
    }

    /// One reading.
    struct Line {
        var point: Estate.Point
        var at: Timestamp

        /// `2026-11-22 16:00:03  inlet/main-meter/total  127.613 m3  good`.
        func text(in zone: ZoneOffsets, width: Int) -> String {
            let pad = String(repeating: " ", count: max(0, width - point.path.count))
            let unit = point.unit.isEmpty || point.unit == "1" ? "" : " " + point.unit
            let value = point.value.map { $0.text + unit } ?? "-"
            let doubt = point.reason.map { " (\($0))" } ?? ""
            return "\(zone.local(at).secondText)  \(point.path)\(pad)  \(value)  \(point.quality ?? "")\(doubt)"
        }

        private struct Shape: Encodable {
            var schema = 1
            var at, point, unit: String
            var value: Value?
            var quality, reason: String?
        }

        var json: String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let shape = Shape(
                at: at.rfc3339, point: point.path, unit: point.unit, value: point.value, quality: point.quality,
                reason: point.reason)
            return (try? encoder.encode(shape)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        }
    }

    private let wanted: [String]
    private var shown: [String: Int64] = [:]
    /// Of the longest path that was shown.
    private(set) var width = 0

    /// - Parameter wanted: Points, assets and patterns; empty for all.
    init(wanted: [String]) { self.wanted = wanted }

    /// The first name that fits nothing.
    func unknown(in estate: Estate) -> String? {
        wanted.first { name in
            !estate.assets.contains { asset in asset.points.contains { Self.fits($0, of: asset, name) } }
        }
    }

    /// Readings that came since the last question, in the order of the estate.
    mutating func newer(in estate: Estate) -> [Line] {
        var lines: [Line] = []
        for asset in estate.assets {
            for point in asset.points {
                guard wanted.isEmpty || wanted.contains(where: { Self.fits(point, of: asset, $0) }),
                    let at = point.sourceTime,
                    shown[point.path] != at
                else { continue }
                shown[point.path] = at
                width = max(width, point.path.count)
                lines.append(Line(point: point, at: Timestamp(milliseconds: at)))
            }
        }
        return lines
    }

    private static func fits(_ point: Estate.Point, of asset: Estate.Asset, _ name: String) -> Bool {
        let short = point.path.split(separator: "/").dropFirst().joined(separator: "/")
        return [point.path, short, asset.identifier].contains { (path: String) in fnmatch(name, path, 0) == 0 }
    }
}
