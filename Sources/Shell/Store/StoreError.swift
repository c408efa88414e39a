// SPDX-License-Identifier: Apache-2.0

/// Why the store cannot be opened or refuses to write.
///
/// What SQLite reports while the store is in use (a full disk, a failed write) is thrown as it comes; then nothing
/// of that call was stored.
public enum StoreError: Error, Hashable, Sendable {
    /// Another instance works in this directory; `holder` is its process, `nil` when it has not said so yet.
    case locked(holder: Int?, directory: String)
    /// A later version of Sluice wrote the database. Nothing was touched.
    case newerSchema(found: Int, known: Int, path: String)
    case noPermission(path: String)
    case readOnlyFileSystem(path: String)
    /// There is no room for what the store needs at its start.
    case diskFull(path: String, freeBytes: Int64)
    /// No file can be created although there is room.
    case noInodes(path: String)
    /// The file is no SQLite database. Nothing was touched.
    case notADatabase(path: String)
    /// The file is a database of another program. Nothing was touched.
    case foreignDatabase(path: String)
    case damaged(path: String, detail: String)
    /// Anything else that the system or SQLite reports at the start, in its words.
    case unusable(path: String, detail: String)
    /// A call came before ``SluiceStore/bind(catalogue:)``, or with the places of another catalogue.
    case notBound
    /// The identifier of a ticket event, or its place in the ticket, was taken; nothing of the judgement was stored.
    case duplicateTicketEvent(identifier: String, ticket: String, index: Int)
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .locked(let holder, let directory):
            let process = holder.map { "process \($0)" } ?? "another process"
            return """
                \(directory): \(process) already works in this state directory. Stop it first, or give this \
                instance a directory of its own (storage.directory).
                """
        case .newerSchema(let found, let known, let path):
            return """
                \(path): written by a later version of Sluice (schema \(found), this program knows \(known)). \
                Install that version again, or restore a copy made before the update. The file was not touched.
                """
        case .noPermission(let path):
            return "\(path): no permission. Give the user that runs Sluice read and write access to it."
        case .readOnlyFileSystem(let path):
            return """
                \(path): the file system is read-only. Mount it for writing, or choose another directory \
                (storage.directory).
                """
        case .diskFull(let path, let freeBytes):
            return """
                \(path): the disk is full (\(freeBytes / 1024) KiB free). Free some space, or choose a directory on \
                another disk (storage.directory).
                """
        case .noInodes(let path):
            return """
                \(path): no file can be created: the file system has room and no inodes left. Delete files that are not \
                needed, or choose a directory on another disk (storage.directory).
                """
        case .notADatabase(let path):
            return """
                \(path): this is not a database. Move the file away to begin with an empty store, or restore a copy. \
                The file was not touched.
                """
        case .foreignDatabase(let path):
            return """
                \(path): this database belongs to another program. Choose another directory (storage.directory). \
                The file was not touched.
                """
        case .damaged(let path, let detail):
            return """
                \(path): the database is damaged (\(detail)). Move the file away to begin with an empty store, or \
                restore a copy.
                """
        case .unusable(let path, let detail):
            return "\(path): the store cannot be opened: \(detail)."
        case .notBound:
            return "The store was used before the points of the running configuration were bound to it."
        case .duplicateTicketEvent(let identifier, let ticket, let index):
            return """
                Event '\(identifier)' of ticket \(ticket) (number \(index) of its history) is already in the store; \
                nothing was stored again.
                """
        }
    }
}
