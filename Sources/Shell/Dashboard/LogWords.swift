// SPDX-License-Identifier: Apache-2.0

public import Model
public import Pipeline

/// The logs of a device as a person reads and files them: CSV for a spreadsheet, HTML for the printer.
public struct LogWords: Sendable {
    private let wording: Wording
    private let time: TimeText

    /// - Throws: ``DashboardError/resourceNotUsable(path:reason:)``.
    public init(_ language: Language, zone: ZoneOffsets) throws {
        wording = Wording(language: language, texts: try PageResources.catalogue(of: language))
        time = TimeText(wording: wording, zone: zone)
    }

    private func word(_ member: String) -> String { wording.word(.log, member) }

    private static let columns = ["date", "written", "event", "what", "person", "note", "source", "corrects"]

    /// The fields of a line in the order of the columns.
    private func fields(_ line: EquipmentLog.Line) -> [String] {
        let own = wording.texts[WordFamily.log.key(line.event)]
        return [
            line.on.text, time.moment(line.at), own ?? wording.word(.event, line.event),
            wording.word(.rule, line.what), line.person, line.note, line.source, line.corrects ?? "",
        ]
    }

    /// RFC 4180 with a byte order mark, by which spreadsheets know UTF-8.
    public func csv(_ log: EquipmentLog) -> String {
        var rows = [["book"] + Self.columns].map { $0.map(word) }
        rows += log.lines.map { [word($0.book.rawValue)] + fields($0) }
        return "\u{FEFF}" + rows.map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
    }

    /// A field of RFC 4180; text that a spreadsheet would take for a formula is told apart by an apostrophe.
    private static func field(_ text: String) -> String {
        let safe = text.first.map { "=+-@\t\r".contains($0) } == true ? "'" + text : text
        guard safe.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return safe }
        return "\"" + safe.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// One page that needs nothing beside it, a table for each of the three logs, with lines to sign.
    public func html(_ log: EquipmentLog, site: BilingualText, device: BilingualText) -> String {
        let title =
            "\(wording.pick(site)) · \(wording.pick(device)) (\(log.asset)) · \(log.year)-\(NumberText.twoDigits(log.month))"
        var page = """
            <!DOCTYPE html>
            <html lang="\(wording.language.rawValue)"><head><meta charset="utf-8"><title>\(Self.escaped(title))</title><style>
            @page { size: A4 landscape; margin: 12mm }
            body { font: 10pt sans-serif } table { border-collapse: collapse; width: 100%; margin-bottom: 6mm }
            th, td { border: 1px solid #555; padding: 1mm 2mm; text-align: left; vertical-align: top; overflow-wrap: anywhere }
            thead { display: table-header-group } tr { break-inside: avoid }
            </style></head><body><h1>\(Self.escaped(word("title")))</h1><p>\(Self.escaped(title))</p>

            """
        for book in EquipmentLog.Book.allCases {
            page += "<h2>\(Self.escaped(word(book.rawValue)))</h2>\n"
            let lines = log.lines(of: book)
            guard !lines.isEmpty else {
                page += "<p>\(Self.escaped(word("none")))</p>\n"
                continue
            }
            page += "<table><thead><tr>" + cells(Self.columns.map(word), "th") + "</tr></thead><tbody>\n"
            for line in lines { page += "<tr>" + cells(fields(line), "td") + "</tr>\n" }
            page += "</tbody></table>\n"
        }
        return page + "<p>\(Self.escaped(word("signature")))</p></body></html>\n"
    }

    private func cells(_ texts: [String], _ tag: String) -> String {
        texts.map { "<\(tag)>\(Self.escaped($0))</\(tag)>" }.joined()
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
    }

    /// One line a line, for a terminal.
    public func text(_ log: EquipmentLog) -> [String] {
        log.lines.map { line in
            ([word(line.book.rawValue)] + fields(line)).filter { !$0.isEmpty }.joined(separator: "  ")
        }
    }
}
