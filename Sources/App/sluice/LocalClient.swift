// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks a running gateway over its local socket, which only users of the state directory can open.
struct LocalClient {
    struct Answer {
        var status: Int
        var body: [UInt8]
    }

    /// No gateway answers at the socket.
    struct Unreachable: Error, CustomStringConvertible {
        let path: String
        let cause: Cause

        enum Cause {
            case absent
            case refused
            case notAllowed
            case silent(seconds: Int)
            case ended
            case other(String)

            init(_ error: any Error) {
                switch (error as? IOError)?.errnoCode {
                case ENOENT, ENOTDIR: self = .absent
                case ECONNREFUSED: self = .refused
                case EACCES, EPERM: self = .notAllowed
                default: self = .other("\(error)")
                }
            }
        }

        var description: String {
            let start =
                "Start it with `sluice run --config FILE` or `systemctl start sluice`, or name the file that the "
                + "running one has with --config."
            return switch cause {
            case .absent: "no gateway runs with this configuration: there is no socket \(path). \(start)"
            case .refused:
                "no gateway runs with this configuration: the socket \(path) is left over, and nothing listens. "
                    + start
            case .notAllowed:
                "the gateway's socket \(path) is not for this user. Ask as root or as the user that runs it."
            case .silent(let seconds):
                "no gateway answers at \(path): it was silent for \(seconds) s. Look at its log."
            case .ended: "the gateway at \(path) ended before it had answered. Look at its log."
            case .other(let text): "no gateway answers at \(path): \(text)"
            }
        }
    }

    let path: String

    /// One request, one answer; waits at most ten seconds.
    func send(
        _ method: HTTPMethod, _ uri: String, headers more: [(String, String)] = [], body: [UInt8] = []
    ) throws -> Answer {
        let answer: EventLoopFuture<Answer>
        do {
            let group = MultiThreadedEventLoopGroup.singleton
            let promise = group.next().makePromise(of: Answer.self)
            let limit = promise.futureResult.eventLoop.scheduleTask(in: .seconds(10)) {
                promise.fail(Unreachable(path: path, cause: .silent(seconds: 10)))
            }
            promise.futureResult.whenComplete { _ in limit.cancel() }
            answer = promise.futureResult
            let channel = try ClientBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(AnswerCollector(promise: promise))
                    }
                }
                .connect(unixDomainSocketPath: path).wait()
            var headers = HTTPHeaders([("host", "localhost"), ("connection", "close")] + more)
            headers.add(name: "content-length", value: String(body.count))
            if !body.isEmpty { headers.add(name: "content-type", value: "application/json") }
            let head = HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: headers)
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            if !body.isEmpty {
                channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
            }
            try channel.writeAndFlush(HTTPClientRequestPart.end(nil)).wait()
        } catch {
            throw Unreachable(path: path, cause: Unreachable.Cause(error))
        }
        do {
            return try answer.wait()
        } catch let error as ChannelError where error == .eof {
            throw Unreachable(path: path, cause: .ended)
        }
    }
}

/// Gathers one HTTP answer of at most 4 MiB.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<LocalClient.Answer>
    private var status = 0
    private var body: [UInt8] = []

    init(promise: EventLoopPromise<LocalClient.Answer>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(let part):
            body += part.readableBytesView
            if body.count > 4 << 20 { context.close(promise: nil) }
        case .end:
            promise.succeed(LocalClient.Answer(status: status, body: body))
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
