// SPDX-License-Identifier: Apache-2.0

/// What a request and its answer say as they stand on a serial line, such as a manual prints them.
///
/// - Parameters:
///   - request: A whole frame that reads, checksum included.
///   - answer: A whole frame, checksum included. It may bear another unit: some devices answer unit 0 by their own.
/// - Returns: The addresses asked for, with the words or the exception; `nil` when a frame is damaged or cut short, or
///   when the answer is not one to this request.
public func readFrames(
    request: [UInt8], answer: [UInt8]
) -> (span: RegisterSpan, result: Result<[UInt16], ReadFailure>)? {
    guard let request = ReadRequest(serialFrame: request), answer.count >= 5, crc16(answer) == 0 else { return nil }
    switch request.check(answer[1..<(answer.count - 2)], length: answer.count) {
    case .words(let words): return (request.span, .success(words))
    case .exception(let code): return (request.span, .failure(.exception(code)))
    case .refused: return nil
    }
}

extension ReadRequest {
    /// The request in a frame of a serial line; `nil` when it is damaged, or does not read.
    public init?(serialFrame frame: [UInt8]) {
        guard frame.count == 8, crc16(frame) == 0,
            let table = RegisterTable.allCases.first(where: { $0.readFunction == frame[1] })
        else { return nil }
        let address = UInt16(frame[2]) << 8 | UInt16(frame[3])
        let count = UInt16(frame[4]) << 8 | UInt16(frame[5])
        guard count > 0, Int(address) + Int(count) <= 65_536 else { return nil }
        self.init(RegisterSpan(table, at: address, count: count), of: UnitIdentifier(frame[0]))
    }
}
