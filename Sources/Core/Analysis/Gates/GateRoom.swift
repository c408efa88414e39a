// SPDX-License-Identifier: Apache-2.0

import Model

/// What gates tell beside how long they stand open.
struct GateRoom: MachineRoom {
    /// What follows from the description of one gate.
    struct Wiring: Hashable, Codable {
        /// Between a command and the movement that follows it.
        var slack: Duration
        /// After a longer silence of its counter nobody knows when it opened.
        var longestGap: Duration
        var hasCommand: Bool

        init(_ gate: GateDescription, _ site: SiteDescription) {
            let signals = site.signals.filter { $0.asset == gate.asset }
            func period(_ signal: Signal) -> Duration? {
                signals.first { $0.signal == signal }.map { min($0.period, .seconds(86_400)) }
            }
            let command = period(.command)
            hasCommand = command != nil
            slack = max(GateCommands.shortestSlack, (command ?? .zero) + .seconds(5))
            longestGap = max((period(.cycles) ?? .zero) * 3, .seconds(900))
        }
    }

    private struct State: Codable {
        var wiring: Wiring
        var commands = GateCommands()
        var forced = GateForced()
        var traffic = GateTraffic()
        var stuck = GateStuckClosed()

        var isWellFormed: Bool {
            commands.isWellFormed && forced.isWellFormed && traffic.isWellFormed && stuck.isWellFormed
        }
    }

    private var gates: [State]

    init(_ site: SiteDescription) { gates = site.gates.map { State(wiring: Wiring($0, site)) } }

    /// Takes the newest position of a gate.
    mutating func take(
        isOpen: Bool, of place: Int, at: Timestamp, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        let gate = view.site.gates[place].asset
        gates[place].forced.take(isOpen: isOpen, at: at, gate, into: &rulings)
        if isOpen { gates[place].stuck.opened(at: at, gate, into: &rulings) }
        if gates[place].wiring.hasCommand {
            gates[place].commands.take(isOpen: isOpen, at: at, slack: gates[place].wiring.slack)
        }
        judge(place, view, statistics: &statistics, into: &rulings)
    }

    mutating func take(
        _ observation: Observation, of place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        guard let value = observation.value else { return }
        let gate = view.site.gates[place].asset
        let wiring = gates[place].wiring
        switch observation.signal {
        case .forced:
            statistics.evaluations.gateForced += 1
            gates[place].forced.take(
                forced: value != 0, at: observation.at, sequence: observation.sequence, gate, into: &rulings)
        case .cycles:
            let commands = gates[place].commands
            let opened = gates[place].traffic.take(
                value, at: observation.at, longestGap: wiring.longestGap, gate, view.site.zone,
                isUnasked: { from, to in
                    wiring.hasCommand && commands.explainsOpenings
                        && commands.saysNothing(from: from, to: to, slack: wiring.slack)
                }, statistics: &statistics, into: &rulings)
            if let opened, opened > 0 { gates[place].stuck.opened(at: observation.at, gate, into: &rulings) }
        case .command:
            gates[place].commands.take(command: value != 0, at: observation.at, slack: wiring.slack)
        default:
            return
        }
        judge(place, view, statistics: &statistics, into: &rulings)
    }

    mutating func judge(_ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]) {
        for place in gates.indices {
            let gate = view.site.gates[place].asset
            judge(place, view, statistics: &statistics, into: &rulings)
            gates[place].forced.judge(at: view.now, gate, into: &rulings)
        }
    }

    private mutating func judge(
        _ place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) {
        guard gates[place].wiring.hasCommand else { return }
        let gate = view.site.gates[place].asset
        if gates[place].commands.explainsOpenings { statistics.evaluations.gateForced += 1 }
        statistics.evaluations.gateStuckClosed += 1
        for outcome in gates[place].commands.decide(at: view.now, slack: gates[place].wiring.slack) {
            switch outcome {
            case .openedUnasked(let at):
                // A contact that chatters opens no gate, and a gate that is kept open needs no command.
                guard !gates[place].traffic.isChattering,
                    view.calendar.covers(.gateKeptOpen, asset: gate, at: at) == nil
                else { continue }
                gates[place].forced.openedUnasked(at: at, now: view.now, gate, into: &rulings)
            case .unanswered(let at):
                gates[place].stuck.take(at, at: view.now, gate, into: &rulings)
            }
        }
    }

    /// Takes in what a person said about a finding on a gate.
    mutating func accept(
        _ judgement: OperatorVerdict.Judgement, _ finding: Finding, of place: Int, at now: Timestamp
    ) {
        switch (judgement, finding.rule) {
        case (.expected, .gateChatter): gates[place].traffic = GateTraffic()
        case (.notALeak, .gateChatter): gates[place].traffic.acquit()
        default: break
        }
    }

    func fits(_ site: SiteDescription) -> Bool {
        gates.count == site.gates.count
            && zip(gates, site.gates).allSatisfy { $0.wiring == Wiring($1, site) && $0.isWellFormed }
    }
}
