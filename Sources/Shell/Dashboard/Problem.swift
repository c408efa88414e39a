// SPDX-License-Identifier: Apache-2.0

import Alarms
import FoundationEssentials
import Hummingbird
import Model
import NIOCore
import Pipeline

/// A refusal as RFC 9457 writes it; pages show the same sentences.
struct Problem: Error, Hashable, Sendable {
    /// The stable part: `urn:sluice:problem:` and this word are the problem's `type`.
    enum Kind: String, CaseIterable, Sendable {
        case ticketUnknown = "ticket-unknown"
        case alarmUnknown = "alarm-unknown"
        case alarmChanged = "alarm-changed"
        case alarmActionNotAllowed = "alarm-action-not-allowed"
        case shelfTooLong = "shelf-too-long"
        case findingUnknown = "finding-unknown"
        case findingOver = "finding-over"
        case verdictNotTaken = "verdict-not-taken"
        case announcementUnknown = "announcement-unknown"
        case announcementOver = "announcement-over"
        case announcementInvalid = "announcement-invalid"
        case workNotTaken = "work-not-taken"
        case noticeNotTaken = "notice-not-taken"
        case photoInvalid = "photo-invalid"
        case photoName = "photo-name"
        case photoNameTaken = "photo-name-taken"
        case photosTooMany = "photos-too-many"
        case photoRoom = "photo-room"
        case photoUnknown = "photo-unknown"
        case ticketEnded = "ticket-ended"
        case tooManyUploads = "too-many-uploads"
        case announcementAsset = "announcement-asset"
        case announcementsTooMany = "announcements-too-many"
        case verdictInvalid = "verdict-invalid"
        case reasonMissing = "reason-missing"
        case timeTooFar = "time-too-far"
        case personUnknown = "person-unknown"
        case pointUnknown = "point-unknown"
        case notFound = "not-found"
        case ticketChanged = "ticket-changed"
        case actionNotAllowed = "action-not-allowed"
        case noteMissing = "note-missing"
        case signerIsResolver = "signer-is-resolver"
        case needsPerson = "needs-person"
        case needsReason = "needs-reason"
        case needsTime = "needs-time"
        case needsApproval = "needs-approval"
        case needsAttempts = "needs-attempts"
        case needsOther = "needs-other"
        case timePassed = "time-passed"
        case postponementUsed = "postponement-used"
        case otherOpen = "other-open"
        case windowOver = "window-over"
        case otherNotOpen = "other-not-open"
        case notOffered = "not-offered"
        case scoreOutOfRange = "score-out-of-range"
        case notStored = "not-stored"
        case jsonInvalid = "json-invalid"
        case mediaTypeUnsupported = "media-type-unsupported"
        case methodNotAllowed = "method-not-allowed"
        case keyMissing = "idempotency-key-missing"
        case keyInvalid = "idempotency-key-invalid"
        case keyReused = "idempotency-key-reused"
        case versionMissing = "version-missing"
        case versionInvalid = "version-invalid"
        case assetUnknown = "asset-unknown"
        case parameterInvalid = "parameter-invalid"
        case bodyInvalid = "body-invalid"
        case bodyTooLarge = "body-too-large"
        case rangeInvalid = "range-invalid"
        case originRefused = "origin-refused"
        case hostRefused = "host-refused"
        case tooManyStreams = "too-many-streams"
        case trendUnavailable = "trend-unavailable"
        case historyTooLong = "history-too-long"
        case reportRequest = "report-request"
        case reportUnavailable = "report-unavailable"
        case internalError = "internal-error"
        case signInNeeded = "sign-in-needed"
        case notPermitted = "not-permitted"
        case otherPerson = "other-person"
        case formStale = "form-stale"
        case passwordMustChange = "password-must-change"
        case signInWrong = "sign-in-wrong"
        case signInWait = "sign-in-wait"
        case signInBusy = "sign-in-busy"
        case firstRunOver = "first-run-over"
        case passwordRefused = "password-refused"
        case passwordDiffers = "password-differs"
        case accountRefused = "account-refused"
    }

