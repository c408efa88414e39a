// SPDX-License-Identifier: Apache-2.0

import Glibc
import Model
import Profiles

/// A file that a person wrote, as text.
///
/// - Parameters:
///   - document: Decides the code of the problem.
///   - hint: How to mend it when the file does not exist, a whole sentence.
func readTextFile(
    at path: String, _ document: FileReader.Document, hint: String
) throws(FileProblem) -> String {
    func problem(_ message: String, at place: FilePlace = .start) -> FileProblem {
        FileProblem(
            path: path, line: place.line, column: place.column,
            code: ShapeMistake.unreadable.code(in: document).rawValue, message: message)
    }
    let bytes: [UInt8]
    do {
        bytes = try readBytes(at: path, limit: maximumFileSize)
    } catch {
        switch error {
        case .missing: throw problem("the file does not exist. \(hint)")
        case .noFile: throw problem("this is a folder or a device, not a file. \(hint)")
        case .tooLarge(let limit): throw problem("the file is larger than \(limit / 1_048_576) MiB.")
        case .system(let text): throw problem("the file cannot be read: \(text).")
        }
    }
    do {
        return try decodeText(bytes)
    } catch {
        throw problem(error.message, at: error.place)
    }
}

/// No site's file or profile comes near it.
private let maximumFileSize = 8 * 1_048_576

/// Why the bytes of a file could not be had.
enum FileRefusal: Error, Hashable {
    case missing
    case noFile
    case tooLarge(limit: Int)
    /// What the system reported.
    case system(String)
}

/// The bytes of a regular file.
///
/// - Parameter limit: A larger file is refused.
func readBytes(at path: String, limit: Int) throws(FileRefusal) -> [UInt8] {
    // Without O_NONBLOCK, opening a named pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
        let code = errno
        if code == ENOENT || code == ENOTDIR { throw .missing }
        throw .system(String(cString: strerror(code)))
    }
    defer { _ = Glibc.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .noFile }
    return try readToEnd(of: descriptor, limit: limit)
}

/// What is left to read from an open descriptor.
func readToEnd(of descriptor: Int32, limit: Int) throws(FileRefusal) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 {
            if errno == EINTR { continue }
            throw .system(String(cString: strerror(errno)))
        }
        guard count > 0 else { return bytes }
        bytes += buffer[..<count]
        guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
    }
}
