// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox

/// Sweeps whose values are shown although they could not be stored: the newest of each asset, the oldest asset first.
struct UnstoredSweeps: Sendable {
    private var newest: [AssetIndex: Sweep] = [:]
    private var order: [AssetIndex] = []
    /// When the value was received that the topic of an asset has shown without being stored.
    private var shown: [AssetIndex: MonotonicInstant] = [:]

    var first: Sweep? { order.first.flatMap { newest[$0] } }

    mutating func add(_ sweep: Sweep) {
        guard !sweep.readings.isEmpty else { return }
        if newest.updateValue(sweep, forKey: sweep.asset) == nil { order.append(sweep.asset) }
    }

    mutating func removeFirst() {
        guard let asset = order.first else { return }
        order.removeFirst()
        newest[asset] = nil
    }

    mutating func removeAll() { (newest, order) = ([:], []) }

    /// The topic of the asset shows `sweep` from now on.
    mutating func markShown(_ sweep: Sweep) { shown[sweep.asset] = sweep.receivedAt }

    /// Whether the topic has shown something younger that is not stored.
    func isPast(_ sweep: Sweep) -> Bool { shown[sweep.asset].map { sweep.receivedAt < $0 } ?? false }
}

extension Publisher {
    /// - Returns: Whether there may be room for more.
    func sendUnstored(_ sweep: Sweep) async -> Bool {
        guard settings.catalogue.assets.indices.contains(Int(sweep.asset.value)) else {
            unstored.removeFirst()
            return true
        }
        let message = OutboundMessage(
            topic: writer.topic(of: sweep.asset), payload: writer.unstoredMessage(sweep, latest: latest),
            isRetained: true)
        switch await send(message, rows: [], lane: .live) {
        case .sent, .refused:
            unstored.markShown(sweep)
            unstored.removeFirst()
            return true
        case .noRoom, .broken: return false
        }
    }
}
