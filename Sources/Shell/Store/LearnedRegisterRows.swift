// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import ModbusCodec
public import Pipeline
import Polling

extension SluiceStore {
    /// Stores what was learned of one device, in place of all that was stored for its unit on its bus.
    public func save(_ learned: LearnedDevice) async throws {
        try await write { db in
            try db.cachedStatement(sql: "DELETE FROM learned_register WHERE bus = ? AND unit = ?")
                .execute(arguments: [learned.bus.text, Int64(learned.unit.value)])
            for fact in learned.facts {
                let (kind, span) = Self.columns(of: fact.cause)
                try db.cachedStatement(
                    sql: """
                        INSERT OR REPLACE INTO learned_register(
                            bus, unit, profile, kind, register_table, address, count,
                            refused_address, refused_count, refused_at)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """
                ).execute(arguments: [
                    learned.bus.text, Int64(learned.unit.value), learned.fingerprint, kind, span.table.rawValue,
                    Int64(span.address), Int64(span.count), Int64(fact.refused.address), Int64(fact.refused.count),
                    fact.refusedAt.milliseconds,
                ])
            }
        }
    }

    /// What was learned of every device, by bus and unit; a row that makes no sense is left out.
    public func learnedDevices() async throws -> [LearnedDevice] {
        try await read { try Self.learnedDevices(in: $0) }
    }

    /// The same from the database of a state directory that another process may be working in; empty when there is
    /// none yet, or one from before anything was learned.
    ///
    /// - Throws: ``StoreError`` for a file that is no database of this program, or what SQLite reports.
    public static func learnedDevices(inDirectory directory: String) throws -> [LearnedDevice] {
        try readLearned(inDirectory: directory, table: "learned_register") { try learnedDevices(in: $0) } ?? []
    }

    /// What `read` finds in the database of a state directory; `nil` when there is none, or it has no such table.
    static func readLearned<Found>(
        inDirectory directory: String, table: String, _ read: (Database) throws -> Found
    ) throws -> Found? {
        let path = "\(directory)/sluice.db"
        guard StateDirectory.size(of: path) > 0 else { return nil }
        try Schema.examine(path)
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        return try queue.read { db in try db.tableExists(table) ? try read(db) : nil }
    }

    private static func learnedDevices(in db: Database) throws -> [LearnedDevice] {
        var devices: [LearnedDevice] = []
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT unit, address, count, refused_address, refused_count, refused_at, bus, profile, kind,
                    register_table FROM learned_register ORDER BY bus, unit, profile, register_table, address, kind
                """)
        while let row = try rows.next() {
            guard let unit = row.integer(0).flatMap({ UInt8(exactly: $0) }),
                let at = row.integer(5), let bus = String.fromDatabaseValue(row[6]),
                let profile = String.fromDatabaseValue(row[7]), let kind = String.fromDatabaseValue(row[8]),
                let table = String.fromDatabaseValue(row[9]).flatMap(RegisterTable.init),
                let span = span(table, row.integer(1), row.integer(2)),
                let refused = Self.span(table, row.integer(3), row.integer(4)), let cause = cause(kind, span)
            else { continue }
            let fact = LearnedFact(cause: cause, refused: refused, refusedAt: Timestamp(milliseconds: at))
            let device = LearnedDevice(
                bus: BusIdentifier(bus), unit: UnitIdentifier(unit), fingerprint: profile, facts: [fact])
            if let last = devices.last, (last.bus, last.unit, last.fingerprint) == (device.bus, device.unit, profile) {
                devices[devices.count - 1].facts.append(fact)
            } else {
                devices.append(device)
            }
        }
        return devices
    }

    private static func columns(of cause: Bisection.Cause) -> (kind: String, span: RegisterSpan) {
        switch cause {
        case .item(let span): ("item", span)
        case .gap(let span): ("gap", span)
        case .boundary(let table, let address): ("boundary", RegisterSpan(table, at: address))
        }
    }

    private static func cause(_ kind: String, _ span: RegisterSpan) -> Bisection.Cause? {
        switch kind {
        case "item": .item(span)
        case "gap": .gap(span)
        case "boundary": .boundary(span.table, at: span.address)
        default: nil
        }
    }

    private static func span(_ table: RegisterTable, _ address: Int64?, _ count: Int64?) -> RegisterSpan? {
        guard let address = address.flatMap({ UInt16(exactly: $0) }),
            let count = count.flatMap({ UInt16(exactly: $0) }),
            count >= 1, Int(address) + Int(count) <= 65_536
        else { return nil }
        return RegisterSpan(table, at: address, count: count)
    }
}
