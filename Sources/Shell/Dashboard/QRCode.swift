// SPDX-License-Identifier: Apache-2.0

import CQrencode

/// A text as a QR code (ISO/IEC 18004), drawn as SVG: sharp at any size, on any printer, without another file.
struct QRCode: Sendable, Equatable {
    /// Modules a side.
    let width: Int
    /// Dark modules, row by row.
    let modules: [Bool]

    /// The quiet zone that the standard asks for, in modules.
    private static let quiet = 4

    /// - Parameter text: UTF-8, up to 1,663 bytes at the level of correction used.
    /// - Returns: `nil` for a text that is empty or too long.
    init?(_ text: String) {
        // A quarter of the code may be lost: it hangs beside machines for years.
        let found = text.withCString { QRcode_encodeString8bit($0, 0, QR_ECLEVEL_Q) }
        guard let found, let data = found.pointee.data else { return nil }
        defer { QRcode_free(found) }
        width = Int(found.pointee.width)
        modules = (0..<width * width).map { data[$0] & 1 == 1 }
    }

    /// - Parameter title: What it is, for those who do not see it.
    func svg(title: String) -> String {
        let side = width + 2 * Self.quiet
        var path = ""
        for row in 0..<width {
            var column = 0
            while column < width {
                guard modules[row * width + column] else {
                    column += 1
                    continue
                }
                let first = column
                while column < width, modules[row * width + column] { column += 1 }
                path += "M\(first + Self.quiet) \(row + Self.quiet)h\(column - first)v1h-\(column - first)z"
            }
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(side) \(side)" role="img" shape-rendering="crispEdges">\
            <title>\(Self.escaped(title))</title><rect width="\(side)" height="\(side)" fill="#fff"/>\
            <path d="\(path)" fill="#000"/></svg>
            """
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
    }
}
