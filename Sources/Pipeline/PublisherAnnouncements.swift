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

    /// Every device is `unknown` until its first answer.
    init(catalogue: Catalogue, startedAt: Timestamp) {
        devices = Array(
            repeating: DeviceState(availability: .unknown, reason: nil, since: startedAt), count: catalogue.assets.count
        )
    }

    /// A session begins: all is to be said again.
    mutating func restart() {
        done = 0
        changed = []
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
        default: return changed.first.map { .availability($0) }
        }
    }

    /// ``next`` was handed to the broker.
    mutating func advance() {
        guard let done else { return }
        if done < 2 + 2 * devices.count { self.done = done + 1 } else if !changed.isEmpty { changed.removeFirst() }
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
        }
    }
}
