# SPDX-License-Identifier: Apache-2.0
"""A page of Markdown: its headings, links, code and twin."""

import os
import re

CHINESE = "zh-Hans"


class Block:
    """A fenced piece of code: what stands behind its fence, its lines, and where the first of them is."""

    def __init__(self, kind, line):
        self.kind, self.line, self.lines = kind, line, []

    @property
    def file(self):
        """The file that the block is saved as: `# NAME.EXTENSION` in its first line says so."""
        match = re.fullmatch(r"# ((?:[\w-]+/)*[\w-]+\.(?:yaml|conf|acl|csv|txt|py))", self.lines[0]) if self.lines else None
        return match.group(1) if match and self.kind not in ("", "console") else None


class Page:
    def __init__(self, root, path):
        self.root, self.path = root, path
        self.blocks, self.headings, self.prose, self.problems = [], [], [], []
        with open(os.path.join(root, path), encoding="utf-8") as file:
            self.read(file.read().split("\n"))

    def read(self, lines):
        block = None
        for number, line in enumerate(lines, 1):
            fence = re.fullmatch(r"```(.*)", line)
            if fence and block is None:
                block = Block(fence.group(1).strip(), number + 1)
            elif fence:
                self.blocks.append(block)
                block = None
            elif block is not None:
                block.lines.append(line)
            else:
                if heading := re.fullmatch(r"(#{1,6}) +(.*?) *", line):
                    self.headings.append((len(heading.group(1)), heading.group(2)))
                self.prose.append((number, line))
        if block is not None:
            self.problems.append(f"{self.path}:{block.line - 1}: the code that begins here does not end.")

    @property
    def is_chinese(self):
        return f"/{CHINESE}/" in f"/{self.path}"

    @property
    def twin(self):
        """The path of the page in the other language; README has none."""
        if self.is_chinese:
            return self.path.replace(f"{CHINESE}/", "", 1)
        folder, _, name = self.path.partition("/")
        return f"{folder}/{CHINESE}/{name}" if name else None

    def tables(self):
        """How many rows each table has."""
        rows, before = [], None
        for number, line in self.prose:
            if line.startswith("|"):
                if before == number - 1:
                    rows[-1] += 1
                else:
                    rows.append(1)
                before = number
        return rows

    def indented(self):
        """Lines of code that stand four blanks further right, with their numbers."""
        return [(number, line[4:]) for number, line in self.prose if line.startswith("    ")]

    def anchors(self):
        """What links may name behind `#`, as GitHub makes it of headings."""
        found = set()
        for _, text in self.headings:
            text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", text)
            anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            name, count = anchor, 0
            while name in found:
                count += 1
                name = f"{anchor}-{count}"
            found.add(name)
        return found

    def links(self):
        """(line, target) of every link; targets on the web are left out."""
        for number, line in self.prose:
            if line.startswith("    "):
                continue
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
                if not re.match(r"(https?|mailto):", target):
                    yield number, target

    def spans(self):
        """(line, code) of every piece of code within a sentence; a piece may go on in the next line."""
        text, number = "", 0
        for here, line in [*self.prose, (0, "")]:
            if line.startswith("    ") or not line.strip():
                yield from self.spans_of(text, number)
                text = ""
            elif text:
                text += "\n" + line
            else:
                text, number = line, here

    @staticmethod
    def spans_of(text, number):
        for match in re.finditer(r"`([^`]+)`", text):
            yield number + text.count("\n", 0, match.start()), match.group(1).replace("\n", " ")


def read_pages(root):
    """Every page of docs/, and README.md."""
    paths = ["README.md"]
    for folder, _, names in os.walk(os.path.join(root, "docs")):
        paths += [os.path.relpath(os.path.join(folder, name), root) for name in names if name.endswith(".md")]
    return {path: Page(root, path) for path in sorted(paths)}
