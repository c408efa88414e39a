# SPDX-License-Identifier: Apache-2.0
"""Before the pages are looked at, each rule has to find what is wrong on a page made for it."""

import os
import tempfile

from .console import try_page
from .links import check_links, check_plainness, check_twins
from .options import check_options
from .pages import read_pages

ENGLISH = """# A page

[中文](../zh-Hans/tutorials/page.md)

`sluice version` tells it.

```yaml
# site.yaml
key: value    # a comment
```

```console
$ cat site.yaml
# site.yaml
key: …
$ false
$ echo $?
1
$ echo begins; sleep 100    # runs on: open a second terminal
begins
^C
```
"""
CHINESE = """# 一页

[English](../../tutorials/page.md)

```yaml
# site.yaml
key: value    # 注释
```

```console
$ cat site.yaml
# site.yaml
key: …
$ false
$ echo $?
1
$ echo begins; sleep 100    # 一直运行：另开一个终端
begins
^C
```
"""

# What is done to the English page (or, with `zh`, to the Chinese one), and what has to be said of it.
FAULTS = [
    ("a link", "`sluice version`", "[x](nowhere.md) `sluice version`", "nowhere.md is not there"),
    ("an anchor", "`sluice version`", "[x](page.md#nowhere)", "has no heading #nowhere"),
    ("HTML", "`sluice version`", "<b>version</b>", "HTML has no place"),
    ("a link to the web", "`sluice version`", "[x](https://example.org)", "links to other pages only"),
    ("a verb", "`sluice version`", "`sluice versoin`", "there is no 'sluice versoin'"),
    ("an option", "`sluice version`", "`sluice plan --nowhere`", "has no option --nowhere"),
    ("a fence", "^C\n```\n", "^C\n", "does not end"),
    ("a heading", "`sluice version`", "## Another\n\n`sluice version`", "its twin has 2"),
    ("a table", "`sluice version`", "| a |\n|---|\n\n`sluice version`", "rows of its tables"),
    ("a twin's code", "zh", "key: value ", "key: other ", "its twin"),
    ("a twin's command", "zh", "$ false", "$ true", "its twin"),
    ("a twin's way back", "zh", "[English](../../tutorials/page.md)", "English", "does not lead to its twin"),
    ("an output", "key: …\n", "key: nothing\n", "was to come"),
    ("an output that goes on", "key: …\n", "", "nothing more was to come"),
    ("an exit code", "$ echo $?\n1\n", "", "ended with 1"),
    ("a start", "terminal\nbegins", "terminal\nends", "was to come"),
    ("a process", "$ false", "$ sleep 100 &\n$ false", "was left behind"),
]


def problems_of(folder, sluice, pages):
    """What all rules say of the two pages; commands are typed of the English one."""
    for path, text in pages.items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
            file.write(text)
    read = read_pages(folder)
    return [*check_links(read), *check_plainness(read), *check_twins(read), *check_options(read, sluice)[0],
            *try_page(read["docs/tutorials/page.md"], sluice, False, start_seconds=2)[0]]


def prove(sluice):
    """What a rule did not find; the page without a fault has to be without a problem."""
    names = {"en": "docs/tutorials/page.md", "zh": "docs/zh-Hans/tutorials/page.md"}
    good = {"README.md": "# Nothing\n", names["en"]: ENGLISH, names["zh"]: CHINESE}
    with tempfile.TemporaryDirectory(prefix="documents-") as folder:
        for problem in problems_of(folder, sluice, good):
            yield f"proof: a page without a fault is blamed: {problem}"
        for name, *change in FAULTS:
            language = change.pop(0) if change[0] == "zh" else "en"
            old, new, expected = change
            faulty = good[names[language]].replace(old, new)
            if faulty == good[names[language]]:
                yield f"proof: {name} was not broken."
            elif not any(expected in problem for problem in problems_of(folder, sluice, {**good, names[language]: faulty})):
                yield f"proof: {name} that is wrong was not found."
