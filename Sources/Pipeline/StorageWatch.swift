// SPDX-License-Identifier: Apache-2.0

import Alarms
public import Model

/// Something that is wrong with where the estate's data is kept.
public struct StorageTrouble: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Nothing can be written: the disk is full, read-only, locked by others or failing.
        case refuses = "store_refuses"
        /// The database was damaged; it was set aside and copied as far as it could be read.
        case salvaged = "store_salvaged"
        /// The database was deleted or replaced under the gateway.
        case replaced = "store_replaced"
        /// The room that the database may take is nearly used up, or old readings go before their time.
        case filling = "store_filling"
        /// The write-ahead log does not get shorter.
        case longLog = "store_long_log"
        /// What readings summed up to could not be read; it was set aside and is made anew.
        case historyRemade = "history_remade"

        public var rule: RuleIdentifier { RuleIdentifier(rawValue) }
    }

    public var kind: Kind
    public var severity: Severity
    public var measures: [Measure]

    /// - Parameter severity: `nil` for that of its kind.
    public init(_ kind: Kind, severity: Severity? = nil, measures: [Measure] = []) {
        self.kind = kind
        self.severity = severity ?? ([.filling, .longLog, .historyRemade].contains(kind) ? .p3 : .p2)
        self.measures = measures
    }
}

/// What is or was wrong a short time ago, until somebody has been told.
///
/// While nothing can be written no alarm can be stored either. So a trouble stands until it is over, its alarm is
/// stored, and ``shortest`` has passed since it began.
public struct TroubleLedger: Sendable {
    /// Longer than an alarm waits before it counts (10 min).
    public static let shortest: Duration = .seconds(600)

    private struct Entry {
        var trouble: StorageTrouble
        var begun: MonotonicInstant
        var isOver = false
        var isTold = false
    }

    private var entries: [StorageTrouble.Kind: Entry] = [:]

    public init() {}

    /// It is wrong at `now`; again and again keeps it standing.
    ///
    /// - Returns: Whether it was all right before.
    @discardableResult
    public mutating func begin(_ trouble: StorageTrouble, at now: MonotonicInstant) -> Bool {
        guard var known = entries[trouble.kind] else {
            entries[trouble.kind] = Entry(trouble: trouble, begun: now)
            return true
        }
        let isNew = known.isOver
        (known.trouble, known.isOver) = (trouble, false)
        entries[trouble.kind] = known
        return isNew
    }

    public mutating func end(_ kind: StorageTrouble.Kind) {
        guard entries[kind]?.isOver == false else { return }
        entries[kind]?.isOver = true
    }

    /// The alarms of these are stored.
    public mutating func told(_ kinds: [StorageTrouble.Kind]) {
        for kind in kinds { entries[kind]?.isTold = true }
    }

    /// What stands at `now`, in the order of the kinds.
    public mutating func standing(at now: MonotonicInstant) -> [StorageTrouble] {
        guard !entries.isEmpty else { return [] }
        entries = entries.filter { !$1.isOver || !$1.isTold || now - $1.begun < Self.shortest }
        return StorageTrouble.Kind.allCases.compactMap { entries[$0]?.trouble }
    }
}

extension Books {
    /// What alarms about the store are about; no asset of the estate.
    static let storageAsset = AssetIdentifier("storage")

    /// Raises what is wrong with the store, and clears what is no more.
    ///
    /// - Returns: What stands and whose alarm is active.
    public mutating func watchStorage(
        _ standing: [StorageTrouble], at now: Timestamp, into verdict: inout Verdict
    ) -> [StorageTrouble.Kind] {
        for kind in StorageTrouble.Kind.allCases {
            let trouble = standing.first { $0.kind == kind }
            settle(
                severity: trouble?.severity, measures: trouble?.measures ?? [], asset: Self.storageAsset,
                rule: kind.rule, at: now, into: &verdict)
        }
        return standing.map(\.kind).filter { alarms.alarm(asset: Self.storageAsset, rule: $0.rule)?.isActive == true }
    }
}
