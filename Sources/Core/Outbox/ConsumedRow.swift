// SPDX-License-Identifier: Apache-2.0

/// A row as a consumer reads it out of a message: the readings of one sweep, or one message of alarms and tickets.
public struct ConsumedRow: Hashable, Sendable {
    public struct Value: Hashable, Sendable {
        public var sequence: Int64
        public var point: String
        public var time: String
        /// As JSON writes it; empty when the reading has no value.
        public var value: String
        public var unit: String
        public var quality: String
        public var reason: String
    }

    public var epoch: Int64
    public var sequence: Int64
    public var revision: Int64
    /// `<area>/<asset>`; the topic below the site for a message.
    public var subject: String
    public var timeQuality: String
    public var values: [Value]

    /// Names in an asset message that are none of points.
    private static let reserved: Set<String> = ["ts", "seq", "ep", "tq", "rev", "hist", "asset", "tms"]

    /// All rows of a message; none when it is not one of rows.
    ///
    /// - Parameter topic: Below the site: `_backfill`, `_gap`, `<area>/<asset>`, `alarm/…`, `ticket/…`.
    public static func all(topic: String, payload: [UInt8]) -> [ConsumedRow] {
        guard let tree = try? JSONTree(payload), let epoch = tree["ep"]?.integer else { return [] }
        if topic == "_backfill" {
            return tree["rows"]?.elements?.compactMap { row in
                row["asset"]?.text.flatMap { ConsumedRow(row, epoch: epoch, subject: $0) }
            } ?? []
        }
        if topic == "_gap" || topic.hasPrefix("alarm/") || topic.hasPrefix("ticket/") {
            guard let sequence = tree["seq"]?.integer else { return [] }
            let value = Value(
                sequence: sequence, point: "", time: tree["ts"]?.text ?? "",
                value: String(decoding: payload, as: UTF8.self), unit: "", quality: "", reason: "")
            return [
                ConsumedRow(
                    epoch: epoch, sequence: sequence, revision: 0, subject: topic, timeQuality: "", values: [value])
            ]
        }
        return [ConsumedRow(tree, epoch: epoch, subject: topic)].compactMap { $0 }
    }

    private init(
        epoch: Int64, sequence: Int64, revision: Int64, subject: String, timeQuality: String, values: [Value]
    ) {
        (self.epoch, self.sequence, self.revision, self.subject) = (epoch, sequence, revision, subject)
        (self.timeQuality, self.values) = (timeQuality, values)
    }

    private init?(_ tree: JSONTree, epoch: Int64, subject: String) {
        guard case .object(let members) = tree, let sequence = tree["seq"]?.integer, let time = tree["ts"]?.text else {
            return nil
        }
        self.init(
            epoch: epoch, sequence: sequence, revision: tree["rev"]?.integer ?? 0, subject: subject,
            timeQuality: tree["tq"]?.text ?? "", values: [])
        // A point with a number of its own is repeated from another row.
        for member in members where !Self.reserved.contains(member.name) && member.value["seq"] == nil {
            guard case .object = member.value else { continue }
            values.append(
                Value(
                    sequence: sequence + Int64(values.count), point: member.name,
                    time: member.value["ts"]?.text ?? time, value: Self.written(member.value["v"]),
                    unit: member.value["u"]?.text ?? "", quality: member.value["q"]?.text ?? "",
                    reason: member.value["qr"]?.text ?? ""))
        }
    }

    private static func written(_ tree: JSONTree?) -> String {
        switch tree {
        case .number(let text), .text(let text): text
        case .boolean(let isTrue): isTrue ? "true" : "false"
        case .null, .array, .object, nil: ""
        }
    }

    public static let csvHeader = "epoch,row,seq,rev,subject,point,ts,value,unit,quality,reason,time_quality"

    /// One line for each reading, with its end.
    public var csv: String {
        values.map { value in
            let fields = [
                String(epoch), String(sequence), String(value.sequence), String(revision), subject, value.point,
                value.time, value.value, value.unit, value.quality, value.reason, timeQuality,
            ]
            return fields.map(Self.quoted).joined(separator: ",") + "\n"
        }.joined()
    }

    private static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else { return field }
        var text = "\""
        for character in field { text += character == "\"" ? "\"\"" : String(character) }
        return text + "\""
    }
}
