// SPDX-License-Identifier: Apache-2.0

/// A suspected cause of trouble on a bus, with the evidence for it.
public enum LineFinding: Hashable, Sendable {
    /// Damaged answers of all units.
    case damageOfAllUnits(percent: Double)
    /// The same, and less of it at a slower baud.
    case damageThatGrowsWithBaud(percent: Double, slowerBaud: Int, slowerPercent: Double)
    /// Damaged answers of one unit while others are well.
    case damageOfOneUnit(Int, percent: Double)
    /// Damaged answers of the only unit that is heard.
    case damageOfTheOnlyUnit(Int, percent: Double)
    /// Damaged answers of some units, but not of all.
    case damageOfSomeUnits([Int])
    /// Garbled answers and several usual turnarounds of one unit.
    case doubledUnit(Int)
    case secondMaster(requests: Int)
    case echo(requests: Int)
    /// Answers after the deadline; the time that would have been enough for this unit.
    case lateAnswers(unit: Int, count: Int, timeoutMilliseconds: Int, proposedMilliseconds: Int)
    /// Nothing was heard of anybody.
    case silentLine(units: Int)
    /// Nothing was heard of these units, but of others.
    case silentUnits([Int])
    /// An adapter that gathers bytes for longer than a frame's end lasts.
    case slowAdapter(milliseconds: Int)
    case healthy

    /// The cause in plain words, and what to do.
    public var sentence: String {
        switch self {
        case .damageThatGrowsWithBaud(let percent, let slowerBaud, let slowerPercent):
            "Answers of all units are damaged (\(text(percent)) %, and \(text(slowerPercent)) % at \(slowerBaud) baud): "
                + "termination, bias or cable length. Fit 120 ohm at both ends and bias at one, or stay at the lower baud."
        case .damageOfAllUnits(let percent):
            "Answers of all units are damaged (\(text(percent)) %): termination, bias or cable length. Fit 120 ohm at "
                + "both ends and bias at one; measure again at a lower baud to be sure."
        case .damageOfOneUnit(let unit, let percent):
            "Answers of unit \(unit) alone are damaged (\(text(percent)) %): its stub, its parity or its transceiver. "
                + "Shorten its stub, compare its parity and stop bits with the others, then exchange it."
        case .damageOfTheOnlyUnit(let unit, let percent):
            "Answers of unit \(unit), the only one heard, are damaged (\(text(percent)) %): parity, termination or its "
                + "transceiver. Compare its parity and stop bits with the site's file, then check the ends of the cable."
        case .damageOfSomeUnits(let units):
            "Answers of units \(list(units)) are damaged and those of the others are not: the piece of cable that they "
                + "share, or their parity. Check the terminals where that piece begins."
        case .doubledUnit(let unit):
            "Answers of unit \(unit) are garbled and come at two different times: two devices with this address. "
                + "Switch one of them off, give it an address of its own, and switch it on again."
        case .secondMaster(let requests):
            "\(requests == 1 ? "1 request on this line is" : "\(requests) requests on this line are") not ours: a second master. Find the other program or controller that "
                + "asks on this cable and disconnect it; a bus has one master."
        case .echo(let requests):
            "\(requests) of our own requests came back: the adapter's receiver stays on while it sends. Switch its "
                + "echo off, often a jumper, or tie RE to DE."
        case .lateAnswers(let unit, let count, let timeout, let proposed):
            "\(count == 1 ? "1 answer" : "\(count) answers") of unit \(unit) came after the deadline of \(timeout) ms: the timeout is too short. Set "
                + "'timeout_milliseconds: \(proposed)' on this bus, 1.5 times its p99."
        case .silentLine(let units):
            "None of \(units == 1 ? "the 1 unit" : "the \(units) units") was heard: A and B exchanged, wrong baud or "
                + "parity, no power, or the wrong port. Exchange A and B first, then try 9600 8N1."
        case .silentUnits(let units):
            "Nothing was heard of \(units.count == 1 ? "unit" : "units") \(list(units)) while others answer: no power, "
                + "another address or another baud. `sluice scan` shows which addresses answer."
        case .slowAdapter(let milliseconds):
            "The USB adapter holds bytes back for \(milliseconds) ms, which adds to each turnaround. Set its "
                + "latency_timer to 1 ms."
        case .healthy: "Nothing points to a fault of this bus."
        }
    }

