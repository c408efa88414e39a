// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import Glibc
import Pipeline

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let the running gateway read its site's file again.",
        discussion: """
            Example:
              sluice reload --config site.yaml

            The file is checked first, and a running gateway is asked only for one without mistakes. Buses of which
            nothing has changed are polled on meanwhile; estates of the same program whose files are the same are not
            touched.

            Exit codes: 0 asked, 69 no gateway runs with this file, 77 no permission, 78 the file has mistakes.
            """)

    @OptionGroup var site: SiteOptions

    func run() throws {
        let directory = try site.load().storage.directory
        guard let holder = StateLock.holder(of: directory), holder > 1 else {
            say("sluice: no gateway works in \(directory). Has storage.directory changed? Then restart the gateway.")
            throw ExitStatus.unavailable
        }
        guard kill(pid_t(holder), SIGHUP) == 0 else {
            let code = errno
            say("sluice: process \(holder) cannot be asked: \(String(cString: strerror(code))).")
            throw code == EPERM ? ExitStatus.permission : ExitStatus.unavailable
        }
        say("Process \(holder) reads \(site.config) again; its log tells the outcome.")
    }
}
