// SPDX-License-Identifier: Apache-2.0

public import Model

/// A finished or unfinished piece of a point's history that has to be merged into what is stored.
public struct HistoryPiece: Hashable, Sendable {
    /// Place of the point, as it was given to the folder.
    public var point: Int
    public var resolution: HistoryResolution
    public var bucket: HistoryBucket
    public init(point: Int, resolution: HistoryResolution, bucket: HistoryBucket) {
        (self.point, self.resolution, self.bucket) = (point, resolution, bucket)
    }
}

/// Sums up readings over minutes, and minutes over quarters, hours and days.
///
/// Readings may come in any order. A point has one open bucket of each resolution; a reading of another piece of time
/// hands the open one over and begins a new one, so a late reading gives one more bucket of a piece that was handed over
/// before. Whoever stores them merges those of the same piece, which is exact (``HistoryBucket``). A reading costs one
/// merge, and allocates nothing once the lists have their size.
public struct HistoryFolder: Sendable {
    private var calendar: HistoryCalendar
    /// The open buckets of each point, one after another as the resolutions stand.
    private var open: [HistoryBucket?] = []
    /// Handed over and not taken yet. Whoever uses the folder bounds it by ``take()``.
    private var closed: [HistoryPiece] = []
    /// Readings before it are left out, and so is each piece that begins before it: what is stored of those is whole.
    public var floor: Timestamp?

    private static let levels = HistoryResolution.allCases.count

    public init(zone: ZoneOffsets) { calendar = HistoryCalendar(zone: zone) }

    /// Pieces that wait to be taken, without the open ones.
    public var waiting: Int { closed.count }

    /// Takes in one reading.
    ///
    /// - Parameters:
    ///   - point: Not negative; points are numbered one by one.
    ///   - value: Finite; `nil` of a bad reading.
    public mutating func fold(point: Int, at moment: Timestamp, value: Double?, isGood: Bool) {
        let place = point * Self.levels
        while open.count < place + Self.levels { open.append(nil) }
        let slot = moment.milliseconds.floored(by: 60_000)
        let reading = HistoryBucket(slot: slot, at: moment, value: value, isGood: isGood)
        if open[place]?.slot == slot {
            open[place]?.merge(reading)
        } else {
            closeMinute(of: point)
            open[place] = reading
        }
    }

    /// Everything that was folded since the last call, in no order; several may be of the same piece.
    public mutating func take() -> [HistoryPiece] {
        for point in 0..<open.count / Self.levels { closeAll(of: point) }
        defer { closed.removeAll(keepingCapacity: true) }
        return closed
    }

    /// What is held of a point and not taken yet, as ``take()`` would give it.
    public func held(of point: Int) -> [HistoryPiece] {
        var copy = HistoryFolder(zone: calendar.zone)
        copy.floor = floor
        let place = point * Self.levels
        if place + Self.levels <= open.count { copy.open = Array(open[place..<place + Self.levels]) }
        var pieces = closed.filter { $0.point == point }
        for var piece in copy.take() {
            piece.point = point
            pieces.append(piece)
        }
        return pieces
    }

    private mutating func closeAll(of point: Int) {
        closeMinute(of: point)
        let place = point * Self.levels
        for (level, resolution) in HistoryResolution.allCases.enumerated().dropFirst() {
            guard let bucket = open[place + level] else { continue }
            hand(bucket, of: point, resolution)
            open[place + level] = nil
        }
    }

    private mutating func closeMinute(of point: Int) {
        let place = point * Self.levels
        guard let minute = open[place] else { return }
        open[place] = nil
        let start = Timestamp(milliseconds: minute.slot &* 60_000)
        if let floor, start < floor { return }
        closed.append(HistoryPiece(point: point, resolution: .minute, bucket: minute))
        raise(minute, at: start, of: point, to: .quarter, place + 1)
        raise(minute, at: start, of: point, to: .hour, place + 2)
        raise(minute, at: start, of: point, to: .day, place + 3)
    }

    private mutating func raise(
        _ minute: HistoryBucket, at start: Timestamp, of point: Int, to resolution: HistoryResolution, _ place: Int
    ) {
        let slot = calendar.slot(of: start, resolution)
        if open[place]?.slot == slot {
            open[place]?.merge(minute)
            return
        }
        if let before = open[place] { hand(before, of: point, resolution) }
        var bucket = minute
        bucket.slot = slot
        open[place] = bucket
    }

    private mutating func hand(_ bucket: HistoryBucket, of point: Int, _ resolution: HistoryResolution) {
        if let floor, calendar.start(of: bucket.slot, resolution) < floor { return }
        closed.append(HistoryPiece(point: point, resolution: resolution, bucket: bucket))
    }
}