    var kind: Kind
    /// Values for the sentence of the catalogue.
    var values: [String: String]
    /// Present version of a ticket that has changed.
    var version: Int?
    /// State and actions of a ticket that does not allow what was asked.
    var state: String?
    var allowed: [String]?
    /// Rules that take a verdict that this one does not.
    var rules: [String]?
    /// Why, in the reader's words; fills the place of `reason`.
    var reason: RefusalReason?
    /// Each thing that is wrong with the request.
    var faults: [RequestFault]

    init(
        _ kind: Kind, _ values: [String: String] = [:], version: Int? = nil, state: String? = nil,
        allowed: [String]? = nil, faults: [RequestFault] = []
    ) {
        self.faults = faults
        (self.kind, self.values, self.version, self.state, self.allowed) = (kind, values, version, state, allowed)
    }

    /// - Parameter reason: The refusal in English, for a reason that the catalogue does not have.
    init(_ kind: Kind, _ refusal: String, _ reason: RefusalReason?) {
        self.init(kind, ["reason": refusal])
        self.reason = reason
    }

    init(_ refusal: ActionRefusal, of action: TicketAction) {
        switch refusal {
        case .unknownTicket(let number): self.init(.ticketUnknown, ["number": number])
        case .unknownPerson(let person): self.init(.personUnknown, ["person": person])
        case .stale(let version):
            self.init(.ticketChanged, ["number": action.number, "version": "\(version)"], version: version)
        case .notAllowed(let state, let allowed):
            self.init(
                .actionNotAllowed, ["number": action.number, "action": action.verb.rawValue], state: state,
                allowed: allowed)
        case .noteMissing: self.init(.noteMissing)
        case .signerIsResolver: self.init(.signerIsResolver, ["person": action.person.text])
        case .ground(let ground, let about):
            self.init(Kind(ground), ["about": about, "number": action.number])
        case .notStored(let reason): self.init(.notStored, ["reason": reason])
        }
    }

    init(_ refusal: FindingRefusal) {
        switch refusal {
        case .unknownFinding(let finding): self.init(.findingUnknown, ["finding": finding.text])
        case .unknownPerson(let person): self.init(.personUnknown, ["person": person.text])
        case .alreadyOver(let finding): self.init(.findingOver, ["finding": finding.text])
        case .notLearned(let rule, let rules):
            self.init(.verdictNotTaken, ["rule": rule.text])
            self.rules = rules.map(\.text)
        case .reasonMissing: self.init(.reasonMissing, [:])
        case .timePassed(let time): self.init(.timePassed, ["about": time.rfc3339])
        case .timeTooFar(let time, let days):
            self.init(.timeTooFar, ["about": time.rfc3339, "days": "\(days)"])
        case .notStored(let reason): self.init(.notStored, ["reason": reason])
        }
    }

    init(_ refusal: AlarmActionRefusal, of action: AlarmAction) {
        switch refusal {
        case .unknownAlarm(let alarm): self.init(.alarmUnknown, ["alarm": alarm])
        case .unknownPerson(let person): self.init(.personUnknown, ["person": person])
        case .stale(let version):
            self.init(.alarmChanged, ["alarm": action.alarm, "version": "\(version)"], version: version)
        case .notAllowed(let state, let allowed):
            self.init(
                .alarmActionNotAllowed, ["alarm": action.alarm, "action": action.verb.rawValue], state: state,
                allowed: allowed)
        case .reasonMissing: self.init(Kind.reasonMissing)
        case .shelfTooLong(let hours): self.init(.shelfTooLong, ["hours": NumberText.number(hours)])
        case .keyReused: self.init(Kind.keyReused)
        case .notStored(let reason): self.init(.notStored, ["reason": reason])
        }
    }

