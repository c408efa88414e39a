// SPDX-License-Identifier: Apache-2.0

/// The middle of some numbers: the middle one, or the mean of the middle two.
///
/// It is selected, not sorted for, on the stack; only more than a kilobyte of numbers takes a block of the heap.
public enum Middle {
    /// - Returns: `nil` without values. Values must be finite.
    public static func of<Number: BinaryFloatingPoint>(_ values: some Collection<Number>) -> Double? {
        copied(values) { middle(of: $0) }
    }

    /// The upper one of the middle two, or the middle one.
    static func upper<Number: BinaryFloatingPoint>(_ values: some Collection<Number>) -> Number? {
        copied(values) { space in space.isEmpty ? nil : select(space.count / 2, in: space) }
    }

    /// The middle of the distances from a value.
    static func distance(_ values: some Collection<Float>, from value: Double) -> Double? {
        copied(values, { abs(Double($0) - value) }) { middle(of: $0) }
    }

    /// Gives a body its own copy of some values, which it may put into any order.
    static func copied<Number, Result>(
        _ values: some Collection<Number>, _ body: (UnsafeMutableBufferPointer<Number>) -> Result
    ) -> Result {
        copied(values, { $0 }, body)
    }

    /// Gives a body what a conversion makes of some values.
    static func copied<Element, Number, Result>(
        _ values: some Collection<Element>, _ convert: (Element) -> Number,
        _ body: (UnsafeMutableBufferPointer<Number>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: Number.self, capacity: values.count) { space in
            for (place, value) in values.enumerated() { space.initializeElement(at: place, to: convert(value)) }
            return body(space)
        }
    }

    /// The middle of a buffer, whose order changes.
    static func middle<Number: BinaryFloatingPoint>(of space: UnsafeMutableBufferPointer<Number>) -> Double? {
        guard !space.isEmpty else { return nil }
        let half = space.count / 2
        let upper = select(half, in: space)
        guard space.count % 2 == 0 else { return Double(upper) }
        var lower = space[0]
        for place in 1..<max(half, 1) { lower = max(lower, space[place]) }
        return (Double(lower) + Double(upper)) / 2
    }

    /// The value that would stand at a place if the buffer were sorted; those before it are no larger afterwards.
    static func select<Number: Comparable>(
        _ wanted: Int, in space: UnsafeMutableBufferPointer<Number>
    ) -> Number {
        var (low, high) = (0, space.count - 1)
        while low < high {
            let pivot = middleOfThree(space[low], space[low + (high - low) / 2], space[high])
            var (left, right) = (low, high)
            while left <= right {
                while space[left] < pivot { left += 1 }
                while pivot < space[right] { right -= 1 }
                guard left <= right else { break }
                space.swapAt(left, right)
                left += 1
                right -= 1
            }
            if wanted <= right { high = right } else if wanted >= left { low = left } else { break }
        }
        return space[wanted]
    }

    private static func middleOfThree<Number: Comparable>(_ a: Number, _ b: Number, _ c: Number) -> Number {
        max(min(a, b), min(max(a, b), c))
    }
}
