// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox

/// Rows that only the consumer confirms.
extension Publisher {
    var isConfirmedByConsumer: Bool { settings.confirmation == .consumer }

    /// Takes an acknowledgement of the consumer.
    func take(acknowledgement message: InboundMessage) async {
        guard isConfirmedByConsumer, let number = EndToEnd.acknowledgement(in: message.payload, epoch: store.epoch)
        else {
            return
        }
        do {
            let highest = try await store.lastSequence()
            await carryOut(
                endToEnd.heard(number, highest: highest, isFresh: !message.isRetained, at: clocks.now().instant))
        } catch {
            storeFailed(error)
        }
    }

    /// Publishes the next mark, and does what is due without one.
    func tendConfirmation() async {
        guard isConfirmedByConsumer, session.isOnline else { return }
        let now = clocks.now().instant
        await carryOut(endToEnd.clockTick(at: now))
        guard endToEnd.wantsMark, isStoreReady(at: now), now >= markAt else { return }
        do {
            let rows = try await store.sentRows(after: endToEnd.acknowledged, limit: EndToEnd.markLength)
            markAt = clocks.now().instant + (rows.count < EndToEnd.markLength ? settings.settleDelay : .zero)
            guard let last = rows.last else { return }
            let mark = DeliveryMark(
                epoch: store.epoch, after: endToEnd.acknowledged.value, through: last.value,
                rows: rows.map(\.value).filter { !refusedNumbers.contains(SequenceNumber($0)) })
            beside.add(OutboundMessage(topic: writer.topics.mark, payload: mark.payload, isRetained: false))
            endToEnd.marked(through: last, at: now)
        } catch {
            storeFailed(error)
        }
    }

    private func carryOut(_ effects: [EndToEnd.Effect]) async {
        for effect in effects {
            do {
                switch effect {
                case .remove(let through):
                    _ = try await store.removeConfirmed(through: through)
                    refusedNumbers = refusedNumbers.filter { $0 > through }
                    markAt = clocks.now().instant
                case .replay(let number):
                    let rows = try await store.returnToWaiting(sentAbove: number)
                    counts.replayedRows += rows
                    onNotice(.replayed(rows: rows))
                    alarm.restart(after: .beforeAll)
                    backlog.restart(after: .beforeAll)
                case .silent: onNotice(.consumerSilent(acknowledged: endToEnd.acknowledged))
                case .heardAgain: onNotice(.consumerHeard(acknowledged: endToEnd.acknowledged))
                case .implausible(let number):
                    if beside.isNews("ack \(number)") { onNotice(.implausibleAcknowledgement(number)) }
                }
            } catch {
                storeFailed(error)
            }
        }
    }

    /// The message of a row with its number in it, so that a consumer can tell it from a repeated one.
    func numbered(_ message: OutboundMessage, _ row: SequenceNumber) -> OutboundMessage {
        guard isConfirmedByConsumer, message.payload.count > 2, message.payload.last == UInt8(ascii: "}") else {
            return message
        }
        // A gap's message has its epoch already, and a key that stands twice is no JSON to a strict reader.
        guard let told = try? JSONTree(message.payload) else { return message }
        var numbered = message
        numbered.payload.removeLast()
        if told["seq"] == nil { numbered.payload += Array(#","seq":\#(row.value)"#.utf8) }
        if told["ep"] == nil { numbered.payload += Array(#","ep":\#(store.epoch)"#.utf8) }
        numbered.payload.append(UInt8(ascii: "}"))
        return numbered
    }
}
