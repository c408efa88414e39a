// SPDX-License-Identifier: Apache-2.0

import Analysis
import FoundationEssentials
import Model

/// What `topology.json` says of an estate, as far as the analyzer looks at it.
struct Topology: Decodable {
    struct Point: Decodable {
        var litresPerCount: Double?
        var intervalSeconds: Double?
        var counterBits: Int?

        enum CodingKeys: String, CodingKey {
            case litresPerCount = "litres_per_count"
            case intervalSeconds = "interval_s"
            case counterBits = "counter_bits"
        }
    }

    struct Schedule: Decodable {
        /// 0 for Monday ... 6 for Sunday.
        var weekdays: [Int]
        /// `05:00`.
        var startLocal: String
        var maxMinutes: Int
        var skippedAfterRain: Double?
        var rainWindowHours: Double?

        enum CodingKeys: String, CodingKey {
            case weekdays
            case startLocal = "start_local"
            case maxMinutes = "max_minutes"
            case skippedAfterRain = "skipped_after_rain_mm"
            case rainWindowHours = "rain_window_h"
        }
    }

    struct Device: Decodable {
        var id: String
        var kind: String
        var role: String?
        var parent: String?
        var points: [String: Point]?
        /// The machine whose water a riser gets.
        var fedBy: String?
        var volume: Double?
        var overflowLevel: Double?
        var control: String?
        var setPressure: Double?
        var ratedPower: Double?
        var statusBits: [String]?
        var schedule: Schedule?

        enum CodingKeys: String, CodingKey {
            case id, kind, role, parent, points, control, schedule
            case fedBy = "fed_by"
            case volume = "volume_m3"
            case overflowLevel = "overflow_level_m"
            case setPressure = "set_pressure_bar"
            case ratedPower = "rated_kw"
            case statusBits = "status_bits"
        }
    }

    var estate: String
    var timezone: String
    var devices: [Device]

    static func read(_ path: String) throws(LeakbenchError) -> Topology {
        let bytes = try InputFile.contents(of: path)
        do {
            return try JSONDecoder().decode(Topology.self, from: Data(bytes))
        } catch let DecodingError.keyNotFound(key, context) {
            throw LeakbenchError(path: path, "\(place(context.codingPath + [key])) is missing.")
        } catch let DecodingError.typeMismatch(_, context), let DecodingError.valueNotFound(_, context) {
            throw LeakbenchError(path: path, "\(place(context.codingPath)): \(context.debugDescription)")
        } catch {
            throw LeakbenchError(path: path, "is not JSON that can be read: \(error)")
        }
    }

    /// `devices[3].points.total`.
    private static func place(_ path: [any CodingKey]) -> String {
        path.reduce("") { text, key in
            if let index = key.intValue { return text + "[\(index)]" }
            return text.isEmpty ? key.stringValue : text + "." + key.stringValue
        }
    }

    /// Water meters and gates as the analyzer knows them.
    ///
    /// - Parameter path: Of the file, for what is wrong in it.
    func site(zone: ZoneOffsets, path: String) throws(LeakbenchError) -> SiteDescription {
        var byIdentifier: [String: Device] = [:]
        for device in devices where byIdentifier.updateValue(device, forKey: device.id) != nil {
            throw LeakbenchError(path: path, "device '\(device.id)' is listed twice.")
        }
        var meters: [MeterDescription] = []
        for device in devices where device.kind == "water_meter" {
            meters.append(try meter(device, byIdentifier, path: path))
        }
        let gates = devices.filter { $0.kind == "gate" }.map { GateDescription(asset: AssetIdentifier($0.id)) }
        var site = SiteDescription(zone: zone, meters: meters, gates: gates)
        for device in devices { try addMachine(device, to: &site, byIdentifier, path: path) }
        return site
    }

    private func meter(
        _ device: Device, _ devices: [String: Device], path: String
    ) throws(LeakbenchError) -> MeterDescription {
        let name = "device '\(device.id)'"
        guard let role = MeterDescription.Role(rawValue: device.role ?? "") else {
            let roles = MeterDescription.Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw LeakbenchError(path: path, "\(name): role '\(device.role ?? "")' is not known. Allowed: \(roles).")
        }
        guard let total = device.points?["total"] else {
            throw LeakbenchError(path: path, "\(name): a water meter needs the point 'total'.")
        }
        guard let litres = total.litresPerCount, litres.isFinite, litres > 0 else {
            throw LeakbenchError(path: path, "\(name): 'litres_per_count' must be a number above zero.")
        }
        let seconds = total.intervalSeconds ?? 900
        guard seconds.isFinite, seconds > 0, seconds <= 86_400 else {
            throw LeakbenchError(path: path, "\(name): 'interval_s' must be above 0 and at most 86400.")
        }
        let bits = total.counterBits ?? 0
        return MeterDescription(
            asset: AssetIdentifier(device.id), role: role, parent: Self.meter(above: device, devices),
            litresPerCount: litres, counterModulus: (1..<64).contains(bits) ? 1 << UInt64(bits) : nil,
            nominalFlow: nil, period: .milliseconds(Int64(seconds * 1000)))
    }

    /// What passes a machine passes the next meter above it, whatever tanks and pumps stand between.
    static func meter(above device: Device, _ devices: [String: Device]) -> AssetIdentifier? {
        var parent = device.parent
        for _ in 0..<devices.count {
            guard let next = parent.flatMap({ devices[$0] }), next.kind != "water_meter" else { break }
            parent = next.parent
        }
        return parent.flatMap { devices[$0]?.kind == "water_meter" ? AssetIdentifier($0) : nil }
    }
}
