// SPDX-License-Identifier: Apache-2.0

import Model

/// One hour, or three, of a zone's balance beside what is usual.
struct SlowResidual: Hashable, Sendable {
    /// Hour since 1970 of its first minute, and the hours it spans.
    var hour: Int64
    var hours: Int64
    /// Litres an hour.
    var residual: Double
    var children: Double
    var expected: Double
    /// What is usual and what is uncertain together, in litres an hour.
    var spread: Double
    /// Spreads above what is usual.
    var deviation: Double { (residual - expected) / max(spread, 1e-6) }
}

/// The slow balance of a zone whose children are all read each minute: hours made of pieces of five minutes in which the
/// balance is known and no tank ran over, and what is usual of one hour and of three.
///
/// What the children do cancels, so one median and one spread for all hours of the day are enough. They are taken over
/// 25 days and learned only while nothing is suspected.
struct SlowBalance: Hashable, Codable, Sendable {
    /// Data time after a piece's end at which it is made: a dwelling read each quarter has been read, and once late.
    private static let delay: Int64 = 30
    /// Pieces older than this are no longer in the registers beside the hour that is looked at with them.
    private static let reach = MinuteRegister.length - 66
    /// An hour needs a third of its pieces.
    private static let fewestPieces = 4
    private static let piecesInHour = 12
    /// Three days tell the spread.
    private static let fewestHours = 72
    private static let fewestBlocks = 24
    /// 25 days.
    private static let ringOfHours = 600
    private static let ringOfBlocks = 200
    /// Hours of one block.
    static let hoursInBlock: Int64 = 3
    /// A register is read between two of its counts at both ends of an hour: 1.2 counts.
    private static let countsOfDoubt = 1.2
    /// Children's meters err, and not all alike.
    private static let meterError = 0.04
    /// What is taken from dwellings in place of their meter.
    private static let replacedError = 0.15

    /// Sums of the pieces of one hour, or of the hours of one block.
    private struct Sums: Hashable, Codable, Sendable {
        var index: Int64 = -1
        var count = 0
        var residual = 0.0
        var children = 0.0
        var replaced = 0.0
        /// Pieces of the hours of a block.
        var pieces = 0
    }

    private var nextEnd: Int64 = -1
    private var hour = Sums()
    private var block = Sums()
    private var hours = MedianRing(capacity: ringOfHours)
    private var blocks = MedianRing(capacity: ringOfBlocks)
    private var usualHour = Usual()
    private var usualBlock = Usual()

    private struct Usual: Hashable, Codable, Sendable {
        var median = 0.0
        var spread = 0.0
    }

    init() {}

    /// Takes the pieces that are due.
    ///
    /// - Parameters:
    ///   - mayLearn: Whether nothing is suspected.
    ///   - freshFrom: Pieces that begin earlier hold a burst, which is not lost twice; `nil` while one lasts.
    ///   - judge: Called for each hour, and each block of three, that has become known and whose spread is known.
    mutating func advance(_ view: ZoneView, mayLearn: Bool, freshFrom: Int64?, judge: (SlowResidual) -> Void) {
        let last = (view.dataTime.minuteIndex - Self.delay) / BalancePiece.minutes * BalancePiece.minutes
        if nextEnd < last - Self.reach { nextEnd = last - Self.reach / BalancePiece.minutes * BalancePiece.minutes }
        while nextEnd <= last {
            let end = nextEnd
            nextEnd += BalancePiece.minutes
            let index = (end - BalancePiece.minutes) / 60
            if index != hour.index {
                finishHour(view, mayLearn, judge)
                hour = Sums(index: index)
            }
            guard let freshFrom, end - BalancePiece.minutes >= freshFrom, let piece = view.piece(endingAt: end) else {
                continue
            }
            hour.count += 1
            hour.residual += piece.residual
            hour.children += piece.children
            hour.replaced += piece.replaced
        }
    }

    private mutating func finishHour(_ view: ZoneView, _ mayLearn: Bool, _ judge: (SlowResidual) -> Void) {
        guard hour.index >= 0 else { return }
        let index = hour.index / Self.hoursInBlock
        if index != block.index {
            finishBlock(view, mayLearn, judge)
            block = Sums(index: index)
        }
        guard hour.count >= Self.fewestPieces else { return }
        let scale = Double(Self.piecesInHour) / Double(hour.count)
        let residual = hour.residual * scale
        let doubt = doubt(hour, scale: scale, view)
        if hours.count >= Self.fewestHours {
            let variance = usualHour.spread * usualHour.spread * scale + doubt
            judge(
                SlowResidual(
                    hour: hour.index, hours: 1, residual: residual, children: hour.children * scale,
                    expected: usualHour.median, spread: variance.squareRoot()))
        }
        if mayLearn, hour.replaced == 0 || hours.count < Self.fewestHours {
            hours.append(residual)
            (usualHour.median, usualHour.spread) = hours.medianAndSpread()
        }
        block.count += 1
        block.residual += residual
        block.children += hour.children * scale
        block.replaced += hour.replaced * scale
        block.pieces += hour.count
    }

    private mutating func finishBlock(_ view: ZoneView, _ mayLearn: Bool, _ judge: (SlowResidual) -> Void) {
        // Two hours of three say enough of the third.
        guard block.index >= 0, block.count >= 2 else { return }
        let scale = 1 / Double(block.count)
        let residual = block.residual * scale
        let doubt = doubt(block, scale: scale, view)
        if blocks.count >= Self.fewestBlocks {
            let known = Double(block.pieces) / Double(Self.piecesInHour * Int(Self.hoursInBlock))
            let variance = usualBlock.spread * usualBlock.spread / known + doubt
            judge(
                SlowResidual(
                    hour: block.index * Self.hoursInBlock, hours: Self.hoursInBlock, residual: residual,
                    children: block.children * scale, expected: usualBlock.median, spread: variance.squareRoot()))
        }
        if mayLearn, block.replaced == 0 || blocks.count < Self.fewestBlocks {
            blocks.append(residual)
            (usualBlock.median, usualBlock.spread) = blocks.medianAndSpread()
        }
    }

    /// Square of what is uncertain beside what is usual, in (L/h)^2.
    private func doubt(_ sums: Sums, scale: Double, _ view: ZoneView) -> Double {
        let counts = Self.countsOfDoubt * view.laws[view.zone.parent].litresPerCount
        let error = Self.meterError * sums.children * scale
        let replaced = Self.replacedError * sums.replaced * scale
        return counts * counts + error * error + replaced * replaced
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let minutes: ClosedRange<Int64> = -1...100_000_000
        return minutes.contains(nextEnd) && minutes.contains(hour.index) && minutes.contains(block.index)
            && (0...100).contains(hour.count) && (0...100).contains(block.count) && (0...10_000).contains(block.pieces)
            && hours.isWellFormed(capacity: Self.ringOfHours) && blocks.isWellFormed(capacity: Self.ringOfBlocks)
    }
}
