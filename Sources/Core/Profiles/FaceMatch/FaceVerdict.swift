// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

extension FaceMatch: CustomStringConvertible {
    /// `input 72, float32, order ABCD, times 1: 512.75`.
    public var description: String {
        let readings = parts.map { part in
            let order = part.order.map { ", order \($0.rawValue)" } ?? ""
            let also = part.alsoType.map { " or \($0.rawValue)" } ?? ""
            let unit = part.unit.symbol.isEmpty ? "" : " \(part.unit.symbol)"
            return
                "\(part.table.rawValue) \(part.address), \(part.type)\(also)\(order), times \(powerText(part.exponent))\(unit)"
        }
        return readings.joined(separator: " plus ")
    }

    /// How the manual counts, when it prints `number` for this place: from 0, or from 1; `nil` when neither fits.
    ///
    /// A number of the form 3xxxx or 4xxxx counts from 1 behind its first digit.
    public func addressBase(ofManualNumber number: Int) -> Int? {
        let plain = (30_001...49_999).contains(number) ? number % 10_000 : number
        return [0, 1].first { Int(address) == plain - $0 }
    }
}

extension FaceMatches {
    /// What follows from the matches, in whole sentences.
    public var verdict: String {
        let best = best
        guard let first = best.first else {
            return "No reading of these registers shows \(face). Check that they were read at the moment of the face "
                + "number, read some more registers on either side, or try the other table."
        }
        let agreed =
            first.digitsAgreed == face.digits
            ? "all \(face.digits) digits" : "\(first.digitsAgreed) of \(face.digits) digits"
        let few =
            face.digits < 4 ? " \(face) has few digits, so chance may have helped; type every digit of the face." : ""
        guard best.count > 1 else { return "One reading agrees in \(agreed).\(few)" }
        if let wider = widerOfOneNumber {
            return "\(best.count) readings agree equally, in \(agreed), and are the same number: the wider one takes "
                + "in zeros beside the narrower one. No second reading tells them apart before the registers count past "
                + "4294967295. Take the wider one, \(wider.type) at \(wider.address), if the manual says so.\(few)"
        }
        return "\(best.count) readings agree equally, in \(agreed); nothing in these registers tells them apart. Read "
            + "registers and face again when the number has changed, and give both with --second and --second-face.\(few)"
    }

    /// The one of 64 bits among the best readings when the others are 32 bits of the same number; else `nil`.
    private var widerOfOneNumber: FacePart? {
        let parts = best.compactMap { $0.parts.count == 1 ? $0.parts[0] : nil }
        guard parts.count == best.count, let wider = parts.first(where: { $0.type == .plain(.uint64) }) else {
            return nil
        }
        let isOne = parts.allSatisfy { part in
            part == wider
                || part.type == .plain(.uint32) && part.order == wider.order
                    && part.table == wider.table && part.exponent == wider.exponent && part.unit == wider.unit
                    && part.addresses.lowerBound >= wider.addresses.lowerBound
                    && part.addresses.upperBound <= wider.addresses.upperBound
        }
        return isOne ? wider : nil
    }
}

extension FacePart {
    /// Of its registers.
    fileprivate var addresses: Range<Int> { Int(address)..<Int(address) + type.width }
}
