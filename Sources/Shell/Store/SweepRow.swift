// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Model

/// One row of `reading_<day>`, with the places of the running configuration.
struct SweepRow {
    /// Why a row gives no sweep.
    enum Defect: Hashable {
        /// The asset or all its points are no longer in the configuration.
        case unknown
        case unreadable(PackedFault)
    }

    /// Readings that follow each other without one of a removed point between them.
    struct Run {
        /// Place of the first of them in the row.
        var offset: Int
        var readings: [Reading]
    }

    var sequence: Int64
    var assetKey: Int64
    var receivedWall: Timestamp
    /// Readings that the row holds, known or not.
    var count: Int64
    var content: Result<Content, Defect>

    struct Content {
        var asset: AssetIndex
        var receivedAt: MonotonicInstant
        var timeQuality: TimeQuality
        /// Never empty, nor is any of them.
        var runs: [Run]
    }

    /// The columns ``init(_:binding:)`` takes, of the table with this alias.
    static func columns(of table: String) -> String {
        ["asset", "instant", "wall", "time_quality", "count", "body"].map { "\(table).\($0)" }.joined(separator: ", ")
    }

    /// Reads a row of a number and ``columns(of:)``.
    init(_ row: Row, binding: CatalogueBinding) throws {
        sequence = row.integer(0) ?? 0
        assetKey = row.integer(1) ?? 0
        receivedWall = Timestamp(milliseconds: row.integer(3) ?? 0)
        count = row.integer(5) ?? 0
        guard let asset = binding.asset(assetKey) else {
            // A row without a key is a number in the outbox whose readings are gone.
            content = .failure(row.integer(1) == nil ? .unreadable(.ended) : .unknown)
            return
        }
        guard let quality = row.integer(4).flatMap({ UInt8(exactly: $0) }).flatMap(TimeQuality.init) else {
            content = .failure(.unreadable(.invalid("time quality")))
            return
        }
        let expected = Int(clamping: count)
        let wall = receivedWall
        let runs = try row.withUnsafeData(atIndex: 6) { data in
            Self.runs(of: data ?? Data(), count: expected, receivedWall: wall, binding: binding)
        }
        content = runs.map {
            Content(
                asset: asset, receivedAt: MonotonicInstant(nanoseconds: row.integer(2) ?? 0), timeQuality: quality,
                runs: $0)
        }
    }

    private static func runs(
        of body: Data, count: Int, receivedWall: Timestamp, binding: CatalogueBinding
    ) -> Result<[Run], Defect> {
        var runs: [Run] = []
        var place = 0
        var isBroken = true
        do throws(PackedFault) {
            try body.readings(count: count, receivedWall: receivedWall) { entry in
                if let point = binding.point(entry.point) {
                    if isBroken {
                        runs.append(Run(offset: place, readings: []))
                        // The count comes from the disk, so it only says how much to reserve within reason.
                        runs[runs.count - 1].readings.reserveCapacity(min(max(count - place, 0), 4096))
                    }
                    runs[runs.count - 1].readings.append(entry.reading(of: point))
                    isBroken = false
                } else {
                    isBroken = true
                }
                place += 1
            }
        } catch {
            return .failure(.unreadable(error))
        }
        return runs.isEmpty ? .failure(.unknown) : .success(runs)
    }

    /// One stored sweep for each run, so that every reading keeps its own number.
    func sweeps() -> [StoredSweep] {
        guard case .success(let content) = content else { return [] }
        return content.runs.map { run in
            StoredSweep(
                firstSequence: SequenceNumber(sequence &+ Int64(run.offset)), sweep: sweep(content, run.readings))
        }
    }

    /// All known readings under the number of the row, for the outbox, whose rows keep their number.
    func wholeSweep() -> Result<StoredSweep, Defect> {
        content.map { content in
            let readings = content.runs.count == 1 ? content.runs[0].readings : content.runs.flatMap(\.readings)
            return StoredSweep(firstSequence: SequenceNumber(sequence), sweep: sweep(content, readings))
        }
    }

    private func sweep(_ content: Content, _ readings: [Reading]) -> Sweep {
        Sweep(
            asset: content.asset, receivedAt: content.receivedAt, receivedWall: receivedWall,
            timeQuality: content.timeQuality, readings: readings)
    }
}

extension SweepRow.Defect: Error {}

extension Data {
    /// See ``ReadingBody/read(_:count:receivedWall:_:)``.
    func readings(
        count: Int, receivedWall: Timestamp, _ body: (ReadingBody.Entry) -> Void
    ) throws(PackedFault) {
        let outcome = withUnsafeBytes { bytes -> Result<Void, PackedFault> in
            do throws(PackedFault) {
                return .success(try ReadingBody.read(bytes, count: count, receivedWall: receivedWall, body))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }
}

extension Row {
    /// The integer of a column; `nil` when the column holds none, whatever the schema says.
    func integer(_ column: Int) -> Int64? { Int64.fromDatabaseValue(self[column]) }

    /// The bytes of a column; empty when the column holds none.
    func bytes(_ column: Int) throws -> [UInt8] { try withUnsafeData(atIndex: column) { $0.map { Array($0) } ?? [] } }
}
