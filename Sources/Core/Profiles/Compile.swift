// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

extension DeviceProfile {
    /// This profile with a site's choices bound: what to read, and how it becomes values.
    ///
    /// - Parameter parameters: Already checked against ``parameters``; what is missing takes its default.
    public func compile(parameters: [String: ParameterValue]) -> CompiledDevice {
        Compiler(profile: self, chosen: parameters).compile()
    }
}

private struct Compiler {
    let profile: DeviceProfile
    let chosen: [String: ParameterValue]

    func compile() -> CompiledDevice {
        var values: [CompiledValue] = []
        var recipes: [Recipe] = []
        for signal in profile.signals {
            guard let (value, recipe) = compile(signal) else { continue }
            values.append(value)
            recipes.append(recipe)
        }
        for point in profile.unreferredPoints where profile.isPresent(point.presence, chosen) {
            let recipe = Recipe.point(decoder(of: point))
            values.append(
                CompiledValue(
                    name: point.name, signal: nil, unit: bound(point.unit), stateLabels: labels(of: point),
                    pollClass: point.poll, needs: needs(of: recipe), plausible: point.plausible))
            recipes.append(recipe)
        }
        let firstSpan = values.first?.needs.first ?? RegisterSpan(.holdingRegister, at: 0)
        return CompiledDevice(
            values: values, limits: profile.limits, probe: profile.probe ?? firstSpan,
            startsWithin: profile.startsWithin, manners: profile.manners, recipes: recipes)
    }

    private func compile(_ signal: ProfileSignal) -> (CompiledValue, Recipe)? {
        let points = signal.form.points.compactMap { name in profile.points.first { $0.name == name } }
        guard let first = points.first, points.count == signal.form.points.count,
            profile.isPresent(signal.presence + points.flatMap(\.presence), chosen)
        else { return nil }
        let recipe: Recipe
        var unit = signal.unit.map(bound) ?? bound(first.unit)
        var stateLabels: [String] = []
        switch signal.form {
        case .point:
            recipe = .point(decoder(of: first))
            stateLabels = labels(of: first)
        case .bit(_, let number):
            recipe = .bit(decoder(of: first), number: number)
            unit = .none
        case .any(_, let severity):
            recipe = .any(decoder(of: first), mask: mask(of: first, severity))
            unit = .none
        case .anyBit(_, let numbers):
            recipe = .any(decoder(of: first), mask: numbers.reduce(0) { $0 | 1 << UInt64($1) })
            unit = .none
        case .values(_, let labels):
            var (places, names): ([UInt16: UInt16], [String]) = ([:], [])
            for label in labels {
                if !names.contains(label.name) { names.append(label.name) }
                places[label.raw] = names.firstIndex(of: label.name).flatMap { UInt16(exactly: $0) }
            }
            recipe = .values(decoder(of: first), places)
            unit = .none
            stateLabels = names
        case .sumParts: recipe = .sum(points.map(decoder))
        case .mantissaExponent:
            guard points.count == 2 else { return nil }
            recipe = .power(mantissa: decoder(of: first), exponent: decoder(of: points[1]))
        case .highLow(_, _, let base):
            guard points.count == 2 else { return nil }
            recipe = .highLow(high: decoder(of: points[1]), low: decoder(of: first), base: base)
        case .pairToState(_, _, let states):
            guard points.count == 2 else { return nil }
            recipe = .pair(first: decoder(of: first), second: decoder(of: points[1]))
            unit = .none
            stateLabels = states
        }
        let polls = Set(points.map(\.poll))
        var value = CompiledValue(
            name: signal.name.quantityName, signal: signal.name, unit: unit, stateLabels: stateLabels,
            pollClass: PollClass.allCases.first(where: polls.contains) ?? .normal, needs: needs(of: recipe))
        value.frozen = signal.frozen
        if case .point(let decoder) = recipe {
            value.plausible = decoder.plausible
            if KnownSignal.isLifetimeTotal(signal.name) { value.counting = RegisterCounting(decoder) }
        }
        return (value, recipe)
    }

