// SPDX-License-Identifier: Apache-2.0

import Aggregation
import GRDB
public import Logging
public import Model

extension SluiceStore {
    /// The history of points from a state directory, without asking a gateway, which may be running: what `history.db`
    /// holds, and what the store holds beyond it.
    ///
    /// - Parameters:
    ///   - questions: Of one resolution.
    ///   - isTotal: Whether the point of a path is a lifetime total.
    ///   - body: Gets an answer for each question, in their order.
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func history(
        _ questions: [HistoryQuestion], isTotal: (String) -> Bool, in directory: String, zone: ZoneOffsets,
        logger: Logger, _ body: (HistoryQuestion, HistoryAnswer) -> Void
    ) throws {
        guard let resolution = questions.first?.resolution else { return }
        func answer(_ progress: HistoryProgress, _ keys: [String: HistoryFile.PointKey], _ db: Database?) throws {
            let held = try HistoryTail(paths: questions.map(\.path), resolution: resolution, zone: zone)
                .pieces(beyond: progress, in: directory, logger: logger)
            for (question, pieces) in zip(questions, held) {
                let answer = try HistoryLookup(question: question, zone: zone).answer(
                    key: keys[question.path], isTotal: isTotal(question.path), held: pieces, in: db)
                body(question, answer)
            }
        }
        let path = HistoryFile.path(in: directory)
        guard StateDirectory.size(of: path) > 0 else { return try answer(HistoryProgress(), [:], nil) }
        do {
            let file = try HistoryFile(reading: path)
            defer { try? file.queue.close() }
            // One transaction, so that cursor and pieces belong together.
            try file.queue.read { db in
                try answer(HistoryProgress(in: db), HistoryFile.points(in: db), db)
            }
        } catch {
            throw explain(error, path: path, directory: directory)
        }
    }
}

/// What the store holds of some points beyond their history.
private struct HistoryTail {
    let paths: [String]
    let resolution: HistoryResolution
    let zone: ZoneOffsets

    /// Pieces of each path, in the order of the paths.
    func pieces(beyond progress: HistoryProgress, in directory: String, logger: Logger) throws -> [[HistoryPiece]] {
        try SluiceStore.reading(directory) { db in
            var found = [[HistoryPiece]](repeating: [], count: paths.count)
            let state = try HistorySource.State(in: db)
            guard progress.epoch == 0 || (progress.epoch == state.epoch && progress.cursor <= state.latest),
                progress.clearing == nil
            else {
                logger.warning("History is about to be made again; what is newer than it is left out.")
                return found
            }
            let keys = try HistorySource.paths(in: db).reduce(into: [String: Int64]()) { $0[$1.value] = $1.key }
            let places = paths.enumerated().reduce(into: [Int64: Int]()) { places, path in
                if let key = keys[path.element] { places[key] = path.offset }
            }
            var folder = HistoryFolder(zone: zone)
            folder.floor = progress.floor.map { Timestamp(milliseconds: $0) }
            var cursor = progress.cursor
            while cursor < state.latest {
                cursor = try HistorySource.read(
                    after: cursor, latest: state.latest, run: 200_000, unknown: nil, in: db
                ) { item in
                    guard let place = places[item.point] else { return }
                    folder.fold(point: place, at: item.at, value: item.value, isGood: item.isGood)
                }.through
                for piece in folder.take() where piece.resolution == resolution { found[piece.point].append(piece) }
            }
            return found
        }
    }
}
