// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Profiles
import TestKit
import Testing

/// Lists of points as people keep them in spreadsheets.
@Suite struct PointListTests {
    static let list = """
        设备,功能码,寄存器地址,变量名,名称,数据类型,字节序,倍率,单位,采集周期,信号
        inlet,3,9,forward_total,正累计流量,uint32,CDAB,0.001,m³,60s,water.total
        inlet,3,11,flow,瞬时流量,float,CDAB,,m³/h,10s,water.flow
        """

    static func lines(_ found: PointListImport) -> [String] { found.problems.map(\.description) }

    private func profile(_ listed: ListedProfile) throws -> DeviceProfile {
        try #require(readProfile(listed.text, path: listed.path).profile, "\(listed.text)")
    }

    /// The only profile of a list without errors.
    private func onlyProfile(_ found: PointListImport) throws -> DeviceProfile {
        try profile(try #require(found.profiles.first, "\(Self.lines(found))"))
    }

    @Test func `a list becomes a profile whose every point names its row`() throws {
        let found = importPoints(
            Self.list, path: "lists/点表.csv", options: PointListOptions(base: .one, kind: "water-meter"))
        #expect(found.problems.filter { $0.severity != .note }.isEmpty, "\(Self.lines(found))")
        let listed = try #require(found.profiles.first)
        #expect(found.profiles.count == 1 && listed.path == "water-meter/inlet/profile.yaml" && listed.pointCount == 2)
        #expect(
            listed.text == """
                # Made from 点表.csv by: sluice points import
                # Addresses of the list are counted from 1; those below are zero-based, as on the wire.
                profile: inlet
                kind: water-meter
                name: "inlet"
                sources:
                  S1: {title: "点表.csv", kind: point_list}
                bench: null
                points:
                  # 点表.csv:R2 正累计流量
                  forward_total: {table: holding, address: 8, reference: 9, type: uint32, order: CDAB, scale: 0.001, unit: "m3", poll: slow, source: S1}
                  # 点表.csv:R3 瞬时流量
                  flow: {table: holding, address: 10, reference: 11, type: float32, order: CDAB, unit: "m3/h", poll: normal, source: S1}
                signals:
                  water.total: {from: forward_total}
                  water.flow: {from: flow}

                """)
        let read = try profile(listed)
        #expect(read.points.map(\.name) == ["forward_total", "flow"])
        #expect(read.points[0].scale == .fixed(DecimalNumber(mantissa: 1, decimals: 3)))
    }