    private func decoder(of point: ProfilePoint) -> PointDecoder {
        // The reader refuses a point of decimals that has decimals itself, so that this ends.
        let decimals = profile.points.first { $0.name == point.decimals && $0.decimals == nil }
        return PointDecoder(
            span: point.span, type: point.type, order: bound(point.order), mask: point.mask, shift: point.shift,
            bit: point.bit, sentinels: point.sentinels, decimals: decimals.map { [decoder(of: $0)] } ?? [],
            scale: DecimalScale(scale: bound(point.scale), offset: point.offset) ?? DecimalScale.unity,
            labels: enumeration(of: point).map(\.raw), plausible: point.plausible)
    }

    private func labels(of point: ProfilePoint) -> [String] {
        point.type == .enum16 && point.bit == nil ? enumeration(of: point).map(\.name) : []
    }

    private func enumeration(of point: ProfilePoint) -> [ProfileSet.Label] {
        guard case .values(let labels) = profile.sets.first(where: { $0.name == point.set })?.content else { return [] }
        return labels
    }

    private func mask(of point: ProfilePoint, _ severity: BitSeverity) -> UInt64 {
        guard case .bits(let bits) = profile.sets.first(where: { $0.name == point.set })?.content else { return 0 }
        return bits.filter { $0.severity == severity }.reduce(0) { $0 | 1 << UInt64($1.number) }
    }

    private func text(_ parameter: String) -> String? {
        guard case .text(let word) = chosen[parameter] ?? profile.parameter(named: parameter)?.defaultValue else {
            return nil
        }
        return word
    }

    private func bound(_ unit: Bound<UnitOfMeasure>) -> UnitOfMeasure {
        switch unit {
        case .fixed(let unit): unit
        case .parameter(let name): text(name).flatMap(UnitOfMeasure.init(rawValue:)) ?? .none
        }
    }

    private func bound(_ order: Bound<WordOrder>) -> WordOrder {
        switch order {
        case .fixed(let order): order
        case .parameter(let name): text(name).flatMap(WordOrder.init(rawValue:)) ?? .abcd
        }
    }

    private func bound(_ scale: Bound<DecimalNumber>) -> DecimalNumber {
        switch scale {
        case .fixed(let scale): return scale
        case .parameter(let name):
            let chosen: DecimalNumber? =
                switch chosen[name] ?? profile.parameter(named: name)?.defaultValue {
                case .number(let value): DecimalNumber(value)
                case .integer(let value): DecimalNumber(mantissa: value, decimals: 0)
                case .text, .isOn, nil: nil
                }
            return chosen ?? .one
        }
    }

    /// One span where the device can answer all addresses of the value by one request, else one for each point.
    private func needs(of recipe: Recipe) -> [RegisterSpan] {
        var spans: [RegisterSpan] = []
        for span in recipe.spans where !spans.contains(span) { spans.append(span) }
        guard let first = spans.first, spans.count > 1, spans.allSatisfy({ $0.table == first.table }) else {
            return spans
        }
        let sorted = spans.sorted { $0.address < $1.address }
        let lower = sorted[0].range.lowerBound
        let upper = sorted.map(\.range.upperBound).max() ?? lower
        let limits = profile.limits
        let most = first.table.isBits ? limits.maximumBits : limits.maximumRegisters
        // A hole in the middle may not be readable: bridge a small one only.
        let widest = Int(min(limits.maximumGap ?? 16, 16))
        let holes = zip(sorted, sorted.dropFirst()).map { $1.range.lowerBound - $0.range.upperBound }
        guard upper - lower <= Int(most), holes.allSatisfy({ $0 <= widest }),
            !spans.contains(where: limits.singleReads.contains),
            !limits.boundaries.contains(where: { Int($0) > lower && Int($0) < upper }),
            !limits.forbidden.contains(where: {
                $0.table == first.table && $0.range.overlaps(lower..<upper)
            }), let address = UInt16(exactly: lower), let count = UInt16(exactly: upper - lower)
        else { return spans }
        return [RegisterSpan(first.table, at: address, count: count)]
    }
}

extension DeviceProfile {
    /// Points that no signal refers to, neither itself nor through another point's decimals, in the order of the file.
    var unreferredPoints: [ProfilePoint] {
        var referred = Set(signals.flatMap(\.form.points))
        for point in points where referred.contains(point.name) {
            if let decimals = point.decimals { referred.insert(decimals) }
        }
        return points.filter { !referred.contains($0.name) }
    }
}
