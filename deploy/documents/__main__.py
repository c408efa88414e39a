# SPDX-License-Identifier: Apache-2.0
"""deploy/check-documents ROOT [--strict] [PAGE...]"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from .console import try_page
from .links import LANGUAGE, check_links, check_plainness, check_twins, essence, older_pages
from .options import check_options
from .pages import read_pages
from .proof import FAULTS, prove

TRIED = ("docs/tutorials/", "docs/how-to/", "docs/explanation/",
         "docs/zh-Hans/tutorials/", "docs/zh-Hans/how-to/", "docs/zh-Hans/explanation/")


def consoles(page):
    return [block for block in page.blocks if block.kind == "console"]


def is_repetition(page, pages):
    """Whether the page's commands and what comes of them are those of its English twin to the letter."""
    twin = pages.get(page.twin) if page.is_chinese else None
    if twin is None or len(consoles(page)) != len(consoles(twin)):
        return False
    def files(page):
        return [block.lines for block in page.blocks if block.file]
    return files(page) == files(twin) and all(
        mine.lines == theirs.lines
        or (essence(mine) == essence(theirs) and results(mine) == results(theirs)
            and not any(map(LANGUAGE.search, mine.lines)))
        for mine, theirs in zip(consoles(page), consoles(twin)))


def results(block):
    return [line for line in block.lines if not line.startswith(("$ ", "> ", "^C"))]


def can_be_alone():
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0


def read_over(pages, sluice):
    """Problems that are seen without typing anything, and how often pages name the program."""
    wrong, mentions = check_options(pages, sluice)
    return [*check_links(pages), *check_plainness(pages), *check_twins(pages), *wrong, *prove(sluice)], mentions


def main(root, *arguments):
    began = time.monotonic()
    sluice = os.path.abspath(os.environ["SLUICE"])
    chosen = [argument for argument in arguments if not argument.startswith("--")]
    pages = read_pages(root)
    for path in chosen:
        if path not in pages:
            sys.exit(f"There is no page {path}.")
    of_commands = [page for page in pages.values() if page.path.startswith(TRIED)]
    tried = [page for page in of_commands if consoles(page) and (page.path in chosen or not chosen)]
    repeated = [page for page in tried if is_repetition(page, pages) and not chosen]
    # The pages of the demonstration wait for it longest, so they begin first.
    order = sorted((page for page in tried if page not in repeated), key=lambda page: "demo" not in page.path)
    alone = can_be_alone()
    problems, mentions = [], 0
    # Half of the time a page waits for a program, so that two cores serve four.
    with ThreadPoolExecutor(4 if alone else 1) as pool:
        trials = pool.map(lambda page: try_page(page, sluice, alone), order)
        if not chosen:
            problems, mentions = read_over(pages, sluice)
        trials = list(trials)
    problems += [problem for found, _, _ in trials for problem in found]
    untried, older = [], []
    if not chosen:
        untried = [f"{page.path}:{block.line + offset}: {line}" for page in of_commands if not page.is_chinese
                   for block in page.blocks if block.kind == "" for offset, line in enumerate(block.lines)]
        older = list(older_pages(pages))
    for word, lines in (("not tried: ", untried), ("older: ", older), ("", problems)):
        for line in lines:
            print(word + line)
    if not chosen:
        print(f"{len(pages)} pages; {mentions} mentions of the program, each option looked for in its help; "
              f"{len(FAULTS)} pages with a fault each were told apart from one without")
        print(f"{len(untried)} lines for machines that are not here were not tried")
    print(f"{sum(count for _, count, _ in trials)} commands typed on {len(order)} pages"
          + (", each with a network of its own" if alone else ", one page after another")
          + f"; {len(repeated)} Chinese pages have the very commands and answers of their twins")
    if trials:
        seconds, path = max(zip((seconds for _, _, seconds in trials), (page.path for page in order)))
        print(f"slowest: {path}, {seconds:.0f} s")
    print(f"{len(older)} pages are older than their twins; {len(problems)} problems; {time.monotonic() - began:.0f} s")
    sys.exit(1 if problems or (older and "--strict" in arguments) else 0)


main(*sys.argv[1:])
