// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// What a JSON body, or a query, consists of: the reader of requests and the description of the interface both follow
/// it.
struct BodyShape: Sendable {
    /// What a member may be.
    enum Kind: Sendable {
        /// A text of so many Unicode scalars.
        case text(ClosedRange<Int>)
        case words([String])
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case boolean
        /// RFC 3339.
        case moment
        case form(TextForm)
        /// An object of its own; in bodies only.
        indirect case object(BodyShape)
    }

    /// Where words come from that differ from site to site.
    enum Vocabulary: Hashable, Sendable { case persons, assets, points, rules }

    struct Member: Sendable {
        var name: String
        var kind: Kind
        var isRequired = false
        /// Words that are known here; whether one is, the gateway says.
        var among: Vocabulary?
        /// For the description of the interface, in English.
        var about: String
    }

    var members: [Member]
    /// Whether members that are not named are passed over; else they are a mistake.
    var passesOverOthers = false
}

/// One thing that is wrong with a request (RFC 9457, section 3.1).
struct RequestFault: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        /// RFC 6901, as a fragment: `#/person`.
        case pointer(String)
        case parameter(String)
        case header(String)
    }

    var place: Place
    /// Names the sentence of the catalogue.
    var word: Word
    var values: [String: String] = [:]

    enum Word: String, CaseIterable, Sendable {
        case missing, unknown, object, text, words, integer, number, boolean, moment, cursor, form
    }

    func detail(in wording: Wording) -> String { wording.sentence(.fault, word.rawValue, values) ?? word.rawValue }
}

/// The members of a body that has the right shape.
struct BodyValues: Sendable {
    fileprivate var values: [String: JSONTree]

    func text(_ name: String) -> String? {
        if case .text(let text) = values[name] { text } else { nil }
    }

    /// The members of an object.
    func object(_ name: String) -> BodyValues? {
        if case .object(let members) = values[name] { BodyValues(values: members) } else { nil }
    }

    func boolean(_ name: String) -> Bool? {
        if case .boolean(let value) = values[name] { value } else { nil }
    }

    func integer(_ name: String) -> Int? {
        switch values[name] {
        case .integer(let value): Int(exactly: value)
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    func number(_ name: String) -> Double? {
        switch values[name] {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    func moment(_ name: String) -> Timestamp? { text(name).flatMap { Timestamp(rfc3339: $0) } }
}

extension BodyShape {
    /// Reads a body.
    ///
    /// - Throws: `jsonInvalid` when it is not JSON, `bodyInvalid` with everything that is wrong.
    func read(_ bytes: some Collection<UInt8>) throws(Problem) -> BodyValues {
        guard let tree = JSONTree(bytes: bytes) else { throw Problem(.jsonInvalid) }
        guard case .object(let found) = tree else {
            throw Problem(.bodyInvalid, faults: [RequestFault(place: .pointer("#"), word: .object)])
        }
        let faults = faults(of: found, below: "#/")
        guard faults.isEmpty else { throw Problem(.bodyInvalid, faults: faults) }
        return BodyValues(values: found)
    }

    private func faults(of found: [String: JSONTree], below path: String) -> [RequestFault] {
        var faults: [RequestFault] = []
        for member in members {
            let pointer = path + Self.token(member.name)
            guard let value = found[member.name] else {
                if member.isRequired { faults.append(RequestFault(place: .pointer(pointer), word: .missing)) }
                continue
            }
            if case .object(let inner) = member.kind, case .object(let members) = value {
                faults += inner.faults(of: members, below: pointer + "/")
            } else if let fault = member.kind.fault(of: value, at: .pointer(pointer)) {
                faults.append(fault)
            }
        }
        let known = Set(members.map(\.name))
        for name in found.keys.sorted() where !passesOverOthers && !known.contains(name) {
            faults.append(RequestFault(place: .pointer(path + Self.token(name)), word: .unknown))
        }
        return faults
    }

    /// Reads a query, whose values are texts; names that are not known are refused as well.
    ///
    /// - Throws: `parameterInvalid` with everything that is wrong.
    func read(query: [(name: String, value: String)]) throws(Problem) -> BodyValues {
        var faults: [RequestFault] = []
        var values: [String: JSONTree] = [:]
        for (name, text) in query {
            guard let member = members.first(where: { $0.name == name }), values[name] == nil else {
                faults.append(RequestFault(place: .parameter(name), word: .unknown))
                continue
            }
            let value = member.kind.value(ofText: text)
            values[name] = value
            if let fault = member.kind.fault(of: value, at: .parameter(name)) { faults.append(fault) }
        }
        for member in members where member.isRequired && values[member.name] == nil {
            faults.append(RequestFault(place: .parameter(member.name), word: .missing))
        }
        guard faults.isEmpty else { throw Problem(.parameterInvalid, faults: faults) }
        return BodyValues(values: values)
    }

    /// RFC 6901, sections 3 and 6.
    private static func token(_ name: String) -> String {
        PercentText.encoded(name.replacing("~", with: "~0").replacing("/", with: "~1"))
    }
}

extension BodyShape.Kind {
    fileprivate func value(ofText text: String) -> JSONTree {
        switch self {
        case .text, .words, .moment, .form, .object: .text(text)
        case .integer: Int64(text).map { .integer($0) } ?? .text(text)
        case .number: Double(text).map { .number($0) } ?? .text(text)
        case .boolean: text == "true" ? .boolean(true) : text == "false" ? .boolean(false) : .text(text)
        }
    }

    /// `nil` when the value is right.
    fileprivate func fault(of value: JSONTree, at place: RequestFault.Place) -> RequestFault? {
        switch self {
        case .text(let range):
            if case .text(let text) = value, range.contains(text.unicodeScalars.count) { return nil }
            return RequestFault(
                place: place, word: .text, values: ["least": "\(range.lowerBound)", "most": "\(range.upperBound)"])
        case .words(let words):
            if case .text(let text) = value, words.contains(text) { return nil }
            return RequestFault(place: place, word: .words, values: ["words": words.joined(separator: ", ")])
        case .integer(let range):
            let values = ["least": "\(range.lowerBound)", "most": "\(range.upperBound)"]
            switch value {
            case .integer(let count) where Int(exactly: count).map { range.contains($0) } ?? false: return nil
            case .number(let count) where Int(exactly: count).map { range.contains($0) } ?? false: return nil
            default: return RequestFault(place: place, word: .integer, values: values)
            }
        case .number(let range):
            let values = ["least": "\(range.lowerBound)", "most": "\(range.upperBound)"]
            switch value {
            case .integer(let count) where range.contains(Double(count)): return nil
            case .number(let number) where range.contains(number): return nil
            default: return RequestFault(place: place, word: .number, values: values)
            }
        case .boolean:
            if case .boolean = value { return nil }
            return RequestFault(place: place, word: .boolean)
        case .moment:
            if case .text(let text) = value, Timestamp(rfc3339: text) != nil { return nil }
            return RequestFault(place: place, word: .moment)
        case .object: return RequestFault(place: place, word: .object)
        case .form(let form):
            if case .text(let text) = value, form.fits(text) { return nil }
            return RequestFault(place: place, word: .form, values: ["example": form.example])
        }
    }
}
