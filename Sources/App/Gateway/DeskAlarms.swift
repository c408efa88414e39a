// SPDX-License-Identifier: Apache-2.0

import Alarms
import FoundationEssentials
import Model
import Pipeline
import Store

extension Desk {
    /// Carries out a person's action on an alarm; nothing changes when it is refused or cannot be stored.
    ///
    /// Alarm and answer are one transaction: a request that is sent again under its key within 48 h is answered from it
    /// and changes nothing, whatever became of the alarm.
    ///
    /// - Parameter describe: What is answered of an alarm.
    func act(
        _ action: AlarmAction, key: RequestKey?, at now: Timestamp,
        describe: @Sendable (Alarm, Books) async -> AlarmSnapshot
    ) async throws(AlarmActionRefusal) -> AlarmSnapshot {
        await gate.enter()
        let outcome: Result<AlarmSnapshot, AlarmActionRefusal>
        do {
            outcome = .success(try await carryOut(action, key, at: now, describe: describe))
        } catch let refusal as AlarmActionRefusal {
            outcome = .failure(refusal)
        } catch let refusal as AlarmRefusal {
            outcome = .failure(AlarmActionRefusal(refusal, alarm: alarm(named: action.alarm, in: books)))
        } catch {
            outcome = .failure(.notStored("\(error)"))
        }
        await gate.leave()
        return try outcome.get()
    }

    private func carryOut(
        _ action: AlarmAction, _ key: RequestKey?, at now: Timestamp,
        describe: @Sendable (Alarm, Books) async -> AlarmSnapshot
    ) async throws -> AlarmSnapshot {
        if let key {
            switch try await store.keptAnswer(key: key.key, request: key.request, now: now) {
            case .given(let answer): return try JSONDecoder().decode(AlarmSnapshot.self, from: Data(answer))
            case .otherRequest: throw AlarmActionRefusal.keyReused
            case nil: break
            }
        }
        var next = judge
        var verdict = Verdict()
        try next.act(action, at: now, into: &verdict)
        guard let alarm = alarm(named: action.alarm, in: next.books) else {
            throw AlarmActionRefusal.unknownAlarm(action.alarm)
        }
        let answer = await describe(alarm, next.books)
        let kept = try key.map {
            Judgement.AnswerRecord(
                key: $0.key, at: now, request: $0.request, answer: Array(try JSONEncoder().encode(answer)))
        }
        try await save(next, verdict, cursor: nil, answer: kept)
        judge = next
        await tell(verdict)
        return answer
    }

    private func alarm(named identifier: String, in books: Books) -> Alarm? {
        books.alarms.alarms.first { $0.identifier == identifier }
    }
}
