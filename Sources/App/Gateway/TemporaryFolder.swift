// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// A fresh folder below the system's place for temporary files.
struct TemporaryFolder {
    struct NotMade: Error, CustomStringConvertible {
        let place: String
        var description: String { "no folder could be made in \(place); set TMPDIR to one that can be written" }
    }

    let path: String

    init(prefix: String) throws {
        let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(place)/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw NotMade(place: place) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
