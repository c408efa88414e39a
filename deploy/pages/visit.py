#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Visits the pages of two running gateways in headless Chromium and tells what is wrong with them.

Started by deploy/check-pages, which says what is looked at. Chromium is driven through a pair of pipes
(--remote-debugging-pipe), so that nothing but Python is needed.
"""
import argparse, base64, gzip, http.server, json, os, re, select, shutil, struct, subprocess, sys, tempfile, threading, time
import urllib.parse, urllib.request, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
LANGUAGES, WIDTHS, SCHEMES = ["en", "zh-Hans"], [360, 768, 1440], ["light", "dark"]
FIRST_LOAD_LIMIT = 120_000
PASSWORD = "brook-lantern-orchard-57"


class Browser:
    """One tab of a Chromium of its own."""

    def __init__(self, program, folder):
        mine_in, its_out = os.pipe()
        its_in, mine_out = os.pipe()

        def arrange():
            # Chromium reads orders from 3 and writes answers to 4.
            one, other = os.dup(its_in), os.dup(its_out)
            os.dup2(one, 3)
            os.dup2(other, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-extensions", "--disable-default-apps", "--lang=en", f"--user-data-dir={folder}/profile",
             "--remote-debugging-pipe", "about:blank"],
            preexec_fn=arrange, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(its_in), os.close(its_out)
        self.reader, self.writer = mine_in, mine_out
        self.left, self.count, self.session = b"", 0, None
        self.events = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Network", "Log", "DOM", "Accessibility"]:
            self.ask(domain + ".enable")
        self.ask("Network.setCacheDisabled", cacheDisabled=True)

    def close(self):
        try:
            self.ask("Browser.close")
        except Exception:
            pass
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _message(self, until):
        while b"\0" not in self.left:
            ready, _, _ = select.select([self.reader], [], [], max(0, until - time.time()))
            if not ready:
                return None
            part = os.read(self.reader, 1 << 20)
            if not part:
                raise RuntimeError("Chromium has ended")
            self.left += part
        line, self.left = self.left.split(b"\0", 1)
        return json.loads(line)

    def ask(self, method, **parameters):
        self.count += 1
        number = self.count
        order = {"id": number, "method": method, "params": parameters}
        if self.session:
            order["sessionId"] = self.session
        data = json.dumps(order).encode() + b"\0"
        while data:
            data = data[os.write(self.writer, data):]
        until = time.time() + 60
        while True:
            message = self._message(until)
            if message is None:
                raise RuntimeError(f"{method}: no answer")
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error'].get('message')}")
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def listen(self, seconds):
        """Takes what comes for so long."""
        until = time.time() + seconds
        while True:
            message = self._message(until)
            if message is None:
                return
            if "method" in message:
                self.events.append(message)

    def run(self, script):
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", script))
        return answer["result"].get("value")

    def screen(self, width, height=900):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def prefer(self, scheme):
        self.ask("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}])

    def go(self, address):
        """Opens an address and waits until it and its chart stand."""
        self.events.clear()
        self.ask("Page.navigate", url=address)
        self.settle()

    def settle(self, limit=20):
        until = time.time() + limit
        while time.time() < until and not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.listen(0.03)
        self.listen(0.1)
        until = time.time() + 6
        while time.time() < until and not self.run(
                "[...document.querySelectorAll('.chart')].every((box) => box.querySelector('canvas') || box.textContent)"
                " || !document.querySelector('script[src*=dygraph]')"):
            self.listen(0.05)

    def press(self, key, code, modifiers=0):
        for kind in ["rawKeyDown", "keyUp"]:
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, modifiers=modifiers)

    def click(self, selector):
        """Clicks as a hand does, and waits for the page that comes."""
        box = self.run(
            f"(() => {{ const found = document.querySelector({json.dumps(selector)}); found.scrollIntoView({{block: 'center'}});"
            " const box = found.getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]; })()")
        self.events.clear()
        for kind in ["mousePressed", "mouseReleased"]:
            self.ask("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)
        self.settle()

    def fill(self, selector, value):
        self.run(f"document.querySelector({json.dumps(selector)}).value = {json.dumps(value)}")

    def picture(self, path):
        self.run("(document.activeElement?.blur(), scrollTo(0, 0))")
        height = min(6000, self.run("Math.max(document.documentElement.scrollHeight, innerHeight)"))
        width = self.run("innerWidth")
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                        clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))


class Report:
    """What was seen, a line a page."""

    def __init__(self):
        self.lines, self.problems, self.visits = {}, {}, 0

    def line(self, page):
        return self.lines.setdefault(page, {"bytes": 0, "packed": 0, "paint": 0.0})

    def add(self, page, where, problems):
        self.line(page)
        for problem in problems:
            self.problems.setdefault((page, problem), []).append(where)

    def show(self):
        counts = {page: sum(1 for found, _ in self.problems if found == page) for page in self.lines}
        wide = max(len(page) for page in self.lines)
        print(f"\n{'page':{wide}}    bytes     gzip  first paint ms  problems")
        for page, line in self.lines.items():
            paint = f"{line['paint']:.0f}" if line["paint"] else "-"
            print(f"{page:{wide}}  {line['bytes'] or '-':>7}  {line['packed'] or '-':>7}  {paint:>14}  {counts[page]:>8}")
        for (page, problem), places in self.problems.items():
            shown = ", ".join(dict.fromkeys(places))
            print(f"{page}: {problem}  [{shown if len(shown) < 90 else shown[:88] + '…'}]")
        heaviest = max((line["packed"], page) for page, line in self.lines.items())
        slowest = max((line["paint"], page) for page, line in self.lines.items())
        print(f"\n{len(self.lines)} pages, {self.visits} visits; the heaviest first load {heaviest[0]} bytes with gzip ({heaviest[1]}), "
              f"the latest first paint {slowest[0]:.0f} ms ({slowest[1]}); problems: {len(self.problems)}")
        return 1 if self.problems else 0


class Check:
    def __init__(self, browser, report, options):
        self.browser, self.report, self.options = browser, report, options
        self.rules = open(os.path.join(HERE, "rules.js")).read()

    def traffic(self, page, where, address, isWeighed, refusal):
        """What the requests of a first load were: to whom, how heavy, with which complaints."""
        origin = urllib.parse.urlsplit(address).netloc
        problems, sent, packed, bodies = [], 0, 0, {}
        for event in self.browser.events:
            method, facts = event["method"], event["params"]
            if method == "Network.requestWillBeSent":
                url = urllib.parse.urlsplit(facts["request"]["url"])
                if url.scheme in ("http", "https", "ws", "wss") and url.netloc != origin:
                    problems.append(f"asks another host: {url.netloc}")
            elif method == "Network.responseReceived":
                status, kind = facts["response"]["status"], facts["response"].get("mimeType", "")
                if status >= 400 and not (refusal and facts["type"] == "Document"):
                    problems.append(f"answered {status}: {urllib.parse.urlsplit(facts['response']['url']).path}")
                if kind != "text/event-stream":
                    bodies[facts["requestId"]] = 0
            elif method == "Network.loadingFinished" and facts["requestId"] in bodies:
                bodies[facts["requestId"]] = facts["encodedDataLength"]
            elif method == "Network.loadingFailed" and not facts.get("canceled"):
                problems.append(f"request failed: {facts.get('errorText')} {facts.get('blockedReason', '')}")
            elif method == "Runtime.exceptionThrown":
                details = facts["exceptionDetails"]
                problems.append("exception: " + details.get("exception", {}).get("description", details["text"]).split("\n")[0])
            elif method == "Runtime.consoleAPICalled" and facts["type"] in ("error", "warning", "assert"):
                problems.append("console: " + " ".join(str(part.get("value", part.get("description", ""))) for part in facts["args"]))
            elif method == "Log.entryAdded" and facts["entry"]["level"] in ("error", "warning"):
                entry = facts["entry"]
                if not (refusal and "status of" in entry["text"] and urllib.parse.urlsplit(entry.get("url", "")).path == urllib.parse.urlsplit(address).path):
                    problems.append(f"console: {entry['text'].split('. ')[0]} {urllib.parse.urlsplit(entry.get('url', '')).path}")
        if isWeighed:
            for number, size in bodies.items():
                try:
                    answer = self.browser.ask("Network.getResponseBody", requestId=number)
                except RuntimeError:
                    continue
                body = base64.b64decode(answer["body"]) if answer["base64Encoded"] else answer["body"].encode()
                sent += size
                packed += len(gzip.compress(body, 6))
            line = self.report.line(page)
            line["bytes"], line["packed"] = max(line["bytes"], sent), max(line["packed"], packed)
            if packed > FIRST_LOAD_LIMIT:
                problems.append(f"first load {packed} bytes with gzip > {FIRST_LOAD_LIMIT}")
        paint = self.browser.run("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
        self.report.line(page)["paint"] = max(self.report.line(page)["paint"], paint)
        self.report.add(page, where, problems)

    def spoken(self):
        """What is without a name for those who hear the page."""
        problems = []
        needs = {"button", "link", "textbox", "combobox", "checkbox", "radio", "spinbutton", "searchbox", "listbox", "image", "img",
                 "DisclosureTriangle", "Date", "DateTime", "region", "form", "navigation", "figure", "dialog", "heading"}
        for node in self.browser.ask("Accessibility.getFullAXTree")["nodes"]:
            role = node.get("role", {}).get("value", "")
            if node.get("ignored") or role not in needs or role in ("form", "figure"):
                continue
            if not node.get("name", {}).get("value", "").strip():
                problems.append(f"{role} without a name")
        return problems

    def keyboard(self):
        """Tab through the page from its begin."""
        browser, problems = self.browser, []
        wanted = browser.run("(document.activeElement?.blur(), scrollTo(0, 0), sluicePages.stops())")
        if not wanted:
            return []
        place, visited, steps, stuck = -1, set(), 0, 0
        while steps < 12 * len(wanted) + 20:
            browser.press("Tab", 9)
            steps += 1
            found = browser.run(f"sluicePages.focus({place})")
            if found["place"] == -1:
                break
            if found["place"] == -2:
                # Chromium itself makes scrolled boxes reachable.
                continue
            problems += found["problems"]
            if found["place"] == place:
                stuck += 1
                if stuck > 12:
                    problems.append(f"the keyboard is caught: {found['name']}")
                    break
                continue
            stuck = 0
            if place >= 0 and found["place"] < place:
                if found["place"] != 0:
                    problems.append(f"Tab goes back: {found['name']}")
                break
            visited.add(found["place"])
            place = found["place"]
        missing = [wanted[number] for number in range(len(wanted)) if number not in visited]
        problems += [f"not reached by Tab: {name}" for name in missing[:6]]
        return problems

    def visit(self, page, address, least=24, refusal=False, keyboard=True, languages=LANGUAGES, widths=WIDTHS, opened=True):
        """All of a page: both languages, all widths, both schemes."""
        separator = "&" if "?" in address else "?"
        for language in languages:
            for width in widths:
                self.browser.screen(width)
                self.browser.prefer("light")
                target = f"{address}{separator}lang={language}"
                self.browser.go(target)
                self.report.visits += 1
                self.look(page, target, language, width, least, refusal, keyboard, width == widths[-1], opened)

    def look(self, page, address, language, width, least=24, refusal=False, keyboard=True, isWeighed=False, opened=True):
        """All rules for the page that stands."""
        browser, where = self.browser, f"{language} {width}"
        self.traffic(page, where, address, isWeighed, refusal)
        browser.run(self.rules)
        large = least if width < 900 else 24
        add = lambda problems, scheme="": self.report.add(page, f"{where}{scheme}", problems)
        if width != 768:
            add(browser.run("sluicePages.structure().concat(sluicePages.words())"))
            add(self.spoken())
        add(browser.run(f"sluicePages.layout().concat(sluicePages.targets({large}), sluicePages.colours())"), " light")
        self.keep(page, language, width, "light")
        if keyboard and language == "en" and width != 768:
            add(self.keyboard(), " keys")
        browser.prefer("dark")
        browser.listen(0.1)
        add(browser.run("sluicePages.colours()"), " dark")
        self.keep(page, language, width, "dark")
        if opened:
            browser.run("sluicePages.open()")
            browser.listen(0.05)
            add(browser.run(f"sluicePages.colours().concat(sluicePages.layout(), sluicePages.targets({large}))"), " dark, opened")
            browser.prefer("light")
            browser.listen(0.05)
            add(browser.run("sluicePages.colours()"), " light, opened")
            if width != 768:
                add(browser.run("sluicePages.structure().concat(sluicePages.words())"), " opened")
                add(self.spoken(), " opened")
            self.keep(page, language, width, "opened")

    def keep(self, page, language, width, scheme):
        if self.options.pictures:
            self.browser.picture(f"{self.options.pictures}/{page.replace(' ', '-').replace(':', '')}-{language}-{width}-{scheme}.png")

    def prove(self):
        """Each rule finds what is wrong on a page made for it."""
        page = open(os.path.join(HERE, "faulty.html")).read()
        heavy = f"console.error('written'); throw new Error('thrown'); // {os.urandom(FIRST_LOAD_LIMIT).hex()}"

        class Server(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                kind, body = {"/": ("text/html", page), "/heavy.js": ("text/javascript", heavy)}.get(self.path, (None, ""))
                self.send_response(200 if kind else 404)
                self.send_header("Content-Type", (kind or "text/plain") + "; charset=utf-8")
                self.send_header("Content-Length", str(len(body.encode())))
                self.send_header("Content-Security-Policy", "default-src 'self'; style-src 'unsafe-inline'; img-src *")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        browser, own = self.browser, Report()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser.screen(360)
        browser.prefer("light")
        address = f"http://127.0.0.1:{server.server_port}/"
        browser.go(address)
        report, self.report = self.report, own
        self.traffic("faulty", "", address, True, False)
        self.report = report
        server.shutdown()
        browser.run(self.rules)
        found = [problem for _, problem in own.problems] + browser.run("sluicePages.structure().concat(sluicePages.words(), sluicePages.layout(), sluicePages.targets(24),"
                            " sluicePages.colours())") + self.spoken() + self.keyboard()
        wanted = re.findall(r"<!-- expect: (.*?) -->", page)
        missed = [sentence for sentence in wanted if not any(sentence in problem for problem in found)]
        if missed:
            sys.exit("The rules miss on deploy/pages/faulty.html: " + "; ".join(missed) + "\nThey found:\n" + "\n".join(found))
        print(f"{len(wanted)} of {len(wanted)} faults of a page made for it are found")

    # ---- without script

    def without_script(self, origin):
        browser, page = self.browser, "without script"
        browser.screen(360)
        browser.prefer("light")

        def length(path):
            browser.go(origin + path)
            return browser.run("document.querySelector('main').innerText.length")

        paths = ["/?lang=en", "/tickets?lang=en", "/alarms?lang=en"]
        full = {path: length(path) for path in paths}
        browser.ask("Emulation.setScriptExecutionDisabled", value=True)
        problems = []
        for path in paths:
            bare = length(path)
            if browser.run("document.getElementById('banner').hidden") is not True:
                problems.append(f"{path}: the banner of a lost gateway stands")
            if bare < 0.8 * full[path]:
                problems.append(f"{path}: {bare} letters without script, {full[path]} with it")
            self.keep(page + " " + path.strip("/").split("?")[0], "en", 360, "bare")
        browser.go(origin + "/?lang=en")
        if not browser.run("document.querySelector('#trend-form button').checkVisibility()"):
            problems.append("the choice of the trend has no button")
        # A report by the form, then the ticket is accepted by its form.
        browser.go(origin + "/report?lang=en")
        for field in ["asset", "mode"]:
            value = browser.run(f"[...document.querySelector('[name={field}]').options].map((option) => option.value).filter(Boolean).at(-1)")
            browser.fill(f"[name={field}]", value)
        browser.fill("[name=text]", "Reported by hand.")
        browser.click("main form button")
        href = browser.run("document.querySelector('[role=status] a[href^=\"/tickets/\"]')?.getAttribute('href') ?? null")
        if not href:
            problems.append("a report was not taken: " + browser.run("document.querySelector('main').innerText")[:120])
        else:
            browser.go(f"{origin}{href}?lang=en")
            state = browser.run("document.querySelector('.ticket-head .state').textContent")
            browser.fill(".actions form select[name=person]", browser.run(
                "[...document.querySelector('.actions form select[name=person]').options].at(1).value"))
            browser.click(".actions form button")
            after = browser.run("document.querySelector('.ticket-head .state')?.textContent ?? ''")
            if after in ("", state):
                problems.append(f"the ticket's form changed nothing: {state}, then {after or 'no ticket'}")
            else:
                print(f"without script: a ticket was reported and went from '{state}' to '{after}' by its form")
        browser.ask("Emulation.setScriptExecutionDisabled", value=False)
        self.report.add(page, "en 360", problems)


def ask(address, body=None, headers=None, method=None):
    request = urllib.request.Request(address, body, headers or {}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def red_point():
    """A photo: one red point as a PNG."""
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b""))


def open_gateway(check, origin):
    """The pages of a gateway at which nobody signs in."""
    api = origin + "/api/v1"
    overview = ask(api + "/overview")
    asset = overview["assets"][0]["identifier"]
    person = overview["persons"][0]["identifier"]
    own = {"Origin": origin, "Content-Type": "application/json"}
    for mode in ["reported_leak", "reported_noise", "reported_other"]:
        ask(api + "/tickets", json.dumps({
            "person": person, "asset": asset, "failure_mode": mode, "text": "3-1-502", "phone": "13812345621"}).encode(),
            own | {"Idempotency-Key": mode})
    tickets = ask(api + "/tickets")["tickets"]
    alarms = ask(api + "/alarms")["alarms"]
    number = next((ticket["number"] for ticket in tickets if ticket.get("findings") or ticket.get("rule") not in (None, "")), tickets[0]["number"])
    for ticket in tickets:
        if "burst" in json.dumps(ticket):
            number = ticket["number"]
    reported = next(ticket["number"] for ticket in tickets if "reported_" in json.dumps(ticket))
    ask(f"{api}/tickets/{number}/photos/red.png?person={person}", red_point(),
        {"Content-Type": "image/png", "Origin": origin}, "PUT")
    alarm = alarms[0]
    finding = ask(api + "/overview")["findings"][0]["finding"]["identifier"]
    total = next((point for item in overview["assets"] for point in [p.get("path", "") if isinstance(p, dict) else "" for p in item.get("points", [])] if str(point).endswith("/total")), None)
    pages = [
        ("overview", "/", 24), ("tickets", "/tickets", 44), ("ticket", f"/tickets/{number}", 44),
        ("ticket reported", f"/tickets/{reported}", 44), ("ticket sheet", f"/tickets/{number}/sheet", 24),
        ("label", f"/assets/{asset}/label", 24), ("alarms", "/alarms", 24),
        ("alarm", f"/alarms/{alarm['asset']}/{alarm['rule']}", 24), ("finding", f"/findings/{finding}", 24),
        ("report form", "/report", 44), ("planned work", "/planned-work", 24),
        ("notice", f"/resident-notice?ticket={number}", 24), ("history day", "/history?period=day", 24),
        ("history week", "/history?period=week", 24), ("history year", "/history?period=year", 24),
        ("wall", "/wall", 24), ("water", "/water", 24), ("water today", "/water?period=today", 24), ("water week", "/water?period=week", 24),
        ("assets", "/assets", 24), ("assets filtered", "/assets?filter=lift", 24), ("asset", f"/assets/{asset}", 24),
        ("asset meter", "/assets/inlet-meter", 24), ("asset lift", "/assets/lift-1", 24), ("reports", "/reports", 24),
        ("system", "/system", 24), ("help", "/help", 24), ("help tutorial", "/help/tutorials/demo", 24),
        ("help tables", "/help/tickets", 24), ("report kpi", "/api/v1/reports/kpi?format=html", 24), ("report weekly", "/api/v1/reports/weekly?format=html", 24),
        ("report monthly", "/api/v1/reports/monthly?format=html", 24),
        ("not found", "/nowhere", 24), ("no such ticket", "/tickets/none", 44),
    ]
    for page, path, least in pages:
        if check.wants(page):
            check.visit(page, origin + path, least, refusal=page in ("not found", "no such ticket"))
    if check.wants("without script"):
        check.without_script(origin)


def signed_gateway(check, origin, token, estates):
    """The pages of a gateway at which people sign in: the first administrator, accounts, and a technician's view."""
    browser = check.browser

    def forget():
        browser.ask("Network.clearBrowserCookies")

    def each(page, prepare, least=24, refusal=True):
        """A page that only a form leads to."""
        if not check.wants(page):
            return
        for language in LANGUAGES:
            for width in WIDTHS:
                browser.screen(width)
                browser.prefer("light")
                prepare(language)
                check.report.visits += 1
                check.look(page, origin + urllib.parse.urlsplit(browser.run("location.href")).path, language, width, least, refusal,
                           isWeighed=False)

    forget()
    if check.wants("first run"):
        check.visit("first run", origin + "/first-run")
    browser.screen(1440)
    browser.go(origin + "/first-run?lang=en")
    for field, value in {"token": token, "name": "boss", "password": PASSWORD}.items():
        browser.fill(f"[name={field}]", value)
    browser.click("main form button")
    if browser.run("location.pathname") != "/people":
        check.report.add("first run", "en", ["the first administrator was not let in: " + browser.run("document.querySelector('main').innerText")[:160]])
        return
    # An account for a technician, of whom the page tells the password once.
    def make(name, role, person):
        browser.go(origin + "/people?lang=en")
        browser.fill("section form [name=name]", name)
        browser.fill("section form [name=person]", person)
        browser.run(f"document.querySelector('section form [value={role}]').checked = true")
        browser.click("section form button[type=submit]")
        return browser.run("document.querySelector('main code')?.textContent ?? ''")
    first = make("li-wei", "technician", "li-wei")
    made = [0]

    def made_page(language):
        made[0] += 1
        browser.go(f"{origin}/people?lang={language}")
        browser.fill("section form [name=name]", f"guest-{made[0]}")
        browser.run("document.querySelector('section form [value=auditor]').checked = true")
        browser.click("section form button[type=submit]")
    each("account made", made_page)
    for page, path in [("people", "/people"), ("audit", "/people/audit"), ("account", "/account"), ("estates", "/estates"),
                       ("system signed in", "/system"), ("settings", "/system/settings"), ("overview signed in", "/"), ("tickets signed in", "/tickets")]:
        if page == "estates" and not estates:
            continue
        if check.wants(page):
            check.visit(page, origin + path)
    forget()
    if check.wants("sign in"):
        check.visit("sign in", origin + "/sign-in")

    def wrong(language):
        forget()
        browser.go(f"{origin}/sign-in?lang={language}")
        browser.fill("[name=name]", f"nobody-{time.time():.0f}")
        browser.fill("[name=password]", "wrong")
        browser.click("main form button")
    each("sign in refused", wrong)
    # The technician signs in by the form, must choose a password, and acts in the own name only.
    forget()
    browser.screen(1440)
    browser.go(origin + "/sign-in?lang=en")
    browser.fill("[name=name]", "li-wei")
    browser.fill("[name=password]", first)
    browser.click("main form button")
    browser.go(origin + "/account?lang=en")
    if check.wants("account first"):
        check.visit("account first", origin + "/account")
    for field, value in {"old": first, "new": PASSWORD, "again": PASSWORD}.items():
        browser.fill(f"[name={field}]", value)
    browser.click("main form button")
    browser.go(origin + "/tickets?lang=en")
    href = browser.run("document.querySelector('a.cover')?.getAttribute('href') ?? null")
    if not href:
        check.report.add("sign in", "en", ["the technician sees no tickets: " + browser.run("document.querySelector('main').innerText")[:160]])
        return
    alarm = browser.go(origin + "/alarms?lang=en") or browser.run("document.querySelector('#alarm-list a.cover, #alarm-list .closed a')?.getAttribute('href') ?? null")
    for page, path, least in [("ticket own", href, 44), ("alarms own", "/alarms", 24), ("alarm own", alarm, 24), ("planned work own", "/planned-work", 24)]:
        if path and check.wants(page):
            check.visit(page, origin + path, least)
    if check.wants("not allowed"):
        check.visit("not allowed", origin + "/people", refusal=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--open")
    parser.add_argument("--signed")
    parser.add_argument("--token")
    parser.add_argument("--estates", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--pictures")
    parser.add_argument("--chromium", required=True)
    options = parser.parse_args()
    if options.pictures:
        os.makedirs(options.pictures, exist_ok=True)
    folder = tempfile.mkdtemp()
    report = Report()
    browser = Browser(options.chromium, folder)
    try:
        check = Check(browser, report, options)
        wanted = [name for name in options.only.split(",") if name]
        check.wants = lambda page: not wanted or page in wanted
        check.prove()
        if options.open:
            open_gateway(check, options.open)
        if options.signed:
            signed_gateway(check, options.signed, options.token, options.estates)
    finally:
        browser.close()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(report.show())


if __name__ == "__main__":
    main()
