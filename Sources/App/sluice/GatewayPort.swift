// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Gateway
import Logging
import Model
import ModbusCodec
import NIOHTTP1
import Pipeline

/// A bus that a running gateway holds, read through its local socket when nothing else is due there.
struct GatewayPort: ModbusPort {
    let client: LocalClient
    let bus: String

    /// What the gateway says when it does not read.
    private struct Refusal: Decodable { var detail: String? }

    nonisolated(nonsending) func sweep(
        _ spans: [RegisterSpan], of unit: UnitIdentifier, answeringAs aliases: [UnitIdentifier], timeout: Duration
    ) async -> SweepAnswer {
        var answer = SweepAnswer(results: [], firstByteNanoseconds: nil, finishedNanoseconds: 0)
        for span in spans {
            // A unit that was silent once is not asked for the rest, as on the bus itself.
            if case .failure(.timeout) = answer.results.last {
                answer.results.append(.failure(.timeout))
                answer.turnarounds.append(nil)
                continue
            }
            let (result, turnaround) = read(
                BusQuestion(span, of: unit, answeringAs: aliases, timeout: timeout), span)
            answer.results.append(result)
            answer.turnarounds.append(turnaround)
        }
        answer.finishedNanoseconds = SystemClock.instant().nanoseconds
        return answer
    }

    private func read(_ question: BusQuestion, _ span: RegisterSpan) -> (Result<[UInt16], ReadFailure>, Int64?) {
        do {
            let body = Array(try JSONEncoder().encode(question))
            let answer = try client.send(.POST, "/api/v1/buses/\(bus)/read", body: body)
            guard answer.status == 200 else {
                let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(answer.body))
                return (.failure(.busDown(refusal?.detail ?? "the gateway answered \(answer.status)")), nil)
            }
            let reply = try JSONDecoder().decode(BusReply.self, from: Data(answer.body))
            return (reply.result(for: span), reply.turnaroundNanoseconds)
        } catch {
            return (.failure(.busDown("\(error)")), nil)
        }
    }

    func close() async {}
}

/// The way of a command to the buses of a site: through the gateway that runs on it, or by itself when none does.
struct BusDoor {
    /// Buses that the gateway polls; `nil` when no gateway holds the state directory.
    private let held: [String]?
    private let client: LocalClient
    private let logger: Logger
    private let command: String

    private struct Buses: Decodable { var buses: [String] }

    /// - Throws: `unavailable` when a gateway holds the directory and does not answer.
    init(to configuration: SiteConfiguration, for command: String, logger: Logger) throws {
        (self.logger, self.command) = (logger, command)
        client = LocalClient(path: LocalSocket.path(in: configuration.storage.directory))
        guard let holder = StateLock.holder(of: configuration.storage.directory) else {
            held = nil
            return
        }
        do {
            let answer = try client.send(.GET, "/api/v1/buses")
            held = try JSONDecoder().decode(Buses.self, from: Data(answer.body)).buses
            say("\(command): reads through the running gateway (process \(holder)), when nothing else is due.")
        } catch {
            say("\(command): process \(holder) holds \(configuration.storage.directory) and does not answer: \(error)")
            say("Wait until it is up, or stop it; a bus has one master.")
            throw ExitStatus.unavailable
        }
    }

    /// Whether a running gateway polls this bus.
    func isHeld(_ bus: BusSettings) -> Bool { held?.contains(bus.identifier.text) ?? false }

    func open(_ bus: BusSettings) throws -> any ModbusPort {
        if isHeld(bus) { return GatewayPort(client: client, bus: bus.identifier.text) }
        return try Self.openAlone(bus, for: command, logger: logger)
    }

    /// Opens a bus that no gateway of this site holds.
    ///
    /// - Throws: `locked` when another process has the line open.
    static func openAlone(_ bus: BusSettings, for command: String, logger: Logger) throws -> any ModbusPort {
        if case .serial(let line) = bus.wire, let holder = LineHolder.holder(of: line.path) {
            say("\(command): process \(holder) has \(line.path) open, and a bus has one master.")
            say("End it first, or give its site's file with --config when it is a gateway.")
            throw ExitStatus.locked
        }
        return openBus(bus, logger: logger)
    }

    /// What the gateway's transport has counted on this bus; `nil` when it does not hold it.
    func evidence(of bus: BusSettings) throws -> LineEvidence? {
        guard isHeld(bus) else { return nil }
        let answer = try client.send(.GET, "/api/v1/buses/\(bus.identifier.text)/line")
        guard answer.status == 200 else { return nil }
        return try JSONDecoder().decode(LineEvidence.self, from: Data(answer.body))
    }
}
