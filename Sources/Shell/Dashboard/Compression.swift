// SPDX-License-Identifier: Apache-2.0

import CZlib
import Hummingbird
import NIOCore

/// Sends text as gzip to whoever takes it.
///
/// A compressed answer tells by its length whether what a stranger put into it also stands elsewhere in it, such as the
/// token of a form. Nobody can try that here from a page of another site: it cannot ask in a visitor's name, for the
/// session's cookie is `SameSite=Strict`.
struct Compression: RouterMiddleware {
    typealias Context = DashboardContext

    func handle(
        _ request: Request, context: DashboardContext, next: (Request, DashboardContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        guard let length = response.body.contentLength, Self.worthwhile.contains(length),
            response.status == .ok, response.headers[.contentEncoding] == nil,
            Self.isText(response.headers[.contentType])
        else { return response }
        response.headers[.vary] = "Accept-Encoding"
        guard Self.isTaken(request.headers[.acceptEncoding]) else { return response }
        let plain = Collector(length: length)
        try await response.body.write(plain)
        guard let packed = Gzip.packed(plain.box.buffer) else {
            response.body = ResponseBody(byteBuffer: plain.box.buffer)
            return response
        }
        response.body = ResponseBody(byteBuffer: packed)
        response.headers[.contentEncoding] = "gzip"
        response.headers[.contentLength] = nil
        return response
    }

    /// A shorter answer goes in one packet anyhow; a longer one is no page.
    static let worthwhile = 1_400...8_000_000

    private static func isText(_ mediaType: String?) -> Bool {
        guard let mediaType else { return false }
        return mediaType.hasPrefix("text/") && !mediaType.hasPrefix("text/event-stream")
            || ["application/json", "application/problem+json", "image/svg+xml"].contains { mediaType.hasPrefix($0) }
    }

    /// Whether a request takes gzip (RFC 9110, 12.5.3): named, or by `*`, and not with a weight of zero.
    static func isTaken(_ header: String?) -> Bool {
        guard let header else { return false }
        var other = false
        for choice in header.lowercased().split(separator: ",") {
            let parts = choice.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            let isRefused = parts.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
            if parts.first == "gzip" || parts.first == "x-gzip" { return !isRefused }
            if parts.first == "*" { other = !isRefused }
        }
        return other
    }

    /// Takes a body whose length is known.
    private struct Collector: ResponseBodyWriter {
        final class Box { var buffer = ByteBuffer() }
        let box = Box()

        init(length: Int) { box.buffer.reserveCapacity(length) }

        mutating func write(_ buffer: ByteBuffer) { box.buffer.writeImmutableBuffer(buffer) }
        consuming func finish(_ trailingHeaders: HTTPFields?) {}
    }
}

/// The gzip format (RFC 1952).
public enum Gzip {
    /// - Returns: `plain` in one member; `nil` without memory for it.
    public static func packed(_ plain: [UInt8]) -> [UInt8]? {
        packed(ByteBuffer(bytes: plain)).map { Array($0.readableBytesView) }
    }

    /// - Returns: `plain` in one member, packed as zlib does it by default; `nil` without memory for it.
    static func packed(_ plain: ByteBuffer) -> ByteBuffer? {
        var stream = z_stream()
        // 31 asks for a gzip header around a window of 32 kB.
        let status = deflateInit2_(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var packed = ByteBuffer()
        let most = Int(deflateBound(&stream, uLong(plain.readableBytes)))
        packed.writeWithUnsafeMutableBytes(minimumWritableBytes: most) { room in
            plain.withUnsafeReadableBytes { bytes in
                stream.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
                stream.avail_in = uInt(bytes.count)
                stream.next_out = room.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = uInt(room.count)
                deflate(&stream, Z_FINISH)
                return room.count - Int(stream.avail_out)
            }
        }
        return packed
    }
}
