// SPDX-License-Identifier: Apache-2.0

public import Model

extension EvidenceTrend {
    /// The trend as one SVG image that needs nothing else: labelled axes, gaps left open, the limit dashed, the moment
    /// of firing marked, and a title and description for those who listen.
    ///
    /// - Parameters:
    ///   - title: Read out first.
    ///   - description: Read out after the title, such as the rule's text.
    ///   - zone: The site's; the axis of time is labelled on its wall clock.
    public func svg(title: String, description: String, zone: ZoneOffsets) -> String {
        let scale = Scale(self)
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 240\" role=\"img\" "
                + "aria-labelledby=\"trend-title trend-desc\" font-family=\"sans-serif\" font-size=\"11\">",
            "<title id=\"trend-title\">\(Self.escaped(title))</title>",
            "<desc id=\"trend-desc\">\(Self.escaped(description))</desc>",
            "<text x=\"60\" y=\"14\">\(Self.escaped(unit.isEmpty ? point : "\(point) (\(unit))"))</text>",
        ]
        for step in 0...4 {
            let value = scale.low + (scale.high - scale.low) * Double(step) / 4
            let y = Self.tenths(scale.y(value))
            parts.append("<path class=\"grid\" d=\"M60 \(y)H630\" stroke=\"#ddd\"/>")
            parts.append("<text x=\"56\" y=\"\(y)\" text-anchor=\"end\">\(Self.label(value))</text>")
        }
        for hours in stride(from: -24, through: 0, by: 6) {
            let moment = firedAt + .seconds(hours * 3600)
            // Without the year, or the last label would leave the picture.
            let text = String(zone.local(moment).minuteText.dropFirst(5))
            parts.append(
                "<text x=\"\(Self.tenths(scale.x(moment)))\" y=\"225\" text-anchor=\"middle\">"
                    + "\(Self.escaped(text))</text>")
        }
        let fired = Self.tenths(scale.x(firedAt))
        parts.append("<path class=\"fired\" d=\"M\(fired) 20V205\" stroke=\"#b00\"/>")
        if let threshold {
            let y = Self.tenths(scale.y(threshold))
            parts.append("<path class=\"limit\" d=\"M60 \(y)H630\" stroke=\"#b00\" stroke-dasharray=\"4 3\"/>")
        }
        for piece in pieces {
            let dots = piece.compactMap { sample in
                sample.value.map { "\(Self.tenths(scale.x(sample.at))) \(Self.tenths(scale.y($0)))" }
            }
            // A piece of one sample is a dot: a round cap on a line of no length.
            let path = "M" + dots.joined(separator: "L") + (dots.count == 1 ? "h0" : "")
            parts.append(
                "<path class=\"curve\" d=\"\(path)\" fill=\"none\" stroke=\"#06c\" stroke-width=\"1.5\" "
                    + "stroke-linecap=\"round\"/>")
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    /// From time and value to the picture's units.
    private struct Scale {
        let first: Timestamp
        let low: Double
        let high: Double

        init(_ trend: EvidenceTrend) {
            first = trend.firedAt - EvidenceTrend.before
            let values = trend.pieces.joined().compactMap(\.value) + (trend.threshold.map { [$0] } ?? [])
            // Bounded, so that absurd registers leave the arithmetic finite; zero always shows, since half a bar or
            // half a flow means nothing without it.
            let bounded = values.map { min(max($0, -1e15), 1e15) }
            low = min(bounded.min() ?? 0, 0)
            let top = max(bounded.max() ?? 1, 0)
            high = top > low ? top : low + 1
        }

        func x(_ moment: Timestamp) -> Double {
            60 + 570 * (moment - first).inSeconds / (EvidenceTrend.before + EvidenceTrend.after).inSeconds
        }

        func y(_ value: Double) -> Double { 205 - 185 * (min(max(value, low), high) - low) / (high - low) }
    }

    private static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private static func label(_ value: Double) -> String {
        let hundredths = (value * 100).rounded() / 100
        let isWhole = hundredths == hundredths.rounded() && abs(hundredths) < 1e15
        return isWhole ? "\(Int64(hundredths))" : "\(hundredths)"
    }

    /// Text that cannot become markup; control characters, which no XML may hold, are left out.
    private static func escaped(_ text: String) -> String {
        var safe = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case _ where scalar.value < 32 || (0xFFFE...0xFFFF).contains(scalar.value): continue
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }
}
