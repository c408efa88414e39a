// SPDX-License-Identifier: Apache-2.0

/// A number as somebody read it off the face of a device: every digit that was typed counts, a closing zero too.
public struct FaceNumber: Hashable, Sendable, CustomStringConvertible {
    /// As it was typed.
    public let description: String
    /// The nearest `Double`; never 0.
    public let value: Double
    /// Digits behind the point.
    public let decimals: Int
    /// Digits from the first that is not 0, at least 1.
    public let digits: Int

    public enum Mistake: Error, Hashable, Sendable, CustomStringConvertible {
        case notANumber(String)
        case zero

        public var description: String {
            switch self {
            case .notANumber(let text):
                "'\(text)' is not a number. Type what the face shows, such as 1234.567: at most 15 digits and one point."
            case .zero:
                "a face that shows 0 agrees with every empty register. Read again once it shows something else."
            }
        }
    }

    /// - Parameter text: Digits with at most one point and one sign, 15 digits at most.
    public init(_ text: String) throws(Mistake) {
        let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        let parts = unsigned.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let typed = parts.joined()
        guard (1...15).contains(typed.utf8.count), typed.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Double(text)
        else { throw .notANumber(text) }
        guard value != 0 else { throw .zero }
        description = text
        self.value = value
        decimals = parts.count > 1 ? parts[1].utf8.count : 0
        digits = typed.drop { $0 == "0" }.utf8.count
    }

    /// How many of the face's digits `candidate` shows, counted from the first, 0 ... ``digits``.
    ///
    /// All of them when the face could be the candidate cut off or rounded at its last digit.
    public func digitsAgreed(with candidate: Double) -> Int {
        guard candidate.isFinite, (candidate < 0) == (value < 0) else { return 0 }
        let step = 1 / powersOfTen[decimals]
        let excess = candidate.magnitude - value.magnitude
        // A 32-bit float of a long number is off by more than its last decimal digit tells.
        let slack = step * 1e-6 + value.magnitude * 1e-15
        if excess >= -step / 2 - slack, excess < step + slack { return digits }
        var agreed = 0
        while agreed < digits - 1, excess.magnitude * powersOfTen[agreed + 1] <= value.magnitude { agreed += 1 }
        return agreed
    }
}
