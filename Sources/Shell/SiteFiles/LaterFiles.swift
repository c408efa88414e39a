// SPDX-License-Identifier: Apache-2.0

import Glibc
import Model
import Profiles

/// The files `*.yaml` of the folder `conf.d` beside the site's file, in the order of their names' bytes; one whose name
/// begins with a dot is no part of it, nor is what cannot be read, which is a mistake.
func readLaterFiles(of path: String) -> (files: [LaterFile], unread: [FileProblem]) {
    let folder = (path.lastIndex(of: "/").map { String(path[...$0]) } ?? "") + "conf.d"
    let names: [String]
    do {
        names = try fileNames(in: folder)
    } catch {
        let problem = FileProblem(
            path: folder, line: 1, column: 1, code: ShapeMistake.unreadable.code(in: .site).rawValue,
            message:
                "the folder cannot be read: \(String(cString: strerror(error.code))). Mend its rights, or remove it.")
        return ([], [problem])
    }
    var files: [LaterFile] = []
    var unread: [FileProblem] = []
    for name in names where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
        do {
            let text = try readTextFile(
                at: "\(folder)/\(name)", .site, hint: "Files in conf.d are read with the site's file.")
            files.append(LaterFile(path: "\(folder)/\(name)", text: text))
        } catch {
            unread.append(error)
        }
    }
    return (files, unread)
}

private struct FolderRefusal: Error { var code: Int32 }

/// Sorted; none of a folder that does not exist.
private func fileNames(in folder: String) throws(FolderRefusal) -> [String] {
    guard let stream = opendir(folder) else {
        let code = errno
        if code == ENOENT { return [] }
        throw FolderRefusal(code: code)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { bytes in
            bytes.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        names.append(name)
    }
    return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
}
