// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

extension FaceMatch {
    /// The reading in the words of a profile, ready to be pasted into one.
    public var profileLines: [String] {
        var points: [(name: String, text: String)] = []
        for (place, part) in parts.enumerated() {
            let name = parts.count == 1 ? "value" : place == 0 ? "value_whole" : "value_fraction"
            points += part.points(named: name)
        }
        guard !points.isEmpty else {
            return ["# The profile format has no \(parts[0].type) with order \(parts[0].order?.rawValue ?? "ABCD")."]
        }
        let lines = ["points:"] + points.map { "  \($0.name): \($0.text)" }
        guard points.count > 1 else { return lines }
        let sum = "{sum_parts: [\(points.map(\.name).joined(separator: ", "))]}"
        return lines + ["signals:", "  \(signal): \(sum)"]
    }

    /// A signal that fits the unit.
    private var signal: String {
        switch parts[0].unit {
        case .kilowattHour: "energy.total"
        case .cubicMetrePerHour, .litrePerHour, .litrePerSecond, .cubicMetrePerSecond: "water.flow"
        default: "water.total"
        }
    }
}

extension FacePart {
    /// One point, or for wide decimals one for each register; none where the format has no words for it.
    fileprivate func points(named name: String) -> [(name: String, text: String)] {
        switch type {
        case .plain(let type): return [(name, text(type, at: address, order: order, exponent: exponent))]
        case .decimalDigits(let registers):
            guard order == .abcd || order == .cdab else { return [] }
            return (0..<registers).map { place in
                let rank = order == .abcd ? registers - 1 - place : place
                let word = text(.bcd16, at: address + UInt16(place), order: nil, exponent: exponent + 4 * rank)
                return ("\(name)_\(place + 1)", word)
            }
        }
    }

    private func text(_ type: PointType, at address: UInt16, order: WordOrder?, exponent: Int) -> String {
        let order = order.map { ", order: \($0.rawValue)" } ?? ""
        let scale = exponent == 0 ? "" : ", scale: \(powerText(exponent))"
        return "{table: \(table.rawValue), address: \(address), type: \(type.rawValue)\(order)\(scale), "
            + "unit: \(unit == .none ? "\"1\"" : unit.rawValue), poll: slow}"
    }
}

/// `0.001`, `1`, `1000`.
func powerText(_ exponent: Int) -> String {
    exponent >= 0
        ? "1" + String(repeating: "0", count: exponent) : "0." + String(repeating: "0", count: -exponent - 1) + "1"
}
