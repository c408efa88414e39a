// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model

/// How often a point is asked for; the site says how many seconds each class means.
public enum PollClass: String, Hashable, Sendable, CaseIterable {
    /// Contacts and running states.
    case fast
    /// Pressures, levels and flows.
    case normal
    /// Totals and energy.
    case slow
    /// Identity and settings: at the start and after the device came back.
    case once
}

/// What a maker's device is and which of its registers mean what: one file of the catalogue.
///
/// Three layers, never mixed: the device (points, limits, line), what the installation chose (``parameters``) and
/// what the product wants to know (``signals``).
public struct DeviceProfile: Sendable {
    /// Name of the profile, which is the name of its folder, such as `tuf-2000-ultrasonic`.
    public var identifier: String
    /// Folder above it: `water-meter`, `pump`, `lift`, `gate`, `level`, `energy-meter` ...
    public var kind: String
    public var name: BilingualText
    /// Where the facts were read.
    public var sources: [ProfileSource]
    /// What makers print about the line; for people only, nothing is set from it.
    public var line: LineFacts
    public var limits: ReadLimits
    /// Time from power-up to the first answer; a silent device is not judged before.
    public var startsWithin: Duration
    /// What makers print about its timing and its answers, which the poller keeps to.
    public var manners: DeviceManners
    /// Registers that tell the model; empty when none is known.
    public var identity: [IdentityCheck]
    /// Smallest step of a water meter's register, in litres; `nil` when the site has to say it.
    public var litresPerCount: Double?
    /// The check against a real device; `nil` when nobody has made one.
    public var bench: BenchTest?
    /// What a site may choose, in the order of the file.
    public var parameters: [ProfileParameter]
    public var sets: [ProfileSet]
    public var points: [ProfilePoint]
    public var signals: [ProfileSignal]
    /// One harmless read that tells whether the device is there; `nil` takes the first value's.
    public var probe: RegisterSpan?
    /// Frames as a source printed them.
    public var examples: [FrameExample]

    /// Whether somebody tried this profile on a real device; without it every page says "not bench-tested".
    public var isBenchTested: Bool { bench != nil }

    /// The parameter of this name; `nil` when the profile has none.
    public func parameter(named name: String) -> ProfileParameter? { parameters.first { $0.name == name } }
}

/// Where facts of a profile were read.
public struct ProfileSource: Hashable, Sendable {
    /// Short name inside the file, such as `S1`.
    public var identifier: String
    public var title: String
    /// Such as `vendor_manual` or `third_party`; empty when not given.
    public var kind: String
    /// Edition or revision; empty when not given.
    public var edition: String
}

/// How good the source of a point is.
public enum SourceConfidence: String, Hashable, Sendable, CaseIterable {
    /// The maker's own manual was read.
    case a = "A"
    /// A template that the maker published for its own device.
    case a2 = "A2"
    /// A third party's integration or map.
    case b = "B"
    /// Secondary text only.
    case c = "C"
}

/// Line settings as printed, each a word of the file; for people only.
public struct LineFacts: Hashable, Sendable {
    /// Settings of a new device, such as `baud: 9600`.
    public var factory: [String: String]
    /// Settings that it can be given.
    public var supported: [String: String]
}

/// A check of a profile against a real device.
public struct BenchTest: Hashable, Sendable {
    public var firmware: String
    public var date: String
    public var by: String
}

/// A request and its answer as a source printed them, with what the answer must mean.
public struct FrameExample: Hashable, Sendable {
    public var request: [UInt8]
    /// Empty when the source printed the request alone.
    public var answer: [UInt8]
    public var source: String
    /// Values of the device that must follow from the answer.
    public var expected: [Capture.Expectation] = []
    public var place: FilePlace
}

/// A value that may be fixed in the profile or chosen by the site.
public enum Bound<Value: Hashable & Sendable>: Hashable, Sendable {
    case fixed(Value)
    /// The site's choice; the profile's parameter of this name lists the allowed ones.
    case parameter(String)
}

/// The order in which a device sends the bytes of a value of several registers; `A` is the most significant byte.
///
/// Values of 64 bits follow the same four patterns: words high first or low first, bytes high first or low first
/// in each word. Values of one register have no order.
public enum WordOrder: String, Hashable, Sendable, CaseIterable {
    case abcd = "ABCD"
    case cdab = "CDAB"
    case badc = "BADC"
    case dcba = "DCBA"
}

/// How the bits of a point are read.
public enum PointType: String, Hashable, Sendable, CaseIterable {
    case bool, uint16, int16, uint32, int32, uint64, int64, float32, float64, bitfield16, bitfield32, bcd16, enum16

