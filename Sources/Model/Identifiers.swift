// SPDX-License-Identifier: Apache-2.0

/// A name that may stand as one level of an MQTT topic: `[a-z0-9][a-z0-9_-]{0,63}`.
///
/// Each kind of identifier is a type of its own, so that a bus is never handed over where a device is meant.
public protocol TopicIdentifier: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    var text: String { get }
    /// Takes the text as it is; ``isValid(_:)`` is asked where a file or a wire is read.
    init(_ text: String)
}

extension TopicIdentifier {
    public var description: String { text }
    public static func < (a: Self, b: Self) -> Bool { a.text < b.text }

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// Whether `text` keeps to the alphabet and length of a topic level.
    public static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= 64 else { return false }
        func isWord(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        return isWord(first)
            && bytes.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }
}

/// One estate, such as `lakeside`.
public struct SiteIdentifier: TopicIdentifier {
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// A part of an estate, such as `pump-room`: the topic level above the asset.
public struct AreaIdentifier: TopicIdentifier {
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// A thing that can need repair, such as `riser-2`; unique in its site.
public struct AssetIdentifier: TopicIdentifier {
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// One serial line or one Modbus TCP endpoint of the configuration.
public struct BusIdentifier: TopicIdentifier {
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// One device of the configuration: a profile at a unit of a bus.
public struct DeviceIdentifier: TopicIdentifier {
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// A person of the site's list, such as `li-wei`.
public struct PersonIdentifier: TopicIdentifier {
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// What the product wants to know of a device, with a dot between kind and quantity: `water.total`, `lift.door`.
///
/// Leak rules, topics and tickets speak of signals only, so that every estate looks the same on the wire.
public struct SignalName: Hashable, Comparable, Codable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let text: String
    public init(_ text: String) { self.text = text }
    public init(stringLiteral value: String) { text = value }
    public init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
    public var description: String { text }
    /// The part after the dot, which names the value on the wire: `total` of `water.total`.
    public var quantityName: String { String(text.split(separator: ".", maxSplits: 1).last ?? "") }
    public static func < (a: Self, b: Self) -> Bool { a.text < b.text }
}

/// The place of a point in the catalogue of the running configuration, 0 ..< number of points.
public struct PointIndex: Hashable, Comparable, Codable, Sendable {
    public let value: Int32
    public init(_ value: Int) { self.value = Int32(value) }
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

/// The place of an asset in the catalogue of the running configuration, 0 ..< number of assets.
public struct AssetIndex: Hashable, Comparable, Codable, Sendable {
    public let value: Int32
    public init(_ value: Int) { self.value = Int32(value) }
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

/// A number that rises strictly over everything a site stores and is never used twice inside an epoch.
public struct SequenceNumber: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var value: Int64
    public init(_ value: Int64) { self.value = value }
    public init(from decoder: any Decoder) throws {
        value = try decoder.singleValueContainer().decode(Int64.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
    public var description: String { String(value) }
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

/// The kernel's random name of one start of the machine.
public struct BootIdentifier: Hashable, Codable, Sendable, CustomStringConvertible {
    public let text: String
    public init(_ text: String) { self.text = text }
    public var description: String { text }
}