    @Test func `without a base there is no import, and the error works one address out both ways`() {
        let found = importPoints(Self.list, path: "点表.csv")
        #expect(found.profiles.isEmpty)
        #expect(
            Self.lines(found).filter { $0.contains("error") } == [
                "点表.csv:R1:C: error: SL-1304: nothing says what these addresses are counted from. R2 forward_total: 9 in the "
                    + "list; counted from 0 it is holding 9, counted from 1 it is holding 8. Look at a frame that the manual "
                    + "prints: bytes 3 and 4 of a request are the address counted from 0. Then say --address-base 0, 1 or "
                    + "4xxxx, or head the column 'address (base 0)'."
            ])
        #expect(found.samples.count == 2)
    }

    @Test(arguments: [
        (AddressBase.zero, "9", RegisterTable.holdingRegister, 9), (.one, "9", .holdingRegister, 8),
        (.reference, "40009", .holdingRegister, 8), (.reference, "400009", .holdingRegister, 8),
        (.zero, "0x10", .holdingRegister, 16),
        (.zero, "0010H", .holdingRegister, 16), (.reference, "465536", .holdingRegister, 65_535),
    ])
    func `an address is read by its base`(base: AddressBase, text: String, table: RegisterTable, address: Int) throws {
        let found = importPoints(
            "device,function,address,type\nx,3,\(text),uint16\n", path: "l.csv", options: PointListOptions(base: base))
        let point = try #require(try onlyProfile(found).points.first)
        #expect(point.table == table && Int(point.address) == address && point.name == "holding_\(address)")
    }

    @Test(arguments: [
        ("功能码", "3", RegisterTable.holdingRegister), ("区", "3", .inputRegister), ("功能码", "4", .inputRegister),
        ("区", "4", .holdingRegister), ("功能码", "FC01", .coil), ("功能码", "0x02", .discreteInput),
        ("area", "1", .discreteInput),
        ("功能码 / 区", "4x", .holdingRegister), ("寄存器类型", "保持寄存器", .holdingRegister),
    ])
    func `a bare digit is a function or an area as the header says`(header: String, text: String, table: RegisterTable)
        throws
    {
        let type = table.isBits ? "bool" : "uint16"
        let found = importPoints("device,\(header),address (base 0),type\nx,\(text),7,\(type)\n", path: "l.csv")
        #expect(try onlyProfile(found).points.map(\.table) == [table])
    }

    @Test func `the first digit of a manual's number tells the table, without any other column`() throws {
        let text = "device;reference;type\nx;40001;uint16\nx;30002;uint16\nx;10003;bool\n"
        let found = importPoints(text, path: "l.csv")
        let read = try onlyProfile(found)
        #expect(read.points.map { "\($0.span)" }.count == 3)
        #expect(read.points.map(\.table) == [.holdingRegister, .inputRegister, .discreteInput])
        #expect(read.points.map(\.address) == [0, 1, 2] && found.separator == "semicolon")
    }

    @Test(arguments: [
        (
            "device,table,address (base 0),type\nx,3,1,uint16",
            "R2:B: error: SL-1305: '3' may be a function code or an area, which differ: function 3 and area 4 are holding "
                + "registers. Write holding, input, coil or discrete, or head the column 功能码 (function) or 区 (area)."
        ),
        (
            "device,function,address (base 0),type\nx,6,1,uint16",
            "R2:B: error: SL-1305: function 6 writes, and Sluice writes to no device. Give the code that reads it, 3, or "
                + "leave the row out."
        ),
        (
            "device,function,address (base 0),type\nx,3,8.1,uint16",
            "R2:C: error: SL-1305: '8.1' looks like a bit of register 8. Give the register here and the bit in a column "
                + "headed 位 (bit): a spreadsheet turns bit 10 of such a number into bit 1."
        ),
        (
            "device,function,address (base 0),type\nx,3,1F,uint16",
            "R2:C: error: SL-1305: '1F' looks hexadecimal. Write 0x1F, or say --hexadecimal when all addresses of the list are."
        ),
        (
            "device,function,address (base 0),type\nx,3,4.0001E+4,uint16",
            "R2:C: error: SL-1305: the spreadsheet has written this number as '4.0001E+4'. Format the column as text "
                + "and save again."
        ),
        (
            "device,function,address (base 0),type\nx,3,1,int",
            "R2:D: error: SL-1305: 'int' does not say how long it is. Write int16 or int32 or int64."
        ),
        (
            "device,function,address (base 0),type\nx,3,1,unit16",
            "R2:D: error: SL-1305: type 'unit16' is not known. Did you mean 'uint16'?"
        ),
        (
            "device,function,address (base 0),type,scale\nx,3,1,uint16,0",
            "R2:E: error: SL-1305: scale '0' is no decimal number other than 0, such as 0.1."
        ),
        (
            "device,function,address (base 0),type,units\nx,3,1,uint16,kPaa",
            "R2:E: error: SL-1305: unit 'kPaa' is not known. Did you mean 'kPa'?"
        ),
        (
            "device,function,address (base 0),type,count\nx,3,1,float32,1",
            "R2:E: error: SL-1305: float32 takes 2 registers, and the row says 1. Mend the type or the count."
        ),
        (
            "device,function,address (base 0),type\n1#泵,3,1,uint16",
            "R2:A: error: SL-1306: '1#泵' cannot name a profile, which has 1 to 64 characters of a-z, 0-9, '-' and '_'. Name "
                + "it: --name '1#泵=inlet-meter'."
        ),
        (
            "device,function,address (base 0),point,type\nx,3,1,a,uint16\nx,3,2,a,uint16",
            "R3:D: error: SL-1306: point 'a' of this device is in row 2 already. Rename one."
        ),
        (
            "device,function,address (base 0),type\nx,3,1,float32",
            "R2: error: SL-1214: point 'holding_1': a float32 needs an order: ABCD, CDAB, BADC or DCBA, here or for the whole "
                + "file."
        ),
        (
            "device,function,address (base 0),type,order\nx,3,1,uint32,ABCD\nx,3,2,uint16,",
            "R3: error: SL-1217: point 'holding_2': holding 2..<3 overlaps point 'holding_1' (holding 1..<3)."
        ),
        (
            "device,unit,function,address (base 0),type\nx,3,3,1,uint16\nx,4,3,2,uint16",
            "R3:B: error: SL-1305: device 'x' has unit 4 here and unit 3 in row 2. Devices of one kind with several units "
                + "share one profile: list its points once, and name each unit in the site's file."
        ),
        (
            "device,function,type\nx,3,uint16",
            "R1: error: SL-1303: no column says where a point is. Head one 寄存器地址 (address), or 手册编号 (reference) for "
                + "numbers like 40017."
        ),
        (
            "device,function,address (base 0),type\nx,3,\"1,uint16\n",
            "R2:C: error: SL-1302: the quote that begins here never ends. Close it, or remove it."
        ),
        (
            "device,function,address (base 0),type\n",
            "R1: error: SL-1302: below the header there is no row with a point."
        ),
    ])
    func `each error names row and column as the spreadsheet shows them`(text: String, message: String) {
        let found = importPoints(text, path: "l.csv")
        #expect(Self.lines(found).filter { $0.contains(" error: ") } == ["l.csv:" + message])
        #expect(found.profiles.isEmpty)
    }

    @Test func `all errors of a list are told at once`() {
        let text = "device,function,address,type,units,scale\nx,9,1,uint17,kPaa,zero\nx,3,b,uint16,m,1\n"
        let found = importPoints(text, path: "l.csv", options: PointListOptions(base: .zero))
        #expect(
            Self.lines(found).compactMap { $0.split(separator: " ").first.map(String.init) }
                == ["l.csv:R2:B:", "l.csv:R2:D:", "l.csv:R2:E:", "l.csv:R2:F:", "l.csv:R3:C:"])
    }

    @Test func `full-width digits, commas and brackets are read as plain ones, with a note`() throws {
        let text = "设备，功能码，寄存器地址（从１开始），数据类型，倍率\r\nx，０３，１７，ｕｉｎｔ１６，０．１\r\n"
        let found = importPoints(text, path: "l.csv")
        let point = try #require(try onlyProfile(found).points.first)
        #expect(point.address == 16 && point.scale == .fixed(DecimalNumber(mantissa: 1, decimals: 1)))
        #expect(found.separator == "full-width comma" && found.base == .one)
        #expect(Self.lines(found) == ["l.csv:R2:B: note: full-width characters are read as plain ones, in 4 cells."])
    }

    @Test func `a quoted cell may hold breaks, separators and quotes, and rows count as in the spreadsheet`() throws {
        let text = """
            sep=;
            "Pump house\n(all points)";;;;
            设备 / device;功能码 / 区;"寄存器地址
            (base 0)";"数据类型";备注
            x;4x;1;uint16;"first ""a""
            second; third"

            ;4x;y;uint16;
            """
        let found = importPoints(text, path: "l.csv")
        #expect(
            Self.lines(found) == [
                "l.csv:R6:C: error: SL-1305: 'y' is no address. Write a whole number such as 16 or 0x10."
            ])
        let mended = importPoints(text.replacing(";y;", with: ";2;"), path: "l.csv")
        let listed = try #require(mended.profiles.first, "\(Self.lines(mended))")
        #expect(listed.text.contains("  # l.csv:R4 first \"a\" second; third\n  holding_1: "))
        #expect(listed.text.contains("  # l.csv:R6\n  holding_2: "), "an empty device cell repeats the one above")
    }

    @Test func `names of values make sets, and names that a profile cannot have are replaced with a note`() throws {
        let text = """
            device,function,address (base 0),point,type,values,bit
            x,3,1,state,uint16,"0=closed; 1=open; 2=打开中",
            x,3,2,故障字,bitfield16,"0=running; 3=overload(fault)",
            x,3,3,alarm,bool,,5
            """
        let found = importPoints(text, path: "l.csv")
        let read = try onlyProfile(found)
        #expect(read.points.map(\.name) == ["state", "holding_2", "alarm"])
        #expect(read.points.map(\.type) == [.enum16, .bitfield16, .uint16] && read.points[2].bit == 5)
        let names = read.sets.flatMap { set in
            switch set.content {
            case .values(let labels): labels.map { "\($0.raw) \($0.name)" }
            case .bits(let bits): bits.map { "\($0.number) \($0.name) \($0.severity)" }
            }
        }
        #expect(names == ["0 closed", "1 open", "2 value_2", "0 running info", "3 overload fault"])
        #expect(Self.lines(found).count == 3)
    }

    @Test func `a list of several devices gives a profile each, named as a person says`() throws {
        let text = "设备,设备类别,站号,功能码,地址(0基),类型\n1#水表,water-meter,1,3,0,u16\n2#泵,pump,2,4,0,u16\n"
        let options = PointListOptions(names: ["1#水表": "inlet", "2#泵": "booster"])
        let found = importPoints(text, path: "l.csv", options: options)
        #expect(found.profiles.map(\.path) == ["water-meter/inlet/profile.yaml", "pump/booster/profile.yaml"])
        #expect(found.profiles.map(\.unit) == [1, 2] && found.profiles.map(\.title) == ["1#水表", "2#泵"])
    }

    @Test func `an empty cell of a device repeats the row above, not the device that was new last`() {
        let text = "device,function,address (base 0),type\na,3,1,u16\nb,3,1,u16\na,3,2,u16\n,3,3,u16\n"
        let found = importPoints(text, path: "l.csv")
        #expect(found.profiles.map(\.pointCount) == [3, 1])
    }

    @Test func `a device that cannot have its name is told once, and not the rows below it`() {
        let text = "device,function,address (base 0),type\na,3,1,u16\n1#泵,3,1,u16\n,3,1,u16\n,3,2,u16\n"
        let found = importPoints(text, path: "l.csv")
        #expect(Self.lines(found).map { $0.prefix(32) } == ["l.csv:R3:A: error: SL-1306: '1#泵'".prefix(32)])
    }

    @Test func `columns have the letters of a spreadsheet`() {
        #expect([0, 25, 26, 51, 52, 701, 702].map(columnLetters) == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"])
    }

    @Test func `what changed between two texts is told line by line`() {
        #expect(lineDifference("a\nb\nc\n", "a\nb\nc\n").isEmpty)
        #expect(lineDifference("a\nb\nc\nd\n", "a\nx\nc\nd\ne\n") == ["-b", "+x", "+e"])
    }
}

