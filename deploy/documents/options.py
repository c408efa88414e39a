# SPDX-License-Identifier: Apache-2.0
"""Whether the program has the verbs and options that pages name."""

import functools
import json
import re
import subprocess

START = re.compile(r"(?:^|[|;&(]\s*|\$ |/|\bexec |\bsudo )sluice +(?=[a-z-])")


class Command:
    def __init__(self, description):
        self.names = {"--help", "-h"}
        for argument in description.get("arguments") or []:
            for name in argument.get("names") or []:
                self.names.add(("--" if name["kind"] == "long" else "-") + name["name"])
        self.verbs = {sub["commandName"]: Command(sub) for sub in description.get("subcommands") or []}
        default = description.get("defaultSubcommand")
        if default in self.verbs:
            self.names |= self.verbs[default].names

    def everything(self):
        return self.names.union(*(verb.everything() for verb in self.verbs.values()))


@functools.cache
def read_help(sluice):
    answer = subprocess.run([sluice, "--experimental-dump-help"], capture_output=True, text=True, timeout=60, check=True)
    return Command(json.loads(answer.stdout)["command"])


def judge(command, text):
    """What is wrong with the words behind `sluice`: verbs (`list|show`, or a placeholder such as ACTION) and options."""
    words = re.split(r"\s+", re.split(r"[;)]| [|&#] ?", text)[0].strip())
    here, path = [command], "sluice"
    options = re.findall(r"(?<![\w-])--[a-z][a-z-]*", " ".join(words))
    for word in words:
        if not re.fullmatch(r"[a-z][a-z-]*(\|[a-z-]+)*|[A-Z]+", word) or not any(entry.verbs for entry in here):
            break
        verbs = {name: verb for entry in here for name, verb in entry.verbs.items()}
        names = list(verbs) if word.isupper() else word.split("|")
        for name in names:
            if name not in verbs:
                yield f"there is no '{path} {name}'."
                return
        here, path = [verbs[name] for name in names], f"{path} {word}"
    known = set().union(*(entry.everything() for entry in here))
    for option in options:
        if option not in known:
            yield f"'{path}' has no option {option}."


def check_options(pages, sluice):
    """Problems, and how many mentions were looked at."""
    command = read_help(sluice)
    problems, count = [], 0
    for page in pages.values():
        lines = list(page.spans()) + page.indented()
        for block in page.blocks:
            lines += [(block.line + number, line) for number, line in enumerate(block.lines)]
        for number, text in lines:
            for match in START.finditer(text):
                count += 1
                problems += [f"{page.path}:{number}: {what}" for what in judge(command, text[match.end():])]
    return problems, count
