// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec

/// Finds what in a request a device refuses with exception 2 or 3, by reading ever smaller halves of it.
///
/// For n items it takes at most 2 log2(n) further requests, none for one item. It looks for one cause at a time: what
/// else is wrong shows when the request is planned around that cause and refused again.
public struct Bisection: Sendable {
    public enum Cause: Hashable, Sendable {
        /// This wanted run raises the exception by itself.
        case item(RegisterSpan)
        /// Both sides of these unwanted registers can be read, but not across them.
        case gap(RegisterSpan)
        /// Both sides of this address can be read, but not across it.
        case boundary(RegisterTable, at: UInt16)

        /// Such as `gap holding 10..<20`.
        public var text: String {
            switch self {
            case .item(let span): "registers \(span)"
            case .gap(let span): "gap \(span)"
            case .boundary(let table, let address): "boundary \(table.rawValue) \(address)"
            }
        }
    }

    /// Set once the cause is known; stays `nil` when an answer was missing or of another kind.
    public private(set) var cause: Cause?
    /// The request that the device refused as a whole, and that the cause was found in.
    public private(set) var refused: RegisterSpan
    private let table: RegisterTable
    private let limits: ReadLimits
    /// Runs of wanted addresses, rising, none touching the inside of another.
    private let runs: [Range<Int>]
    /// The part that is known to be refused.
    private var part: Range<Int>
    private var question: RegisterSpan?
    private var isSecondHalf = false

    /// - Parameters:
    ///   - span: The request that was refused.
    ///   - items: Everything wanted of the device; what lies outside `span` does not matter.
    public init(of span: RegisterSpan, items: [RegisterSpan], limits: ReadLimits) {
        refused = span
        table = span.table
        self.limits = limits
        var runs: [Range<Int>] = []
        for item in items.filter({ span.covers($0) }).map(\.range).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = runs.last, item.lowerBound < last.upperBound {
                runs[runs.count - 1] = last.lowerBound..<max(last.upperBound, item.upperBound)
            } else {
                runs.append(item)
            }
        }
        self.runs = runs
        part = runs.indices
        look(into: part)
    }

    /// The next request to send; `nil` at the end.
    public var next: RegisterSpan? { question }

    /// Takes the answer to ``next``.
    public mutating func take(_ result: Result<[UInt16], ReadFailure>) {
        guard let asked = question else { return }
        question = nil
        let middle = Self.middle(of: part)
        switch result {
        case .failure(.exception(2)), .failure(.exception(3)):
            refused = asked
            look(into: isSecondHalf ? middle..<part.upperBound : part.lowerBound..<middle)
        case .success where !isSecondHalf:
            isSecondHalf = true
            question = request(middle..<part.upperBound)
        case .success:
            let (end, start) = (runs[middle - 1].upperBound, runs[middle].lowerBound)
            cause =
                start > end
                ? .gap(RegisterSpan(table, at: UInt16(end), count: UInt16(start - end)))
                : .boundary(table, at: UInt16(start))
        case .failure:
            break
        }
    }

    private mutating func look(into part: Range<Int>) {
        (self.part, isSecondHalf) = (part, false)
        if part.count > 1 {
            question = request(part.lowerBound..<Self.middle(of: part))
        } else if let only = part.first {
            cause = .item(span(runs[only]))
        }
    }

    /// The larger half comes first: when it is refused, the other one need not be read.
    private static func middle(of part: Range<Int>) -> Int { part.lowerBound + (part.count + 1) / 2 }

    private func request(_ part: Range<Int>) -> RegisterSpan? {
        guard let first = part.first, let last = part.last else { return nil }
        return Polling.request(for: span(runs[first].lowerBound..<runs[last].upperBound), limits: limits)
    }

    private func span(_ run: Range<Int>) -> RegisterSpan {
        RegisterSpan(table, at: UInt16(run.lowerBound), count: UInt16(run.count))
    }
}