/// Nothing that stands in a file may stop the program.
@Suite struct HostileListTests {
    @Test func `bounds are told at the cell that passes them`() {
        func first(_ text: String) -> String? {
            PointListTests.lines(importPoints(text, path: "l.csv", options: PointListOptions(base: .zero))).last
        }
        let head = "device,function,address,type,note\n"
        #expect(
            first(head + "x,3,1,uint16," + String(repeating: "a", count: ListLimits.cell + 1))
                == "l.csv:R2:E: error: SL-1302: the cell has more than 4000 characters.")
        #expect(
            first(head + "x,3,1,uint16,\"" + String(repeating: "x,3,1\n", count: 2000))
                == "l.csv:R2:E: error: SL-1302: the cell has more than 4000 characters. A quote that never ends swallows the "
                + "rows below it.")
        #expect(
            first(head + String(repeating: ",", count: ListLimits.columns))
                == "l.csv:R2:IW: error: SL-1302: the row has more than 256 cells.")
        #expect(
            first(head + String(repeating: "\n", count: ListLimits.rows))
                == "l.csv:R20001:A: error: SL-1302: the list has more than 20000 rows. Split it.")
    }

    @Test func `a list as long as may be is read`() throws {
        let rows = (0..<ListLimits.rows - 1).map { "x,3,\($0),uint16,1#\n" }.joined()
        let found = importPoints(
            "device,function,address,type,point\n" + rows, path: "l.csv", options: PointListOptions(base: .zero))
        // A profile holds fewer values than that; what matters is that it is told in time.
        #expect(found.profiles.first?.pointCount == ListLimits.rows - 1 || found.hasErrors)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `no slip of the keyboard makes the import trap`(batch: UInt64) {
        let seeds = [
            PointListTests.list,
            "device;unit;table;reference;type;count;order;scale;offset;uom;poll;bit;mask;shift;sentinel;plausible;values\n"
                + "x;1;4x;40001;u16;1;AB;0.1;-5;kPa;10 s;;0xFF;1;0xFFFF;0 ~ 100;\"0=a; 1=b(fault)\"\n"
                + ";;3x;30002;float;2;3412;;;℃;;;;;-1;-15..15;\n",
        ]
        for turn in 0..<40 {
            var random = SeededGenerator(seed: batch &* 1000 &+ UInt64(turn))
            let text = mutated(seeds[turn % 2], using: &random)
            let base = AddressBase.allCases.randomElement(using: &random)
            let found = importPoints(text, path: "l.csv", options: PointListOptions(base: base, device: "d"))
            for listed in found.profiles {
                #expect(readProfile(listed.text, path: listed.path).profile != nil, "seed \(batch) \(turn)")
            }
            #expect(found.hasErrors || !found.profiles.isEmpty, "seed \(batch) \(turn): \(text)")
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random characters are refused`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let marks = Array("device,address,type;\t\"\n\r设备地址类型0123456789.-=()（）:，；\u{0}\u{2028}".unicodeScalars)
        for _ in 0..<50 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...300, using: &random) {
                text.append(marks.randomElement(using: &random) ?? "a")
            }
            let found = importPoints(String(text), path: "l.csv")
            #expect(found.hasErrors || !found.profiles.isEmpty)
        }
    }
}
