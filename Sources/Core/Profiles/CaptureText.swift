// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
import Model

/// The text of a capture with what was just read from a device, in the form that ``readCapture(_:path:of:)`` reads.
///
/// It names profile, date and registers, and nothing of the site: no bus, unit, asset or place. What the profile
/// makes of the registers is written as expected, for a person to compare with the face of the device.
///
/// - Parameters:
///   - taken: Day of the reading, as `2026-11-25`.
///   - answers: The requests and what came back.
public func captureText(
    of profile: DeviceProfile, parameters: [String: ParameterValue], taken: String,
    answers: [(span: RegisterSpan, result: Result<[UInt16], ReadFailure>)]
) -> String {
    var lines = [
        "# SPDX-License-Identifier: Apache-2.0", "profile: \(profile.identifier)", "origin: device",
        "taken: \"\(taken)\"",
        "note: Registers of a device as read; compare what is expected with its face.",
    ]
    let chosen = parameters.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.scalarText)" }
    if !chosen.isEmpty { lines.append("parameters: {\(chosen.joined(separator: ", "))}") }
    lines.append("registers:")
    lines += answers.map { "  - " + registerLine($0.span, $0.result) }
    var image = RegisterImage()
    for answer in answers { image.store(answer.result, for: answer.span) }
    let device = profile.compile(parameters: parameters)
    lines.append("expected:")
    for (place, value) in device.values.enumerated() {
        lines.append("  \(value.name): \(expectation(device.decode(place, from: image), value.stateLabels))")
    }
    return lines.joined(separator: "\n") + "\n"
}

/// A word as four hexadecimal digits.
public func hexText(_ word: UInt16) -> String {
    let digits = String(word, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits
}

private func registerLine(_ span: RegisterSpan, _ result: Result<[UInt16], ReadFailure>) -> String {
    let place = "table: \(span.table.rawValue), address: \(span.address)"
    switch result {
    case .success(let words) where span.table.isBits:
        return "{\(place), bits: \"\(words.map { $0 == 0 ? "0" : "1" }.joined())\"}"
    case .success(let words): return "{\(place), hex: \"\(words.map(hexText).joined(separator: " "))\"}"
    case .failure(let failure): return "{\(place), count: \(span.count), failure: \(failure.qualityReason.word)}"
    }
}

private func expectation(_ decoded: DecodedValue, _ labels: [String]) -> String {
    switch decoded {
    case .good(let quantity, _): text(quantity, labels)
    case .uncertain(let quantity, let reason, _): "{value: \(text(quantity, labels)), uncertain: \(reason.word)}"
    case .bad(let reason, _): "{bad: \(reason.word)}"
    }
}

private func text(_ quantity: Quantity, _ labels: [String]) -> String {
    switch quantity {
    case .number(let number): plain(number)
    case .integer(let whole): "\(whole)"
    case .isOn(let isOn): isOn ? "true" : "false"
    case .state(let state): labels.indices.contains(Int(state)) ? labels[Int(state)] : "\(state)"
    }
}

extension ParameterValue {
    /// As a file writes it.
    fileprivate var scalarText: String {
        switch self {
        case .integer(let whole): "\(whole)"
        case .number(let number): plain(number)
        case .text(let text): "\"\(text)\""
        case .isOn(let isOn): isOn ? "true" : "false"
        }
    }
}