    /// Addresses that a value of this type takes.
    public var width: UInt16 {
        switch self {
        case .bool, .uint16, .int16, .bitfield16, .bcd16, .enum16: 1
        case .uint32, .int32, .float32, .bitfield32: 2
        case .uint64, .int64, .float64: 4
        }
    }

    public var isFloat: Bool { self == .float32 || self == .float64 }
    public var isBitfield: Bool { self == .bitfield16 || self == .bitfield32 }
}

/// A raw value that means "no value".
public enum Sentinel: Hashable, Sendable {
    /// Compared with the bits after mask and shift.
    case bits(UInt64)
    /// Compared with the number that a float type reads.
    case number(Double)
}

/// One named place in the registers of a device.
public struct ProfilePoint: Hashable, Sendable {
    public var name: String
    public var table: RegisterTable
    /// Zero-based address on the wire.
    public var address: UInt16
    /// The number that the manual prints; `nil` when the file does not give it.
    public var reference: Int?
    public var type: PointType
    public var order: Bound<WordOrder>
    /// Other than zero. A parameter that decides it is a number above zero.
    public var scale: Bound<DecimalNumber>
    public var offset: DecimalNumber
    public var unit: Bound<UnitOfMeasure>
    /// Whether the file names a unit at all.
    public var hasUnit: Bool
    /// Name of an enum or bit set of the file.
    public var set: String?
    public var sentinels: [Sentinel]
    /// The point that holds the number of decimals of this one.
    public var decimals: String?
    /// The bit that this point is, 0 the least significant; it is a Boolean then.
    public var bit: Int?
    public var mask: UInt64?
    public var shift: Int
    public var poll: PollClass
    public var source: String?
    public var confidence: SourceConfidence?
    /// Values outside are kept and marked uncertain.
    public var plausible: ClosedRange<Double>?
    /// All of them must hold for the device to have the point.
    public var presence: [Presence] = []

    public var span: RegisterSpan { RegisterSpan(table, at: address, count: type.width) }
}

/// How serious a set bit is.
public enum BitSeverity: String, Hashable, Sendable, CaseIterable { case info, warning, fault }

/// Names for raw values or for bits, given once and used by several points.
public struct ProfileSet: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        case values([Label])
        case bits([Bit])
    }
    public struct Label: Hashable, Sendable {
        public var raw: UInt16
        public var name: String
    }
    public struct Bit: Hashable, Sendable {
        /// 0 is the least significant.
        public var number: Int
        public var name: String
        public var severity: BitSeverity
    }
    public var name: String
    public var content: Content
}

/// What the product wants to know, and from which points it follows.
public struct ProfileSignal: Hashable, Sendable {
    public enum Form: Hashable, Sendable {
        case point(String)
        /// One bit of a point, as a Boolean.
        case bit(of: String, number: Int)
        /// Whether a bit of this severity is set.
        case any(of: String, severity: BitSeverity)
        /// Whether one of these bits of a point is set.
        case anyBit(of: String, numbers: [Int])
        /// Raw values of a point seen as states of the signal.
        case values(of: String, [ProfileSet.Label])
        /// The sum of several points, such as a whole part and a fraction.
        case sumParts([String])
        /// Two contacts of one thing: (1,0) is the first state, (0,1) the second, (0,0) the third.
        case pairToState(first: String, second: String, states: [String])
        /// `mantissa * 10^exponent`.
        case mantissaExponent(mantissa: String, exponent: String)
        /// `high * base + low`, two whole numbers of which the low one stays below `base`
        /// and gives unit and scale.
        case highLow(high: String, low: String, base: Int64)

        /// The points that it reads.
        public var points: [String] {
            switch self {
            case .point(let name), .bit(let name, _), .any(let name, _), .anyBit(let name, _), .values(let name, _):
                [name]
            case .sumParts(let names): names
            case .pairToState(let first, let second, _): [first, second]
            case .mantissaExponent(let mantissa, let exponent): [mantissa, exponent]
            case .highLow(let high, let low, _): [low, high]
            }
        }
    }
    public var name: SignalName
    public var form: Form
    /// `nil` takes the unit of the points.
    public var unit: Bound<UnitOfMeasure>?
    /// All of them must hold, and those of its points as well, for the device to have the signal.
    public var presence: [Presence] = []
    /// `nil` believes it however long it stands still.
    public var frozen: FrozenRule?
}

/// When a value that stands still is not believed any more: unchanged while another signal says that it should move.
public struct FrozenRule: Hashable, Sendable {
    /// What files may ask for: a second to a week.
    public static let seconds: ClosedRange<Double> = 1...604_800

    public var after: Duration
    /// A signal of the same device, which must be on, or other than 0, all the while.
    public var companion: SignalName

    public init(after: Duration, companion: SignalName) { (self.after, self.companion) = (after, companion) }
}
