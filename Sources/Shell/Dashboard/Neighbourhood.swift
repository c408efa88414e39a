// SPDX-License-Identifier: Apache-2.0

public import Model
public import Pipeline
import Synchronization

/// The estates of one box, for pages that lead from one to the other.
///
/// Every estate is named from the start; it can be looked into while its gateway runs.
public final class Neighbourhood: Sendable {
    public struct Estate: Sendable {
        public var site: SiteIdentifier
        public var name: BilingualText
        /// `nil` when its file names none.
        public var area: String?
        /// Where its page is, as its file says; `nil` leaves the name under which the reader came.
        public var publicAddress: String?

        public init(site: SiteIdentifier, name: BilingualText, area: String?, publicAddress: String?) {
            (self.site, self.name, self.area, self.publicAddress) = (site, name, area, publicAddress)
        }
    }

    /// An estate with its running gateway.
    struct Neighbour: Sendable {
        var estate: Estate
        /// `nil` while it does not run.
        var running: (view: any EstateView, port: Int)?
    }

    private let state: Mutex<[Neighbour]>

    /// - Parameter estates: In the order in which pages name them.
    public init(_ estates: [Estate]) { state = Mutex(estates.map { Neighbour(estate: $0) }) }

    /// An estate's page can be reached.
    public func open(_ site: SiteIdentifier, _ view: any EstateView, port: Int) {
        state.withLock { all in
            for place in all.indices where all[place].estate.site == site { all[place].running = (view, port) }
        }
    }

    /// An estate's page is gone.
    public func close(_ site: SiteIdentifier) {
        state.withLock { all in
            for place in all.indices where all[place].estate.site == site { all[place].running = nil }
        }
    }

    var all: [Neighbour] { state.withLock { $0 } }
    /// Whether there is anything to choose.
    public var isShown: Bool { all.count > 1 }
}

extension Neighbourhood.Neighbour {
    /// Address of its page for somebody who asked for `authority`; `nil` while it does not run.
    func address(seenFrom authority: String) -> String? {
        guard let running else { return nil }
        if let address = estate.publicAddress { return address.hasSuffix("/") ? address : address + "/" }
        return "http://\(Origin.host(ofAuthority: authority) ?? "127.0.0.1"):\(running.port)/"
    }
}

/// A link of the header to another estate.
struct EstateLink: Sendable {
    var estateHref: String?
    var estateName: String
    var isHere: Bool
}

/// All estates of the box, by area.
struct EstatesPage: Sendable {
    struct Row: Sendable {
        var estateName: String
        var estateHref: String?
        var isRunning: Bool
        /// Open tickets, those of P1 and P2 among them, overdue ones; active alarms; devices that do not answer.
        var open, urgent, overdue, alarms, silent: String
        var hasUrgent, hasOverdue: Bool
    }
    struct Area: Sendable {
        var areaName: String
        var rows: [Row]
        /// Sums of an area with several estates.
        var sum: [Row]
    }

    var frame: PageFrame
    var word: [String: String]
    var areas: [Area]

    /// What is counted of an estate.
    struct Figures: Hashable, Sendable {
        var open = 0
        var urgent = 0
        var overdue = 0
        var alarms = 0
        var silent = 0

        init() {}

        init(_ tickets: [TicketSnapshot], _ alarms: [AlarmSnapshot], _ assets: [AssetSnapshot], at now: Timestamp) {
            let open = tickets.filter(\.isOpen)
            self.open = open.count
            urgent = open.count { $0.severity <= .p2 }
            overdue = open.count { !$0.overduePromises(at: now).isEmpty }
            self.alarms = alarms.count(where: \.isActive)
            silent = assets.count { $0.availability == .offline }
        }

        static func + (a: Figures, b: Figures) -> Figures {
            var sum = a
            sum.open += b.open
            sum.urgent += b.urgent
            sum.overdue += b.overdue
            sum.alarms += b.alarms
            sum.silent += b.silent
            return sum
        }
    }

    /// - Parameter found: The estates in their order, with what was counted; `nil` of one that does not run.
    init(
        frame: PageFrame, wording: Wording, authority: String, found: [(Neighbourhood.Neighbour, Figures?)]
    ) {
        (self.frame, word) = (frame, wording.texts)
        func row(_ name: String, _ href: String?, _ figures: Figures?) -> Row {
            func text(_ count: Int?) -> String { count.map { NumberText.integer(Int64($0)) } ?? "—" }
            return Row(
                estateName: name, estateHref: href, isRunning: figures != nil, open: text(figures?.open),
                urgent: text(figures?.urgent), overdue: text(figures?.overdue), alarms: text(figures?.alarms),
                silent: text(figures?.silent), hasUrgent: figures.map { $0.urgent > 0 } ?? false,
                hasOverdue: figures.map { $0.overdue > 0 } ?? false)
        }
        var names: [String?] = []
        for (neighbour, _) in found where !names.contains(neighbour.estate.area) { names.append(neighbour.estate.area) }
        areas = names.map { name in
            let members = found.filter { $0.0.estate.area == name }
            let running = members.compactMap(\.1)
            return Area(
                areaName: name ?? wording.text(.estatesNoArea),
                rows: members.map { row(wording.pick($0.0.estate.name), $0.0.address(seenFrom: authority), $0.1) },
                sum: running.count > 1
                    ? [row(wording.text(.estatesSum), nil, running.reduce(Figures(), +))] : [])
        }
    }
}
