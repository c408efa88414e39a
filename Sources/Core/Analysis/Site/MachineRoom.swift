// SPDX-License-Identifier: Apache-2.0

import Model

/// One value of one signal, newer than every value of that signal before.
struct Observation: Hashable, Sendable {
    var signal: Signal
    /// `nil` for a poll that failed.
    var value: Double?
    var at: Timestamp
    var sequence: Int64?
}

/// What a rule may look at beside its own state.
struct SiteView {
    let layout: Layout
    let settings: AnalyzerSettings
    let calendar: AnnouncedCalendar
    let meters: [MeterState]
    /// Data time.
    let now: Timestamp
    let local: LocalMoment

    var site: SiteDescription { layout.site }
}

/// All machines of one kind with the rules about them: a part of the analyzer's state.
///
/// Observations come in the order of their stamps, signal by signal; every minute of data time asks for judgement once.
/// Rules that find something append to `rulings`.
protocol MachineRoom: Codable, Sendable {
    init(_ site: SiteDescription)

    /// - Parameter place: Of the machine in its list of the site's description.
    mutating func take(
        _ observation: Observation, of place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling])

    /// Judges what time alone decides, once a minute of data time.
    mutating func judge(_ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling])

    /// Whether decoded state fits the site and can be used without trapping.
    func fits(_ site: SiteDescription) -> Bool
}
