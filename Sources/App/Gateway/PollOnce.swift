// SPDX-License-Identifier: Apache-2.0

public import Logging
public import Model
public import ModbusCodec
import ModbusTransport
import NIOPosix
public import Pipeline
import Polling

/// What one visit to one device brought.
public struct PolledOnce: Sendable {
    public var device: DeviceIdentifier
    public var bus: BusIdentifier
    public var unit: UnitIdentifier
    /// The requests and what came back, one for each span.
    public var answers: [(span: RegisterSpan, result: Result<[UInt16], ReadFailure>)]
    /// In the order of ``points``.
    public var readings: [Reading]
    public var points: [Point]
    public var elapsed: Duration
    public var isAnswered: Bool
    /// From the end of each request to the first byte of its answer, where that was measured.
    public var turnarounds: [Duration?]
}

/// Visits each device once, bus after bus, and closes the buses again.
///
/// - Parameters:
///   - only: One device, or `nil` for all.
///   - open: The way to a bus: its own transport only when no gateway holds it, for a line has one master.
public func pollOnce(
    _ configuration: SiteConfiguration, only: DeviceIdentifier?,
    open: (BusSettings) throws -> any ModbusPort, _ found: (PolledOnce) -> Void
) async rethrows {
    let catalogue = configuration.makeCatalogue()
    let clock = SystemClock()
    for bus in configuration.buses {
        let places = configuration.devices.indices.filter {
            configuration.devices[$0].bus == bus.identifier
                && (only == nil || configuration.devices[$0].identifier == only)
        }
        guard !places.isEmpty else { continue }
        let port = try open(bus)
        for place in places {
            let settings = configuration.devices[place]
            let polled = PolledDevice(settings, at: place, in: catalogue, polling: configuration.polling)
            let spans = planReads(
                polled.scheduled.groups.flatMap(\.items), limits: polled.scheduled.limits, cost: bus.cost)
            let visit = BusSchedule.Visit(
                device: 0, groups: Array(polled.scheduled.groups.indices), spans: spans, isProbe: false,
                lateness: .zero)
            let start = clock.now()
            let answer = await port.sweep(
                spans, of: settings.unit, answeringAs: polled.aliases,
                timeout: max(bus.timeout, polled.scheduled.respondsWithin))
            let end = clock.now()
            let range = catalogue.assets[place].points
            found(
                PolledOnce(
                    device: settings.identifier, bus: bus.identifier, unit: settings.unit,
                    answers: zip(spans, answer.results).map { (span: $0, result: $1) },
                    readings: polled.readings(of: visit, from: answer, at: end.wall),
                    points: Array(catalogue.points[range]), elapsed: end.instant - start.instant,
                    isAnswered: answer.isAnswered,
                    turnarounds: answer.turnarounds.map { $0.map { .nanoseconds($0) } }))
        }
        await port.close()
    }
}

/// The transport of a bus that no gateway holds.
public func openBus(_ bus: BusSettings, logger: Logger) -> any ModbusPort {
    makeModbusPort(bus, MultiThreadedEventLoopGroup.singleton, logger)
}
