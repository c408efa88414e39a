// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model
public import Outbox
public import Prevention
public import Profiles
public import Savings
public import Tickets

/// Everything one site's file says, checked and with its defaults filled in.
public struct SiteConfiguration: Sendable {
    public var site: SiteSettings
    public var buses: [BusSettings]
    /// In the order of the file. Assets are unique in the site.
    public var devices: [DeviceSettings]
    public var persons: [Person]
    /// First receiver of what the engine reports: the person named on the service-centre post.
    public var owner: PersonIdentifier
    public var tickets: TicketSettings
    public var mqtt: MQTTSettings
    public var storage: StorageSettings
    public var dashboard: DashboardSettings
    public var polling: PollingSettings
    /// What the manager announced, in the order of the file.
    public var announcements: [AnnouncementSettings] = []
    /// What water costs; `nil` when the file does not say.
    public var tariff: Tariff?
    public var alarms = AlarmSettings()
    /// Who serves when; empty leaves everything to ``owner``.
    public var roster = Roster()
    /// Hours in which promises count.
    public var serviceHours = DutySettings.serviceHours
    public var workingDays = DutySettings.workingDays
    /// What the file says of promises; `nil` for those of ``ServiceLevels/standard(serviceHours:workingDays:)``.
    public var levels: ServiceLevels?
    /// By which notices of tickets leave, in the order of the file; empty tells nobody.
    public var channels: [ChannelSettings] = []
    /// What is done before anything breaks, in the order of the file.
    public var preventive: [PlannedWork] = []
    /// What whoever goes there is told.
    public var guidance = GuidanceSettings()
    public var reportTargets = ReportTargets()
    public var delivery = DeliverySettings()

    public init(
        site: SiteSettings, buses: [BusSettings], devices: [DeviceSettings], persons: [Person],
        owner: PersonIdentifier, tickets: TicketSettings, mqtt: MQTTSettings, storage: StorageSettings,
        dashboard: DashboardSettings, polling: PollingSettings
    ) {
        self.site = site
        self.buses = buses
        self.devices = devices
        self.persons = persons
        self.owner = owner
        self.tickets = tickets
        self.mqtt = mqtt
        self.storage = storage
        self.dashboard = dashboard
        self.polling = polling
    }
}

/// The languages of pages and messages.
public enum Language: String, Hashable, Codable, Sendable, CaseIterable {
    case chinese = "zh-Hans"
    case english = "en"
}

public struct SiteSettings: Hashable, Sendable {
    public var identifier: SiteIdentifier
    public var name: BilingualText
    public var zone: ZoneOffsets
    public var language: Language
    /// Who signs notices to residents; `nil` when the file does not say.
    public var company: BilingualText?
    /// The area that a report over several estates may be asked for; `nil` when the file does not say.
    public var area: String?
    public init(identifier: SiteIdentifier, name: BilingualText, zone: ZoneOffsets, language: Language) {
        self.identifier = identifier
        self.name = name
        self.zone = zone
        self.language = language
    }
}

public struct BusSettings: Hashable, Sendable {
    public enum Wire: Hashable, Sendable {
        /// Port 502 unless the file says otherwise.
        case tcp(host: String, port: Int)
        case serial(SerialLine)
    }

    public var identifier: BusIdentifier
    public var wire: Wire
    /// Longest wait for the first byte of an answer (default 1 s).
    public var timeout: Duration
    /// Time a unit takes to answer, for the planner's cost (default 20 ms on a line, 2 ms on a socket).
    public var turnaround: Duration
    /// What stands around requests and answers on a TCP connection.
    public var framing: SocketFraming
    /// The serial line behind a TCP endpoint that is itself a gateway to one.
    public var lineBehind: LineSettings?

    public init(
        identifier: BusIdentifier, wire: Wire, timeout: Duration, turnaround: Duration, framing: SocketFraming = .mbap,
        lineBehind: LineSettings? = nil
    ) {
        self.identifier = identifier
        self.wire = wire
        self.timeout = timeout
        self.turnaround = turnaround
        self.framing = framing
        self.lineBehind = lineBehind
    }
}

/// What stands around requests and answers on a TCP connection.
public enum SocketFraming: String, Hashable, Sendable, CaseIterable {
    /// The header of Modbus TCP.
    case mbap
    /// The frames of a serial line with their checksum, moved by a serial server in transparent mode.
    case rtu
}

