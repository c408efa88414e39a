# SPDX-License-Identifier: Apache-2.0
"""Rows that tests of the source tree prove: they pass only when those tests ran and passed."""

import os
import re
import subprocess

from .outcome import Failed, Skipped


def suite(*filters, environment=None):
    """Runs the tests that match any of the expressions; what the verdict says."""
    binary = os.environ.get("SLUICE_TESTS", "")
    if not os.path.exists(binary):
        raise Skipped("the tests are not built (swift build --build-tests)")
    arguments = [binary, "--testing-library", "swift-testing", "--no-parallel"]
    for expression in filters:
        arguments += ["--filter", expression]
    done = subprocess.run(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", env={**os.environ, **(environment or {})})
    print(done.stdout[-20000:])
    found = re.findall(r"Test run with (\d+) tests?.*? (passed|failed) after ([\d.]+) seconds", done.stdout)
    if not found:
        raise Failed(f"the tests ended with {done.returncode} and no summary")
    count, verdict, seconds = found[-1]
    if int(count) == 0:
        raise Failed(f"no test matches {' or '.join(filters)}")
    if verdict != "passed" or done.returncode:
        bad = re.findall(r"Test (.+?) failed after", done.stdout) or re.findall(r"recorded an issue at (\S+)", done.stdout)
        raise Failed(f"{len(bad)} of {count} tests failed: {', '.join(sorted(set(bad))[:3])}")
    return f"{count} tests"