    init(_ refusal: AnnouncementRefusal) {
        func list(_ assets: [AssetIdentifier]) -> String {
            let some = assets.prefix(12).map(\.text).joined(separator: ", ")
            return assets.isEmpty ? "—" : assets.count > 12 ? some + ", …" : some
        }
        switch refusal {
        case .unknownPerson(let person): self.init(.personUnknown, ["person": person.text])
        case .unknownAsset(let asset): self.init(.assetUnknown, ["asset": asset.text])
        case .unknownBus(let bus, let known):
            let fitting = known.map(\.text).joined(separator: ", ")
            self.init(.announcementAsset, ["asset": bus.text, "fitting": fitting])
        case .assetNeeded(_, let fitting): self.init(.announcementAsset, ["asset": "—", "fitting": list(fitting)])
        case .assetNotTaken: self.init(.announcementAsset, ["asset": "", "fitting": "—"])
        case .assetOfOtherKind(let asset, _, let fitting):
            self.init(.announcementAsset, ["asset": asset.text, "fitting": list(fitting)])
        case .noZone(let asset, let zones):
            self.init(.announcementAsset, ["asset": asset.text, "fitting": list(zones)])
        case .endsBeforeStart: self.init(.announcementInvalid)
        case .timePassed(let time): self.init(.timePassed, ["about": time.rfc3339])
        case .timeTooFar(let time, let days): self.init(.timeTooFar, ["about": time.rfc3339, "days": "\(days)"])
        case .tooMany(let limit): self.init(.announcementsTooMany, ["limit": "\(limit)"])
        case .unknown(let number): self.init(.announcementUnknown, ["number": "\(number)"])
        case .alreadyOver(let number): self.init(.announcementOver, ["number": "\(number)"])
        case .reasonMissing: self.init(Kind.reasonMissing)
        case .notStored(let reason): self.init(.notStored, ["reason": reason])
        }
    }

    init(_ refusal: ReportRefusal) {
        switch refusal {
        case .unknownPerson(let person): self.init(.personUnknown, ["person": person])
        case .unknownAsset(let asset): self.init(.assetUnknown, ["asset": asset])
        case .keyReused: self.init(Kind.keyReused)
        case .notStored(let reason): self.init(.notStored, ["reason": reason])
        }
    }

    var status: HTTPResponse.Status {
        switch kind {
        case .ticketUnknown, .alarmUnknown, .findingUnknown, .pointUnknown, .notFound, .announcementUnknown,
            .photoUnknown:
            .notFound
        case .jsonInvalid, .keyMissing, .keyInvalid, .versionInvalid: .badRequest
        case .mediaTypeUnsupported: .unsupportedMediaType
        case .methodNotAllowed: .methodNotAllowed
        case .versionMissing: .preconditionRequired
        case .personUnknown, .assetUnknown, .keyReused, .parameterInvalid, .noteMissing, .bodyInvalid, .rangeInvalid,
            .historyTooLong,
            .needsPerson, .needsReason,
            .needsTime, .needsApproval, .needsAttempts, .needsOther, .timePassed, .scoreOutOfRange,
            .verdictInvalid, .shelfTooLong, .reasonMissing, .timeTooFar, .reportRequest, .announcementInvalid,
            .announcementAsset, .workNotTaken, .noticeNotTaken, .photoInvalid, .photoName:
            .unprocessableContent
        case .ticketChanged, .alarmChanged: .preconditionFailed
        case .actionNotAllowed, .alarmActionNotAllowed, .signerIsResolver, .postponementUsed, .otherOpen, .windowOver,
            .otherNotOpen, .notOffered, .findingOver, .verdictNotTaken, .announcementOver, .announcementsTooMany,
            .photoNameTaken, .photosTooMany, .ticketEnded:
            .conflict
        case .notStored, .tooManyStreams, .trendUnavailable, .reportUnavailable, .photoRoom, .tooManyUploads:
            .serviceUnavailable
        case .bodyTooLarge: .contentTooLarge
        case .originRefused, .hostRefused, .notPermitted, .otherPerson, .formStale, .passwordMustChange, .signInWrong,
            .firstRunOver:
            .forbidden
        case .signInNeeded: .unauthorized
        case .signInWait: .tooManyRequests
        case .signInBusy: .serviceUnavailable
        case .passwordRefused, .passwordDiffers, .accountRefused: .unprocessableContent
        case .internalError: .internalServerError
        }
    }

