// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// Why the dashboard cannot be served.
public enum DashboardError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Somebody else listens there.
    case addressInUse(host: String, port: Int)
    /// The address cannot be listened on; `setting` names what to change.
    case addressNotUsable(String, reason: String, setting: String)
    /// A file of the page is missing from the installation or damaged.
    case resourceNotUsable(path: String, reason: String)

    /// The certificate and the key of the page cannot be shown to a browser.
    case certificateNotUsable(path: String, reason: String)

    init(_ error: IOError, host: String, port: Int, socketPath: String?) {
        if let socketPath {
            self = .addressNotUsable(socketPath, reason: Self.reason(error.errnoCode), setting: "storage.directory")
        } else if error.errnoCode == EADDRINUSE {
            self = .addressInUse(host: host, port: port)
        } else {
            self = .addressNotUsable(
                "\(host):\(port)", reason: Self.reason(error.errnoCode), setting: "dashboard.address")
        }
    }

    private static func reason(_ code: CInt) -> String { String(cString: strerror(code)) }

    public var description: String {
        switch self {
        case .addressInUse(let host, let port):
            "The dashboard cannot listen on \(host):\(port): another program uses this port. "
                + "Stop that program, or set 'dashboard.port' to another port (0 takes a free one)."
        case .addressNotUsable(let address, let reason, let setting):
            "The dashboard cannot listen on \(address): \(reason). Change '\(setting)'."
        case .resourceNotUsable(let path, let reason):
            "The dashboard cannot use its file \(path): \(reason). Install Sluice again."
        case .certificateNotUsable(let path, let reason):
            "The dashboard cannot use \(path): \(reason). Mend the file, or change 'dashboard.certificate_file' and "
                + "'dashboard.key_file'."
        }
    }
}
