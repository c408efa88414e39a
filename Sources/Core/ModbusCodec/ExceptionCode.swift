// SPDX-License-Identifier: Apache-2.0

/// What a device says when it refuses a request (Modbus Application Protocol V1.1b3, section 7).
public enum ExceptionCode: Hashable, Sendable, CustomStringConvertible {
    case illegalFunction
    case illegalDataAddress
    case illegalDataValue
    case deviceFailure
    case acknowledge
    case deviceBusy
    case negativeAcknowledge
    case memoryParityError
    /// 9 is inside the range of the standard, which gives it no meaning.
    case reserved
    case gatewayPathUnavailable
    case gatewayTargetSilent
    /// 0 and 12 ... 255, kept as they came.
    case unknown(UInt8)

    public init(_ code: UInt8) {
        self =
            switch code {
            case 1: .illegalFunction
            case 2: .illegalDataAddress
            case 3: .illegalDataValue
            case 4: .deviceFailure
            case 5: .acknowledge
            case 6: .deviceBusy
            case 7: .negativeAcknowledge
            case 8: .memoryParityError
            case 9: .reserved
            case 10: .gatewayPathUnavailable
            case 11: .gatewayTargetSilent
            default: .unknown(code)
            }
    }

    /// The meaning in the words of the standard.
    public var description: String {
        switch self {
        case .illegalFunction: "illegal function"
        case .illegalDataAddress: "illegal data address"
        case .illegalDataValue: "illegal data value"
        case .deviceFailure: "server device failure"
        case .acknowledge: "acknowledge"
        case .deviceBusy: "server device busy"
        case .negativeAcknowledge: "negative acknowledge"
        case .memoryParityError: "memory parity error"
        case .reserved: "reserved code 9"
        case .gatewayPathUnavailable: "gateway path unavailable"
        case .gatewayTargetSilent: "gateway target device failed to respond"
        case .unknown(let code): "unknown code \(code)"
        }
    }
}
