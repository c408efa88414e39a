// SPDX-License-Identifier: Apache-2.0

/// Numbers as people read them, digits grouped by commas.
enum NumberText {
    /// At most three decimals, fewer for large values, no zeros at the end; a dash when the value is not finite.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "—" }
        let magnitude = value.magnitude
        let decimals = magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : 3
        let scale = [1.0, 10, 100, 1000][decimals]
        guard let scaled = Int64(exactly: (magnitude * scale).rounded()) else { return "\(value)" }
        let divisor = Int64(scale)
        var fraction = String(scaled % divisor)
        fraction = String(repeating: "0", count: decimals - fraction.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return sign + grouped(String(scaled / divisor)) + (fraction.isEmpty ? "" : "." + fraction)
    }

    static func integer(_ value: Int64) -> String { (value < 0 ? "-" : "") + grouped(String(value.magnitude)) }

    /// `12 %`; a dash of nothing.
    static func percent(_ part: Double, of whole: Double) -> String {
        whole > 0 ? number((part / whole * 100).rounded()) + " %" : "—"
    }

    /// Two digits with a leading zero.
    static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    private static func grouped(_ digits: String) -> String {
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }
}

extension Double {
    /// - Parameter places: 0 ... 3 decimals.
    func rounded(toPlaces places: Int) -> Double {
        let scale = [1.0, 10, 100, 1000][min(max(places, 0), 3)]
        return (self * scale).rounded() / scale
    }
}
