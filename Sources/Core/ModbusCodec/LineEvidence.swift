// SPDX-License-Identifier: Apache-2.0

/// What was seen of one bus: counts and times of each unit, as the line doctor weighs and prints them.
public struct LineEvidence: Hashable, Codable, Sendable {
    public struct Unit: Hashable, Codable, Sendable {
        public var unit: Int
        public var requests = 0
        /// Answers with values.
        public var answers = 0
        public var exceptions = 0
        public var timeouts = 0
        /// Answers that stopped in the middle.
        public var tornFrames = 0
        public var checksumErrors = 0
        /// Whole answers that did not fit their request.
        public var refusals = 0
        public var lateReplies = 0
        public var strayBytes = 0
        /// Answers of this unit that nobody asked for.
        public var foreignAnswers = 0
        /// Requests of another master, seen while this unit was asked.
        public var foreignRequests = 0
        /// Own requests read back.
        public var echoes = 0
        /// From the end of a request to the first byte of its answer; `nil` before the first.
        public var turnaroundP50Milliseconds: Double?
        public var turnaroundP99Milliseconds: Double?
        /// Groups that the turnarounds fall into: 2 and more look like two devices. 0 when there are too few.
        public var turnaroundPeaks = 0

        public init(_ unit: UnitIdentifier) { self.unit = Int(unit.value) }

        /// Answers that came, whole or not.
        public var heard: Int { answers + exceptions + damaged + lateReplies }
        /// Answers that were torn or failed their checksum.
        public var damaged: Int { tornFrames + checksumErrors }
        /// Answers that cannot be read as one device's.
        public var garbled: Int { damaged + refusals }
    }

    /// In the order of their numbers.
    public var units: [Unit]
    /// Bits a second; `nil` on a socket.
    public var baud: Int?
    /// Longest wait for the first byte of an answer.
    public var timeoutMilliseconds: Double
    /// Silence kept before each request; `nil` on a socket.
    public var gapMilliseconds: Double?
    /// Time for which a USB adapter gathers bytes before it hands them over; `nil` when the system tells none.
    public var usbLatencyMilliseconds: Int?

    public init(
        units: [Unit], baud: Int?, timeoutMilliseconds: Double, gapMilliseconds: Double? = nil,
        usbLatencyMilliseconds: Int? = nil
    ) {
        self.units = units
        self.baud = baud
        self.timeoutMilliseconds = timeoutMilliseconds
        self.gapMilliseconds = gapMilliseconds
        self.usbLatencyMilliseconds = usbLatencyMilliseconds
    }

    /// Share of damaged answers among all that came, 0 ... 1; `nil` when none came.
    public var damagedShare: Double? {
        let heard = units.reduce(0) { $0 + $1.heard }
        return heard > 0 ? Double(units.reduce(0) { $0 + $1.damaged }) / Double(heard) : nil
    }
}

extension LineEvidence {
    /// Takes the counts of a transport.
    public mutating func take(_ statistics: LineStatistics) {
        units = statistics.units.sorted { $0.key < $1.key }.map { Unit($0.key, $0.value) }
    }
}

extension LineEvidence.Unit {
    init(_ identifier: UnitIdentifier, _ seen: LineStatistics.Unit) {
        self.init(identifier)
        (requests, answers, exceptions, timeouts) = (seen.requests, seen.answers, seen.exceptions, seen.timeouts)
        (tornFrames, checksumErrors, refusals) = (seen.tornFrames, seen.checksumErrors, seen.refusals)
        (lateReplies, strayBytes, echoes) = (seen.lateReplies, seen.strayBytes, seen.echoes)
        (foreignAnswers, foreignRequests) = (seen.foreignAnswers, seen.foreignRequests)
        turnaroundP50Milliseconds = seen.turnarounds.quantile(0.5).map(milliseconds)
        turnaroundP99Milliseconds = seen.turnarounds.quantile(0.99).map(milliseconds)
        turnaroundPeaks = seen.turnarounds.peaks.count
    }
}

private func milliseconds(_ span: Duration) -> Double { (Double(span.wholeNanoseconds) / 10_000).rounded() / 100 }
