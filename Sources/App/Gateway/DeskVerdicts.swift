// SPDX-License-Identifier: Apache-2.0

import Analysis
import FoundationEssentials
public import Model
public import Pipeline
import Store

/// What persons tell the analyzer, beside what it reads.
extension Desk {
    /// Takes in what a person says about a finding; nothing changes when it is refused or cannot be stored.
    ///
    /// The verdict, the analyzer's state after it and whatever follows from it are one transaction.
    ///
    /// - Returns: Why not; `nil` when it was taken in.
    func take(_ verdict: FindingVerdict, at reading: ClockReading) async -> FindingRefusal? {
        guard findingsByIdentifier[verdict.finding] != nil else { return .unknownFinding(verdict.finding) }
        await gate.enter()
        var refusal: FindingRefusal?
        do {
            var next = judge
            var followed = Verdict()
            let now = next.serviceTime(of: reading, boot: boot)
            let told = try next.judge(verdict, at: now, into: &followed).get()
            try await save(next, followed, cursor: cursor, told: [try Self.record(of: verdict, told, at: now, cursor)])
            judge = next
            verdictLines[verdict.finding, default: []].append(VerdictLine(verdict, at: now))
            await tell(followed)
            if followed.findings.isEmpty { await changed([.findings]) }
        } catch {
            refusal = error as? FindingRefusal ?? .notStored("\(error)")
        }
        await gate.leave()
        return refusal
    }

    static func record(
        of verdict: FindingVerdict, _ told: Judge.Told, at now: Timestamp, _ cursor: SequenceNumber
    ) throws -> Judgement.InterventionRecord {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return Judgement.InterventionRecord(
            at: now, cursor: cursor, dataTime: told.dataTime ?? Timestamp(milliseconds: 0), kind: verdict.verb.rawValue,
            subject: verdict.finding.text, person: verdict.person.text, reason: verdict.reason, until: verdict.until,
            body: Array(try encoder.encode(told.intervention)))
    }

    /// The verdicts among the rows, by finding.
    static func lines(of records: [Judgement.InterventionRecord]) -> [FindingIdentifier: [VerdictLine]] {
        var lines: [FindingIdentifier: [VerdictLine]] = [:]
        for record in records {
            guard let (finding, line) = verdictLine(of: record) else { continue }
            lines[finding, default: []].append(line)
        }
        return lines
    }
}

/// A row of what the analyzer was told as a verdict about a finding; `nil` when it is about something else.
func verdictLine(of record: Judgement.InterventionRecord) -> (FindingIdentifier, VerdictLine)? {
    guard let verb = FindingVerdict.Verb(rawValue: record.kind) else { return nil }
    let line = VerdictLine(
        at: record.at, verdict: verb, person: PersonIdentifier(record.person), reason: record.reason,
        until: record.until)
    return (FindingIdentifier(record.subject), line)
}

/// What persons have said of findings, from the state directory of a gateway that may be running.
public func readVerdicts(directory: String) throws -> [FindingIdentifier: [VerdictLine]] {
    Desk.lines(of: try SluiceStore.interventions(directory: directory))
}
