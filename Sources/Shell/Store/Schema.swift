// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model

/// The tables of `sluice.db` and the way from one version of them to the next.
///
/// Columns named `at`, `..._at` and `wall` hold milliseconds since 1970 in UTC, `instant` nanoseconds of the monotonic
/// clock of its boot. `seq` is the one number that rises over everything a site stores.
enum Schema {
    /// "SLUI", in the header of the file, so that another program's database is known for what it is.
    static let applicationIdentifier = 0x534C_5549

    /// Each element brings the tables from the version of its place to the next. Only ever append to it.
    private static let migrations = [
        version1, version2, version3, version4, version5, version6, version7, version8, version9, version10, version11,
        version12, version13, version14, version15, version16,
    ]

    /// The version this program reads and writes.
    static var known: Int { migrations.count }

    private static let version1 = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO meta(key, value) VALUES ('epoch', 1), ('next_sequence', 1);

        CREATE TABLE boot(
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, first_instant INTEGER NOT NULL,
            first_wall INTEGER NOT NULL, first_time_quality INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE asset(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE point(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;

        -- One row for each table reading_<day>: the numbers of its first and last row.
        CREATE TABLE reading_day(day INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
        -- One row for each table outbox_<day>; nothing waits below first_waiting, NULL when nothing waits.
        CREATE TABLE outbox_day(
            day INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,
            waiting INTEGER NOT NULL, first_waiting INTEGER
        ) STRICT;

        CREATE TABLE analyzer(
            id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, cursor INTEGER NOT NULL,
            state BLOB NOT NULL, saved_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE finding(
            id TEXT PRIMARY KEY, asset TEXT NOT NULL, rule TEXT NOT NULL, raised_at INTEGER NOT NULL,
            cleared_at INTEGER, body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX finding_raised ON finding(raised_at);
        CREATE INDEX finding_open ON finding(raised_at) WHERE cleared_at IS NULL;
        CREATE TABLE alarm(id TEXT PRIMARY KEY, state TEXT NOT NULL, body BLOB NOT NULL) STRICT;
        CREATE TABLE ticket_event(
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, ticket TEXT NOT NULL, idx INTEGER NOT NULL,
            at INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (ticket, idx)
        ) STRICT;
        CREATE TRIGGER ticket_event_stays BEFORE UPDATE ON ticket_event
            BEGIN SELECT RAISE(ABORT, 'ticket_event is append-only'); END;
        CREATE TRIGGER ticket_event_remains BEFORE DELETE ON ticket_event
            BEGIN SELECT RAISE(ABORT, 'ticket_event is append-only'); END;
        CREATE TABLE ticket(number TEXT PRIMARY KEY, state TEXT NOT NULL, body BLOB NOT NULL) STRICT;

        -- What was lost or not read: a path, from when to when, why, and how many readings.
        CREATE TABLE gap(
            id INTEGER PRIMARY KEY, path TEXT NOT NULL, from_at INTEGER, to_at INTEGER, cause TEXT NOT NULL,
            readings INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE audit(
            seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
            subject TEXT NOT NULL, result TEXT NOT NULL, previous_hash BLOB, hash BLOB
        ) STRICT;
        """

    /// Registers that devices refused. `profile` names what was read of the device when it was learned; kinds are item,
    /// gap and boundary; the request that was refused lies in the same table.
    private static let version2 = """
        CREATE TABLE learned_register(
            bus TEXT NOT NULL, unit INTEGER NOT NULL, profile TEXT NOT NULL, kind TEXT NOT NULL,
            register_table TEXT NOT NULL, address INTEGER NOT NULL, count INTEGER NOT NULL,
            refused_address INTEGER NOT NULL, refused_count INTEGER NOT NULL, refused_at INTEGER NOT NULL,
            PRIMARY KEY (bus, unit, profile, kind, register_table, address)
        ) STRICT, WITHOUT ROWID;
        """

    /// The counter of a lifetime total as JSON, changed in the transaction that stores the reading it comes from.
    private static let version3 = """
        CREATE TABLE counter(point INTEGER PRIMARY KEY REFERENCES point(id), state BLOB NOT NULL) STRICT;
        """

    /// What persons did to meters stays as it was written.
    private static let version4 = """
        CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
        CREATE TRIGGER audit_remains BEFORE DELETE ON audit
            BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
        """

    /// What registers of totals showed beside their counts, in counts: a note stays as it was written. And how long
    /// devices take to begin an answer.
    private static let version5 = """
        CREATE TABLE counter_event(
            id INTEGER PRIMARY KEY, point INTEGER NOT NULL REFERENCES point(id), from_at INTEGER NOT NULL,
            at INTEGER NOT NULL, kind TEXT NOT NULL, from_counts INTEGER, to_counts INTEGER, counts INTEGER
        ) STRICT;
        CREATE TRIGGER counter_event_stays BEFORE UPDATE ON counter_event
            BEGIN SELECT RAISE(ABORT, 'counter_event is append-only'); END;
        CREATE TRIGGER counter_event_remains BEFORE DELETE ON counter_event
            BEGIN SELECT RAISE(ABORT, 'counter_event is append-only'); END;

        CREATE TABLE learned_turnaround(
            bus TEXT NOT NULL, unit INTEGER NOT NULL, profile TEXT NOT NULL, median_nanoseconds INTEGER NOT NULL,
            p99_nanoseconds INTEGER NOT NULL, learned_at INTEGER NOT NULL, PRIMARY KEY (bus, unit)
        ) STRICT, WITHOUT ROWID;
        """

    /// What findings were found with. States and readings are compressed with zlib; `length` is that of the bytes
    /// before.
    private static let version6 = """
        CREATE TABLE analyzer_snapshot(
            cursor INTEGER PRIMARY KEY, version INTEGER NOT NULL, data_at INTEGER NOT NULL, length INTEGER NOT NULL,
            state BLOB NOT NULL
        ) STRICT;
        CREATE TABLE finding_trail(
            id INTEGER PRIMARY KEY, finding TEXT NOT NULL UNIQUE,
            snapshot INTEGER NOT NULL REFERENCES analyzer_snapshot(cursor), length INTEGER NOT NULL,
            readings BLOB NOT NULL, raised BLOB NOT NULL
        ) STRICT;
        CREATE INDEX finding_trail_snapshot ON finding_trail(snapshot);
        """

    /// The chain over the lines of tickets: each hash takes in the one before, so that a line that was changed or taken
    /// out is found. Lines older than this table have none.
    private static let version7 = """
        CREATE TABLE ticket_chain(seq INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
        CREATE TRIGGER ticket_chain_stays BEFORE UPDATE ON ticket_chain
            BEGIN SELECT RAISE(ABORT, 'ticket_chain is append-only'); END;
        CREATE TRIGGER ticket_chain_remains BEFORE DELETE ON ticket_chain
            BEGIN SELECT RAISE(ABORT, 'ticket_chain is append-only'); END;
        """

    private static let version8 = """
        -- The alarms that belong together, as the writer's own text; the tickets they made stand in ticket_event.
        CREATE TABLE incident(id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL) STRICT;
        -- What became of alarms and who did it.
        CREATE TABLE alarm_event(
            seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, alarm TEXT NOT NULL, event TEXT NOT NULL, state TEXT NOT NULL,
            person TEXT NOT NULL, reason TEXT NOT NULL
        ) STRICT;
        CREATE INDEX alarm_event_at ON alarm_event(at);
        """

    /// What persons told the analyzer about findings, meters and the calendar. It heard of it after the reading `cursor`,
    /// at `data_at` of its own time; `body` is what it was told, as the writer's own text.
    private static let version9 = """
        CREATE TABLE intervention(
            seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, cursor INTEGER NOT NULL, data_at INTEGER NOT NULL,
            kind TEXT NOT NULL, subject TEXT NOT NULL, person TEXT NOT NULL, reason TEXT NOT NULL, until_at INTEGER,
            body BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER intervention_stays BEFORE UPDATE ON intervention
            BEGIN SELECT RAISE(ABORT, 'intervention is append-only'); END;
        CREATE TRIGGER intervention_remains BEFORE DELETE ON intervention
            BEGIN SELECT RAISE(ABORT, 'intervention is append-only'); END;
        """

    /// Planned works that were done. A line stays as it was written; it cannot go before its time is over.
    private static let version10 = """
        CREATE TABLE work_record(
            id TEXT PRIMARY KEY, work TEXT NOT NULL, asset TEXT NOT NULL, done_on TEXT NOT NULL, at INTEGER NOT NULL,
            keep_until_at INTEGER NOT NULL, body BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER work_record_stays BEFORE UPDATE ON work_record
            BEGIN SELECT RAISE(ABORT, 'work_record is append-only'); END;
        CREATE TRIGGER work_record_remains BEFORE DELETE ON work_record
            WHEN OLD.keep_until_at > unixepoch('now') * 1000
            BEGIN SELECT RAISE(ABORT, 'work_record must be kept'); END;
        """

    /// Answers to requests that must not be carried out twice, with the hash of the request.
    private static let version11 = """
        CREATE TABLE kept_answer(
            key TEXT PRIMARY KEY, at INTEGER NOT NULL, request BLOB NOT NULL, answer BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX kept_answer_at ON kept_answer(at);
        """

    /// Notices on their way by channels, and every attempt to send one: `wall`, `instant`, `boot` and `synchronised` are
    /// the clocks when it was stored or began. A notice is `waiting`, or has ended as ``NoticeEnd`` says.
    private static let version12 = """
        CREATE TABLE notice(
            seq INTEGER PRIMARY KEY, key TEXT NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL, tried_as TEXT,
            wall INTEGER NOT NULL, instant INTEGER NOT NULL, boot TEXT NOT NULL, synchronised INTEGER NOT NULL,
            ended_at INTEGER, body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX notice_waiting ON notice(seq) WHERE state = 'waiting';
        CREATE INDEX notice_ended ON notice(ended_at) WHERE ended_at IS NOT NULL;
        CREATE INDEX notice_key ON notice(key);
        CREATE TABLE notice_attempt(
            id INTEGER PRIMARY KEY, channel TEXT NOT NULL, key TEXT NOT NULL, notices INTEGER NOT NULL,
            wall INTEGER NOT NULL, instant INTEGER NOT NULL, boot TEXT NOT NULL, synchronised INTEGER NOT NULL,
            ended_wall INTEGER, ended_instant INTEGER, ended_boot TEXT, ended_synchronised INTEGER,
            outcome TEXT, reason TEXT, pause_ms INTEGER
        ) STRICT;
        CREATE INDEX notice_attempt_channel ON notice_attempt(channel, id);
        CREATE INDEX notice_attempt_wall ON notice_attempt(wall);
        """

    /// What the analyzer was told lies among its readings: `told` is the number of the last intervention that a state
    /// knows of those at its cursor, and that of a trail holds what it was told between its readings. A snapshot is
    /// `retired` when the analyzer has begun to learn anew; cursors of the others are unique. And what was announced
    /// while the gateway ran.
    private static let version13 = """
        CREATE TABLE snapshot_of_13(
            id INTEGER PRIMARY KEY, cursor INTEGER NOT NULL, told INTEGER NOT NULL, retired INTEGER NOT NULL,
            version INTEGER NOT NULL, data_at INTEGER NOT NULL, length INTEGER NOT NULL, state BLOB NOT NULL
        ) STRICT;
        INSERT INTO snapshot_of_13(id, cursor, told, retired, version, data_at, length, state)
            SELECT cursor, cursor,
                coalesce((SELECT max(seq) FROM intervention WHERE cursor <= analyzer_snapshot.cursor), 0),
                0, version, data_at, length, state
            FROM analyzer_snapshot;
        CREATE TABLE trail_of_13(
            id INTEGER PRIMARY KEY, finding TEXT NOT NULL UNIQUE,
            snapshot INTEGER NOT NULL REFERENCES snapshot_of_13(id), length INTEGER NOT NULL, readings BLOB NOT NULL,
            told BLOB, raised BLOB NOT NULL
        ) STRICT;
        INSERT INTO trail_of_13(id, finding, snapshot, length, readings, raised)
            SELECT id, finding, snapshot, length, readings, raised FROM finding_trail;
        DROP TABLE finding_trail;
        DROP TABLE analyzer_snapshot;
        ALTER TABLE snapshot_of_13 RENAME TO analyzer_snapshot;
        ALTER TABLE trail_of_13 RENAME TO finding_trail;
        CREATE INDEX finding_trail_snapshot ON finding_trail(snapshot);
        CREATE UNIQUE INDEX analyzer_snapshot_cursor ON analyzer_snapshot(cursor) WHERE retired = 0;

        ALTER TABLE analyzer ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
        UPDATE analyzer SET told = coalesce((SELECT max(seq) FROM intervention), 0);
        CREATE INDEX intervention_cursor ON intervention(cursor);

        CREATE TABLE announcement(
            number INTEGER PRIMARY KEY, kind TEXT NOT NULL, asset TEXT, start_at INTEGER NOT NULL,
            end_at INTEGER NOT NULL, withdrawn_at INTEGER, body BLOB NOT NULL
        ) STRICT;
        """

    /// Topics that were ever retained at the broker and are not known to be empty.
    private static let version14 = """
        CREATE TABLE retained_topic(topic TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        """

    /// Counters of one transaction of readings, deflated; see ``CounterLog``.
    private static let version15 = """
        CREATE TABLE counter_log(id INTEGER PRIMARY KEY, length INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
        """

    /// Named users. `roles` are words with commas between them, `hash` is as ``PasswordHash`` writes it, `tokens` are JSON.
    private static let version16 = """
        CREATE TABLE account(
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, person TEXT, roles TEXT NOT NULL, hash TEXT NOT NULL,
            must_change INTEGER NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, disabled_at INTEGER,
            tokens TEXT NOT NULL
        ) STRICT;
        """

    /// One packed row for each sweep; ``ReadingBody`` tells the format of `body`.
    ///
    /// The index begins with the time, so that new rows touch its last page only: with the asset first, each asset
    /// has a page of its own and a commit writes one for every asset. A trend passes over the entries of the other
    /// assets in its time, which are small and lie side by side.
    static func createReadings(_ day: Day, in db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS reading_\(day)(
                    seq INTEGER PRIMARY KEY, asset INTEGER NOT NULL, boot INTEGER NOT NULL, instant INTEGER NOT NULL,
                    wall INTEGER NOT NULL, time_quality INTEGER NOT NULL, count INTEGER NOT NULL, body BLOB NOT NULL
                ) STRICT;
                CREATE INDEX IF NOT EXISTS reading_\(day)_wall ON reading_\(day)(wall, asset);
                """)
    }

    /// A row is a sweep of the same number in `reading_<day>` (lane 1, or 2 once it is late), or a message with its
    /// text (lane 0). State 0 is waiting, 2 is sent; a message in flight is known to the publisher alone.
    ///
    /// Both indexes hold few rows: messages that wait, and rows inside the replay window. A sweep costs neither.
    static func createOutbox(_ day: Day, in db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS outbox_\(day)(
                    seq INTEGER PRIMARY KEY, lane INTEGER NOT NULL, state INTEGER NOT NULL, sent_at INTEGER,
                    stored_at INTEGER, topic TEXT, payload BLOB, retained INTEGER
                ) STRICT;
                CREATE INDEX IF NOT EXISTS outbox_\(day)_message ON outbox_\(day)(seq) WHERE lane = 0 AND state = 0;
                CREATE INDEX IF NOT EXISTS outbox_\(day)_sent ON outbox_\(day)(sent_at) WHERE state = 2;
                """)
    }

    /// Looks at an existing file without changing it.
    ///
    /// - Throws: When this program must not write to it.
    static func examine(_ path: String) throws {
        guard StateDirectory.size(of: path) > 0 else { return }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        let (identifier, version, tables) = try queue.read { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
                try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
                try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            )
        }
        // An empty one is what a start leaves behind that was cut off in the middle.
        let isEmpty = identifier == 0 && version == 0 && tables == 0
        guard identifier == applicationIdentifier || isEmpty else {
            // A header that was written over may say anything.
            if Salvager(path)?.isOwn == true { throw StoreError.damaged(path: path, detail: "its header is damaged") }
            throw StoreError.foreignDatabase(path: path)
        }
        guard version <= known else {
            // No later version has so high a number.
            if version > known + 1000 { throw StoreError.damaged(path: path, detail: "its header is damaged") }
            throw StoreError.newerSchema(found: version, known: known, path: path)
        }
    }

    /// Brings the tables up to what this program knows, in the transaction of `db`.
    ///
    /// - Returns: The version found; the same as ``known`` when there was nothing to do.
    @discardableResult
    static func migrate(_ db: Database, to version: Int = known) throws -> Int {
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard (0..<version).contains(found) else { return found }
        for migration in migrations[found..<version] { try db.execute(sql: migration) }
        try db.execute(sql: "PRAGMA user_version = \(version)")
        try db.execute(sql: "PRAGMA application_id = \(applicationIdentifier)")
        return found
    }
}

/// A day of UTC, as the names of day tables write it: `20261122`.
struct Day: Hashable, Comparable, CustomStringConvertible, Sendable {
    /// The digits of its name as a number, which rises with the days.
    let number: Int64

    init(number: Int64) { self.number = number }

    /// The day of `moment`; a moment that no four-digit year holds counts to the first or last day that one does.
    init(of moment: Timestamp) {
        let date = min(max(moment, Self.first), Self.last).civil().date
        number = Int64(date.year * 10_000 + date.month * 100 + date.day)
    }

    private static let first = Timestamp(milliseconds: 0)
    private static let last = Timestamp(CivilTime(date: CivilDate(year: 9999, month: 12, day: 31), hour: 0, minute: 0))

    var description: String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    static func < (a: Day, b: Day) -> Bool { a.number < b.number }
}
