// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Store

/// Exit codes, after sysexits.h where it has one.
enum ExitStatus {
    /// Done, and problems were found or a device did not answer.
    static let problemsFound = ExitCode(1)
    /// Gateway or broker unavailable.
    static let unavailable = ExitCode(69)
    static let internalError = ExitCode(70)
    /// The system gives no threads.
    static let system = ExitCode(71)
    /// A file cannot be created.
    static let cannotCreate = ExitCode(73)
    /// Input or output error.
    static let inputOutput = ExitCode(74)
    /// Locked by another instance: try again later.
    static let locked = ExitCode(75)
    static let permission = ExitCode(77)
    /// The configuration has mistakes.
    static let configuration = ExitCode(78)
}

/// Writes a line for people to standard error; data goes to standard output.
func say(_ line: String) { write(line, to: STDERR_FILENO) }

/// Writes a line of data to standard output at once, also into a pipe.
func tell(_ line: String) { write(line, to: STDOUT_FILENO) }

/// The same for a command that goes on as long as it is read.
///
/// - Returns: Whether somebody took it; `false` when the reader of a pipe has ended.
func tellReader(_ line: String) -> Bool { write(line, to: STDOUT_FILENO) }

/// Writes lines of data that have their own ends to standard output at once.
func put(_ lines: String) { write(bytes: Array(lines.utf8), to: STDOUT_FILENO) }

/// Writes bytes as they are.
///
/// - Returns: Whether all were taken; else the system's error says why.
func put(_ bytes: [UInt8], to descriptor: Int32) -> Bool { write(bytes: bytes, to: descriptor) }

/// One line with as few calls as the system allows, so that lines of two tasks do not mix.
@discardableResult
private func write(_ line: String, to descriptor: Int32) -> Bool {
    write(bytes: Array((line + "\n").utf8), to: descriptor)
}

@discardableResult
private func write(bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if written < 0 && errno == EINTR { continue }
        if written <= 0 { return false }
        rest = rest.dropFirst(written)
    }
    return true
}

extension StoreError {
    /// What `run` exits with when the store cannot be opened.
    var exitStatus: ExitCode {
        switch self {
        case .locked: ExitStatus.locked
        case .newerSchema: ExitStatus.configuration
        case .noPermission: ExitStatus.permission
        case .readOnlyFileSystem, .diskFull, .noInodes, .notADatabase, .foreignDatabase, .damaged, .unusable:
            ExitStatus.inputOutput
        case .notBound, .duplicateTicketEvent: ExitStatus.internalError
        }
    }
}
