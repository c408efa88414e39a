// SPDX-License-Identifier: Apache-2.0

/// What a meter's register shows of the water that passes it.
struct Register {
    /// What is wrong with a meter for a while.
    enum Trouble {
        case stuck
        /// Share of the flow that is not counted.
        case slip(Double)
    }

    var plan: MeterPlan
    var troubles: [(span: Range<Int>, trouble: Trouble)] = []
    /// Minutes at which the meter was exchanged for one that starts near zero.
    var exchanges: [Int] = []

    /// The register at each of some seconds, which rise.
    func samples(_ litres: [Float], at seconds: some Sequence<Int>) -> [Signal.Sample] {
        var samples: [Signal.Sample] = []
        var (counted, first) = (0.0, plan.firstCount)
        var waiting = seconds.makeIterator()
        var next = waiting.next()
        for minute in litres.indices {
            if exchanges.contains(minute) { (counted, first) = (0, Int64(minute % 7)) }
            let step = counts(Double(litres[minute]), at: minute)
            while let second = next, second < (minute + 1) * 60 {
                let part = Double(max(0, second - minute * 60)) / 60
                let shown = first + Int64(((counted + step * part) / plan.litresPerCount).rounded(.down))
                samples.append(Signal.Sample(second: second, value: shown & 0xFFFF_FFFF))
                next = waiting.next()
            }
            counted += step
        }
        return samples
    }

    private func counts(_ litres: Double, at minute: Int) -> Double {
        guard abs(litres) * 60 >= plan.startFlow else { return 0 }
        var counted = litres * plan.gain
        for (span, trouble) in troubles where span.contains(minute) {
            switch trouble {
            case .stuck: return 0
            case .slip(let share): counted *= 1 - share
            }
        }
        return counted
    }
}
