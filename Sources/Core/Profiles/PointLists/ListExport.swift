// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// A profile as a list of points, and what a list has no room for.
public struct PointListExport: Sendable {
    /// Rows with commas between the cells and CRLF at the end of each, without a byte order mark.
    public var text: String
    /// What of the profile is not in the list, a whole sentence each.
    public var leftOut: [String]
}

/// Which headers a list is written with.
public enum ListLanguage: String, Sendable, CaseIterable { case english = "en", chinese = "zh" }

/// The points of a profile as a list that ``importPoints(_:path:options:)`` reads.
public func exportPoints(_ profile: DeviceProfile, language: ListLanguage = .english) -> PointListExport {
    let columns: [ListColumn] = [
        .device, .kind, .point, .table, .address, .reference, .type, .order, .scale, .offset, .measure, .poll, .signal,
        .bit, .mask, .shift, .sentinel, .decimals, .plausible, .values, .confidence,
    ]
    let header = columns.map { column -> String in
        let name = language == .chinese ? column.chinese[0] : column.english[0]
        // With its base said, the list needs no option when it is read again.
        return column == .address ? name + (language == .chinese ? "（从0开始）" : " (base 0)") : name
    }
    var export = PointExport(profile: profile)
    let rows = profile.points.map { point in columns.map { export.cell($0, of: point) } }
    export.tellRest()
    let lines = ([header] + rows).map { $0.map(quotedCell).joined(separator: ",") + "\r\n" }
    return PointListExport(text: lines.joined(), leftOut: export.leftOut)
}

private func quotedCell(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { ",;\t\"\r\n".unicodeScalars.contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
}

private struct PointExport {
    let profile: DeviceProfile
    let signals: [String: [String]]
    var leftOut: [String] = []

    init(profile: DeviceProfile) {
        self.profile = profile
        var signals: [String: [String]] = [:]
        for signal in profile.signals {
            guard case .point(let name) = signal.form, Self.isPlain(signal), !Self.hasOpenUnit(name, profile) else {
                continue
            }
            signals[name, default: []].append("\(signal.name)")
        }
        self.signals = signals
    }

    private static func isPlain(_ signal: ProfileSignal) -> Bool {
        signal.unit == nil && signal.presence.isEmpty && signal.frozen == nil
    }

    /// Whether only a site can say what the point is measured in, without which nothing is known of a signal.
    private static func hasOpenUnit(_ name: String, _ profile: DeviceProfile) -> Bool {
        guard case .parameter(let choice) = profile.points.first(where: { $0.name == name })?.unit else { return false }
        return profile.parameter(named: choice)?.defaultValue == nil
    }

    mutating func cell(_ column: ListColumn, of point: ProfilePoint) -> String {
        switch column {
        case .device: profile.identifier
        case .kind: profile.kind
        case .point: point.name
        case .table: point.table.rawValue
        case .address: "\(point.address)"
        case .reference: point.reference.map { "\($0)" } ?? ""
        case .type: point.type.rawValue
        case .order: point.type.width > 1 ? chosen(point.order, "order", of: point)?.rawValue ?? "" : ""
        case .scale: chosen(point.scale, "scale", of: point)?.text ?? ""
        case .offset: point.offset.mantissa == 0 ? "" : point.offset.text
        case .measure: point.hasUnit ? chosen(point.unit, "unit", of: point)?.rawValue ?? "" : ""
        case .poll: point.poll.rawValue
        case .signal: signals[point.name]?.joined(separator: "; ") ?? ""
        case .bit: point.bit.map { "\($0)" } ?? ""
        case .mask: point.mask.map { "0x" + String($0, radix: 16, uppercase: true) } ?? ""
        case .shift: point.shift == 0 ? "" : "\(point.shift)"
        case .sentinel: point.sentinels.map(Self.text).joined(separator: "; ")
        case .decimals: point.decimals ?? ""
        case .plausible: point.plausible.map { "\(plain($0.lowerBound)) ~ \(plain($0.upperBound))" } ?? ""
        case .values: values(of: point)
        case .confidence: point.confidence?.rawValue ?? ""
        case .unit, .name, .function, .count, .note: ""
        }
    }

    /// What a site that chooses nothing gets.
    private mutating func chosen<Value: Hashable & Sendable>(
        _ bound: Bound<Value>, _ what: String, of point: ProfilePoint
    ) -> Value? {
        guard case .parameter(let name) = bound else {
            guard case .fixed(let value) = bound else { return nil }
            return value
        }
        let preset = profile.parameter(named: name)?.defaultValue.map(Self.text)
        leftOut.append(
            "point '\(point.name)': its \(what) is the site's choice '\(name)'; the list has "
                + (preset.map { "its default \($0)." } ?? "an empty cell, for it has no default."))
        guard let preset else { return nil }
        if Value.self == WordOrder.self { return WordOrder(rawValue: preset) as? Value }
        if Value.self == UnitOfMeasure.self { return UnitOfMeasure(rawValue: preset) as? Value }
        return DecimalNumber(preset) as? Value
    }

    private func values(of point: ProfilePoint) -> String {
        guard let name = point.set, let set = profile.sets.first(where: { $0.name == name }) else { return "" }
        switch set.content {
        case .values(let labels): return labels.map { "\($0.raw)=\($0.name)" }.joined(separator: "; ")
        case .bits(let bits):
            return bits.map { "\($0.number)=\($0.name)" + ($0.severity == .info ? "" : "(\($0.severity.rawValue))") }
                .joined(separator: "; ")
        }
    }

    /// What no column has room for.
    mutating func tellRest() {
        for point in profile.points where !point.presence.isEmpty {
            leftOut.append("point '\(point.name)': it exists only by a choice of the site; the list has it always.")
        }
        for signal in profile.signals {
            guard case .point(let name) = signal.form, Self.isPlain(signal) else {
                leftOut.append("signal '\(signal.name)': it is more than one point as it stands.")
                continue
            }
            guard Self.hasOpenUnit(name, profile) else { continue }
            leftOut.append("signal '\(signal.name)': the unit of its point is the site's choice.")
        }
        if !profile.parameters.isEmpty {
            leftOut.append("choices of the site: \(profile.parameters.map(\.name).joined(separator: ", ")).")
        }
        if !profile.identity.isEmpty { leftOut.append("the registers that tell the model.") }
        if profile.limits != ReadLimits() { leftOut.append("limits of one request.") }
        if !profile.examples.isEmpty { leftOut.append("frames as a source printed them.") }
        leftOut.append("names of the device, sources, notes on the line, timing and the probe.")
    }

    private static func text(_ value: ParameterValue) -> String {
        switch value {
        case .integer(let whole): "\(whole)"
        case .number(let number): plain(number)
        case .text(let text): text
        case .isOn(let isOn): "\(isOn)"
        }
    }

    private static func text(_ sentinel: Sentinel) -> String {
        switch sentinel {
        case .bits(let bits): "0x" + String(bits, radix: 16, uppercase: true)
        case .number(let number): plain(number)
        }
    }
}
