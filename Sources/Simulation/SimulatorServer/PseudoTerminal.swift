// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Both ends of a pseudo-terminal in raw mode.
struct PseudoTerminal {
    /// The slaves' end.
    let near: CInt
    /// The end that a master opens by its path. We keep it open, or the line would hang up with its last master.
    let far: CInt
    let path: String

    /// - Throws: `SimulatorError.pseudoTerminal` with what the system reported.
    init() throws {
        var (near, far): (CInt, CInt) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        guard openpty(&near, &far, nil, nil, nil) == 0 else { throw SimulatorError.pseudoTerminal(code: errno) }
        var settings = termios()
        guard ttyname_r(far, &name, name.count) == 0, tcgetattr(far, &settings) == 0 else {
            let code = errno
            Glibc.close(near)
            Glibc.close(far)
            throw SimulatorError.pseudoTerminal(code: code)
        }
        cfmakeraw(&settings)
        tcsetattr(far, TCSANOW, &settings)
        for descriptor in [near, far] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        self.near = near
        self.far = far
        path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Gives both ends back.
    func close() {
        for descriptor in [near, far] { Glibc.close(descriptor) }
    }
}

/// Why the simulator could not be served.
public enum SimulatorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system gave no pseudo-terminal; the number is its `errno`.
    case pseudoTerminal(code: Int32)
    case alreadyStarted

    public var description: String {
        switch self {
        case .pseudoTerminal(let code):
            "no pseudo-terminal for the simulated line: \(String(cString: strerror(code))) (errno \(code)). "
                + "Is /dev/pts mounted and is kernel.pty.max large enough?"
        case .alreadyStarted: "the simulator is being served already. Stop it before it is started again."
        }
    }
}
