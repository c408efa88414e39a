// SPDX-License-Identifier: Apache-2.0

import Analysis
import FoundationEssentials
import Logging
import Model
import Pipeline
import Store

/// What the analyzer was told before, with its place among the readings.
struct PendingIntervention {
    /// The last stored reading that it knew.
    var cursor: SequenceNumber
    var told: Judge.Told

    /// `nil` for a row that this version cannot read.
    init?(_ record: Judgement.InterventionRecord) {
        guard let intervention = try? JSONDecoder().decode(Intervention.self, from: Data(record.body)) else {
            return nil
        }
        cursor = record.cursor
        told = Judge.Told(intervention, at: record.dataTime > Timestamp(milliseconds: 0) ? record.dataTime : nil)
    }

    var isCalendar: Bool {
        if case .calendar = told.intervention { true } else { false }
    }
}

extension [PendingIntervention] {
    /// By their places; those of one place as they were told.
    func inOrder() -> Self {
        enumerated().sorted { ($0.element.cursor, $0.offset) < ($1.element.cursor, $1.offset) }.map(\.element)
    }
}

/// What is announced, and how the analyzer comes to know of it.
extension Desk {
    /// Tells `next` again what it was told before the reading `sequence`.
    static func tell(
        _ waiting: inout ArraySlice<PendingIntervention>, before sequence: SequenceNumber, to next: inout Judge,
        at now: Timestamp, into verdict: inout Verdict
    ) {
        while let first = waiting.first, first.cursor < sequence {
            var told = first.told
            // Without readings around it, nothing was found yet that it could be about.
            if next.analyzer.dataTime == nil { told.dataTime = nil }
            next.take(told, at: now, into: &verdict)
            waiting.removeFirst()
        }
    }

    /// Tells what is left of an earlier life when the store has no more readings.
    func tellRest(at wall: Timestamp) async throws {
        var (next, verdict) = (judge, Verdict())
        var waiting = pending[...]
        Self.tell(&waiting, before: SequenceNumber(.max), to: &next, at: wall, into: &verdict)
        try await save(next, verdict, cursor: cursor)
        (judge, pending) = (next, [])
        await tell(verdict)
        if isCalendarDue { try await settleCalendar(at: wall) }
    }

    /// Tells the analyzer what is announced now where it knows something else, as after the site's file was changed.
    ///
    /// While it is told again what it was told in an earlier life, this waits until that is over.
    func settleCalendar(at wall: Timestamp) async throws {
        guard !pending.contains(where: \.isCalendar) else { return }
        if judge.analyzer.announced != calendar.calendar {
            var (next, verdict) = (judge, Verdict())
            let told = next.tell(.calendar(calendar.calendar), at: wall, into: &verdict)
            let record = try Self.record(
                of: told, kind: "calendar", at: wall, cursor, subject: "", person: "", reason: "", until: nil)
            try await save(next, verdict, cursor: cursor, told: [record])
            judge = next
            await tell(verdict)
        }
        isCalendarDue = false
    }

    /// Takes an announcement in; nothing changes when it is refused or cannot be stored.
    func announce(
        _ draft: AnnouncementDraft, at reading: ClockReading
    ) async -> Result<AnnouncementLine, AnnouncementRefusal> {
        await change("announce", by: draft.person, at: reading) { calendar, wall in
            try calendar.announce(draft, at: wall)
        }
    }

    /// Takes an announcement back; nothing changes when that is refused or cannot be stored.
    func withdraw(
        announcement: Int64, by person: PersonIdentifier, reason: String, at reading: ClockReading
    ) async -> Result<AnnouncementLine, AnnouncementRefusal> {
        await change("withdraw", by: person, at: reading) { calendar, wall in
            try calendar.withdraw(announcement, by: person, reason: reason, at: wall)
        }
    }

    private func change(
        _ kind: String, by person: PersonIdentifier, at reading: ClockReading,
        _ edit: (inout CalendarBook, Timestamp) throws -> AnnouncementLine
    ) async -> Result<AnnouncementLine, AnnouncementRefusal> {
        await gate.enter()
        let outcome: Result<AnnouncementLine, AnnouncementRefusal>
        do {
            var (next, verdict, calendar) = (judge, Verdict(), calendar)
            let now = next.serviceTime(of: reading, boot: boot)
            let line = try edit(&calendar, reading.wall)
            next.plan(calendar.windows)
            let told = next.tell(.calendar(calendar.calendar), at: now, into: &verdict)
            let record = try Self.record(
                of: told, kind: kind, at: now, cursor, subject: "\(line.number)", person: person.text,
                reason: line.withdrawal?.reason ?? line.note, until: line.end)
            try await save(next, verdict, cursor: cursor, told: [record], announcements: [line])
            (judge, self.calendar) = (next, calendar)
            await tell(verdict)
            outcome = .success(line)
        } catch {
            outcome = .failure(error as? AnnouncementRefusal ?? .notStored("\(error)"))
        }
        await gate.leave()
        return outcome
    }

    /// Stores the exchange of a meter that was booked, and tells the analyzer of it in the same transaction.
    ///
    /// - Parameter asset: The meter that the analyzer follows there; `nil` when it follows none.
    func exchanged(
        _ asset: AssetIdentifier?, _ exchange: Judgement.ExchangeRecord
    ) async throws {
        await gate.enter()
        do {
            if let asset, judge.analyzer.dataTime != nil {
                var (next, verdict) = (judge, Verdict())
                let told = next.tell(.verdict(.meterExchanged(asset)), at: exchange.audit.at, into: &verdict)
                let record = try Self.record(
                    of: told, kind: "meter-exchanged", at: exchange.audit.at, cursor, subject: asset.text,
                    person: exchange.audit.actor, reason: exchange.audit.result, until: nil)
                try await save(next, verdict, cursor: cursor, told: [record], exchange: exchange)
                judge = next
                await tell(verdict)
            } else {
                try await save(judge, Verdict(), cursor: nil, exchange: exchange)
            }
            await gate.leave()
        } catch {
            await gate.leave()
            throw error
        }
    }

    private static func record(
        of told: Judge.Told, kind: String, at now: Timestamp, _ cursor: SequenceNumber, subject: String,
        person: String, reason: String, until: Timestamp?
    ) throws -> Judgement.InterventionRecord {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return Judgement.InterventionRecord(
            at: now, cursor: cursor, dataTime: told.dataTime ?? Timestamp(milliseconds: 0), kind: kind,
            subject: subject, person: person, reason: reason, until: until,
            body: Array(try encoder.encode(told.intervention)))
    }
}
