// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import Foundation
import Logging
import ModbusCodec
import ModbusTransport
import Model
import NIOCore
import NIOPosix
import Pipeline
import Polling
import Profiles
import SimulatorServer
import SiteFiles
import Testing

/// One capture of the catalogue, or one example of a profile with its frames, as a device on loopback TCP.
struct ServedCapture: Sendable, CustomTestStringConvertible {
    let profile: DeviceProfile
    let file: String
    let capture: Capture
    /// All captures of the profile.
    let siblings: [Capture]
    var testDescription: String { "\(profile.identifier)/\(file)" }

    static let all: [ServedCapture] = Tree.bundles.flatMap { bundle in
        guard let profile = bundle.profile else { return [ServedCapture]() }
        let examples = profile.examples.enumerated().compactMap { place, example in
            example.capture.map { (file: "example \(place + 1)", capture: $0) }
        }
        return (bundle.captures + examples.filter { !$0.capture.expected.isEmpty }).map {
            ServedCapture(
                profile: profile, file: $0.file, capture: $0.capture, siblings: bundle.captures.map(\.capture))
        }
    }

    var device: CompiledDevice { profile.compile(parameters: capture.parameters) }

    /// The registers of the capture, with filler at the other addresses that the device is known to have, because a
    /// point of the profile names them or another capture shows them. Any further one is answered with exception 2.
    func map() throws -> RegisterMap {
        var map = RegisterMap()
        let shown = siblings.flatMap(\.image.reads).filter { (try? $0.result.get()) != nil }.map(\.span)
        for span in profile.points.map(\.span) + shown {
            map.put((0..<span.count).map { _ in span.table.isBits ? 1 : 0xA5A5 }, at: span)
        }
        for (span, result) in capture.image.reads {
            switch result {
            case .success(let words): map.put(words, at: span)
            case .failure(.timeout): map.put(SimulatedReply(.silence), at: span)
            case .failure(.badChecksum):
                map.put(SimulatedReply(.words([0]), isCorrupted: true), at: span)
            case .failure(.exception(let code)): map.put(SimulatedReply(.exception(code)), at: span)
            case .failure(let failure): throw Unservable(failure: failure)
            }
        }
        return map
    }

    struct Unservable: Error { var failure: ReadFailure }

    /// The requests for what the capture expects, by connection: those of its good reads planned together, as a
    /// gateway plans them that has learnt which reads fail, and each of the others by itself.
    var plans: [[RegisterSpan]] {
        let device = device
        let names = Set(capture.expected.map(\.name))
        let needs = device.values.filter { names.contains($0.name) }.flatMap(\.needs)
        let failed = capture.image.reads.filter { (try? $0.result.get()) == nil }.map(\.span)
        func plan(_ items: [RegisterSpan], _ limits: ReadLimits) -> [RegisterSpan] {
            planReads(items, limits: limits, cost: .socket(roundTrip: .milliseconds(10)))
        }
        var careful = device.limits
        careful.forbidden += failed
        let good = plan(needs.filter { need in !failed.contains { $0.touches(need) } }, careful)
        let alone = failed.flatMap { piece in plan(needs.filter { piece.touches($0) }, device.limits) }
        return ([good] + alone.map { [$0] }).filter { !$0.isEmpty }
    }

    /// A spoilt checksum is one only where frames have one.
    var isOnSerialFrames: Bool { capture.image.reads.contains { $0.result == .failure(.badChecksum) } }
}

extension RegisterSpan {
    fileprivate func touches(_ other: RegisterSpan) -> Bool { table == other.table && range.overlaps(other.range) }
}

@Suite struct CaptureWireTests {
    /// Reads the plans from a server of `map`, each over a connection of its own.
    private func read(_ plans: [[RegisterSpan]], from map: RegisterMap, isOnSerialFrames: Bool) async throws
        -> RegisterImage
    {
        let server = MapServer(map, framing: isOnSerialFrames ? .rtu : .mbap)
        let port = try await server.start()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var image = RegisterImage()
        for plan in plans {
            let transport = SocketTransport(
                host: "127.0.0.1", port: port, framing: isOnSerialFrames ? .rtu : .mbap, eventLoopGroup: group,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, reopenJitterSeed: 1)
            let answer = await transport.sweep(plan, of: UnitIdentifier(1), timeout: .milliseconds(500))
            await transport.close()
            for (span, result) in zip(plan, answer.results) { image.store(result, for: span) }
        }
        try await group.shutdownGracefully()
        try await server.stop()
        return image
    }

    @Test(arguments: ServedCapture.all)
    func `a capture served on a wire gives the readings that it expects`(served: ServedCapture) async throws {
        var capture = served.capture
        capture.image = try await read(
            served.plans, from: try served.map(), isOnSerialFrames: served.isOnSerialFrames)
        #expect(capture.mismatches(with: served.profile) == [], "\(served.plans)")
    }

    @Test func `examples with expected values are among them`() {
        let examples = ServedCapture.all.filter { $0.file.hasPrefix("example") }
        #expect(examples.contains { $0.profile.identifier == "usw-dn15-40-ultrasonic" })
    }

    @Test func `a plan that touches an address nobody has seen fails`() async throws {
        var map = RegisterMap()
        map.put([1, 2], at: RegisterSpan(.holdingRegister, at: 4, count: 2))
        map.put([1], at: RegisterSpan(.discreteInput, at: 0))
        let spans = [
            RegisterSpan(.holdingRegister, at: 4, count: 2), RegisterSpan(.holdingRegister, at: 5, count: 2),
            RegisterSpan(.discreteInput, at: 0), RegisterSpan(.coil, at: 0),
        ]
        for isOnSerialFrames in [false, true] {
            let image = try await read([spans], from: map, isOnSerialFrames: isOnSerialFrames)
            #expect(
                image.reads.map(\.result) == [
                    .success([1, 2]), .failure(.exception(2)), .success([1]), .failure(.exception(1)),
                ])
        }
    }
}
