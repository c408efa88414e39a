// SPDX-License-Identifier: Apache-2.0

import ModbusCodec

/// The words of one answer while they are filled in; what lies outside the span is left out.
struct RegisterPage {
    private let first: Int
    private(set) var words: [UInt16]

    /// - Parameter filler: What the device shows at addresses without a meaning.
    init(_ span: RegisterSpan, filler: UInt16 = 0) {
        first = Int(span.address)
        words = Array(repeating: filler, count: Int(span.count))
    }

    mutating func put(_ word: UInt16, at address: Int) {
        if words.indices.contains(address - first) { words[address - first] = word }
    }

    mutating func put(_ isSet: Bool, at address: Int) { put(isSet ? 1 : 0, at: address) }

    /// High word first.
    mutating func putABCD(_ value: UInt32, at address: Int) {
        put(UInt16(truncatingIfNeeded: value >> 16), at: address)
        put(UInt16(truncatingIfNeeded: value), at: address + 1)
    }

    /// Low word first.
    mutating func putCDAB(_ value: UInt32, at address: Int) {
        put(UInt16(truncatingIfNeeded: value), at: address)
        put(UInt16(truncatingIfNeeded: value >> 16), at: address + 1)
    }

    /// High word first.
    mutating func putABCD(_ value: UInt64, at address: Int) {
        putABCD(UInt32(truncatingIfNeeded: value >> 32), at: address)
        putABCD(UInt32(truncatingIfNeeded: value), at: address + 2)
    }
}
