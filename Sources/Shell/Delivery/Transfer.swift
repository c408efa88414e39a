// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc
import Notices

/// One transfer by libcurl.
///
/// No redirect is followed, so that nobody is sent on to where the file does not say; and the address is judged when
/// the socket is opened, after the name was looked up, so that a name cannot lead inside either.
final class Transfer {
    /// Bytes of an answer that are read; the outcome stands in fewer.
    static let answerLimit = 65_536

    private let request: OutgoingRequest
    private let settings: TransportSettings
    private let stop: StopFlag
    /// What is still to be sent of a letter.
    private var rest: ArraySlice<UInt8> = []
    private var answer: [UInt8] = []
    private var isTooLong = false
    private var isInside = false

    /// libcurl is set up once for the program.
    private static let start = sluice_curl_start()

    init(_ request: OutgoingRequest, _ settings: TransportSettings, _ stop: StopFlag) {
        (self.request, self.settings, self.stop) = (request, settings, stop)
    }

    func run() -> ChannelResponse {
        guard Self.start == CURLE_OK, let curl = curl_easy_init() else { return .failed("libcurl cannot be used") }
        defer { curl_easy_cleanup(curl) }
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        let isReady: Bool
        switch request.way {
        case .http(let url, let headers): isReady = prepare(curl) && prepare(curl, url, headers, &list)
        case .smtp(let mailbox): isReady = prepare(curl) && prepare(curl, mailbox, &list)
        }
        guard isReady else { return .failed("libcurl refuses the settings of this channel") }
        let code = withExtendedLifetime(self) { curl_easy_perform(curl) }
        return response(code, Int(sluice_curl_response_code(curl)))
    }

    // MARK: Options

