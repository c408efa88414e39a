# SPDX-License-Identifier: Apache-2.0
"""A person at a terminal: commands typed one after the other, what they answer, and whether that helps."""

import os
import re
import subprocess
import textwrap
import unicodedata


class Answer:
    """What a command wrote, as a terminal shows it, and its exit code."""

    def __init__(self, command, code, text):
        self.command, self.code, self.text = command, code, text

    def found(self, pattern):
        match = re.search(pattern, self.text, re.M)
        return match[1] if match else None


class Terminal:
    """Types commands in `folder`, judges the answers and keeps them as Markdown.

    Unhelpful answers are told and counted in `wrongs`; the person goes on, as persons do.
    """

    def __init__(self, folder, names, prefix=()):
        # `names`: what stands for something that differs from machine to machine, longest first.
        self.folder, self.names, self.prefix = folder, names, list(prefix)
        self.wrongs, self.page, self.step = [], [], ""

    def chapter(self, title, *words):
        self.step = title
        self.page += [f"## {title}", ""]
        self.say(*words)
        print(f"\n== {title}")

    def say(self, *words):
        for word in words:
            self.page += [*textwrap.wrap(word, 120, break_long_words=False, break_on_hyphens=False), ""]

    def wants(self, holds, words):
        """Notes what does not help."""
        if not holds:
            self.wrongs.append(f"{self.step}: {words}")
            print(f"   UNHELPFUL: {words}")

    def type(self, command, code, *patterns, keep=None, shown=None):
        """Runs `command` (a list, or a line for the shell) and wants its exit code and what the patterns say.

        `keep`: which lines the page shows; others become an ellipsis."""
        line = shown or (command if isinstance(command, str) else " ".join(command))
        arguments = ["bash", "-c", command] if isinstance(command, str) else command
        done = subprocess.run(
            [*self.prefix, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"})
        return self.judge(Answer(line, done.returncode, self.named(done.stdout.decode())), code, *patterns, keep=keep)

    def judge(self, answer, code, *patterns, keep=None):
        self.page += ["```console", f"$ {self.named(answer.command)}", *self.kept(answer.text, keep), "```", ""]
        print(f"$ {self.named(answer.command)}\n{answer.text.rstrip()}\n   exit code {answer.code}")
        self.wants(answer.code == code, f"`{answer.command}` ends with {answer.code}, not {code}")
        for pattern in patterns:
            self.wants(re.search(pattern, answer.text, re.M), f"`{self.named(answer.command)}` does not say /{pattern}/")
        return answer

    def named(self, text):
        for real, name in self.names:
            text = text.replace(real, name)
        return text

    @staticmethod
    def kept(text, keep):
        lines, shown = text.rstrip("\n").split("\n") if text.strip() else [], []
        for line in lines:
            if keep is None or re.search(keep, line):
                shown.append(line)
            elif not shown or shown[-1] != "...":
                shown.append("...")
        return shown

    def wants_mistake(self, answer, path, text, word, cure):
        """Wants `path:line:column: error: SL-nnnn: ... cure` for `word` of the file's `text`, and the caret under it."""
        before = text[:text.index(word)]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        place = f"{path}:{line}:{column}"
        lines = answer.text.split("\n")
        told = next((at for at, one in enumerate(lines) if one.startswith(place + ": error: SL-")), None)
        if told is None:
            return self.wants(False, f"'{word}' is not told at {place}")
        self.wants(cure in lines[told], f"{place} does not say how to mend it: '{cure}' is missing")
        self.wants(f"'{word}'" in lines[told] or word in lines[told], f"{place} does not repeat what was typed")
        source, mark = lines[told + 1:told + 3]
        start = width(source[:source.index(word)])
        self.wants(mark.rstrip() == mark.split("|")[0] + "|" + " " * (start - width(mark.split("|")[0]) - 1) + "^" * width(word),
                   f"the caret of {place} does not stand below '{word}'")


def width(text):
    """Columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def masked(page):
    """The page without what differs from run to run: figures, moments, register words."""
    page = re.sub(r"\b[0-9A-F]{4}\b(?=[ )]|$)", "#", page, flags=re.M)
    return re.sub(r"\d+([.,:]\d+)*", "#", page)
