// SPDX-License-Identifier: Apache-2.0

import Analysis
public import Model

/// One row of `calendar.csv`: what the estate's manager announced.
public struct AnnouncedEvent: Hashable, Sendable {
    public var kind: String
    public var start: Timestamp
    public var end: Timestamp
    /// Empty when the whole estate is meant.
    public var device: String
    public var note: String

    public init(kind: String, start: Timestamp, end: Timestamp, device: String, note: String) {
        (self.kind, self.start, self.end, self.device, self.note) = (kind, start, end, device, note)
    }

    /// What the analyzer makes of it; `nil` for a kind that it does not know.
    var announcement: Announcement? {
        Announcement.Kind(rawValue: kind).map {
            Announcement(
                kind: $0, start: start, end: end, asset: device.isEmpty ? nil : AssetIdentifier(device), note: note)
        }
    }
}

/// The rows of `calendar.csv`; those that cannot be read are told apart with their line.
struct AnnouncedEvents {
    static let header = "kind,start,end,device_id,note"

    var events: [AnnouncedEvent] = []
    var problems: [LeakbenchError] = []

    /// - Throws: When the file cannot be opened or is no calendar.
    init(path: String) throws(LeakbenchError) {
        let text = String(decoding: try InputFile.contents(of: path), as: UTF8.self)
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        guard lines.first.map(String.init) == Self.header else {
            throw LeakbenchError(path: path, line: 1, "the header must be '\(Self.header)'.")
        }
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
            let fields = commaSeparatedFields(line)
            guard fields.count == 5, let start = Timestamp(rfc3339: fields[1]), let end = Timestamp(rfc3339: fields[2]),
                start <= end
            else {
                problems.append(
                    LeakbenchError(
                        path: path, line: index + 1,
                        "an announcement has kind, start, end, device and note, with times in ISO 8601."))
                continue
            }
            events.append(
                AnnouncedEvent(kind: fields[0], start: start, end: end, device: fields[3], note: fields[4]))
        }
    }
}
