// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
import Model

/// What one profile says about a device that a scan has found.
public struct ScanMatch: Hashable, Sendable {
    public enum Grade: Int, Hashable, Sendable, Comparable {
        /// Its probe was answered, and what it reads there makes sense; nothing proves the model.
        case possible
        /// Its identity registers hold what they must.
        case identified
        public static func < (a: Grade, b: Grade) -> Bool { a.rawValue < b.rawValue }
    }

    public var profile: String
    public var grade: Grade
    /// Values that could be decoded from what was read.
    public var goodValues: Int
}

/// The reads by which a scan tells profiles apart: probes and registers of identity, each once, those of most profiles first.
public func scanReads(of profiles: [DeviceProfile]) -> [RegisterSpan] {
    var reads: [(span: RegisterSpan, profiles: Int)] = []
    for profile in profiles {
        for span in profile.scanSpans {
            if let place = reads.firstIndex(where: { $0.span == span }) {
                reads[place].profiles += 1
            } else {
                reads.append((span, 1))
            }
        }
    }
    let order: [RegisterTable] = [.holdingRegister, .inputRegister, .discreteInput, .coil]
    return reads.sorted {
        ($1.profiles, order.firstIndex(of: $0.span.table) ?? 0, $0.span.address, $0.span.count)
            < ($0.profiles, order.firstIndex(of: $1.span.table) ?? 0, $1.span.address, $1.span.count)
    }.map(\.span)
}

/// The probes of the profiles, each once, in the order of ``scanReads(of:)``: a device of one of them answers its own.
public func scanProbes(of profiles: [DeviceProfile]) -> [RegisterSpan] {
    let probes = Set(profiles.map { $0.compile(parameters: [:]).probe })
    return scanReads(of: profiles).filter(probes.contains)
}

/// The profiles that fit what a unit answered, best first.
///
/// - Parameter answers: What came of ``scanReads(of:)``.
public func match(_ answers: RegisterImage, against profiles: [DeviceProfile]) -> [ScanMatch] {
    let matches = profiles.compactMap { $0.match(answers) }
    return matches.sorted { ($1.grade, $1.goodValues, $0.profile) < ($0.grade, $0.goodValues, $1.profile) }
}

extension DeviceProfile {
    /// What a scan reads for this profile: its probe first, then the registers that tell the model.
    public var scanSpans: [RegisterSpan] {
        var spans = [compile(parameters: [:]).probe]
        for check in identity where !spans.contains(check.span) { spans.append(check.span) }
        return spans
    }

    fileprivate func match(_ answers: RegisterImage) -> ScanMatch? {
        let device = compile(parameters: [:])
        // A register of identity that cannot be read says nothing; one that holds something else says no.
        let verdicts = identity.map { $0.isMet(by: answers) }
        guard !verdicts.contains(false) else { return nil }
        let isIdentified = !verdicts.isEmpty && !verdicts.contains(nil)
        guard case .success = answers.words(device.probe) else {
            return isIdentified ? ScanMatch(profile: identifier, grade: .identified, goodValues: 0) : nil
        }
        var good = 0
        for (place, value) in device.values.enumerated() where value.needs.allSatisfy({ device.probe.covers($0) }) {
            switch device.decode(place, from: answers) {
            case .good: good += 1
            case .uncertain: break
            // A state without a label or a float that is no number was not written by this device.
            case .bad(.range, _), .bad(.notFinite, _), .bad(.contactPair, _): return nil
            case .bad: break
            }
        }
        return ScanMatch(profile: identifier, grade: isIdentified ? .identified : .possible, goodValues: good)
    }
}
