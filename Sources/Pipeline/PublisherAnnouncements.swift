// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox

/// What is published before and beside the outbox: state, births, availability.
///
/// They have no rows. All are retained and repeated after every CONNACK, one at a time through the window.
struct Announcements: Sendable {
    enum Step: Hashable, Sendable {
        case state
        case siteMeta
        case assetMeta(AssetIndex)
        case availability(AssetIndex)
        /// What Home Assistant is told, by the place of the message.
        case discovery(Int)
        /// Empties a retained topic that is not this configuration's.
        case removal(String)

        /// Whether alarms and live readings go first.
        var isPatient: Bool {
            switch self {
            case .discovery, .removal: true
            case .state, .siteMeta, .assetMeta, .availability: false
            }
        }
    }

    struct DeviceState: Hashable, Sendable {
        var availability: Availability
        var reason: QualityReason?
        var since: Timestamp
    }

    private(set) var devices: [DeviceState]
    /// Steps of the birth done so far; `nil` while there is no session.
    private var done: Int?
    /// Devices whose state changed after the birth had passed them; no device is in it twice.
    private var changed: [AssetIndex] = []
    /// Messages for Home Assistant, 0 for none.
    var discoveries = 0
    private var nextDiscovery = 0
    /// Retained topics that are to be emptied.
    private var stale: [String] = []
    private var nextStale = 0

    /// All topics to be emptied were handed to the broker in this session.
    var removed: [String]? { done != nil && !stale.isEmpty && nextStale == stale.count ? stale : nil }

    mutating func empty(_ topics: [String]) { (stale, nextStale) = (topics, 0) }
    mutating func forgetRemoved() { empty([]) }

    /// Every device is `unknown` until its first answer.
    init(catalogue: Catalogue, startedAt: Timestamp) {
        devices = Array(
            repeating: DeviceState(availability: .unknown, reason: nil, since: startedAt), count: catalogue.assets.count
        )
    }

    /// A session begins: all is to be said again.
    ///
    /// - Parameter keepsDiscovery: The broker still has what Home Assistant was told.
    mutating func restart(keepsDiscovery: Bool = false) {
        done = 0
        changed = []
        nextStale = 0
        if !keepsDiscovery || nextDiscovery < discoveries { nextDiscovery = 0 }
    }

    mutating func set(_ availability: Availability, of asset: AssetIndex, reason: QualityReason?, since: Timestamp) {
        let place = Int(asset.value)
        guard devices.indices.contains(place), devices[place].availability != availability else { return }
        devices[place] = DeviceState(availability: availability, reason: reason, since: since)
        let hasPassed = done.map { $0 > 2 + devices.count + place } ?? false
        if hasPassed, !changed.contains(asset) { changed.append(asset) }
    }

    /// What is to be said next; `nil` when all is said.
    var next: Step? {
        guard let done else { return nil }
        switch done {
        case 0: return .state
        case 1: return .siteMeta
        case ..<(2 + devices.count): return .assetMeta(AssetIndex(done - 2))
        case ..<(2 + 2 * devices.count): return .availability(AssetIndex(done - 2 - devices.count))
        default:
            if let first = changed.first { return .availability(first) }
            if nextDiscovery < discoveries { return .discovery(nextDiscovery) }
            return nextStale < stale.count ? .removal(stale[nextStale]) : nil
        }
    }

    /// ``next`` was handed to the broker.
    mutating func advance() {
        guard let done else { return }
        if done < 2 + 2 * devices.count {
            self.done = done + 1
        } else if !changed.isEmpty {
            changed.removeFirst()
        } else if nextDiscovery < discoveries {
            nextDiscovery += 1
        } else if nextStale < stale.count {
            nextStale += 1
        }
    }
}

extension Publisher {
    func stateMessage(_ state: SiteState) -> OutboundMessage {
        siteStateMessage(
            state, of: settings.catalogue.site, epoch: store.epoch, boot: clocks.boot, version: settings.version,
            at: clocks.now().wall)
    }

    func message(for step: Announcements.Step) -> OutboundMessage {
        let topics = writer.topics
        switch step {
        case .state:
            return stateMessage(.online)
        case .siteMeta:
            let payload = writer.siteMeta(name: settings.siteName, version: settings.version)
            return OutboundMessage(topic: topics.meta, payload: payload, isRetained: true)
        case .assetMeta(let index):
            let asset = settings.catalogue[index]
            return OutboundMessage(topic: topics.meta(of: asset), payload: writer.assetMeta(asset), isRetained: true)
        case .availability(let index):
            let device = announcements.devices[Int(index.value)]
            let payload = writer.availability(
                device.availability.rawValue, reason: device.reason, since: device.since)
            let topic = topics.availability(of: settings.catalogue[index])
            return OutboundMessage(topic: topic, payload: payload, isRetained: true)
        case .discovery(let place):
            let message = settings.homeAssistant?.message(at: place)
            return OutboundMessage(topic: message?.topic ?? "", payload: message?.payload ?? [], isRetained: true)
        case .removal(let topic):
            return OutboundMessage(topic: topic, payload: [], isRetained: true)
        }
    }

    /// Every retained topic of this configuration, but those of tickets.
    private var retainedTopics: [String] {
        let (topics, assets) = (writer.topics, settings.catalogue.assets)
        return [topics.state, topics.meta, topics.health]
            + assets.flatMap { [topics.asset($0), topics.meta(of: $0), topics.availability(of: $0)] }
            + (settings.homeAssistant.map { told in (0..<told.count).map { told.topic(at: $0) } } ?? [])
    }

    /// Notes once what will be retained, and learns what a former configuration has left at the broker.
    func recallRetained() async throws {
        guard !knowsRetained else { return }
        announcements.empty(try await store.noteRetained(retainedTopics))
        announcements.discoveries = settings.homeAssistant?.count ?? 0
        knowsRetained = true
    }

    /// Forgets the topics that are known to be empty.
    func forgetRemoved() async throws {
        guard session.isOnline, window.isEmpty, let topics = announcements.removed else { return }
        try await store.forgetRetained(topics)
        announcements.forgetRemoved()
        onNotice(.emptied(topics: topics.count))
    }
}
