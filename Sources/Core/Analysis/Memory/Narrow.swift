// SPDX-License-Identifier: Apache-2.0

import Model

/// A whole number that is kept in as many bits as its range needs and used as any other.
///
/// A value that does not fit is kept as the nearest one that does; the types that use it bound theirs before.
@propertyWrapper
struct Narrow<Kept: FixedWidthInteger & Codable & Sendable, Number: FixedWidthInteger & Sendable>: Hashable, Codable,
    Sendable
{
    private var kept: Kept

    init(wrappedValue: Number) { kept = Kept(clamping: wrappedValue) }

    var wrappedValue: Number {
        get { Number(clamping: kept) }
        set { kept = Kept(clamping: newValue) }
    }

    init(from decoder: any Decoder) throws { kept = try decoder.singleValueContainer().decode(Kept.self) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(kept)
    }
}

/// A number or none, in no more room than the number: the least that the bits can hold stands for none.
@propertyWrapper
struct NarrowOptional<
    Kept: FixedWidthInteger & SignedInteger & Codable & Sendable, Number: FixedWidthInteger & Sendable
>:
    Hashable, Codable, Sendable
{
    fileprivate var kept: Kept

    init() { kept = .min }
    init(wrappedValue: Number?) { kept = Self.kept(wrappedValue) }
    fileprivate init(kept: Kept) { self.kept = kept }

    var wrappedValue: Number? {
        get { kept == .min ? nil : Number(clamping: kept) }
        set { kept = Self.kept(newValue) }
    }

    private static func kept(_ value: Number?) -> Kept { value.map { max(Kept(clamping: $0), .min + 1) } ?? .min }

    init(from decoder: any Decoder) throws { kept = try decoder.singleValueContainer().decode(Kept.self) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(kept)
    }
}

/// A moment or none in eight bytes.
@propertyWrapper
struct MomentOrNone: Hashable, Codable, Sendable {
    @NarrowOptional<Int64, Int64> private var milliseconds: Int64?

    init() {}
    init(wrappedValue: Timestamp?) { milliseconds = wrappedValue?.milliseconds }

    var wrappedValue: Timestamp? {
        get { milliseconds.map { Timestamp(milliseconds: $0) } }
        set { milliseconds = newValue?.milliseconds }
    }

    init(from decoder: any Decoder) throws { _milliseconds = try NarrowOptional(from: decoder) }

    func encode(to encoder: any Encoder) throws { try _milliseconds.encode(to: encoder) }
}

// None is not written.
extension KeyedEncodingContainer {
    mutating func encode<Kept, Number>(_ number: NarrowOptional<Kept, Number>, forKey key: Key) throws {
        if number.kept != .min { try encode(number.kept, forKey: key) }
    }

    mutating func encode(_ moment: MomentOrNone, forKey key: Key) throws {
        if let moment = moment.wrappedValue { try encode(moment, forKey: key) }
    }
}

extension KeyedDecodingContainer {
    func decode<Kept, Number>(
        _ type: NarrowOptional<Kept, Number>.Type, forKey key: Key
    ) throws -> NarrowOptional<Kept, Number> {
        NarrowOptional(kept: try decodeIfPresent(Kept.self, forKey: key) ?? .min)
    }

    func decode(_ type: MomentOrNone.Type, forKey key: Key) throws -> MomentOrNone {
        MomentOrNone(wrappedValue: try decodeIfPresent(Timestamp.self, forKey: key))
    }
}
