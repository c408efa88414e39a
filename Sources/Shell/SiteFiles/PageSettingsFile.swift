// SPDX-License-Identifier: Apache-2.0

import Glibc
import Profiles

extension PageSettings {
    /// Why the page's file was not written.
    public enum WriteError: Error, CustomStringConvertible {
        case changedMeanwhile
        /// What could not be done, and what the system reported.
        case system(String)

        public var description: String {
            switch self {
            case .changedMeanwhile: "Somebody else has changed settings meanwhile. Look at them and try again."
            case .system(let text): text
            }
        }
    }

    /// - Parameter isText: Whether a value is a text, which stands in quotes.
    static func text(_ values: [[String]: String], isText: ([String]) -> Bool) -> String {
        var root = ShownSetting.map([])
        for path in offered {
            guard let value = values[path] else { continue }
            root.put(.value(value, isQuoted: isText(path), place: nil), at: path[...])
        }
        let lines = root.values.isEmpty ? ["{}"] : root.lines(origin: nil)
        return "# Set at the page (/system/settings); holds over the site's file.\n" + lines.joined(separator: "\n")
            + "\n"
    }

    /// Replaces the file in one step and keeps the one before as `.1`; both are for the gateway's user alone.
    static func write(_ text: String, in stateDirectory: String) throws(WriteError) {
        let path = path(in: stateDirectory)
        let fresh = path + ".new"
        func failed(_ what: String) -> WriteError { .system("\(what): \(String(cString: strerror(errno))).") }
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failed("\(fresh) cannot be made") }
        let bytes = Array(text.utf8)
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        let problem = failed("\(fresh) cannot be written")
        close(descriptor)
        guard isWritten else {
            unlink(fresh)
            throw problem
        }
        unlink(path + ".1")
        // Without one before there is nothing to keep.
        _ = link(path, path + ".1")
        guard rename(fresh, path) == 0 else { throw failed("\(path) cannot be replaced") }
        let folder = open(stateDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }
}

extension ShownSetting {
    /// Puts a value at a path of maps.
    fileprivate mutating func put(_ value: ShownSetting, at path: ArraySlice<String>) {
        guard let key = path.first else {
            self = value
            return
        }
        guard case .map(var entries) = self else { return }
        let place = entries.firstIndex { $0.key == key } ?? entries.count
        if place == entries.count { entries.append((key, .map([]))) }
        entries[place].value.put(value, at: path.dropFirst())
        self = .map(entries)
    }
}
