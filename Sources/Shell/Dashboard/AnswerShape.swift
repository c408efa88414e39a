// SPDX-License-Identifier: Apache-2.0

/// What a JSON answer consists of, for the description of the interface; objects have no member that is not named.
indirect enum AnswerShape: Sendable {
    case text
    case integer
    case number
    case boolean
    /// Milliseconds since 1970, UTC.
    case moment
    /// RFC 3339.
    case momentText
    case words([String])
    case oneOf([AnswerShape])
    case list(AnswerShape)
    /// The shape, or null.
    case orNull(AnswerShape)
    /// An object whose names are not fixed.
    case map(AnswerShape)
    case object([Field])
    case named(Named)
    case anyObject
    /// Bytes that are no text.
    case binary

    struct Field: Sendable {
        var name: String
        var shape: AnswerShape
        var isRequired = true
    }

    /// Shapes that several answers share, by their names in the description.
    enum Named: String, CaseIterable, Sendable {
        case problem = "Problem"
        case overview = "Overview"
        case trend = "Trend"
        case pointHistory = "PointHistory"
        case finding = "Finding"
        case findingAnswer = "FindingAnswer"
        case ticket = "Ticket"
        case ticketAnswer = "TicketAnswer"
        case ticketPage = "TicketPage"
        case enqueued = "Enqueued"
        case alarm = "Alarm"
        case alarmAnswer = "AlarmAnswer"
        case alarmDetail = "AlarmDetail"
        case alarmPage = "AlarmPage"
        case alarmHistoryPage = "AlarmHistoryPage"
        case report = "Report"
        case alarmFigures = "AlarmFigures"
        case announcements = "Announcements"
        case announcementAnswer = "AnnouncementAnswer"
        case plannedWork = "PlannedWork"
        case residentNotice = "ResidentNotice"
        case water = "Water"
        case description = "Description"
    }

    static func fields(_ required: [(String, AnswerShape)], optional: [(String, AnswerShape)] = []) -> AnswerShape {
        .object(
            required.map { Field(name: $0.0, shape: $0.1) }
                + optional.map { Field(name: $0.0, shape: $0.1, isRequired: false) })
    }

    /// The shape as JSON Schema.
    var schema: JSONTree {
        switch self {
        case .text: ["type": "string"]
        case .integer: ["type": "integer"]
        case .number: ["type": "number"]
        case .boolean: ["type": "boolean"]
        case .moment: ["type": "integer", "description": "Milliseconds since 1970, UTC."]
        case .momentText: ["type": "string", "format": "date-time"]
        case .words(let words): ["type": "string", "enum": .list(words.map { .text($0) })]
        case .oneOf(let shapes): ["anyOf": .list(shapes.map(\.schema))]
        case .list(let element): ["type": "array", "items": element.schema]
        case .orNull(let shape): ["anyOf": .list([shape.schema, ["type": "null"]])]
        case .map(let value): ["type": "object", "additionalProperties": value.schema]
        case .named(let name): ["$ref": .text("#/components/schemas/\(name.rawValue)")]
        case .anyObject: ["type": "object"]
        case .binary: ["type": "string", "format": "binary"]
        case .object(let fields):
            [
                "type": "object", "additionalProperties": false,
                "required": .list(fields.filter(\.isRequired).map { .text($0.name) }),
                "properties": .object(
                    Dictionary(fields.map { ($0.name, $0.shape.schema) }, uniquingKeysWith: { first, _ in first })),
            ]
        }
    }
}
