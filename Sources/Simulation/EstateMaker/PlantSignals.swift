// SPDX-License-Identifier: Apache-2.0

import Model

extension Signal {
    /// What tanks, pump set and pumps send.
    static func plant(_ plan: EstatePlan, _ supply: SupplyRecord, seed: UInt64) -> [Signal] {
        var signals: [Signal] = []
        var dice = Dice(seed: seed, "plant")
        func level(_ name: String, _ metres: [Float]) {
            guard !metres.isEmpty else { return }
            var signal = Signal(device: name, point: "level_m", decimals: 3, reach: .plantRoom)
            // Steps of five millimetres.
            for (minute, level) in metres.enumerated() {
                signal.add(Int64((level * 200).rounded()) * 5, at: minute * 60 + 5)
            }
            signals.append(signal)
        }
        level(plan.names.tank, supply.tankLevel)
        level(plan.names.roofTank, supply.roofLevel)
        guard plan.supply.pumpCount > 0 else { return signals }
        var discharge = Signal(device: plan.names.booster, point: "discharge_bar", decimals: 2, reach: .plantRoom)
        for (minute, bar) in supply.dischargeBar.enumerated() {
            discharge.add(Int64((max(0, bar) * 100).rounded()), at: minute * 60 + 6)
        }
        signals.append(discharge)
        for (number, pump) in supply.pumps.enumerated() {
            let name = "\(plan.names.pump)\(number + 1)"
            var running = Signal(device: name, point: "running", reach: .plantRoom)
            var power = Signal(device: name, point: "power_kw", decimals: 2, reach: .plantRoom)
            var starts = Signal(device: name, point: "start_count", reach: .plantRoom)
            var hours = Signal(device: name, point: "run_hours", decimals: 1, reach: .plantRoom)
            let firstStart = Int64(dice.whole(2000...60_000))
            let firstTenth = firstStart + Int64(dice.whole(0...9999))
            var seconds = 0
            for minute in pump.onSeconds.indices {
                let at = minute * 60 + 6
                seconds += Int(pump.onSeconds[minute])
                running.add(pump.onSeconds[minute] >= 30 ? 1 : 0, at: at)
                power.add(Int64((pump.power[minute] * 100).rounded()), at: at)
                if minute % 15 == 0 {
                    starts.add(firstStart + Int64(pump.starts[minute]), at: at)
                    hours.add(firstTenth + Int64(seconds / 360), at: at)
                }
            }
            signals += [running, power, starts, hours]
        }
        return signals
    }

    /// Rain as a station tells it: the sum of a quarter of an hour, and the moment it begins and ends.
    static func weather(_ plan: EstatePlan, _ weather: Weather) -> [Signal] {
        var sums = Signal(device: plan.names.weather, point: "rain_mm", decimals: 1)
        var raining = Signal(device: plan.names.weather, point: "raining")
        var was = false
        for minute in weather.rain.indices {
            let now = weather.isRaining(at: minute)
            if minute % 15 == 0 {
                if minute > 0 {
                    sums.add(Int64((weather.fallen(before: minute, in: 15) * 10).rounded()), at: minute * 60 + 8)
                }
                raining.add(now ? 1 : 0, at: minute * 60 + 8)
            } else if now != was {
                raining.add(now ? 1 : 0, at: minute * 60 + 8)
            }
            was = now
        }
        return [sums, raining]
    }

    /// A pump in a pit that has more to do after rain.
    static func sump(_ plan: EstatePlan, _ weather: Weather, seed: UInt64) -> [Signal] {
        var dice = Dice(seed: seed, "sump")
        var running = Signal(device: plan.names.sump, point: "running")
        var starts = Signal(device: plan.names.sump, point: "start_count")
        var hours = Signal(device: plan.names.sump, point: "run_hours", decimals: 1)
        var (count, seconds, water) = (Int64(dice.whole(500...9000)), dice.whole(10_000...900_000), 0.0)
        for minute in weather.rain.indices {
            water += 0.0015 + Double(weather.rain[minute]) * 0.12
            if minute % 15 == 0 {
                running.add(0, at: minute * 60 + 7)
                starts.add(count, at: minute * 60 + 7)
                hours.add(Int64(seconds / 360), at: minute * 60 + 7)
            } else if water > 1, minute % 15 < 12 {
                let length = dice.whole(40...110)
                running.add(1, at: minute * 60 + 10)
                running.add(0, at: minute * 60 + 10 + length)
                (count, seconds, water) = (count + 1, seconds + length, 0)
            }
        }
        return [running, starts, hours]
    }
}
