# SPDX-License-Identifier: Apache-2.0
"""How a row ends: passed with a figure, failed with a reason, or skipped with a reason."""

import os
import shutil
import sys
import traceback

WORK = os.environ.get("SLUICE_FAULT_WORK", "/tmp")
SHORT = os.environ.get("SLUICE_FAULT_SHORT") == "1"
# What is broken on purpose so that the row must fail; empty in an ordinary run. `eatmydata` makes fsync do nothing, as a
# disk does that lies; a name with a point is a failpoint; others are what the row itself leaves out: `absent` is the
# fault, which the row must then not find.
PROVE = os.environ.get("SLUICE_FAULT_PROVE", "")


class Failed(Exception):
    """What was expected did not come true."""


class Skipped(Exception):
    """This machine lacks something the row needs."""


def check(is_true, reason):
    if not is_true:
        raise Failed(reason)


def need(*tools):
    """Skips the row unless every tool is there."""
    for tool in tools:
        if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            raise Skipped(f"{tool} is missing")


def scaled(full, short):
    """`full`, or what the bounded subset does instead."""
    return short if SHORT else full


def rounds(full, short):
    """Rounds of a loop: SLUICE_FAULT_ROUNDS when it is set."""
    return int(os.environ.get("SLUICE_FAULT_ROUNDS") or scaled(full, short))


def main(row):
    """Runs the row and writes its verdict as the last line."""
    from . import programs

    try:
        verdict, text, code = "pass", str(row() or ""), 0
    except Skipped as reason:
        verdict, text, code = "skipped", str(reason), 77
    except Failed as reason:
        verdict, text, code = "fail", str(reason), 1
    except Exception as error:
        traceback.print_exc()
        verdict, text, code = "fail", f"{type(error).__name__}: {error}", 1
    finally:
        programs.end_all()
    print(f"VERDICT {verdict} {' '.join(text.split())}", flush=True)
    sys.stdout.flush()
    os._exit(code)


def wrongs_of(work):
    """What is wrong by `work`, and the code to end with then; every program has ended."""
    from . import programs

    try:
        return work(), 1
    except Skipped as reason:
        return [str(reason)], 77
    except Failed as reason:
        return [str(reason)], 1
    finally:
        programs.end_all()
