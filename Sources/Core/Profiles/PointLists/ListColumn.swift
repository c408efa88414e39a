// SPDX-License-Identifier: Apache-2.0

/// What a column of a list can say.
public enum ListColumn: String, Hashable, Sendable, CaseIterable {
    case device, kind, unit, point, name, function, table, address, reference, type, count, order, scale, offset
    case measure, poll, signal, bit, mask, shift, sentinel, decimals, plausible, values, confidence, note

    /// Headers in English; the first is the one that an export writes.
    public var english: [String] {
        switch self {
        case .device: ["device"]
        case .kind: ["kind", "device kind"]
        case .unit: ["unit", "unit id", "slave", "slave id", "slave address", "station"]
        case .point: ["point", "tag", "variable"]
        case .name: ["name", "title", "point name"]
        case .function: ["function", "function code", "fc"]
        case .table: ["table", "register table", "area"]
        case .address: ["address", "register", "register address", "addr"]
        case .reference: ["reference", "manual number"]
        case .type: ["type", "data type"]
        case .count: ["count", "registers", "register count", "length"]
        case .order: ["order", "byte order", "word order"]
        case .scale: ["scale", "factor", "multiplier"]
        case .offset: ["offset"]
        case .measure: ["unit of measure", "uom", "measure", "units"]
        case .poll: ["poll", "poll class", "interval", "poll interval"]
        case .signal: ["signal"]
        case .bit: ["bit"]
        case .mask: ["mask"]
        case .shift: ["shift"]
        case .sentinel: ["sentinel", "no value"]
        case .decimals: ["decimals point"]
        case .plausible: ["plausible", "range"]
        case .values: ["values", "enumeration"]
        case .confidence: ["confidence"]
        case .note: ["note", "notes", "description", "remark", "comment"]
        }
    }

    /// Headers in Chinese; the first is the one that an export writes.
    public var chinese: [String] {
        switch self {
        case .device: ["设备", "设备名称", "设备名"]
        case .kind: ["设备类别", "设备类型", "类别"]
        case .unit: ["从站地址", "从站号", "站号", "设备地址", "从机地址"]
        case .point: ["变量名", "点名", "标识", "标签", "测点", "测点名"]
        case .name: ["名称", "点位名称", "测点名称", "参数名称", "中文名称"]
        case .function: ["功能码"]
        case .table: ["寄存器区", "区", "寄存器类型"]
        case .address: ["寄存器地址", "地址", "起始地址"]
        case .reference: ["手册编号", "寄存器编号"]
        case .type: ["数据类型", "类型", "数据格式"]
        case .count: ["寄存器数", "寄存器数量", "寄存器个数", "长度"]
        case .order: ["字节序", "字节顺序", "字序"]
        case .scale: ["倍率", "系数", "比例", "缩放"]
        case .offset: ["偏移量", "偏移"]
        case .measure: ["单位", "计量单位"]
        case .poll: ["采集周期", "周期", "轮询周期", "采集频率"]
        case .signal: ["信号"]
        case .bit: ["位", "位号"]
        case .mask: ["掩码"]
        case .shift: ["右移", "移位"]
        case .sentinel: ["无效值"]
        case .decimals: ["小数位点"]
        case .plausible: ["合理范围", "量程"]
        case .values: ["取值", "枚举", "取值含义"]
        case .confidence: ["可信度"]
        case .note: ["备注", "说明", "描述"]
        }
    }

    /// Every header by its comparable form.
    static let byHeader: [String: ListColumn] = {
        var columns: [String: ListColumn] = [:]
        for column in allCases {
            for name in column.english + column.chinese { columns[comparable(name)] = column }
        }
        return columns
    }()
}

/// From what the numbers of an address column are counted.
public enum AddressBase: String, Hashable, Sendable, CaseIterable {
    /// They are what goes over the wire.
    case zero = "0"
    /// The first register is 1.
    case one = "1"
    /// 40001 is the first holding register, 30001 the first input register, and so on; five or six digits.
    case reference = "4xxxx"

    /// Such as `counted from 0`.
    public var sentence: String {
        switch self {
        case .zero: "counted from 0"
        case .one: "counted from 1"
        case .reference: "with the table as first digit"
        }
    }
}
