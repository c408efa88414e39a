// SPDX-License-Identifier: Apache-2.0

import GRDB
public import Logging
public import Model
import Pipeline

extension SluiceStore {
    /// Hands the stored sweeps of a state directory to `body`, day after day, those of one day in the order of their
    /// numbers; a gateway may be running with it.
    ///
    /// Readings of points that `catalogue` does not have are left out; a row that cannot be read is logged and left
    /// out.
    ///
    /// - Parameter from: Sweeps of days before this moment's are not read.
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func forEachSweep(
        in directory: String, catalogue: Catalogue, from: Timestamp, logger: Logger, _ body: (StoredSweep) -> Void
    ) throws {
        try reading(directory) { db in
            let binding = try CatalogueBinding(known: catalogue, in: db, path: directory)
            let days = try Int64.fetchAll(
                db, sql: "SELECT day FROM reading_day WHERE day >= ? ORDER BY first", arguments: [Day(of: from).number])
            for day in days.map(Day.init(number:)) {
                let rows = try Row.fetchCursor(
                    db, sql: "SELECT seq, \(SweepRow.columns(of: "r")) FROM reading_\(day) r ORDER BY seq")
                while let row = try rows.next() {
                    let sweep = try SweepRow(row, binding: binding)
                    if case .failure(.unreadable(let fault)) = sweep.content {
                        logger.error(
                            "A stored sweep cannot be read and is left out.",
                            metadata: ["sequence": "\(sweep.sequence)", "reason": "\(fault)"])
                    }
                    for stored in sweep.sweeps() { body(stored) }
                }
            }
        }
    }
}
