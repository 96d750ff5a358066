"""Chromium: the page of a frontend draws what its metrics say, without an error.

With POSTROOM_PICTURE=FILE.png the page is kept as a picture, after a minute of work.
"""

import base64
import contextlib
import json
import os
import subprocess
import tempfile
import time

from demo import ok

WIDTH, HEIGHT = 1120, 1180
PATIENCE_SECONDS = 30
# What is on the page, asked of the page itself.
SEEN = """JSON.stringify({
  state: document.getElementById("state").textContent,
  version: document.getElementById("version").textContent,
  tiles: Object.fromEntries([...document.querySelectorAll(".tile")].map(
    (tile) => [tile.querySelector("h3").textContent, tile.querySelector("p").textContent])),
  commands: [...document.querySelectorAll("#commands tr")].map((row) => row.cells[0].textContent),
  upkeep: document.querySelectorAll("#upkeep tr").length,
  isTooWide: document.documentElement.scrollWidth > innerWidth,
})"""


class Chromium:
    """A browser without a window, told what to do by its own protocol over a pair of pipes."""

    def __init__(self, folder):
        self.number = 0
        self.events = []
        (told, self.to), (self.said, saying) = os.pipe(), os.pipe()
        # It reads from 3 and writes to 4.
        command = (f"exec chromium --headless=new --no-sandbox --disable-gpu --no-first-run --user-data-dir={folder}"
                   f" --window-size={WIDTH},{HEIGHT} --remote-debugging-pipe about:blank 3<&{told} 4>&{saying}")
        self.process = subprocess.Popen(["bash", "-c", command], pass_fds=(told, saying),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(told)
        os.close(saying)
        self.rest = b""
        self.session = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def close(self):
        with contextlib.suppress(OSError, EOFError):
            self.session = None
            self.ask("Browser.close")
        self.process.wait(PATIENCE_SECONDS)
        os.close(self.to)
        os.close(self.said)

    def ask(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.next()
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def next(self):
        while b"\0" not in self.rest:
            read = os.read(self.said, 1 << 20)
            if not read:
                raise EOFError
            self.rest += read
        answer, self.rest = self.rest.split(b"\0", 1)
        return json.loads(answer)

    def evaluate(self, script):
        """What a script says; null while there is no page yet that it could ask."""
        return self.ask("Runtime.evaluate", expression=script)["result"].get("value", "null")

    def complaints(self):
        """Errors of scripts, and what the browser refused or could not load."""
        kinds = ("Runtime.exceptionThrown", "Log.entryAdded")
        return [event["params"] for event in self.events if event.get("method") in kinds]


def check(demo):
    session = demo.log_in(demo.people[0], 0)
    with tempfile.TemporaryDirectory() as folder:
        browser = Chromium(folder)
        try:
            for domain in ("Page", "Runtime", "Log"):
                browser.ask(f"{domain}.enable")
            browser.ask("Page.navigate", url=f"http://127.0.0.1:{demo.nodes[0]['http']}/")
            seen = wait_for(browser, lambda seen: work(session) and "NOOP" in seen["commands"])
            assert seen["state"] == "ready" and seen["version"], seen
            assert seen["tiles"]["Connections"] != "0" and seen["tiles"]["Hears of other nodes"] == "yes", seen
            assert len(seen["tiles"]) >= 12 and "NaN" not in str(seen) and "undefined" not in str(seen), seen
            assert seen["upkeep"] >= 3 and not seen["isTooWide"], seen
            picture = os.environ.get("POSTROOM_PICTURE")
            if picture:
                keep(browser, picture, session)
            assert not browser.complaints(), browser.complaints()
        finally:
            browser.close()
    session.logout()


def wait_for(browser, condition):
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        seen = json.loads(browser.evaluate(SEEN))
        if seen and condition(seen):
            return seen
        time.sleep(0.3)
    raise AssertionError(f"in vain: {seen}")


def work(session):
    ok(session.noop())
    ok(session.select("INBOX"))
    ok(session.search(None, "ALL"))
    return True


def keep(browser, picture, session):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        work(session)
        time.sleep(0.02)
    taken = browser.ask("Page.captureScreenshot", captureBeyondViewport=True)
    with open(picture, "wb") as file:
        file.write(base64.b64decode(taken["data"]))
