// SPDX-License-Identifier: Apache-2.0

/// A value that most meters do not have most of the time: eight bytes without it, a block of the heap with it.
///
/// An optional takes the value's room whether it is there or not, and the state of a meter has a dozen of them.
@propertyWrapper
struct Seldom<Value: Hashable & Codable & Sendable>: Hashable, Codable, Sendable {
    /// Empty, or the one value.
    private var block: [Value] = []

    init() {}
    init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    var wrappedValue: Value? {
        get { block.first }
        set {
            guard let newValue else {
                if !block.isEmpty { block = [] }
                return
            }
            if block.isEmpty { block = [newValue] } else { block[0] = newValue }
        }
        _modify {
            // Taken out meanwhile, so that what is in it is changed where it lies.
            var value = block.popLast()
            yield &value
            if let value { block.append(value) } else if block.capacity > 0 { block = [] }
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if !container.decodeNil() { block = [try container.decode(Value.self)] }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value = block.first { try container.encode(value) } else { try container.encodeNil() }
    }
}

// What is not there is not written: the members of a type that are made by the compiler find these.
extension KeyedEncodingContainer {
    mutating func encode<Value>(_ seldom: Seldom<Value>, forKey key: Key) throws {
        if let value = seldom.wrappedValue { try encode(value, forKey: key) }
    }
}

extension KeyedDecodingContainer {
    func decode<Value>(_ type: Seldom<Value>.Type, forKey key: Key) throws -> Seldom<Value> {
        Seldom(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
    }
}