    func title(in wording: Wording) -> String { wording.word(.problem, kind.rawValue) }

    /// The whole sentence in the reader's words: states and actions are named as the page names them.
    func detail(in wording: Wording) -> String {
        var values = values
        let isOfAlarm = kind == .alarmActionNotAllowed
        let actions = isOfAlarm ? WordFamily.alarmDeed : .action
        if let action = values["action"] { values["action"] = wording.word(actions, action) }
        if let rule = values["rule"] { values["rule"] = wording.word(.rule, rule) }
        if let rules {
            values["rules"] = rules.map { wording.word(.rule, $0) }.joined(separator: wording.text(.listSeparator))
        }
        if let reason, let text = wording.refusal(reason) { values["reason"] = text }
        if let state { values["state"] = wording.word(isOfAlarm ? .alarmState : .state, state) }
        if let allowed {
            let names = kind == .methodNotAllowed ? allowed : allowed.map { wording.word(actions, $0) }
            values["allowed"] = names.isEmpty ? "—" : names.joined(separator: wording.text(.listSeparator))
        }
        return wording.sentence(.problem, kind.rawValue + "_detail", values) ?? title(in: wording)
    }

    /// The problem as `application/problem+json`.
    ///
    /// - Parameter path: Of the request.
    func response(in wording: Wording, at path: String) -> Response {
        let body = Body(
            type: kind.type, title: title(in: wording), status: status.code,
            detail: detail(in: wording), instance: path, version: version, state: state, allowed: allowed,
            errors: faults.isEmpty ? nil : faults.map { Body.Fault($0, in: wording) })
        var response = JSONText.response(body, status: status)
        response.headers[.contentType] = "application/problem+json"
        if kind == .tooManyStreams { response.headers[.retryAfter] = "30" }
        if kind == .tooManyUploads { response.headers[.retryAfter] = "5" }
        if kind == .methodNotAllowed { response.headers[.allow] = (allowed ?? []).joined(separator: ", ") }
        if kind == .signInNeeded { response.headers[.wwwAuthenticate] = "Bearer realm=\"sluice\"" }
        if let version { response.headers[.eTag] = EntityTag.text(version) }
        return response
    }

    private struct Body: Encodable {
        var type: String
        var title: String
        var status: Int
        var detail: String
        var instance: String
        var version: Int?
        var state: String?
        var allowed: [String]?
        var errors: [Fault]?

        struct Fault: Encodable {
            var detail: String
            var pointer: String?
            var parameter: String?
            var header: String?

            init(_ fault: RequestFault, in wording: Wording) {
                detail = fault.detail(in: wording)
                switch fault.place {
                case .pointer(let text): pointer = text
                case .parameter(let name): parameter = name
                case .header(let name): header = name
                }
            }
        }
    }
}

extension Problem.Kind {
    /// What programs know it by.
    var type: String { "urn:sluice:problem:\(rawValue)" }

    init(_ ground: ActionGround) {
        switch ground {
        case .needsPerson: self = .needsPerson
        case .needsReason: self = .needsReason
        case .needsTime: self = .needsTime
        case .needsApproval: self = .needsApproval
        case .needsAttempts: self = .needsAttempts
        case .needsOther: self = .needsOther
        case .timePassed: self = .timePassed
        case .postponementUsed: self = .postponementUsed
        case .otherOpen: self = .otherOpen
        case .windowOver: self = .windowOver
        case .otherNotOpen: self = .otherNotOpen
        case .notOffered: self = .notOffered
        case .scoreOutOfRange: self = .scoreOutOfRange
        }
    }
}

/// JSON answers, keys in alphabetical order.
enum JSONText {
    static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return Response(status: .internalServerError) }
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
    }
}
