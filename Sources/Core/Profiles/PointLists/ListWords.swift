// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
public import Model

/// What a cell says, or why that cannot be told.
enum CellReading<Value: Sendable>: Sendable {
    case value(Value)
    /// A whole sentence that says how to mend it.
    case refused(String)
}

/// The register table that a cell names: a code of function, an area or a word.
///
/// - Parameter digits: What a bare digit means; `nil` when the header leaves that open.
func tableNamed(_ text: String, digits: ListHeader.TableDigits?) -> CellReading<RegisterTable> {
    let word = comparable(text)
    if let table = tableWords[word] { return .value(table) }
    let number =
        word.hasPrefix("fc")
        ? listNumber(String(word.dropFirst(2)))
        : word.hasPrefix("0x") || word.hasSuffix("h")
            ? listNumber(word) : nil
    let isFunction = number != nil || digits == .functions
    if let code = number ?? listNumber(word) {
        switch (code, isFunction, digits) {
        case (1, true, _): return .value(.coil)
        case (2, true, _), (2, _, nil): return .value(.discreteInput)
        case (3, true, _): return .value(.holdingRegister)
        case (4, true, _): return .value(.inputRegister)
        case (5, true, _), (6, true, _), (15, true, _), (16, true, _), (22, true, _), (23, true, _):
            return .refused(
                "function \(code) writes, and Sluice writes to no device. Give the code that reads it, "
                    + "\(code == 5 || code == 15 ? "1" : "3"), or leave the row out.")
        case (0, false, .areas), (0, false, nil): return .value(.coil)
        case (1, false, .areas): return .value(.discreteInput)
        case (3, false, .areas): return .value(.inputRegister)
        case (4, false, .areas): return .value(.holdingRegister)
        case (1, false, nil), (3, false, nil), (4, false, nil):
            return .refused(
                "'\(shortened(text))' may be a function code or an area, which differ: function 3 and area 4 are holding "
                    + "registers. Write holding, input, coil or discrete, or head the column 功能码 (function) or 区 (area)."
            )
        default: break
        }
    }
    return .refused(
        "'\(shortened(text))' is no register table. Write holding, input, coil or discrete, or the function code that "
            + "reads it, 1 to 4.")
}

private let tableWords: [String: RegisterTable] = {
    var words: [String: RegisterTable] = [:]
    let names: [RegisterTable: [String]] = [
        .coil: ["coil", "coils", "线圈", "线圈寄存器", "输出线圈", "do", "0x", "0区", "0xxxx", "0xxxxx"],
        .discreteInput: [
            "discrete", "discreteinput", "discreteinputs", "离散输入", "离散量输入", "输入状态", "离散输入寄存器", "di", "1x", "1区",
            "1xxxx", "1xxxxx",
        ],
        .inputRegister: [
            "input", "inputregister", "inputregisters", "输入寄存器", "ir", "3x", "3区", "3xxxx", "3xxxxx",
        ],
        .holdingRegister: [
            "holding", "holdingregister", "holdingregisters", "保持寄存器", "hr", "4x", "4区", "4xxxx", "4xxxxx",
        ],
    ]
    for (table, spellings) in names { for spelling in spellings { words[spelling] = table } }
    return words
}()

/// The type that a cell names.
///
/// - Parameter count: Registers that the value takes, where the list says so; decides words such as `int`.
func typeNamed(_ text: String, count: Int?) -> CellReading<PointType> {
    let word = comparable(text)
    if let type = PointType(rawValue: word) ?? typeWords[word] { return .value(type) }
    if let sizes = openTypes[word] {
        if let type = count.flatMap({ sizes[$0] }) { return .value(type) }
        let choices = sizes.sorted { $0.key < $1.key }.map(\.value.rawValue)
        return .refused("'\(shortened(text))' does not say how long it is. Write \(choices.joined(separator: " or ")).")
    }
    let help = suggestion(for: word, in: PointType.allCases.map(\.rawValue))
    return .refused(
        "type '\(shortened(text))' is not known.\(help.isEmpty ? " Write one such as uint16 or float32." : help)")
}

/// Words of lists whose length differs from maker to maker, with the type for each number of registers.
private let openTypes: [String: [Int: PointType]] = [
    "int": [1: .int16, 2: .int32, 4: .int64], "整数": [1: .int16, 2: .int32], "整型": [1: .int16, 2: .int32],
    "有符号整数": [1: .int16, 2: .int32], "有符号整型": [1: .int16, 2: .int32], "signed": [1: .int16, 2: .int32],
    "unsigned": [1: .uint16, 2: .uint32], "uint": [1: .uint16, 2: .uint32, 4: .uint64],
    "无符号整数": [1: .uint16, 2: .uint32], "无符号整型": [1: .uint16, 2: .uint32], "hex": [1: .uint16, 2: .uint32],
]

private let typeWords: [String: PointType] = {
    let names: [PointType: [String]] = [
        .bool: ["boolean", "位", "布尔", "布尔型", "开关量", "bit"],
        .uint16: ["u16", "word", "unsignedshort", "ushort", "16位无符号", "无符号16位", "16位无符号整数", "无符号短整型"],
        .int16: ["s16", "i16", "sint16", "short", "16位有符号", "有符号16位", "16位有符号整数", "短整型"],
        .uint32: [
            "u32", "dword", "udint", "ulong", "unsignedlong", "32位无符号", "无符号32位", "32位无符号整数", "无符号长整型",
        ],
        .int32: ["s32", "i32", "sint32", "dint", "long", "32位有符号", "有符号32位", "32位有符号整数", "长整型"],
        .uint64: ["u64", "qword", "ulint", "64位无符号", "无符号64位", "64位无符号整数"],
        .int64: ["s64", "i64", "lint", "64位有符号", "有符号64位", "64位有符号整数"],
        .float32: ["f32", "float", "real", "single", "浮点", "浮点数", "浮点型", "单精度", "单精度浮点", "单精度浮点数", "32位浮点数"],
        .float64: ["f64", "double", "lreal", "双精度", "双精度浮点", "双精度浮点数", "64位浮点数"],
        .bcd16: ["bcd", "bcd码"], .enum16: ["enum", "枚举"], .bitfield16: ["bitfield", "状态字", "位域"],
    ]
    var words: [String: PointType] = [:]
    for (type, spellings) in names { for spelling in spellings { words[spelling] = type } }
    return words
}()