/// The settings of a serial line that is reached by way of an endpoint.
public struct LineSettings: Hashable, Sendable {
    public var baud: Int
    public var parity: SerialLine.Parity
    /// 1 or 2.
    public var stopBits: Int
    /// Silence before a request beyond the 3.5 characters of the standard.
    public var extraGap: Duration

    public init(baud: Int, parity: SerialLine.Parity = .none, stopBits: Int = 1, extraGap: Duration = .zero) {
        self.baud = baud
        self.parity = parity
        self.stopBits = stopBits
        self.extraGap = extraGap
    }

    /// What is assumed of a line that nothing is said of: 9600 baud, 8N1.
    public static let usual = LineSettings(baud: 9600)

    /// Start bit, 8 data bits, parity and stop bits.
    public var bitsPerCharacter: Int { 9 + (parity == .none ? 0 : 1) + stopBits }

    public var timing: LineTiming {
        LineTiming(baud: baud, bitsPerCharacter: bitsPerCharacter, extraGap: extraGap)
    }
}

/// The settings of an RS-485 line, always 8 data bits.
public struct SerialLine: Hashable, Sendable {
    public enum Parity: String, Hashable, Sendable, CaseIterable { case none, even, odd }
    /// Device file, best one of `/dev/serial/by-id/`.
    public var path: String
    public var baud: Int
    public var parity: Parity
    /// 1 or 2.
    public var stopBits: Int
    /// Silence before a request beyond the 3.5 characters of the standard; zero unless a device needs it.
    public var extraGap: Duration

    public init(path: String, baud: Int, parity: Parity, stopBits: Int, extraGap: Duration = .zero) {
        self.path = path
        self.baud = baud
        self.parity = parity
        self.stopBits = stopBits
        self.extraGap = extraGap
    }

    /// Bits of one character on the wire: start bit, 8 data bits, parity, stop bits.
    public var bitsPerCharacter: Int { 9 + (parity == .none ? 0 : 1) + stopBits }
}

public struct DeviceSettings: Sendable {
    public var identifier: DeviceIdentifier
    public var profile: DeviceProfile
    /// What the site chose of the profile's parameters.
    public var parameters: [String: ParameterValue] = [:]
    /// The profile with this site's parameters bound.
    public var device: CompiledDevice
    public var bus: BusIdentifier
    public var unit: UnitIdentifier
    public var area: AreaIdentifier
    public var asset: AssetIdentifier
    public var name: BilingualText
    /// Building or room, as people call it; empty when not given.
    public var place: String
    public var responsible: ResponsibleParty
    /// What a ticket's page shows of it beside that.
    public var card = CardSettings()
    /// What the analyzer must know of a water meter; `nil` on anything else.
    public var meter: MeterSettings?
    /// What the analyzer must know of a gate; `nil` on anything else.
    public var gate: GateSettings?
    /// The same of machines; `nil` on anything that is none.
    public var tank: TankSettings?
    public var pump: PumpSettings?
    public var pumpSet: PumpSetSettings?
    /// On the meter of an irrigation.
    public var irrigation: IrrigationSettings?
    public var limits = QualityLimits()
    public var facility: FacilitySettings?
    /// What the site asks of single points, by their names on the wire; the others follow ``MQTTSettings/maximumSilence``.
    public var report: [String: ReportRule] = [:]
    /// What the site says of points that may stand still, by their names on the wire, in place of what the profile says.
    public var frozen: [String: SiteFrozenRule] = [:]

    public init(
        identifier: DeviceIdentifier, profile: DeviceProfile, device: CompiledDevice, bus: BusIdentifier,
        unit: UnitIdentifier, area: AreaIdentifier, asset: AssetIdentifier, name: BilingualText, place: String,
        responsible: ResponsibleParty, meter: MeterSettings?, gate: GateSettings?
    ) {
        self.identifier = identifier
        self.profile = profile
        self.device = device
        self.bus = bus
        self.unit = unit
        self.area = area
        self.asset = asset
        self.name = name
        self.place = place
        self.responsible = responsible
        self.meter = meter
        self.gate = gate
    }
}

/// When a point that stands still is doubted, as a site's file says it.
public struct SiteFrozenRule: Hashable, Sendable {
    public var after: Duration
    /// The asset whose point tells that the value should move, and the name of that point on the wire.
    public var asset: AssetIdentifier
    public var point: String

