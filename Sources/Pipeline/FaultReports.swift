// SPDX-License-Identifier: Apache-2.0

public import Model
public import Tickets

/// A fault that a person reports, with the name of the request that told it.
public struct FaultReport: Hashable, Sendable {
    /// Failure modes for persons, in the order in which a form offers them.
    public static let failureModes = RuleIdentifier.reported
    /// Most characters of the description.
    public static let longestText = 2000

    /// Who enters it; `nil` when it came by the form for everybody.
    public var person: PersonIdentifier?
    public var asset: AssetIdentifier
    public var failureMode: RuleIdentifier
    public var severity: Severity
    public var text: String
    /// Who has the trouble, and where they can be called; empty when not said.
    public var reporter: String
    public var phone: String
    /// A name that the sender gave to the request, so that sending it again does nothing new.
    public var key: String
    /// The request as it came: the same key with other bytes is refused.
    public var request: [UInt8]

    /// The name that another program gave to the fault; `nil` where a person reports.
    public var reference: String?

    public init(
        person: PersonIdentifier?, asset: AssetIdentifier, failureMode: RuleIdentifier, severity: Severity,
        text: String, reporter: String = "", phone: String = "", key: String, request: [UInt8]
    ) {
        (self.person, self.asset, self.failureMode, self.severity) = (person, asset, failureMode, severity)
        (self.text, self.reporter, self.phone) = (text, reporter, phone)
        (self.key, self.request) = (key, request)
    }
}

extension ReportSnapshot {
    /// What everybody may see of a report.
    public init(_ report: PersonReport) {
        self.init(
            text: MaskedPhone.inText(report.text), reporter: report.reporter.isEmpty ? nil : report.reporter,
            phone: report.phone.isEmpty ? nil : MaskedPhone.text(report.phone))
        reference = report.reference
    }
}

/// What became of a report. It is kept, so that a request that is sent again gets the same answer.
public struct ReportedFault: Hashable, Codable, Sendable {
    /// Whether it made a new ticket; else it is a line of one that is there.
    public var isNew: Bool
    public var ticket: TicketDetail
    public init(isNew: Bool, ticket: TicketDetail) { (self.isNew, self.ticket) = (isNew, ticket) }
}

/// Why a report was not taken in; nothing changed.
public enum ReportRefusal: Error, Hashable, Sendable {
    case unknownPerson(String)
    case unknownAsset(String)
    /// The same key came within 48 h with another request.
    case keyReused
    case notStored(String)
}

extension EstateView {
    public func report(_ report: FaultReport) async throws(ReportRefusal) -> ReportedFault {
        throw .notStored("this gateway takes no reports")
    }
}