    private func text(_ percent: Double) -> String { "\((percent * 10).rounded() / 10)" }
    private func list(_ units: [Int]) -> String { units.map(String.init).joined(separator: ", ") }
}

/// The suspected causes that follow from `evidence`, in the order of their weight; ``LineFinding/healthy`` alone when
/// there are none.
///
/// A unit counts as damaged from two damaged answers and one per cent of all on.
///
/// - Parameter earlier: The same bus at another baud: errors that grow with the baud are the cable's.
public func diagnose(_ evidence: LineEvidence, comparedWith earlier: LineEvidence? = nil) -> [LineFinding] {
    let heard = evidence.units.filter { $0.heard > 0 }
    let doubled = heard.filter { $0.garbled >= 2 && $0.turnaroundPeaks >= 2 }
    let damaged = heard.filter { $0.damaged >= 2 && $0.damaged * 100 >= $0.heard }
    var findings = damageFindings(damaged, heard, doubled, evidence, earlier)
    findings += doubled.map { .doubledUnit($0.unit) }
    let foreign = evidence.units.reduce(0) { $0 + $1.foreignRequests }
    if foreign > 0 { findings.append(.secondMaster(requests: foreign)) }
    let echoes = evidence.units.reduce(0) { $0 + $1.echoes }
    if echoes > 0 { findings.append(.echo(requests: echoes)) }
    findings += heard.filter { $0.lateReplies > 0 }.map { unit in
        let timeout = evidence.timeoutMilliseconds
        let proposed = max(timeout, unit.turnaroundP99Milliseconds ?? timeout) * 1.5
        return .lateAnswers(
            unit: unit.unit, count: unit.lateReplies, timeoutMilliseconds: whole(timeout),
            proposedMilliseconds: whole(proposed.rounded(.up)))
    }
    let silent = evidence.units.filter { $0.heard == 0 && $0.timeouts > 0 }
    if heard.isEmpty, !silent.isEmpty {
        findings.append(.silentLine(units: silent.count))
    } else if !silent.isEmpty {
        findings.append(.silentUnits(silent.map(\.unit)))
    }
    if let latency = evidence.usbLatencyMilliseconds, latency > 2 {
        findings.append(.slowAdapter(milliseconds: latency))
    }
    return findings.isEmpty ? [.healthy] : findings
}

/// Whose answers are damaged tells whether the cable or a device is at fault.
private func damageFindings(
    _ damaged: [LineEvidence.Unit], _ heard: [LineEvidence.Unit], _ doubled: [LineEvidence.Unit],
    _ evidence: LineEvidence, _ earlier: LineEvidence?
) -> [LineFinding] {
    func percent(_ unit: LineEvidence.Unit) -> Double { 100 * Double(unit.damaged) / Double(max(1, unit.heard)) }
    if damaged.count == heard.count, heard.count >= 2 {
        let share = 100 * (evidence.damagedShare ?? 0)
        if let earlier, let slowerBaud = earlier.baud, let baud = evidence.baud, slowerBaud < baud,
            let slower = earlier.damagedShare.map({ 100 * $0 }), slower < share
        {
            return [.damageThatGrowsWithBaud(percent: share, slowerBaud: slowerBaud, slowerPercent: slower)]
        }
        return [.damageOfAllUnits(percent: share)]
    }
    // Two devices at one address garble each other; that is no fault of a stub.
    let own = damaged.filter { unit in !doubled.contains { $0.unit == unit.unit } }
    guard let first = own.first else { return [] }
    if heard.count == 1 { return [.damageOfTheOnlyUnit(first.unit, percent: percent(first))] }
    return own.count == 1
        ? [.damageOfOneUnit(first.unit, percent: percent(first))] : [.damageOfSomeUnits(own.map(\.unit))]
}

private func whole(_ milliseconds: Double) -> Int {
    milliseconds.isFinite ? Int(min(max(milliseconds, 0), 1e9)) : 0
}