    public init(after: Duration, asset: AssetIdentifier, point: String) {
        (self.after, self.asset, self.point) = (after, asset, point)
    }
}

/// Where a water meter stands in the estate.
public enum MeterRole: String, Hashable, Codable, Sendable, CaseIterable {
    case bulk, riser, unit, irrigation
}

public struct MeterSettings: Hashable, Sendable {
    public var role: MeterRole
    /// The meter whose water passes through this one; `nil` at the inlet.
    public var parent: AssetIdentifier?
    /// Smallest step of the meter's register, in litres.
    public var litresPerCount: Double
    /// Count at which the register starts again at zero; `nil` when it is not known.
    public var counterModulus: UInt64?
    /// Permanent flow Q3 of the meter; `nil` when it is not known.
    public var nominalFlow: LitresPerHour?
    /// Longest usual time between two new values, where it is longer than the poll period, as with a meter that a
    /// radio concentrator answers for; `nil` when each poll reads the meter itself.
    public var longestInterval: Duration?
    /// People who live behind a dwelling's meter; `nil` when it is not known.
    public var occupants: Int?
    /// Floor of the dwelling in square metres; `nil` when it is not known.
    public var floorArea: Double?

    public init(
        role: MeterRole, parent: AssetIdentifier?, litresPerCount: Double, counterModulus: UInt64?,
        nominalFlow: LitresPerHour?, longestInterval: Duration? = nil
    ) {
        self.longestInterval = longestInterval
        self.role = role
        self.parent = parent
        self.litresPerCount = litresPerCount
        self.counterModulus = counterModulus
        self.nominalFlow = nominalFlow
    }
}

public struct GateSettings: Hashable, Sendable {
    /// Open longer than this is a finding (default 20 min).
    public var heldOpenAfter: Duration
    /// The same inside the site's peak windows (default 30 min).
    public var heldOpenAfterInPeak: Duration
    public init(heldOpenAfter: Duration, heldOpenAfterInPeak: Duration) {
        self.heldOpenAfter = heldOpenAfter
        self.heldOpenAfterInPeak = heldOpenAfterInPeak
    }
}

/// Somebody who may act on tickets.
public struct Person: Hashable, Codable, Sendable {
    public enum Role: String, Hashable, Codable, Sendable, CaseIterable {
        case receiver, technician, shiftLeader, manager
    }
    public var identifier: PersonIdentifier
    public var name: BilingualText
    public var role: Role
    /// `nil` when the file gives none; shown to those only who need it.
    public var phone: String?
    /// Name of the channel that reaches the person; `nil` when the file gives none.
    public var channel: String?
    public init(
        identifier: PersonIdentifier, name: BilingualText, role: Role, phone: String? = nil, channel: String? = nil
    ) {
        self.identifier = identifier
        self.name = name
        self.role = role
        self.phone = phone
        self.channel = channel
    }
}

/// Hours that hold where the file says nothing.
public enum DutySettings {
    /// The service centre, 6 to 22 every day.
    public static let serviceHours = WorkingCalendar.daily(
        "service_centre", [OpenHours(from: 360, to: 1320)].compactMap { $0 })
    /// 8:30 to 17:30 from Monday to Friday.
    public static let workingDays = WorkingCalendar.weekdays(
        "working_days", [OpenHours(from: 510, to: 1050)].compactMap { $0 })
}

public struct TicketSettings: Hashable, Sendable {
    /// How long the signal must stay normal before sign-off (default 30 min); zero goes straight on.
    public var verifyFor: Duration
    /// The same for a leak (default 24 h).
    public var verifyLeakFor: Duration
    /// How often a reporter hears how an open ticket stands (default 48 h); zero asks for nothing.
    public var feedbackWithin: Duration = TicketPolicy.feedback
    /// Days after the end of a ticket for which its photos are kept (default 3 years); 0 keeps them for good.
    public var photoDays = 1095
    public init(verifyFor: Duration, verifyLeakFor: Duration) {
        self.verifyFor = verifyFor
        self.verifyLeakFor = verifyLeakFor
    }
}