    private func prepare(_ curl: UnsafeMutableRawPointer) -> Bool {
        let object = Unmanaged.passUnretained(self).toOpaque()
        let limit = max(1, settings.timeLimit.components.seconds)
        var codes = [
            sluice_curl_set_long(curl, CURLOPT_NOSIGNAL, 1),
            sluice_curl_set_long(curl, CURLOPT_TIMEOUT, Int(limit)),
            sluice_curl_set_long(curl, CURLOPT_CONNECTTIMEOUT, Int(min(limit, 10))),
            sluice_curl_set_long(curl, CURLOPT_FOLLOWLOCATION, 0),
            sluice_curl_set_long(curl, CURLOPT_SSL_VERIFYPEER, 1),
            sluice_curl_set_long(curl, CURLOPT_SSL_VERIFYHOST, 2),
            sluice_curl_set_long(curl, CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue)),
            // A proxy would hide where the connection goes.
            sluice_curl_set_text(curl, CURLOPT_PROXY, ""),
            sluice_curl_set_long(curl, CURLOPT_NOPROGRESS, 0),
            sluice_curl_set_pointer(curl, CURLOPT_XFERINFODATA, object),
            sluice_curl_on_progress(curl) { object, _, _, _, _ in
                Transfer.of(object).map { $0.stop.isRaised ? 1 : 0 } ?? 1
            },
            sluice_curl_set_pointer(curl, CURLOPT_WRITEDATA, object),
            sluice_curl_on_data(curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, object in
                Transfer.of(object)?.take(bytes, size &* count) ?? 0
            },
            sluice_curl_set_pointer(curl, CURLOPT_OPENSOCKETDATA, object),
            sluice_curl_on_socket(curl) { object, _, address in
                guard let address, let transfer = Transfer.of(object) else { return sluice_no_socket }
                return transfer.open(address)
            },
        ]
        if let file = settings.certificates { codes.append(sluice_curl_set_text(curl, CURLOPT_CAINFO, file)) }
        return codes.allSatisfy { $0 == CURLE_OK }
    }

    private func prepare(
        _ curl: UnsafeMutableRawPointer, _ url: Secret, _ headers: [OutgoingRequest.Header],
        _ list: inout UnsafeMutablePointer<curl_slist>?
    ) -> Bool {
        // An empty `Expect` keeps libcurl from waiting for a word before the body.
        for header in headers + [.init("User-Agent", "Sluice"), .init("Expect", "")] {
            let line = header.value.isEmpty ? "\(header.name):" : "\(header.name): \(header.value)"
            guard !line.utf8.contains(where: { $0 < 0x20 }), let longer = curl_slist_append(list, line) else {
                return false
            }
            list = longer
        }
        let length = sluice_curl_set_long(curl, CURLOPT_POSTFIELDSIZE, request.body.count)
        let body = request.body.withUnsafeBytes {
            // libcurl keeps a copy of its own.
            sluice_curl_set_pointer(curl, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
        }
        return [
            length, body, sluice_curl_set_text(curl, CURLOPT_URL, url.revealed),
            sluice_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "http,https"),
            sluice_curl_set_list(curl, CURLOPT_HTTPHEADER, list),
        ].allSatisfy { $0 == CURLE_OK }
    }

    private func prepare(
        _ curl: UnsafeMutableRawPointer, _ mailbox: ChannelAddress.Mailbox,
        _ list: inout UnsafeMutablePointer<curl_slist>?
    ) -> Bool {
        for recipient in mailbox.to {
            guard let longer = curl_slist_append(list, "<\(recipient)>") else { return false }
            list = longer
        }
        rest = request.body[...]
        let scheme = mailbox.security == .tls ? "smtps" : "smtp"
        let host = mailbox.host.contains(":") ? "[\(mailbox.host)]" : mailbox.host
        var codes = [
            sluice_curl_set_text(curl, CURLOPT_URL, "\(scheme)://\(host):\(mailbox.port)/sluice"),
            sluice_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps"),
            // Without TLS nothing is sent, unless the file says that it may be.
            sluice_curl_set_long(
                curl, CURLOPT_USE_SSL,
                Int(mailbox.security == .plain ? CURLUSESSL_NONE.rawValue : CURLUSESSL_ALL.rawValue)),
            sluice_curl_set_text(curl, CURLOPT_MAIL_FROM, "<\(mailbox.from)>"),
            sluice_curl_set_list(curl, CURLOPT_MAIL_RCPT, list),
            sluice_curl_set_long(curl, CURLOPT_UPLOAD, 1),
            sluice_curl_set_pointer(curl, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque()),
            sluice_curl_on_data(curl, CURLOPT_READFUNCTION) { buffer, size, count, object in
                guard let buffer, let transfer = Transfer.of(object) else { return 0 }
                return transfer.give(buffer, size &* count)
            },
        ]
        if let user = mailbox.user { codes.append(sluice_curl_set_text(curl, CURLOPT_USERNAME, user)) }
        if let password = mailbox.password {
            codes.append(sluice_curl_set_text(curl, CURLOPT_PASSWORD, password.revealed))
        }
        return codes.allSatisfy { $0 == CURLE_OK }
    }

    // MARK: What libcurl calls, on the same thread

    private static func of(_ object: UnsafeMutableRawPointer?) -> Transfer? {
        object.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func take(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes else { return 0 }
        guard answer.count + count <= Self.answerLimit else {
            isTooLong = true
            return 0
        }
        answer.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        return count
    }

    private func give(_ buffer: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
        let part = rest.prefix(room)
        UnsafeMutableRawBufferPointer(start: buffer, count: room).copyBytes(from: part)
        rest = rest.dropFirst(part.count)
        return part.count
    }

    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = Int(bytes.withUnsafeMutableBufferPointer { sluice_address_bytes(address, $0.baseAddress) })
        guard settings.allowsPrivateAddresses || !AddressRule.isInside(Array(bytes.prefix(count))) else {
            isInside = true
            return sluice_no_socket
        }
        return sluice_open_socket(address)
    }

    // MARK: The answer

    private func response(_ code: CURLcode, _ status: Int) -> ChannelResponse {
        guard code != CURLE_OK else {
            if case .smtp = request.way { return .smtp(code: status) }
            return .http(status: status, body: answer)
        }
        if isInside { return .failed("the address is in a private network; allow_private: true would permit it") }
        if isTooLong { return .failed("the answer is longer than \(Self.answerLimit / 1024) KiB") }
        if code == CURLE_ABORTED_BY_CALLBACK { return .failed("the gateway stops") }
        if code == CURLE_PEER_FAILED_VERIFICATION {
            return .failed("the receiver's certificate is of no trusted issuer, out of date, or for another host name")
        }
        // A mail server that said no is one that answered.
        if case .smtp = request.way, (400..<600).contains(status) { return .smtp(code: status) }
        // The library's sentence for the code names neither address nor key.
        return .failed(curl_easy_strerror(code).map { String(cString: $0) } ?? "libcurl error \(code.rawValue)")
    }
}
