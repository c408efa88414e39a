#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Readers of the overview, as browsers and the page's live.js are: readers.py PORT COUNT SECONDS

Each loads the page, keeps an event stream open and, when an event names something that a section shows, fetches that
section again, over at most five connections that are kept, as a browser has six to a host. Prints one line of JSON."""

import asyncio
import json
import re
import sys
import time

PAUSE = 1.5  # between two fetches of one section, as in live.js
KEPT = 5


class Refused(Exception):
    """An answer that is not 200."""


class Connection:
    """One kept connection to the page."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def head(self, path):
        """Asks; status and header fields of the answer."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
        await self.writer.drain()
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        return int(lines[0].split()[1]), fields

    async def get(self, path):
        """The body of an answer."""
        status, fields = await self.head(path)
        body = await self.reader.readexactly(int(fields["content-length"])) if "content-length" in fields else b"".join(
            [piece async for piece in self.pieces()])
        if status != 200:
            raise Refused(f"{path}: {status}")
        return body.decode()

    async def pieces(self):
        """The pieces of a chunked answer."""
        while size := int((await self.reader.readline()).strip() or b"0", 16):
            yield await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None


class Reader:
    """A page that somebody has open."""

    def __init__(self, port, book):
        self.port, self.book = port, book
        self.free = asyncio.LifoQueue()
        for _ in range(KEPT):
            self.free.put_nowait(Connection(port))
        self.waiting = set()
        self.fetched = {}
        self.tasks = set()

    async def fetch(self, path):
        connection = await self.free.get()
        began = time.monotonic()
        try:
            for attempt in (1, 2):
                try:
                    return await asyncio.wait_for(connection.get(path), 20)
                except (asyncio.IncompleteReadError, ConnectionError):
                    # A kept connection may have been closed meanwhile: once more on a new one.
                    connection.close()
                    if attempt == 2:
                        raise
        except (OSError, Refused, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            connection.close()
            self.book.failures.append(f"{type(error).__name__} {error}".strip())
        finally:
            self.book.answers.append(time.monotonic() - began)
            self.free.put_nowait(connection)

    async def renew(self, section):
        await asyncio.sleep(max(0, self.fetched.get(section, -PAUSE) + PAUSE - time.monotonic()))
        await self.fetch(section + "?lang=en")
        self.fetched[section] = time.monotonic()
        self.waiting.discard(section)

    def renew_soon(self, section):
        if section not in self.waiting:
            self.waiting.add(section)
            task = asyncio.create_task(self.renew(section))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def every(self, seconds, section):
        while True:
            await asyncio.sleep(seconds)
            self.renew_soon(section)

    async def run(self):
        page = await self.fetch("/")
        if page is None:
            return
        sections = re.findall(r'data-fragment="([^"]+)" data-on="([^"]+)"(?: data-every="(\d+)")?', page)
        if not sections:
            self.book.failures.append("the page has no sections to renew")
        regular = [asyncio.create_task(self.every(int(every), path)) for path, _, every in sections if every]
        stream = Connection(self.port)
        try:
            status, fields = await asyncio.wait_for(stream.head("/events"), 20)
            if status != 200:
                raise Refused(f"/events: {status}")
            self.book.streams += 1
            text = ""
            async for piece in stream.pieces():
                text += piece.decode()
                *events, text = text.split("\n\n")
                for event in events:
                    name = re.search(r"^event: (\w+)$", event, re.M)
                    if name:
                        self.book.events += 1
                        for path, on, _ in sections:
                            if name[1] in on.split():
                                self.renew_soon(path)
            self.book.failures.append("an event stream ended")
        except (OSError, Refused, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            self.book.failures.append(f"event stream: {type(error).__name__} {error}")
        finally:
            for task in [*regular, *self.tasks]:
                task.cancel()
            stream.close()


class Book:
    def __init__(self):
        self.streams = self.events = 0
        self.answers, self.failures = [], []


async def trial(port, count, seconds):
    book = Book()
    tasks = []
    for _ in range(count):
        tasks.append(asyncio.create_task(Reader(port, book).run()))
        await asyncio.sleep(0.05)
    print("open", flush=True)
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    answers = sorted(book.answers)

    def quantile(share):
        return round(answers[min(len(answers) - 1, int(share * len(answers)))], 4) if answers else None

    print(json.dumps({
        "streams": book.streams, "events": book.events, "fetches": len(answers), "half": quantile(0.5),
        "most": quantile(0.99), "failed": len(book.failures), "failures": sorted(set(book.failures))[:5]}))


asyncio.run(trial(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
