// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Outbox
import Polling

extension PlanReport {
    /// The report for people, one element a line.
    public var lines: [String] {
        var lines: [String] = []
        for bus in buses {
            lines.append("bus \(bus.identifier): \(bus.wire), timeout \(bus.timeout.wholeMilliseconds) ms")
            lines.append(
                "  load \(fixed(bus.load, 3)); all at once: \(counted(bus.requests, "request")), \(bus.bytes) bytes, "
                    + milliseconds(bus.time))
            if let worst = bus.worst {
                lines.append("  with one unit silent: \(milliseconds(worst.time)) at most (\(worst.silent))")
            }
            for device in bus.devices { lines += text(device) }
            if bus.misses.isEmpty {
                lines.append("  every point keeps its rate (tried out over \(seconds(bus.rehearsed)))")
            }
            for miss in bus.misses {
                lines.append("  MISSES ITS RATE: \(miss.device) \(miss.point), every \(seconds(miss.period))")
            }
        }
        if let storeProblem {
            lines.append(
                "note: what the gateway has learned cannot be read, so it is not reckoned with: \(storeProblem)")
        }
        for bus in buses where bus.load > min(limit, Self.warningLoad) {
            let (word, bound) = bus.load > limit ? ("error", limit) : ("warning", Self.warningLoad)
            lines.append(
                "\(word): bus \(bus.identifier): load \(fixed(bus.load, 3)) is above \(fixed(bound, 2)). Lengthen poll "
                    + "periods, raise the baud rate, or move devices to another bus.")
        }
        return lines
    }

    private func text(_ device: Device) -> [String] {
        var lines = [
            "  device \(device.identifier), unit \(device.unit), \(device.profile): \(milliseconds(device.time))"
        ]
        if let turnaround = device.turnaround {
            lines.append(
                "    answers after \(milliseconds(turnaround.median)), as the gateway learned by "
                    + turnaround.learnedAt.rfc3339)
        }
        for group in device.groups {
            let period = group.period == .zero ? "once" : "every \(seconds(group.period))"
            let use = group.points.isEmpty ? "keeps the connection open" : counted(group.points.count, "point")
            lines.append("    \(period): \(use)")
            for request in group.requests {
                let bridged = request.bridged.map { "\($0.range.lowerBound)..<\($0.range.upperBound)" }
                lines.append(
                    "      \(request.span): \(request.bytes) bytes, \(milliseconds(request.time))"
                        + (bridged.isEmpty ? "" : ", bridges \(bridged.joined(separator: " "))"))
            }
        }
        for fact in device.learned {
            lines.append("    refused: \(fact.cause.text), last at \(fact.refusedAt.rfc3339)")
        }
        if !device.refusedPoints.isEmpty {
            lines.append("    cannot be read: \(device.refusedPoints.joined(separator: ", "))")
        }
        return lines
    }

    /// The same as JSON, with `"schema": 1`; times are milliseconds, addresses are those on the wire.
    public var json: String {
        var writer = JSONWriter(reserving: 4096)
        writer.beginObject()
        writer.field("schema", Self.schema)
        writer.field("limit", limit)
        if let storeProblem { writer.field("store_problem", storeProblem) }
        writer.array("buses", buses) { bus, writer in
            writer.field("bus", bus.identifier.text)
            writer.field("wire", bus.wire)
            writer.field("timeout_milliseconds", bus.timeout.inSeconds * 1000)
            writer.field("load", thousandths(bus.load))
            writer.key("overloaded")
            writer.boolean(bus.load > limit)
            writer.field("requests", bus.requests)
            writer.field("bytes", bus.bytes)
            writer.field("cycle_milliseconds", thousandths(bus.time.inSeconds * 1000))
            if let worst = bus.worst {
                writer.field("cycle_milliseconds_one_silent", thousandths(worst.time.inSeconds * 1000))
                writer.field("silent_device", worst.silent.text)
            }
            writer.array("misses", bus.misses) { miss, writer in
                writer.field("device", miss.device.text)
                writer.field("point", miss.point)
                writer.field("period_seconds", miss.period.inSeconds)
            }
            writer.field("rehearsed_seconds", thousandths(bus.rehearsed.inSeconds))
            writer.array("devices", bus.devices) { device, writer in write(device, to: &writer) }
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func write(_ device: Device, to writer: inout JSONWriter) {
        writer.field("device", device.identifier.text)
        writer.field("unit", Int(device.unit.value))
        writer.field("profile", device.profile)
        writer.field("cycle_milliseconds", thousandths(device.time.inSeconds * 1000))
        if let turnaround = device.turnaround {
            writer.field("learned_turnaround_milliseconds", thousandths(turnaround.median.inSeconds * 1000))
            writer.field("learned_turnaround_at", turnaround.learnedAt.rfc3339)
        }
        writer.array("groups", device.groups) { group, writer in
            writer.field("period_seconds", group.period.inSeconds)
            writer.texts("points", group.points)
            writer.array("requests", group.requests) { write($0, to: &$1) }
        }
        writer.array("together", device.together) { write($0, to: &$1) }
        writer.array("learned", device.learned) { fact, writer in
            writer.field("cause", fact.cause.text)
            writer.field("refused", fact.refused.description)
            writer.field("refused_at", fact.refusedAt.rfc3339)
        }
        writer.texts("refused_points", device.refusedPoints)
    }

    private func write(_ request: Request, to writer: inout JSONWriter) {
        writer.field("table", request.span.table.rawValue)
        writer.field("address", Int(request.span.address))
        writer.field("count", Int(request.span.count))
        writer.field("bytes", request.bytes)
        writer.field("milliseconds", thousandths(request.time.inSeconds * 1000))
        writer.array("bridged", request.bridged) { gap, writer in
            writer.field("address", Int(gap.address))
            writer.field("count", Int(gap.count))
        }
    }
}

extension JSONWriter {
    fileprivate mutating func field(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    fileprivate mutating func field(_ name: String, _ value: Int) {
        key(name)
        integer(Int64(value))
    }

    fileprivate mutating func field(_ name: String, _ value: Double) {
        key(name)
        number(value)
    }

    fileprivate mutating func texts(_ name: String, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    fileprivate mutating func array<Element>(
        _ name: String, _ elements: [Element], _ write: (Element, inout JSONWriter) -> Void
    ) {
        key(name)
        beginArray()
        for element in elements {
            beginObject()
            write(element, &self)
            endObject()
        }
        endArray()
    }
}

private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

private func thousandths(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

/// `value`, not negative, with this many decimals.
private func fixed(_ value: Double, _ decimals: Int) -> String {
    let unit = (0..<decimals).reduce(1) { unit, _ in unit * 10 }
    let scaled = Int64((min(max(value, 0), 1e12) * Double(unit)).rounded())
    let digits = String(scaled % Int64(unit))
    return "\(scaled / Int64(unit)).\(String(repeating: "0", count: decimals - digits.count))\(digits)"
}

private func milliseconds(_ span: Duration) -> String { "\(fixed(span.inSeconds * 1000, 1)) ms" }

private func seconds(_ span: Duration) -> String {
    let thousandths = span.wholeMilliseconds
    return thousandths % 1000 == 0 ? "\(thousandths / 1000) s" : "\(fixed(span.inSeconds, 3)) s"
}
