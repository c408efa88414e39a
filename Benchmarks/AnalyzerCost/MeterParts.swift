// SPDX-License-Identifier: Apache-2.0

import Analysis

/// Where the bytes of a meter's state lie, by its parts.
///
/// It looks at the analyzer as a debugger does, so it needs no word of the state's types.
struct MeterParts {
    /// A member of the state, what it takes in its owner, and its blocks of the heap.
    struct Part {
        var name: String
        var inline: Int
        var heap: Int
    }

    /// The state of one meter without its blocks of the heap.
    let inline: Int
    let parts: [Part]

    /// - Parameter meter: The place of the meter in the site.
    init?(of analyzer: Analyzer, meter: Int) {
        guard let whole = Self.member("state", of: analyzer), let meters = Self.member("meters", of: whole),
            let state = Array(Mirror(reflecting: meters).children).dropFirst(meter).first?.value
        else { return nil }
        inline = Self.size(state)
        parts = Mirror(reflecting: state).children.flatMap { child -> [Part] in
            let name = Self.name(child.label)
            // The watch over leaks is half of it all.
            guard name == "leaks" else { return [Part(name, child.value)] }
            return Mirror(reflecting: child.value).children.map { Part("\(name).\(Self.name($0.label))", $0.value) }
        }
    }

    private static func name(_ label: String?) -> String { String((label ?? "?").drop { $0 == "_" }) }

    private static func member(_ name: String, of value: Any) -> Any? {
        Mirror(reflecting: value).children.first { Self.name($0.label) == name }?.value
    }

    fileprivate static func size(_ value: Any) -> Int {
        func size<Value>(of type: Value.Type) -> Int { MemoryLayout<Value>.size }
        return _openExistential(type(of: value), do: size(of:))
    }

    /// Bytes of the blocks of the heap that hang on a value.
    fileprivate static func heap(_ value: Any) -> Int {
        let own = (value as? any OnHeap)?.block ?? 0
        return Mirror(reflecting: value).children.reduce(own) { $0 + heap($1.value) }
    }
}

extension MeterParts.Part {
    fileprivate init(_ name: String, _ value: Any) {
        self.init(name: name, inline: MeterParts.size(value), heap: MeterParts.heap(value))
    }
}

private protocol OnHeap {
    var block: Int { get }
}

extension Array: OnHeap {
    /// With its header of 32 bytes and the allocator's, in steps of 16.
    fileprivate var block: Int {
        capacity == 0 ? 0 : Swift.max(32, (32 + capacity * MemoryLayout<Element>.stride + 8 + 15) / 16 * 16)
    }
}
