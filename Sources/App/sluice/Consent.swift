// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc

/// Whether a command that cannot be taken back may go on: a terminal is asked, unless it was told not to.
struct Consent: ParsableArguments {
    @Flag(help: "Go on without asking; a terminal is asked otherwise.") var yes = false
    @Flag(help: "Ask nothing, and go on as off a terminal.") var noInput = false

    func isGiven(_ question: String) -> Bool {
        guard !yes, !noInput, isatty(STDIN_FILENO) == 1 else { return true }
        say("\(question) (y or n)")
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }
}
