# SPDX-License-Identifier: Apache-2.0
"""Links that lead nowhere, and twins that differ."""

import os
import re
import subprocess

from .pages import Page

LANGUAGE = re.compile(r" --(lang|language) (en|zh-Hans)\b")


def check_links(pages):
    for page in pages.values():
        yield from page.problems
        for number, target in page.links():
            path, _, anchor = target.partition("#")
            full = os.path.normpath(os.path.join(os.path.dirname(page.path), path)) if path else page.path
            if not os.path.exists(os.path.join(page.root, full)):
                yield f"{page.path}:{number}: {target} is not there."
            elif anchor and full in pages and anchor not in pages[full].anchors():
                yield f"{page.path}:{number}: {full} has no heading #{anchor}."


def is_user_page(path):
    """The pages that are served at /help are plain Markdown."""
    return re.search(r"/(tutorials|how-to|explanation)/|/help\.md$", path) is not None


def check_plainness(pages):
    for page in pages.values():
        if not is_user_page(page.path):
            continue
        for number, line in page.prose:
            bare = re.sub(r"`[^`]*`", "", line)
            if re.search(r"</?[a-z]+[^>]*>", bare):
                yield f"{page.path}:{number}: HTML has no place in a page that is served offline."
            if re.search(r"\]\((https?|mailto):", bare):
                yield f"{page.path}:{number}: a page that is served offline links to other pages only."


def check_twins(pages):
    for page in pages.values():
        if not page.is_chinese:
            if is_user_page(page.path) and page.twin not in pages:
                yield f"{page.path}: has no twin {page.twin}."
            continue
        twin = pages.get(page.twin)
        if twin is None:
            yield f"{page.path}: its twin {page.twin} is not there."
            continue
        for one, other in ((page, twin), (twin, page)):
            named = {os.path.normpath(os.path.join(os.path.dirname(one.path), target)) for _, target in one.links()}
            if other.path not in named:
                yield f"{one.path}: does not lead to its twin {other.path}."
        if [level for level, _ in page.headings] != [level for level, _ in twin.headings]:
            yield (f"{page.path}: {len(page.headings)} headings, its twin has {len(twin.headings)}, "
                   "or their levels differ.")
        if page.tables() != twin.tables():
            yield f"{page.path}: rows of its tables are {page.tables()}, those of its twin {twin.tables()}."
        yield from compare_code(page, twin)


def compare_code(page: Page, twin: Page):
    if [block.kind for block in page.blocks] != [block.kind for block in twin.blocks]:
        yield f"{page.path}: its pieces of code are {[block.kind for block in page.blocks]}, those of its twin " \
              f"{[block.kind for block in twin.blocks]}."
        return
    lines = [[line for line in (command_of(text) for _, text in entry.indented()) if line] for entry in (page, twin)]
    if lines[0] != lines[1]:
        different = [line for line in lines[0] if line not in lines[1]] + [line for line in lines[1] if line not in lines[0]]
        yield f"{page.path}: its indented lines of code are not those of its twin: {different[:3]}."
    for mine, theirs in zip(page.blocks, twin.blocks):
        for ours, other in zip(essence(mine), essence(theirs)):
            if ours != other:
                yield f"{page.path}:{mine.line}: its twin ({twin.path}:{theirs.line}) has “{other}” for “{ours}”."
                break
        if len(essence(mine)) != len(essence(theirs)):
            yield f"{page.path}:{mine.line}: {len(essence(mine))} lines of code, its twin has {len(essence(theirs))} " \
                  f"({twin.path}:{theirs.line})."


def without_comment(line):
    return re.sub(r"(^|\s+)# .*", "", line).rstrip()


def command_of(line):
    """An indented line of code without the words that stand far right of it."""
    return re.split(r" {3,}", without_comment(line).strip())[0]


def essence(block):
    """What must be alike in both languages: not comments, not what the program says in the reader's language."""
    if block.kind == "console":
        return [LANGUAGE.sub("", without_comment(line)) for line in block.lines if re.match(r"[$>] |\^C", line)]
    # A letter or an example of output has only as many lines as its language needs.
    if block.kind in ("", "text"):
        return []
    return [line for line in map(without_comment, block.lines) if line]


def older_pages(pages):
    """Pages whose twin was changed later, in another commit."""
    def changed(path):
        answer = subprocess.run(["git", "-C", page.root, "log", "-1", "--format=%ct %h", "--", path],
                                capture_output=True, text=True)
        moment, _, commit = answer.stdout.strip().partition(" ")
        return (int(moment), commit) if moment else None
    for page in pages.values():
        if page.twin in pages and (mine := changed(page.path)) and (theirs := changed(page.twin)):
            if theirs[0] > mine[0] and theirs[1] != mine[1]:
                yield f"{page.path} is older than {page.twin} ({mine[1]}, {theirs[1]})"
