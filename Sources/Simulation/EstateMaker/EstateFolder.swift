// SPDX-License-Identifier: Apache-2.0

import CZlib
import Glibc
import Model

/// Why an estate could not be written.
public struct EstateFolderError: Error, CustomStringConvertible {
    public var path: String
    public var reason: String
    public var description: String { "\(path): error: \(reason)" }
}

extension Estate {
    /// Writes `topology.json`, `calendar.csv`, `readings.csv.gz`, `truth.csv` and `context.csv`.
    ///
    /// - Parameter folder: It is made when it is not there; files of these names in it are replaced.
    /// - Returns: The number of readings.
    @discardableResult
    public func write(to folder: String) throws(EstateFolderError) -> Int {
        if mkdir(folder, 0o755) != 0, errno != EEXIST {
            throw EstateFolderError(path: folder, reason: "cannot be made: \(String(cString: strerror(errno))).")
        }
        try Self.write(topology, to: "\(folder)/topology.json")
        try Self.write(
            Self.table(
                "kind,start,end,device_id,note",
                calendar.map { [$0.kind, time($0.start), time($0.end), $0.device, $0.note] }),
            to: "\(folder)/calendar.csv")
        try Self.write(
            Self.table(
                "kind,device_id,start,end,note",
                context.map { [$0.kind, $0.device, time($0.start), time($0.end), $0.note] }),
            to: "\(folder)/context.csv")
        let faults = labels.map {
            [
                $0.identifier, $0.type.rawValue, $0.device, time($0.start), time($0.end), String($0.magnitude), $0.unit,
                $0.note, $0.litres.map { String($0.rounded(to: 0.1)) } ?? "",
            ]
        }
        try Self.write(
            Self.table("fault_id,type,device_id,start,end,magnitude,unit,note,litres", faults),
            to: "\(folder)/truth.csv")
        return try writeReadings(to: "\(folder)/readings.csv.gz")
    }

    private var time: (Timestamp) -> String { TopologyText.short }

    private func writeReadings(to path: String) throws(EstateFolderError) -> Int {
        // A middle level of packing: the finest one takes longer than everything else together.
        guard let file = gzopen(path, "wb3") else {
            throw EstateFolderError(path: path, reason: "cannot be written: \(String(cString: strerror(errno))).")
        }
        gzbuffer(file, 1 << 18)
        var isWritten = true
        let rows = readings { bytes in
            let count = bytes.withUnsafeBytes { gzwrite(file, $0.baseAddress, UInt32($0.count)) }
            if count != Int32(bytes.count) { isWritten = false }
        }
        guard gzclose(file) == Z_OK, isWritten else {
            throw EstateFolderError(path: path, reason: "cannot be written to its end. Is the disk full?")
        }
        return rows
    }

    private static func table(_ header: String, _ rows: [[String]]) -> String {
        let lines = rows.map { row in
            row.map { $0.contains(",") || $0.contains("\"") ? "\"\($0.replacing("\"", with: "\"\""))\"" : $0 }
                .joined(separator: ",")
        }
        return ([header] + lines).map { $0 + "\n" }.joined()
    }

    private static func write(_ text: String, to path: String) throws(EstateFolderError) {
        guard let file = fopen(path, "w") else {
            throw EstateFolderError(path: path, reason: "cannot be written: \(String(cString: strerror(errno))).")
        }
        let bytes = Array(text.utf8)
        let count = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, count == bytes.count else {
            throw EstateFolderError(path: path, reason: "cannot be written to its end. Is the disk full?")
        }
    }
}
