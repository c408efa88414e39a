// SPDX-License-Identifier: Apache-2.0

import CModbus
import Glibc
import ModbusCodec
import Pipeline

/// The line cannot be used any more and has to be opened again; the text is the system's.
struct WireFault: Error {
    var text: String
    var isDescriptorRefused = false
    /// Whether it tells of an earlier fault: the line is still waiting to be opened again.
    var isRepeated = false
}

/// An open serial line: libmodbus for settings, sending, checksum and first framing, and the few calls on its
/// descriptor that libmodbus has no name for. Every wait ends at a moment that the caller gives.
final class SerialWire {
    enum Reception {
        /// A frame as libmodbus cuts it, good or not.
        case frame([UInt8])
        /// The deadline passed inside a frame. How many bytes had come is not known, so they are not looked at: zeros
        /// behind a short frame would leave its checksum right.
        case torn
    }

    /// Errors of libmodbus that modbus.h makes from one number, too involved for the importer.
    private static let badChecksum = MODBUS_ENOBASE + Int32(MODBUS_EXCEPTION_MAX)
    private static let badData = badChecksum + 1

    private let context: OpaquePointer
    private let descriptor: Int32

    init(_ line: SerialLine) throws(WireFault) {
        let parity: UInt8 =
            switch line.parity {
            case .none: UInt8(ascii: "N")
            case .even: UInt8(ascii: "E")
            case .odd: UInt8(ascii: "O")
            }
        guard
            let context = modbus_new_rtu(
                line.path, Int32(clamping: line.baud), CChar(parity), 8, Int32(clamping: line.stopBits))
        else { throw WireFault(text: Self.errorText()) }
        guard modbus_connect(context) == 0 else {
            let text = Self.errorText()
            modbus_free(context)
            throw WireFault(text: text)
        }
        do throws(DescriptorRefusal) {
            try DescriptorRule.admit(modbus_get_socket(context))
        } catch {
            modbus_close(context)
            modbus_free(context)
            throw WireFault(text: "\(error)", isDescriptorRefused: true)
        }
        // Recovery by libmodbus would sleep and flush; opening again is ours. With a byte timeout of zero the
        // response timeout bounds the whole frame.
        modbus_set_error_recovery(context, MODBUS_ERROR_RECOVERY_NONE)
        modbus_set_byte_timeout(context, 0, 0)
        self.context = context
        descriptor = modbus_get_socket(context)
    }

    deinit {
        modbus_close(context)
        modbus_free(context)
    }

    /// Waits for a byte until `limit`, monotonic nanoseconds; at least looks once.
    ///
    /// - Returns: Whether there is one. It is not taken from the stream.
    func waitForByte(until limit: Int64) throws(WireFault) -> Bool {
        while true {
            let now = WireClock.now()
            let left = limit > now ? limit - now : 0
            // poll counts in milliseconds, and a silence ends between two of them.
            if 1..<1_000_000 ~= left { usleep(UInt32(clamping: (left + 999) / 1000)) }
            let events = pollEvents(milliseconds: Int32(clamping: left / 1_000_000))
            if events < 0 {
                guard errno == EINTR else { throw WireFault(text: Self.errorText()) }
                continue
            }
            if events == 0 {
                guard WireClock.now() < limit else { return false }
                continue
            }
            guard events & (POLLERR | POLLHUP | POLLNVAL) == 0 else { throw WireFault(text: "the line is hung up") }
            return true
        }
    }

    /// What `poll` reports within the time: 0 when it passed, -1 with `errno` set on an error.
    private func pollEvents(milliseconds: Int32) -> Int32 {
        // One pollfd by its layout: descriptor, wanted events, reported events. Its members cannot be named, because
        // they belong to whichever of the C modules that declare it the compiler has met first.
        withUnsafeTemporaryAllocation(byteCount: 8, alignment: 4) { memory in
            memory.storeBytes(of: descriptor, as: Int32.self)
            memory.storeBytes(of: Int16(POLLIN), toByteOffset: 4, as: Int16.self)
            memory.storeBytes(of: 0, toByteOffset: 6, as: Int16.self)
            let count = poll(memory.assumingMemoryBound(to: pollfd.self).baseAddress, 1, milliseconds)
            return count > 0 ? Int32(memory.load(fromByteOffset: 6, as: Int16.self)) : count
        }
    }

    /// Appends what is there now to `bytes`, never more than 260 bytes in one call.
    func readAvailable(into bytes: inout [UInt8]) throws(WireFault) {
        var buffer = [UInt8](repeating: 0, count: Int(MODBUS_MAX_ADU_LENGTH))
        let count = read(descriptor, &buffer, buffer.count)
        if count > 0 {
            bytes += buffer.prefix(count)
        } else if count < 0, errno != EAGAIN, errno != EINTR {
            throw WireFault(text: Self.errorText())
        }
    }

    /// Reads `count` bytes, or as many as come until `limit`.
    func readExactly(_ count: Int, until limit: Int64) throws(WireFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count, try waitForByte(until: limit) {
            let got = bytes.withUnsafeMutableBytes { memory in
                read(descriptor, memory.baseAddress.map { $0 + filled }, count - filled)
            }
            if got > 0 {
                filled += got
            } else if got < 0, errno != EAGAIN, errno != EINTR {
                throw WireFault(text: Self.errorText())
            }
        }
        return Array(bytes.prefix(filled))
    }

    /// Sends a request; libmodbus adds the checksum.
    ///
    /// - Returns: `false` when libmodbus does not take the unit, which is 0 ... 247 on a serial line.
    func send(_ request: ReadRequest) throws(WireFault) -> Bool {
        guard modbus_set_slave(context, Int32(request.unit.value)) == 0 else { return false }
        let raw = request.rawForm
        let sent = modbus_send_raw_request(context, raw, Int32(raw.count))
        guard sent == raw.count + 2 else {
            throw WireFault(text: sent < 0 ? Self.errorText() : "a request was sent in part")
        }
        return true
    }

    /// Receives one frame whose first byte is there, until `deadline` in all.
    func receive(until deadline: Int64) throws(WireFault) -> Reception {
        let left = max(1000, (deadline - WireClock.now()) / 1000)
        modbus_set_response_timeout(context, UInt32(clamping: left / 1_000_000), UInt32(left % 1_000_000))
        var buffer = [UInt8](repeating: 0, count: Int(MODBUS_MAX_ADU_LENGTH))
        let count = modbus_receive_confirmation(context, &buffer)
        let code = errno
        if count >= 0 || code == Self.badChecksum {
            // A frame of another unit is reported as 0, a damaged one as an error: the bytes are there in both cases.
            let length = count > 0 ? Int(count) : serialAnswerLength(buffer) ?? 0
            return .frame(Array(buffer.prefix(length)))
        }
        // Three bytes came whose byte count no frame can have.
        if code == Self.badData { return .frame(Array(buffer.prefix(3))) }
        if code == ETIMEDOUT { return .torn }
        throw WireFault(text: Self.errorText(code))
    }

    private static func errorText(_ code: Int32 = errno) -> String {
        guard let text = modbus_strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }
}
