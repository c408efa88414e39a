// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec

/// One read that a command asks of a bus which a running gateway holds, as it crosses the local socket.
public struct BusQuestion: Hashable, Codable, Sendable {
    public var table: RegisterTable
    public var address: Int
    public var count: Int
    public var unit: Int
    /// Longest wait for the first byte of the answer; the gateway never waits longer than the bus's own timeout.
    public var timeoutMilliseconds: Int
    /// Units whose answer counts as that of ``unit``; `nil` for none.
    public var answersAs: [Int]?

    public init(
        _ span: RegisterSpan, of unit: UnitIdentifier, answeringAs aliases: [UnitIdentifier] = [], timeout: Duration
    ) {
        answersAs = aliases.isEmpty ? nil : aliases.map { Int($0.value) }
        (table, address, count) = (span.table, Int(span.address), Int(span.count))
        self.unit = Int(unit.value)
        let (seconds, attoseconds) = timeout.components
        timeoutMilliseconds = Int(clamping: min(max(seconds, 0), 60) * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    /// The addresses; `nil` unless one request can ask for them.
    public var span: RegisterSpan? {
        guard let address = UInt16(exactly: address), let count = UInt16(exactly: count), count >= 1,
            count <= table.maximumRead, Int(address) + Int(count) <= 65_536
        else { return nil }
        return RegisterSpan(table, at: address, count: count)
    }

    /// `nil` outside 0 ... 255.
    public var unitIdentifier: UnitIdentifier? { UInt8(exactly: unit).map(UnitIdentifier.init) }

    /// The units that may answer in its place; `nil` when one of them is outside 0 ... 255, or there are more than that.
    public var aliases: [UnitIdentifier]? {
        let given = answersAs ?? []
        let units = given.compactMap { UInt8(exactly: $0).map(UnitIdentifier.init) }
        return units.count == given.count && given.count <= 256 ? units : nil
    }

    /// Held between 1 ms and 60 s.
    public var timeout: Duration { .milliseconds(min(max(timeoutMilliseconds, 1), 60_000)) }
}

/// What the bus said to a ``BusQuestion``.
public struct BusReply: Hashable, Codable, Sendable {
    /// `nil` when the read failed.
    public var words: [UInt16]?
    /// `timeout`, `torn`, `crc`, `refused`, `bus_down` or `exception`; `nil` when there are words.
    public var failure: String?
    /// Code of an exception.
    public var exception: UInt8?
    /// What the system reported of a bus that is down.
    public var text: String?
    /// From the end of the request to the first byte of its answer; `nil` when that was not measured.
    public var turnaroundNanoseconds: Int64?

    public init(_ answer: SweepAnswer) {
        turnaroundNanoseconds = answer.turnarounds.first ?? nil
        switch answer.results.first ?? .failure(.busDown("no result")) {
        case .success(let words): self.words = words
        case .failure(.timeout): failure = "timeout"
        case .failure(.torn): failure = "torn"
        case .failure(.badChecksum): failure = "crc"
        case .failure(.refused): failure = "refused"
        case .failure(.exception(let code)): (failure, exception) = ("exception", code)
        case .failure(.busDown(let reason)): (failure, text) = ("bus_down", reason)
        }
    }

    /// The result of reading `span`; words of another count are a refusal.
    public func result(for span: RegisterSpan) -> Result<[UInt16], ReadFailure> {
        if let words { return words.count == Int(span.count) ? .success(words) : .failure(.refused(.shape)) }
        switch failure {
        case "timeout": return .failure(.timeout)
        case "torn": return .failure(.torn)
        case "crc": return .failure(.badChecksum)
        case "exception": return .failure(.exception(exception ?? 0))
        case "bus_down": return .failure(.busDown(text ?? ""))
        default: return .failure(.refused(.shape))
        }
    }
}

/// Why a gateway does not put a question to a bus.
public enum BusRefusal: Error, Hashable, Sendable {
    /// The gateway polls no bus of this name.
    case unknownBus(String)
    /// The addresses or the unit are not possible.
    case impossible
}

extension EstateView {
    /// A view without buses knows none.
    public var polledBuses: [String] { get async { [] } }
    public func lineEvidence(of bus: String) async -> LineEvidence? { nil }
    public func ask(_ question: BusQuestion, on bus: String) async throws(BusRefusal) -> BusReply {
        throw .unknownBus(bus)
    }
    /// A view without counters books nothing.
    public func exchange(_ exchange: MeterExchange) async -> MeterExchangeReply {
        MeterExchangeReply(refusal: "\(ExchangeRefusal.notCounted)")
    }
}
