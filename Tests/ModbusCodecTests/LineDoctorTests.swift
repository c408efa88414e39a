// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Testing

/// One test for each rule of the line doctor, with the whole sentence that a person reads.
@Suite struct LineDoctorTests {
    private typealias Unit = LineEvidence.Unit

    private func unit(_ number: UInt8, _ change: (inout Unit) -> Void = { _ in }) -> Unit {
        var unit = Unit(UnitIdentifier(number))
        (unit.requests, unit.answers) = (200, 200)
        (unit.turnaroundP50Milliseconds, unit.turnaroundP99Milliseconds, unit.turnaroundPeaks) = (12, 20, 1)
        change(&unit)
        return unit
    }

    private func evidence(_ units: [Unit], baud: Int? = 19_200) -> LineEvidence {
        LineEvidence(units: units, baud: baud, timeoutMilliseconds: 300, gapMilliseconds: 2)
    }

    private func sentences(_ units: [Unit], comparedWith earlier: LineEvidence? = nil) -> [String] {
        diagnose(evidence(units), comparedWith: earlier).map(\.sentence)
    }

    private func damaged(_ unit: inout Unit) { (unit.answers, unit.checksumErrors) = (180, 20) }

    @Test func `a line without trouble is called so`() {
        #expect(sentences([unit(1), unit(2)]) == ["Nothing points to a fault of this bus."])
        // One damaged answer in 200 is weather.
        #expect(sentences([unit(1) { $0.checksumErrors = 1 }, unit(2)]) == ["Nothing points to a fault of this bus."])
    }

    @Test func `damage of all units is the cable's`() {
        #expect(
            sentences([unit(1, damaged), unit(2, damaged)]) == [
                "Answers of all units are damaged (10.0 %): termination, bias or cable length. Fit 120 ohm at both ends "
                    + "and bias at one; measure again at a lower baud to be sure."
            ])
    }

    @Test func `damage that grows with the baud is the cable's for sure`() {
        let slower = evidence([unit(1), unit(2) { $0.checksumErrors = 4 }], baud: 9600)
        #expect(
            sentences([unit(1, damaged), unit(2, damaged)], comparedWith: slower) == [
                "Answers of all units are damaged (10.0 %, and 1.0 % at 9600 baud): termination, bias or cable length. "
                    + "Fit 120 ohm at both ends and bias at one, or stay at the lower baud."
            ])
        // The same share at the lower baud says nothing of the kind.
        let same = evidence([unit(1, damaged), unit(2, damaged)], baud: 9600)
        #expect(sentences([unit(1, damaged), unit(2, damaged)], comparedWith: same)[0].contains("measure again"))
    }

    @Test func `damage of one unit is its own`() {
        #expect(
            sentences([unit(1), unit(7, damaged), unit(9)]) == [
                "Answers of unit 7 alone are damaged (10.0 %): its stub, its parity or its transceiver. Shorten its stub, "
                    + "compare its parity and stop bits with the others, then exchange it."
            ])
    }

    @Test func `damage of the only unit leaves open whose it is`() {
        #expect(
            sentences([unit(7, damaged)]) == [
                "Answers of unit 7, the only one heard, are damaged (10.0 %): parity, termination or its transceiver. "
                    + "Compare its parity and stop bits with the site's file, then check the ends of the cable."
            ])
    }

    @Test func `damage of some units is in the cable that they share`() {
        #expect(
            sentences([unit(1), unit(7, damaged), unit(9, damaged)]) == [
                "Answers of units 7, 9 are damaged and those of the others are not: the piece of cable that they share, "
                    + "or their parity. Check the terminals where that piece begins."
            ])
    }

    @Test func `garbled answers at two times are two devices with one address`() {
        #expect(
            sentences([
                unit(1),
                unit(5) {
                    damaged(&$0); $0.turnaroundPeaks = 2
                },
            ]) == [
                "Answers of unit 5 are garbled and come at two different times: two devices with this address. Switch "
                    + "one of them off, give it an address of its own, and switch it on again."
            ])
        // Two times alone are a device with two kinds of registers.
        #expect(sentences([unit(1), unit(5) { $0.turnaroundPeaks = 2 }]) == ["Nothing points to a fault of this bus."])
    }

    @Test func `requests that are not ours are a second master`() {
        #expect(
            sentences([unit(1) { $0.foreignRequests = 12 }, unit(2) { $0.foreignRequests = 3 }]) == [
                "15 requests on this line are not ours: a second master. Find the other program or controller that asks "
                    + "on this cable and disconnect it; a bus has one master."
            ])
    }

    @Test func `an own request read back is an echo`() {
        #expect(
            sentences([unit(1) { $0.echoes = 200 }]) == [
                "200 of our own requests came back: the adapter's receiver stays on while it sends. Switch its echo "
                    + "off, often a jumper, or tie RE to DE."
            ])
    }

    @Test func `answers after the deadline ask for a longer timeout`() {
        #expect(
            sentences([unit(3) { ($0.lateReplies, $0.turnaroundP99Milliseconds) = (4, 410) }]) == [
                "4 answers of unit 3 came after the deadline of 300 ms: the timeout is too short. Set "
                    + "'timeout_milliseconds: 615' on this bus, 1.5 times its p99."
            ])
    }

    @Test func `silence of all and of some`() {
        func silent(_ unit: inout Unit) { (unit.answers, unit.timeouts) = (0, 200) }
        #expect(
            sentences([unit(1, silent), unit(2, silent)]) == [
                "None of the 2 units was heard: A and B exchanged, wrong baud or parity, no power, or the wrong port. "
                    + "Exchange A and B first, then try 9600 8N1."
            ])
        #expect(
            sentences([unit(1), unit(2, silent)]) == [
                "Nothing was heard of unit 2 while others answer: no power, another address or another baud. `sluice "
                    + "scan` shows which addresses answer."
            ])
    }

    @Test func `an adapter that gathers bytes is named`() {
        var slow = evidence([unit(1)])
        slow.usbLatencyMilliseconds = 16
        #expect(
            diagnose(slow).map(\.sentence) == [
                "The USB adapter holds bytes back for 16 ms, which adds to each turnaround. Set its latency_timer to 1 ms."
            ])
    }

    @Test func `causes are told in the order of their weight`() {
        let units = [
            unit(1) {
                $0.echoes = 1; $0.lateReplies = 1
            }, unit(2) { $0.foreignRequests = 1 }, unit(7, damaged),
            unit(8) {
                damaged(&$0); $0.turnaroundPeaks = 2
            },
        ]
        let kinds = diagnose(evidence(units)).map(\.sentence).map { $0.prefix(22) }
        #expect(
            kinds == [
                "Answers of unit 7 alon", "Answers of unit 8 are ", "1 request on this line", "1 of our own requests ",
                "1 answer of unit 1 cam",
            ])
    }

    @Test func `no counts make the doctor trap`() {
        var odd = evidence([
            Unit(UnitIdentifier(1)),
            unit(2) {
                $0.lateReplies = 1; $0.turnaroundP99Milliseconds = .infinity
            },
        ])
        odd.timeoutMilliseconds = .nan
        #expect(!diagnose(odd).isEmpty)
        #expect(diagnose(evidence([])).map(\.sentence) == ["Nothing points to a fault of this bus."])
    }
}
