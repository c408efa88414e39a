// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// Lines of a file, each with the row of the list that it comes from.
private struct OriginatedText {
    private(set) var text = ""
    /// Row of the list, by line of the file from 1.
    private(set) var rows: [Int: Int] = [:]
    private var line = 0

    mutating func add(_ words: String, row: Int? = nil) {
        text += words + "\n"
        line += 1
        if let row { rows[line] = row }
    }
}

extension PointListReader {
    /// The profile of a device as the reader of profiles accepts it; what that reader finds is told at the row.
    func checkedProfile(of device: ListedDevice) -> (profile: ListedProfile?, problems: [ListProblem]) {
        let written = profileText(of: device)
        var profile = ListedProfile(
            identifier: device.identifier, kind: device.kind, title: device.title, unit: device.unit?.number,
            pointCount: device.points.count, text: written.text)
        let read = readProfile(written.text, path: profile.path)
        let found = read.problems.map { problem in
            // Wherever a line has no row of its own, the device's first row is where to look.
            ListProblem(
                path: path, row: written.rows[problem.line] ?? device.row, column: nil,
                severity: problem.severity == .error ? .error : .warning, code: problem.code, message: problem.message)
        }
        if read.profile == nil { profile.text = "" }
        return (read.profile == nil ? nil : profile, found)
    }

    private func profileText(of device: ListedDevice) -> OriginatedText {
        var file = OriginatedText()
        file.add("# Made from \(oneLine(sourceName)) by: sluice points import")
        if let base {
            file.add("# Addresses of the list are \(base.sentence); those below are zero-based, as on the wire.")
        }
        if let unit = device.unit {
            file.add("# Unit \(unit.number) in the list; the site's file gives each device its own.")
        }
        file.add("profile: \(device.identifier)", row: device.row)
        file.add("kind: \(device.kind)", row: device.row)
        file.add(
            "name: \(quotedScalar(device.title.isEmpty ? device.identifier : device.title))", row: device.row)
        file.add("sources:")
        file.add("  S1: {title: \(quotedScalar(sourceName)), kind: point_list}", row: device.row)
        file.add("bench: null")
        let sets = device.points.filter { !$0.values.isEmpty && ($0.type == .enum16 || $0.type.isBitfield) }
        if !sets.isEmpty {
            file.add("sets:")
            for point in sets { file.add("  \(point.name): \(setText(of: point))", row: point.row) }
        }
        file.add("points:")
        for point in device.points {
            file.add("  # \(oneLine(sourceName)):R\(point.row) \(point.remark)".trimmingEnd, row: point.row)
            file.add("  \(point.name): {\(keys(of: point).joined(separator: ", "))}", row: point.row)
        }
        let signals = device.points.flatMap { point in point.signals.map { ($0, point) } }
        if !signals.isEmpty {
            file.add("signals:")
            for (signal, point) in signals {
                file.add(
                    "  \(isPlainWord(signal) ? signal : quotedScalar(signal)): {from: \(point.name)}", row: point.row)
            }
        }
        return file
    }

    private func setText(of point: ListedPoint) -> String {
        let entries = point.values.map { value in
            let isPlain = value.severity == nil || value.severity == .info || !point.type.isBitfield
            let word = quotedScalar(value.name)
            return "\(value.number): "
                + (isPlain ? word : "{name: \(word), severity: \(value.severity?.rawValue ?? "info")}")
        }
        return "{\(point.type.isBitfield ? "bits" : "values"): {\(entries.joined(separator: ", "))}}"
    }

    private func keys(of point: ListedPoint) -> [String] {
        var keys = ["table: \(point.table.rawValue)", "address: \(point.address)"]
        if let reference = point.reference { keys.append("reference: \(reference)") }
        keys.append("type: \(point.type.rawValue)")
        if point.type.width > 1, let order = point.order ?? options.order { keys.append("order: \(order.rawValue)") }
        if let scale = point.scale, scale != .one { keys.append("scale: \(scale.text)") }
        if let offset = point.offset, offset.mantissa != 0 { keys.append("offset: \(offset.text)") }
        if let measure = point.measure, measure != .none { keys.append("unit: \(quotedScalar(measure.rawValue))") }
        if !point.values.isEmpty, point.type == .enum16 || point.type.isBitfield {
            keys.append("set: \(quotedScalar(point.name))")
        }
        if let mask = point.mask { keys.append("mask: \(mask)") }
        if let shift = point.shift, shift != 0 { keys.append("shift: \(shift)") }
        if let bit = point.bit { keys.append("bit: \(bit)") }
        if point.sentinels.count == 1 { keys.append("sentinel: \(point.sentinels[0])") }
        if point.sentinels.count > 1 { keys.append("sentinels: [\(point.sentinels.joined(separator: ", "))]") }
        if let decimals = point.decimals { keys.append("decimals: \(quotedScalar(decimals))") }
        if let poll = point.poll { keys.append("poll: \(poll.rawValue)") }
        if let (low, high) = point.plausible { keys.append("plausible: [\(low), \(high)]") }
        keys.append("source: S1")
        if let confidence = point.confidence { keys.append("confidence: \(confidence.rawValue)") }
        return keys
    }

    /// Whether YAML reads it as it stands.
    private func isPlainWord(_ text: String) -> Bool {
        text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || [0x2E, 0x2D, 0x5F].contains($0)
        } && text.utf8.first.map { (0x61...0x7A).contains($0) } == true
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