/// The order that a cell names; `nil` inside for a value of one register that says high byte first, as all are.
func orderNamed(_ text: String) -> CellReading<WordOrder?> {
    let word = comparable(text).uppercased()
    if let order = WordOrder(rawValue: word) { return .value(order) }
    switch word {
    case "AB", "12": return .value(nil)
    case "1234", "ABCDEFGH", "大端", "大端序", "大端模式", "BIGENDIAN", "BIG": return .value(.abcd)
    case "3412", "GHEFCDAB": return .value(.cdab)
    case "2143", "BADCFEHG": return .value(.badc)
    case "4321", "HGFEDCBA", "小端", "小端序", "小端模式", "LITTLEENDIAN", "LITTLE": return .value(.dcba)
    default:
        return .refused(
            "order '\(shortened(text))' is not known. Write ABCD (high word first), CDAB (low word first), BADC or "
                + "DCBA; `sluice decode` finds it from the number on the device's face.")
    }
}

/// The unit of measure that a cell names.
func measureNamed(_ text: String) -> CellReading<UnitOfMeasure> {
    if let unit = UnitOfMeasure(rawValue: text) { return .value(unit) }
    let word = comparable(text)
    if let unit = measureWords[word] { return .value(unit) }
    let known = UnitOfMeasure.allCases.map(\.rawValue)
    let near = nearestName(to: text, in: known).map { " Did you mean '\($0)'?" }
    return .refused(
        "unit '\(shortened(text))' is not known.\(near ?? " Units are written in UCUM, such as m3/h, kPa or Cel.")")
}

/// The unit that `text` may mean: one that people write so, else the one whose code is nearest; `nil` when none is.
public func nearestUnit(to text: String) -> UnitOfMeasure? {
    let known = UnitOfMeasure.allCases
    return measureWords[comparable(text)] ?? known.first { $0.symbol.lowercased() == text.lowercased() }
        ?? nearestName(to: text, in: known.map(\.rawValue)).flatMap(UnitOfMeasure.init)
}

private let measureWords: [String: UnitOfMeasure] = {
    let names: [UnitOfMeasure: [String]] = [
        .none: ["无", "/", "none", "个", "次"], .cubicMetre: ["m^3", "立方米", "立方", "吨", "方"],
        .litre: ["升", "litre", "liter", "litres"], .cubicMetrePerHour: ["m^3/h", "立方米/小时", "立方米每小时", "吨/小时", "m3h"],
        .cubicMetrePerSecond: ["m^3/s"], .litrePerHour: ["升/小时"], .litrePerSecond: ["升/秒"],
        .metrePerSecond: ["米/秒"], .bar: ["巴"], .kilopascal: ["千帕"], .megapascal: ["兆帕"], .metre: ["米"],
        .centimetre: ["厘米"], .millimetre: ["毫米"], .celsius: ["℃", "°C", "摄氏度", "度c", "degc", "celsius", "c"],
        .percent: ["百分比", "percent"], .watt: ["瓦"], .kilowatt: ["千瓦"], .kilowattHour: ["kWh", "kW·h", "千瓦时", "度"],
        .volt: ["伏", "伏特"], .ampere: ["安", "安培"], .hertz: ["赫兹", "赫"],
        .revolutionPerMinute: ["rpm", "r/min", "转/分", "转每分"], .second: ["秒"], .minute: ["分", "分钟", "minutes"],
        .hour: ["小时", "时", "hours", "hour"], .kilovarHour: ["kvarh"], .voltAmpere: ["VA"],
    ]
    var words: [String: UnitOfMeasure] = [:]
    for unit in UnitOfMeasure.allCases {
        for spelling in [unit.rawValue, unit.symbol] + (names[unit] ?? []) where !spelling.isEmpty {
            // MW and mW differ by a capital only; the first of a spelling stays.
            if words[comparable(spelling)] == nil { words[comparable(spelling)] = unit }
        }
    }
    return words
}()

/// The class that a cell names, and the seconds it was given in when it was a period.
func pollNamed(_ text: String, unit: Double) -> CellReading<(poll: PollClass, seconds: Double?)> {
    let word = comparable(text)
    if let poll = PollClass(rawValue: word) { return .value((poll, nil)) }
    if let poll = ["快": PollClass.fast, "快速": .fast, "中": .normal, "正常": .normal, "慢": .slow, "一次": .once][word] {
        return .value((poll, nil))
    }
    // The dot of a decimal fraction is none of the marks that names leave out.
    let period = text.lowercased()
    let digits = period.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let rest = trimmed(String(period.dropFirst(digits.count)))
    if let number = realNumber(String(digits)), number > 0, let each = rest.isEmpty ? unit : secondsPerUnit[rest] {
        let seconds = number * each
        return .value((seconds <= 2 ? .fast : seconds <= 30 ? .normal : .slow, seconds))
    }
    return .refused(
        "'\(shortened(text))' is no poll class and no period. Write fast, normal, slow or once, or a period such as 10 s."
    )
}