public struct MQTTSettings: Hashable, Sendable {
    public var host: String
    /// Port 1883 unless the file says otherwise.
    public var port: Int
    /// Rows stay this long after their PUBACK (default 180 s, at least 120 s).
    public var replayWindow: Duration
    /// Longest silence of a point that has not changed; `nil`, the default, publishes every reading.
    public var maximumSilence: Duration?
    /// `nil` for `mqtt://`.
    public var tls: BrokerTLS?
    /// `nil` says no name; the broker then goes by the certificate, or admits everybody.
    public var login: BrokerLogin?
    /// Whether each value carries its unit (default yes); `_meta` has them in any case.
    public var includesUnits = true
    /// Whether Home Assistant is told what there is; `nil`, the default, tells a broker on this machine only.
    public var homeAssistant: Bool?
    public init(host: String, port: Int, replayWindow: Duration, maximumSilence: Duration? = nil) {
        self.host = host
        self.port = port
        self.replayWindow = replayWindow
        self.maximumSilence = maximumSilence
    }

    /// The broker's address as the file writes it.
    public var url: String { "\(tls == nil ? "mqtt" : "mqtts")://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Whether the broker is on this machine.
    public var isLocal: Bool { isLoopback(host) }

    public var tellsHomeAssistant: Bool { homeAssistant ?? isLocal }
}

public struct StorageSettings: Hashable, Sendable {
    /// The state directory.
    public var directory: String
    /// Days that readings are kept (default 35).
    public var readingDays: Int
    /// Days that the history of alarms is kept (default 1,096: three years).
    public var alarmDays = 1096
    /// Bytes that the database may take; `nil` for the lesser of 4 GB and half of the file system.
    public var maximum: Int64?
    /// Bytes held back for tickets, alarms and audit (default 64 MB).
    public var reserve: Int64 = 64 << 20
    public var policy = StoragePolicy.overwriteOldest
    /// Longest time that a reading waits for others before it is written to the disk (default 1 s); see
    /// ``patience(ofPeriod:)``.
    public var gathering = Duration.seconds(1)

    /// How long a reading of a point that is polled so often may wait: nothing up to a period of 4 s, then a fifth of what
    /// the period is above that, and ``gathering`` at most.
    public func patience(ofPeriod period: Duration) -> Duration {
        min(gathering, max(.zero, (period - .seconds(4)) / 5))
    }

    public init(directory: String, readingDays: Int) {
        self.directory = directory
        self.readingDays = readingDays
    }
}

/// What becomes of readings when the room for them is used up.
public enum StoragePolicy: String, Hashable, Sendable, CaseIterable {
    /// The oldest go: those the broker has, then those it has not, first to one sweep a minute and then altogether.
    case overwriteOldest = "overwrite_oldest"
    /// What the broker has goes; after that new readings are counted and not stored.
    case rejectNew = "reject_new"
}

public struct DashboardSettings: Hashable, Sendable {
    /// An address of this machine; beyond loopback only with TLS.
    public var host: String
    /// 8420 by default; 0 takes a free one.
    public var port: Int
    /// Where people reach the page, for the codes on paper; `nil` when the file does not say.
    public var publicAddress: String?
    /// Whether a proxy that ends TLS stands before it; then ``publicAddress`` is what browsers ask for.
    public var isBehindProxy: Bool
    /// What the page shows to browsers that come by TLS; `nil` where it has none of its own.
    public var certificate: PageCertificateFiles?
    /// Whether people sign in; always where anybody but this machine reaches the page.
    public var needsSignIn: Bool

    public init(
        host: String, port: Int, publicAddress: String? = nil, isBehindProxy: Bool = false,
        certificate: PageCertificateFiles? = nil, needsSignIn: Bool = false
    ) {
        self.host = host
        self.port = port
        self.publicAddress = publicAddress
        (self.isBehindProxy, self.certificate, self.needsSignIn) = (isBehindProxy, certificate, needsSignIn)
    }

    /// Whether browsers reach the page by TLS, which the page ends itself or a proxy before it.
    public var isEncrypted: Bool { isBehindProxy || certificate != nil }
}

/// Files in PEM format, which whoever renews the certificate replaces while the gateway runs.
public struct PageCertificateFiles: Hashable, Sendable {
    /// The page's own certificate, then those between it and its authority.
    public var chain: String
    public var key: String

    public init(chain: String, key: String) { (self.chain, self.key) = (chain, key) }
}

public struct PollingSettings: Hashable, Sendable {
    /// Period of a poll class: fast 1 s, normal 10 s, slow 60 s by default.
    public var fast: Duration
    public var normal: Duration
    public var slow: Duration
    public init(fast: Duration, normal: Duration, slow: Duration) {
        self.fast = fast
        self.normal = normal
        self.slow = slow
    }
}
