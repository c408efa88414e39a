// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// The refusal of a descriptor inside what NIO reports, if that is what happened.
func findRefusal(in error: any Error) -> DescriptorRefusal? {
    switch error {
    case let refusal as DescriptorRefusal: refusal
    case let failure as NIOConnectionError: failure.connectionErrors.lazy.compactMap { findRefusal(in: $0.error) }.first
    default: nil
    }
}

/// A connection error in the system's words.
func explain(_ error: any Error) -> String {
    switch error {
    case let refusal as DescriptorRefusal:
        return "\(refusal)"
    case let failure as NIOConnectionError:
        if let first = failure.connectionErrors.first { return explain(first.error) }
        if failure.dnsAError != nil || failure.dnsAAAAError != nil { return "the name is not known" }
        return "no connection"
    case let failure as IOError:
        return systemText(failure.errnoCode)
    case ChannelError.connectTimeout:
        return "no connection in time"
    default:
        return "\(error)"
    }
}
