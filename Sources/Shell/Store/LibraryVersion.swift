// SPDX-License-Identifier: Apache-2.0

import GRDB

extension SluiceStore {
    /// Version of the SQLite that this program runs on, such as `3.40.1`.
    public static var libraryVersion: String {
        (try? DatabaseQueue().read { try String.fetchOne($0, sql: "SELECT sqlite_version()") }) ?? "unknown"
    }
}
